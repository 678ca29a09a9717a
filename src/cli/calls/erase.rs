//! `calls erase`: forget, here and at Twilio, and say so in the record.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::find;
use crate::cli::errand;
use crate::config::Config;
use crate::domain::errand::{Basis, Errand};
use crate::domain::privacy::DataClass;

/// What is erased of a call.
#[derive(Debug, Args)]
pub(super) struct Erase {
    /// The call: its case name or SID.
    call: String,
    /// On which ground: request, retention, consent, unlawful, order or mistake.
    #[arg(long)]
    basis: Basis,
    /// What: numbers, notes, recordings; and timeline, which can only go when the others are gone.
    #[arg(long, value_delimiter = ',', default_value = "numbers,notes,recordings")]
    what: Vec<DataClass>,
}

pub(super) async fn run(config: &Config, erase: &Erase) -> Result<ExitCode> {
    let call_sid = find::sid(config, &erase.call).await?;
    let given_up = given_up_before(config, call_sid.as_str()).await?;
    errand::done(config, Errand::Erase { call_sid, classes: erase.what.clone(), basis: erase.basis }).await?;
    let what: Vec<&str> = erase.what.iter().map(|class| class.as_str()).collect();
    println!("Erased: {}. That it was erased, and on which ground, stays on record.", what.join(", "));
    if erase.what.contains(&DataClass::Numbers) || erase.what.contains(&DataClass::Recordings) {
        println!("Twilio is being asked to delete what it keeps of this call; the service does so while it runs.");
        println!("Whether it has, and what it would not delete: sharedphone calls show {}", erase.call);
    }
    if given_up {
        println!("It had been asked before and given up, so it may well refuse again: look at the service's log.");
    }
    println!("Backups from before still have it: delete those that are older than you promised to keep them.");
    Ok(ExitCode::SUCCESS)
}

/// Whether something of this call was to be deleted at Twilio, and was given up.
async fn given_up_before(config: &Config, call_sid: &str) -> Result<bool> {
    let reader = find::reader(config).await?;
    let undeleted = reader.undeleted(Some(call_sid)).await?;
    reader.close().await;
    Ok(undeleted.iter().any(|found| !found.open))
}
