//! `serve`: take calls until told to stop.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::ConfigFile;
use crate::app;
use crate::clock::Clock;

pub(super) async fn run(file: &ConfigFile) -> Result<ExitCode> {
    let config = file.load()?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM can't be listened for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT can't be listened for")?;
    let mut running = app::start(&config, Clock::system()).await?;
    println!("sharedphone listens on http://{} for {}", running.address, config.server.public_base());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        part = running.died() => bail!("{part} has stopped, which is a fault; start the service again"),
    }
    info!("stopping: live webhooks are answered first");
    running.stop().await?;
    Ok(ExitCode::SUCCESS)
}
