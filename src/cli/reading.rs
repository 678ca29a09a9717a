//! What the commands that only read have in common: which database, and how long they may take.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
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
    /// Read this database, whatever the configuration says.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// The longest that one question may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

impl Reading {
    /// Opens the database; with the configuration, where that was needed to find it.
    pub(super) fn open(&self) -> Result<(Shell, Option<Config>)> {
        if let Some(path) = &self.database {
            return Ok((Shell::open(path)?, None));
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

/// How a command ended that wrote an answer: well, too, if whoever read it has seen enough.
pub(super) fn told(outcome: Result<()>) -> Result<ExitCode> {
    let gone = |error: &io::Error| error.kind() == ErrorKind::BrokenPipe;
    match outcome {
        Err(error) if !error.downcast_ref().is_some_and(gone) => Err(error),
        Ok(()) | Err(_) => Ok(ExitCode::SUCCESS),
    }
}
