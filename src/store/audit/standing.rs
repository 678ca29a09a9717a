//! What the events tell apart from calls, and whether the tables agree: which record this is, who
//! is or was on the roster, which texts are spoken, which restores were accepted.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use super::report::{Problems, Restore};
use crate::domain::privacy::{Identity, Salt, digest, text_version};

/// Particulars with this have the digest of a remark.
const REMARK: &[u8] = b"\"remark\"";

/// What the events have told so far. Grows with the roster and the texts, not with the record.
#[derive(Default)]
pub(super) struct Standing {
    created: Option<Created>,
    organisers: BTreeMap<String, Organiser>,
    /// Versions of texts, with the event that added each.
    texts: BTreeMap<String, i64>,
    restores: Vec<Restore>,
    /// Digests of what was written about the record itself, by event.
    remarks: BTreeMap<i64, String>,
}

/// The first event of a record.
struct Created {
    seq: i64,
    log_id: String,
    secret_digest: String,
}

/// An organiser as the events tell it.
#[derive(Default)]
struct Organiser {
    event_seq: i64,
    name: String,
    number: String,
    retired_at: Option<String>,
    forgotten: bool,
}

impl Standing {
    /// Takes in the next event that is not about a call.
    pub(super) fn take(
        &mut self,
        seq: i64,
        cause: &[u8],
        organiser_id: Option<&[u8]>,
        detail: &[u8],
        problems: &mut Problems,
    ) {
        if seq == 1 && cause != b"record.created" {
            problems.say_of(seq, format_args!("it is not the one with which a record begins"));
        }
        let about_the_roster = cause.starts_with(b"roster.");
        let known: [&[u8]; 3] = [b"record.created", b"record.restored", b"texts.added"];
        if !about_the_roster && !known.contains(&cause) && !has(detail, REMARK) {
            return;
        }
        let Ok(detail) = serde_json::from_slice::<Map<String, Value>>(detail) else {
            problems.say_of(seq, format_args!("its particulars are not JSON"));
            return;
        };
        if let Some(digest) = detail.get("remark").and_then(Value::as_str) {
            self.remarks.insert(seq, digest.to_owned());
        }
        match (cause, organiser_id) {
            (b"record.created", _) => self.take_creation(seq, &detail, problems),
            (b"record.restored", _) => {
                let lost_to = detail.get("lost_to").and_then(Value::as_i64).unwrap_or(seq);
                self.restores.push(Restore { seq, lost_to });
            }
            (b"texts.added", _) => {
                let versions = detail.get("texts").and_then(Value::as_array).into_iter().flatten();
                self.texts.extend(versions.filter_map(|version| Some((version.as_str()?.to_owned(), seq))));
            }
            (_, Some(id)) if about_the_roster => {
                let organiser = self.organisers.entry(String::from_utf8_lossy(id).into_owned()).or_default();
                organiser.take(seq, cause, &detail);
            }
            _ if about_the_roster => {
                problems.say_of(seq, format_args!("it does not say whom of the roster it is about"))
            }
            _ => {}
        }
    }

    fn take_creation(&mut self, seq: i64, detail: &Map<String, Value>, problems: &mut Problems) {
        if self.created.is_some() {
            problems.say_of(seq, format_args!("a record is created once, and this event creates it again"));
            return;
        }
        self.created = Some(Created { seq, log_id: text(detail, "log"), secret_digest: text(detail, "secret") });
    }

    /// Which record it is.
    pub(super) fn log_id(&self) -> Option<&str> {
        self.created.as_ref().map(|created| created.log_id.as_str())
    }

    /// The older copies that were accepted.
    pub(super) fn into_restores(self) -> Vec<Restore> {
        self.restores
    }

    /// Compares with the tables.
    pub(super) fn compare(&mut self, connection: &Connection, problems: &mut Problems) -> rusqlite::Result<()> {
        self.compare_identity(connection, problems)?;
        self.compare_organisers(connection, problems)?;
        self.compare_texts(connection, problems)?;
        self.compare_remarks(connection, problems)
    }

