//! `serve`: take calls until told to stop.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::ConfigFile;
use crate::app;
use crate::clock::Clock;
use crate::outbox::GivenUp;

/// Take calls until told to stop.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    file: ConfigFile,
    /// Accept a database that is older than its witnesses know, for this reason, which goes on record: a
    /// backup was restored. Erasures that were done since are done again.
    #[arg(long, value_name = "REASON")]
    accept_restore: Option<String>,
}

pub(super) async fn run(serve: &Serve) -> Result<ExitCode> {
    let config = serve.file.load()?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM can't be listened for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT can't be listened for")?;
    // As long as the database can't be opened, it is still starting.
    let mut running = tokio::select! {
        running = app::start_accepting(&config, Clock::system(), serve.accept_restore.as_deref()) => running?,
        _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
        _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
    };
    println!("sharedphone listens on http://{} for {}", running.address, config.server.public_base());
    let given_up = GivenUp::new(running.reader.clone(), Clock::system());
    tokio::select! {
        () = given_up.run() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        part = running.died() => bail!("{part} has stopped, which is a fault; start the service again"),
    }
    info!("stopping: live webhooks are answered first");
    running.stop().await?;
    Ok(ExitCode::SUCCESS)
}
