//! `calls export`: calls in a ZIP file that can be handed over.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::find;
use crate::app;
use crate::cli::errand;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::errand::ReadKind;
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
    errand::on_record(config, ReadKind::Exported, sids?).await?;
    let checkpoint = app::checkpoint(config, &reader).await?;
    let file = OpenOptions::new().write(true).read(true).create_new(true).mode(0o600).open(&export.out);
    let file = file.with_context(|| format!("{} can't be made; it must not exist yet", export.out.display()))?;
    let zone = config.hotline.time_zone;
    let undeleted = reader.undeleted(None).await?;
    let mut bundle = Bundle::new(file, Cover { level: export.level, made_at: Clock::system().now(), time_zone: zone });
    for call in &calls {
        let story = gather::story(&reader, call, &undeleted, zone).await?;
        bundle.add(&redacted(story, export.level))?;
    }
    if export.level == Level::Team {
        for call in &calls {
            bundle.chain(reader.chain_of(&call.call_sid).await?)?;
        }
    }
    bundle.finish(checkpoint.as_deref())?.sync_all()?;
    println!("{} calls are in {}, for the {}.", calls.len(), export.out.display(), export.level);
    Ok(ExitCode::SUCCESS)
}

async fn wanted(config: &Config, reader: &Reader, export: &Export) -> Result<Vec<CallFound>> {
    let mut calls = Vec::new();
    for name in &export.calls {
        calls.push(find::call(reader, name).await?);
    }
    if export.calls.is_empty() {
        let moment = |text: &Option<String>| text.as_deref().map(|text| find::moment(text, config.hotline.time_zone));
        let (from, to) = (moment(&export.from).transpose()?, moment(&export.to).transpose()?);
        if from.is_none() && to.is_none() {
            bail!("say which calls: their names, or --from and --to");
        }
        let text = |time: Option<crate::domain::time::Timestamp>| time.map(|time| time.to_string());
        let filter = CallFilter { from: text(from), to: text(to), limit: u32::MAX, ..CallFilter::default() };
        calls = reader.calls(&filter).await?;
    }
    Ok(calls)
}
