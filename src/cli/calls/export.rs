//! `calls export`: calls in a ZIP file that can be handed over.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Error, Result, anyhow, bail};
use clap::Args;

use super::find;
use crate::app;
use crate::cli::errand;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::errand::ReadKind;
use crate::domain::ids::CallSid;
use crate::review::bundle::{Bundle, Cover};
use crate::review::gather;
use crate::review::redact::redacted;
use crate::review::story::Level;
use crate::store::Reader;
use crate::store::story::{CallFilter, CallFound};

/// What is exported, for whom, and where to.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The calls: case names or SIDs. None: those of --from and --to.
    calls: Vec<String>,
    /// Not before this day or time.
    #[arg(long, value_name = "DAY", conflicts_with = "calls")]
    from: Option<String>,
    /// Before this day or time.
    #[arg(long, value_name = "DAY", conflicts_with = "calls")]
    to: Option<String>,
    /// The file, which must not exist.
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// For whose eyes: team (everything), parties (no names of others, no numbers), public (counts).
    #[arg(long, default_value = "team")]
    level: Level,
}

pub(super) async fn run(config: &Config, export: &Export) -> Result<ExitCode> {
    let reader = find::reader(config).await?;
    let calls = wanted(config, &reader, export).await?;
    if calls.is_empty() {
        bail!("there is no call to export");
    }
    let sids: Result<Vec<_>, _> = calls.iter().map(|call| call.call_sid.parse()).collect();
    let file = OpenOptions::new().write(true).read(true).create_new(true).mode(0o600).open(&export.out);
    let file = file.map_err(|error| cannot_be_made(&export.out, &error))?;
    let written = write(config, export, &reader, &calls, sids?, file).await;
    if written.is_err()
        && let Err(error) = std::fs::remove_file(&export.out)
    {
        eprintln!("sharedphone: {} is not a whole export; remove it ({error})", export.out.display());
    }
    written?;
    let calls = if calls.len() == 1 { "1 call is".to_owned() } else { format!("{} calls are", calls.len()) };
    println!("{calls} in {}. {}", export.out.display(), what_is_in_it(export.level));
    Ok(ExitCode::SUCCESS)
}

fn cannot_be_made(out: &Path, error: &io::Error) -> Error {
    let out = out.display();
    match error.kind() {
        ErrorKind::AlreadyExists => anyhow!("{out} exists already, and nothing is written over; name another file"),
        ErrorKind::NotFound => anyhow!("{out} can't be made: make its folder first"),
        _ => anyhow!("{out} can't be made: {error}"),
    }
}

fn what_is_in_it(level: Level) -> &'static str {
    match level {
        Level::Team => "It has all numbers, names and notes: for the team only (see --level).",
        Level::Parties => "It leaves out numbers and the names of others, for those whom it concerns.",
        Level::Public => "It has counts and outcomes only.",
    }
}

/// Puts the export on record and then into its file.
async fn write(
    config: &Config,
    export: &Export,
    reader: &Reader,
    calls: &[CallFound],
    sids: Vec<CallSid>,
    file: File,
) -> Result<()> {
    errand::on_record(config, ReadKind::Exported, sids).await?;
    let checkpoint = app::checkpoint(config, reader).await?;
    if !checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.is_new) {
        eprintln!("sharedphone: no checkpoint vouches for this export itself; the service's log says why");
    }
    let zone = config.hotline.time_zone;
    let undeleted = reader.undeleted(None).await?;
    let mut bundle = Bundle::new(file, Cover { level: export.level, made_at: Clock::system().now(), time_zone: zone });
    for call in calls {
        let story = gather::story(reader, call, &undeleted, zone).await?;
        bundle.add(&redacted(story, export.level))?;
    }
    if export.level == Level::Team {
        for call in calls {
            bundle.chain(reader.chain_of(&call.call_sid).await?)?;
        }
    }
    bundle.finish(checkpoint.as_ref().map(|checkpoint| checkpoint.line.as_str()))?.sync_all()?;
    Ok(())
}

async fn wanted(config: &Config, reader: &Reader, export: &Export) -> Result<Vec<CallFound>> {
    let mut calls = Vec::new();
    for name in &export.calls {
        calls.push(find::call(reader, name).await?);
    }
    if export.calls.is_empty() {
        if export.from.is_none() && export.to.is_none() {
            bail!("say which calls: their names, or --from and --to");
        }
        let [from, to] = find::period(export.from.as_deref(), export.to.as_deref(), config.hotline.time_zone)?;
        let filter = CallFilter { from, to, limit: u32::MAX, ..CallFilter::default() };
        calls = reader.calls(&filter).await?;
    }
    Ok(calls)
}
