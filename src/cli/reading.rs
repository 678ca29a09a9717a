//! What the commands that only read have in common: which database, and how long they may take.

use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use super::ConfigFile;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::ask::Shell;

/// Which database is read.
#[derive(Debug, Args)]
pub(super) struct Reading {
    #[command(flatten)]
    file: ConfigFile,
    /// Read this database, whatever the configuration says. Only reading the configured one goes on record.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// The longest that one question may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

impl Reading {
    /// Opens the database; with the configuration if it is the configured one, however it was named.
    pub(super) fn open(&self) -> Result<(Shell, Option<Config>)> {
        if let Some(path) = &self.database {
            let shell = Shell::open(path)?;
            return Ok((shell, configured_as(&self.file, path)));
        }
        let config = self.file.load().context("a database can be named with --database FILE instead")?;
        Ok((Shell::open(&config.database.path)?, Some(config)))
    }

    /// Says whether a question that is asked now has taken too long.
    pub(super) fn patience(&self) -> impl FnMut() -> bool + Send + use<> {
        let (clock, limit) = (Clock::system(), Duration::from_secs(self.timeout));
        let began = clock.now();
        move || clock.now().since(began) > limit
    }
}

/// The configuration, if there is one and this is its database. A copy is read without one.
pub(super) fn configured_as(file: &ConfigFile, path: &Path) -> Option<Config> {
    if !file.path.exists() {
        return None;
    }
    match file.load() {
        Ok(config) => is_one_file(&config.database.path, path).then_some(config),
        Err(error) => {
            eprintln!("Taken for a copy, which is not put on record, since the configuration can't be read: {error:#}");
            None
        }
    }
}

/// Whether both names lead to the same file, through links of either kind.
fn is_one_file(one: &Path, other: &Path) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        (Ok(_) | Err(_), _) => false,
    }
}

/// How a command ended that wrote an answer: well, too, if whoever read it has seen enough.
pub(super) fn told(outcome: Result<()>) -> Result<ExitCode> {
    let gone = |error: &io::Error| error.kind() == ErrorKind::BrokenPipe;
    match outcome {
        Err(error) if !error.downcast_ref().is_some_and(gone) => Err(error),
        Ok(()) | Err(_) => Ok(ExitCode::SUCCESS),
    }
}
