//! `setup`: what the hotline's number needs at Twilio.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::ConfigFile;
use crate::app::parts;
use crate::domain::reply::MOST_DIALLED;

/// Set the hotline's number up.
#[derive(Debug, Args)]
pub(super) struct Setup {
    #[command(flatten)]
    file: ConfigFile,
    /// Print a document for a TwiML Bin, which Twilio goes by when this service is down: it rings the team of the
    /// configuration, without asking for a key. Name the bin as the number's "primary handler fails" in Twilio's console.
    #[arg(long, required = true)]
    fallback_twiml: bool,
}

pub(super) fn run(setup: &Setup) -> Result<ExitCode> {
    let config = setup.file.load()?;
    println!("{}", parts::emergency(&config).kept_at_twilio());
    if config.organisers.len() > MOST_DIALLED {
        eprintln!(
            "Twilio rings {MOST_DIALLED} numbers at once at most: the first {MOST_DIALLED} of the roster are in it"
        );
    }
    Ok(ExitCode::SUCCESS)
}
