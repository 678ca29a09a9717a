//! `backup`: a whole and verified copy of the database, while calls go on.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::ConfigFile;
use super::calls::find;
use super::errand;
use crate::domain::errand::ReadKind;
use crate::store::audit::{self, Witnessed};
use crate::store::backup::Copy;

/// Write a copy of the database, verified, complete or not at all, while calls go on.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    file: ConfigFile,
    /// The copy, which must not exist. It holds numbers and notes: keep it no longer than you promised.
    target: PathBuf,
}

pub(super) async fn run(backup: &Backup) -> Result<ExitCode> {
    let config = backup.file.load()?;
    find::reader(&config).await?.close().await;
    errand::on_record(&config, ReadKind::BackedUp, Vec::new()).await?;
    let (database, target) = (config.database.path.clone(), backup.target.clone());
    let report = tokio::task::spawn_blocking(move || {
        let copy = Copy::make(&database, &target)?;
        let report = audit::verify(copy.path(), &Witnessed::default(), &mut |_| {})?;
        if report.problems.is_empty() {
            copy.keep()?;
        }
        anyhow::Ok(report)
    });
    let report = report.await??;
    if let Some(problem) = report.problems.first() {
        bail!("the copy was not kept, because the record in it is not sound: {problem}; see sharedphone audit verify");
    }
    println!("{} has {} events, verified.", backup.target.display(), report.events);
    let (key, witnesses) = (config.record.signing_key(&config.database.path), &config.record.checkpoints);
    println!("Keep copies of {}, {} and the configuration too, elsewhere.", key.display(), witnesses.display());
    Ok(ExitCode::SUCCESS)
}