    fn compare_identity(&self, connection: &Connection, problems: &mut Problems) -> rusqlite::Result<()> {
        let mut identities = connection.prepare("SELECT log_id, secret, event_seq FROM identity NOT INDEXED")?;
        let mut rows = identities.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += 1;
            let identity =
                Identity { log_id: string(row, 0)?.unwrap_or_default(), secret: string(row, 1)?.unwrap_or_default() };
            let agrees = self.created.as_ref().is_some_and(|created| {
                let told = (created.seq, &created.log_id, &created.secret_digest);
                integer(row, 2).is_ok_and(|seq| told == (seq, &identity.log_id, &identity.secret_digest()))
            });
            if !agrees {
                problems.say(format_args!("the identity of the record is not the one with which it was created"));
            }
        }
        if self.created.is_some() && count != 1 {
            problems.say(format_args!("a record has one identity, and this one has {count}"));
        }
        Ok(())
    }

    fn compare_organisers(&mut self, connection: &Connection, problems: &mut Problems) -> rusqlite::Result<()> {
        let mut organisers = connection
            .prepare("SELECT organiser_id, name, number, salt, retired_at, event_seq FROM organisers NOT INDEXED")?;
        let mut rows = organisers.query([])?;
        while let Some(row) = rows.next()? {
            let id = string(row, 0)?.unwrap_or_default();
            match self.organisers.remove(&id) {
                Some(told) => told.compare(&id, row, problems)?,
                None => problems.say(format_args!("organiser {id:?} is in the table, and no event tells of them")),
            }
        }
        for (id, told) in &self.organisers {
            problems
                .say(format_args!("organiser {id:?} is not in the table, and event {} tells of them", told.event_seq));
        }
        Ok(())
    }

    fn compare_texts(&mut self, connection: &Connection, problems: &mut Problems) -> rusqlite::Result<()> {
        let mut texts =
            connection.prepare("SELECT version, prompt, language, words, event_seq FROM spoken_texts NOT INDEXED")?;
        let mut rows = texts.query([])?;
        while let Some(row) = rows.next()? {
            let part = |column| Ok::<_, rusqlite::Error>(string(row, column)?.unwrap_or_default());
            let (version, prompt, language, words) = (part(0)?, part(1)?, part(2)?, part(3)?);
            if text_version(&prompt, &language, &words) != version {
                problems.say(format_args!(
                    "the spoken text {version:?} was changed: its words are not those of its version"
                ));
            }
            if self.texts.remove(&version) != Some(integer(row, 4)?) {
                problems.say(format_args!(
                    "the spoken text {version:?} is in the table, and no event of its number adds it"
                ));
            }
        }
        for (version, seq) in &self.texts {
            problems.say_of(*seq, format_args!("it adds the spoken text {version:?}, which is not in the table"));
        }
        Ok(())
    }

    fn compare_remarks(&mut self, connection: &Connection, problems: &mut Problems) -> rusqlite::Result<()> {
        let mut remarks = connection.prepare("SELECT event_seq, words FROM remarks NOT INDEXED")?;
        let mut rows = remarks.query([])?;
        while let Some(row) = rows.next()? {
            let seq = integer(row, 0)?;
            if self.remarks.remove(&seq) != Some(digest(&string(row, 1)?.unwrap_or_default())) {
                problems.say_of(
                    seq,
                    format_args!("the remark that was written with it is not the one that it vouches for"),
                );
            }
        }
        for seq in self.remarks.keys() {
            problems.say_of(*seq, format_args!("the remark that it vouches for is gone"));
        }
        Ok(())
    }
}

impl Organiser {
    fn take(&mut self, seq: i64, cause: &[u8], detail: &Map<String, Value>) {
        let set = detail.get("set").and_then(Value::as_object);
        self.forgotten = cause == b"roster.forgotten";
        if set.is_some() || self.forgotten {
            self.event_seq = seq;
        }
        if let Some(retired_at) = set.and_then(|set| set.get("retired_at")) {
            self.retired_at = retired_at.as_str().map(str::to_owned);
        }
        if let Some(sealed) = detail.get("sealed").and_then(Value::as_object) {
            (self.name, self.number) = (text(sealed, "name"), text(sealed, "number"));
        }
    }

    /// Compares with the row of this organiser.
    fn compare(&self, id: &str, row: &Row<'_>, problems: &mut Problems) -> rusqlite::Result<()> {
        let seq = self.event_seq;
        if integer(row, 5)? != seq {
            problems.say(format_args!("organiser {id:?} names another event than {seq}, the last one about them"));
        }
        if string(row, 4)? != self.retired_at {
            problems.say(format_args!("organiser {id:?}: retired_at is not what event {seq} made it"));
        }
        let values = (string(row, 1)?, string(row, 2)?, string(row, 3)?);
        let (name, number, salt) = match values {
            (None, None, None) if self.forgotten => return Ok(()),
            (Some(name), Some(number), Some(salt)) if !self.forgotten => (name, number, salt),
            (None, None, None) => {
                problems.say(format_args!("organiser {id:?} was erased, and no event says so"));
                return Ok(());
            }
            _ => {
                problems.say(format_args!("organiser {id:?} is there in part, or after they were to be forgotten"));
                return Ok(());
            }
        };
        let seals = |salt: &Salt| salt.seal("name", &name) == self.name && salt.seal("number", &number) == self.number;
        if !salt.parse().is_ok_and(|salt| seals(&salt)) {
            problems.say(format_args!("organiser {id:?}: name or number is not the one that event {seq} vouches for"));
        }
        Ok(())
    }
}

fn has(detail: &[u8], word: &[u8]) -> bool {
    detail.windows(word.len()).any(|part| part == word)
}

fn text(object: &Map<String, Value>, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A text that may be damaged; what is no text at all is none.
fn string(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => None,
    })
}

/// A number that may be damaged.
fn integer(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    Ok(row.get_ref(column)?.as_i64().unwrap_or(-1))
}
