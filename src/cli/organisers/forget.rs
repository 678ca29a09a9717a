//! `organisers forget`: the name and number of somebody who has left go, and that they went is on record.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::{Organiser, everybody, times};
use crate::cli::{ConfigFile, errand};
use crate::config::Config;
use crate::domain::errand::{Basis, Errand};

/// Who is forgotten.
#[derive(Debug, Args)]
pub(super) struct Forget {
    /// Their name, or the id that sharedphone organisers list shows.
    who: String,
    /// On which ground: request, retention, consent, unlawful, order or mistake.
    #[arg(long)]
    basis: Basis,
}

pub(super) async fn run(config: &Config, file: &ConfigFile, forget: &Forget) -> Result<ExitCode> {
    let everybody = everybody(config).await?;
    let found = found(&everybody, &forget.who)?;
    may_go(config, file, found)?;
    errand::done(config, Errand::Forget { organiser_id: found.organiser_id, basis: forget.basis }).await?;
    println!(
        "Forgotten: name and number of {}. That they were, and on which ground, stays on record.",
        found.organiser_id
    );
    if found.numbers_held > 0 {
        println!(
            "The number that was rung is still held {} in calls; sharedphone calls of NUMBER shows in which, and calls \
             erase CALL --what numbers removes it there, or [retention] in time.",
            times(found.numbers_held)
        );
    }
    println!("Words in notes stay as they are, and backups from before still have it all.");
    Ok(ExitCode::SUCCESS)
}

/// The one person who is meant.
fn found<'a>(everybody: &'a [Organiser], who: &str) -> Result<&'a Organiser> {
    let who = who.trim();
    let by_id = everybody.iter().find(|organiser| organiser.organiser_id.to_string() == who);
    let named: Vec<&Organiser> = everybody.iter().filter(|organiser| organiser.name.as_deref() == Some(who)).collect();
    match (by_id, named.as_slice()) {
        (Some(found), _) | (None, &[found]) => Ok(found),
        (None, []) => bail!("nobody is or was on the roster as {who:?}; sharedphone organisers list shows who was"),
        (None, several) => {
            let ids: Vec<String> = several.iter().map(|organiser| organiser.organiser_id.to_string()).collect();
            bail!(
                "{} people were on the roster as {who:?}; say which by the id: {}. sharedphone organisers list tells \
                 them apart",
                several.len(),
                ids.join(", ")
            )
        }
    }
}

/// Refuses where the cure is known; the rules have the last word.
fn may_go(config: &Config, file: &ConfigFile, found: &Organiser) -> Result<()> {
    let name = found.called();
    let (Some(own_name), Some(number)) = (&found.name, &found.number) else {
        bail!("{} is forgotten already", found.organiser_id)
    };
    let configured = |number: Option<&str>| {
        let mut entries = config.organisers.iter().filter(|entry| entry.name == *own_name);
        entries.any(|entry| number.is_none_or(|number| entry.number.as_str() == number))
    };
    let path = file.path.display();
    if found.retired_at.is_none() && configured(None) {
        bail!(
            "{name} is still on the roster: take the entry out of [[organisers]] in {path}, start the service again, and \
             then forget them"
        );
    }
    if found.retired_at.is_none() {
        bail!(
            "{name} is still on the roster, though no longer in {path}: start the service again, and then forget them"
        );
    }
    if configured(Some(number)) {
        bail!(
            "{name} is in {path} again and would come back with the next start: take the entry out of [[organisers]] \
             first"
        );
    }
    if found.live > 0 {
        bail!("a phone of {name}'s is in a call that is still going on; try again when it has ended");
    }
    Ok(())
}
