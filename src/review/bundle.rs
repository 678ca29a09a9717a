//! Calls as one ZIP archive to be handed over: a folder for each call, an index, and what it takes to
//! check them. Written call by call, so that no more than one is held; the same calls and the same
//! time make the same bytes.

mod cover;

use std::collections::BTreeSet;
use std::io::{self, Seek, Write};

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::domain::time::Timestamp;
use crate::review::csv::{self, Table};
use crate::review::story::{CallStory, Level};
use crate::review::{html, json};
use cover::Line;

/// Why an archive could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A story was not redacted as the archive is to be.
    #[error("this call is redacted for {found}, but the archive is for {wanted}; redact every call for the same eyes")]
    OtherLevel {
        /// Whom the archive is for.
        wanted: Level,
        /// Whom the story is for.
        found: Level,
    },
    /// The chain names lines and people, and the archive is for others than the team.
    #[error("the chain of events is for the team only; leave it out of a redacted export")]
    ChainIsForTheTeam,
    /// The archive could not be written.
    #[error("the archive could not be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The archive could not be written.
    #[error("the archive could not be written: {0}")]
    Io(#[from] io::Error),
    /// A table could not be written.
    #[error("a table could not be written: {0}")]
    Csv(#[from] ::csv::Error),
    /// A story could not be written as JSON.
    #[error("a story could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A page could not be written.
    #[error("a page could not be written: {0}")]
    Page(#[from] askama::Error),
}

/// What an archive says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Cover {
    /// For whose eyes it is.
    pub level: Level,
    /// When it is made; also the time that its files bear.
    pub made_at: Timestamp,
    /// The hotline's time zone.
    pub time_zone: Tz,
}

/// An archive in the making.
pub struct Bundle<W: Write + Seek> {
    zip: ZipWriter<W>,
    options: SimpleFileOptions,
    cover: Cover,
    folders: BTreeSet<String>,
    lines: Vec<Line>,
    in_chain: bool,
}

impl<W: Write + Seek> Bundle<W> {
    /// Begins an archive.
    pub fn new(out: W, cover: Cover) -> Self {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(zip_time(cover.made_at))
            .unix_permissions(0o644);
        Self { zip: ZipWriter::new(out), options, cover, folders: BTreeSet::new(), lines: Vec::new(), in_chain: false }
    }

    /// Adds the folder of one call.
    pub fn add(&mut self, story: &CallStory) -> Result<(), BundleError> {
        if story.level != self.cover.level {
            return Err(BundleError::OtherLevel { wanted: self.cover.level, found: story.level });
        }
        self.in_chain = false;
        let folder = self.folder(&story.call.case_name);
        self.file(&format!("{folder}/timeline.html"), html::page(story)?.as_bytes())?;
        self.file(&format!("{folder}/story.json"), json::text(story)?.as_bytes())?;
        for table in Table::ALL {
            self.zip.start_file(format!("{folder}/{table}.csv"), self.options)?;
            csv::write(*table, [story], &mut self.zip)?;
        }
        self.lines.push(Line::of(story, folder));
        Ok(())
    }

    /// Adds lines to `chain.jsonl`, one event each. May be called again with the lines that follow,
    /// as long as no call is added between.
    pub fn chain<L: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = L>) -> Result<(), BundleError> {
        if self.cover.level != Level::Team {
            return Err(BundleError::ChainIsForTheTeam);
        }
        if !self.in_chain {
            self.zip.start_file("chain.jsonl", self.options)?;
            self.in_chain = true;
        }
        for line in lines {
            self.zip.write_all(line.as_ref().as_bytes())?;
            self.zip.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Adds the text of the last checkpoint, if there is one, the index and how to check all of it,
    /// and gives back what was written to. A checkpoint is left out of an archive for the public, since it
    /// tells how many events there were.
    pub fn finish(mut self, checkpoint: Option<&str>) -> Result<W, BundleError> {
        if let Some(checkpoint) = checkpoint.filter(|_| self.cover.level != Level::Public) {
            self.file("checkpoint.json", checkpoint.as_bytes())?;
        }
        let how = cover::how_to_verify(self.cover.level)?;
        self.file("HOW-TO-VERIFY.txt", how.as_bytes())?;
        let index = cover::index(&self.cover, &self.lines)?;
        self.file("index.html", index.as_bytes())?;
        Ok(self.zip.finish()?)
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
        self.zip.start_file(name, self.options)?;
        self.zip.write_all(bytes)?;
        Ok(())
    }

    /// A folder of that name that no other call has.
    fn folder(&mut self, case_name: &str) -> String {
        let letter = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
        let kept: String = case_name.chars().filter(letter).take(64).collect();
        let name = if kept.is_empty() { "call".to_owned() } else { kept };
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let folder = [name.clone()].into_iter().chain(numbered).find(|folder| !self.folders.contains(folder));
        let folder = folder.unwrap_or(name);
        self.folders.insert(folder.clone());
        folder
    }
}

/// A ZIP's times go from 1980 to 2107, in steps of two seconds.
fn zip_time(at: Timestamp) -> DateTime {
    let utc = at.to_utc();
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    let [month, day] = [utc.month(), utc.day()].map(part);
    let [hour, minute, second] = [utc.hour(), utc.minute(), utc.second()].map(part);
    let year = u16::try_from(utc.year()).unwrap_or_default();
    DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default()
}
