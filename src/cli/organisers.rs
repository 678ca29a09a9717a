//! `organisers`: who is or was on the roster, what is held of them, and the forgetting of those who have
//! left. Owns what is said; the roster is made by the configuration, and what may be forgotten is
//! decided by the rules.

mod forget;

use std::process::ExitCode;

use anyhow::{Context, Result};
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use serde::Serialize;

use self::forget::Forget;
use super::calls::find;
use super::{ConfigFile, errand};
use crate::config::Config;
use crate::domain::errand::ReadKind;
use crate::domain::ids::OrganiserId;
use crate::domain::time::Timestamp;
use crate::review::safe::safe;
use crate::store::story::OrganiserFound;

/// Show who is or was on the roster, and forget those who have left.
#[derive(Debug, Args)]
pub(super) struct Organisers {
    #[command(flatten)]
    file: ConfigFile,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List everybody who is or was on the roster, and what is held of them.
    List(List),
    /// Forget the name and number of somebody who has left.
    Forget(Forget),
}

/// How they are listed.
#[derive(Debug, Args)]
struct List {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Somebody who is or was on the roster, and what is held of them.
#[derive(Debug, Serialize)]
pub(super) struct Organiser {
    pub(super) organiser_id: OrganiserId,
    /// Nothing if it was forgotten.
    pub(super) name: Option<String>,
    /// Nothing if it was forgotten.
    pub(super) number: Option<String>,
    since: Option<Timestamp>,
    /// Nothing while they are on the roster.
    pub(super) retired_at: Option<Timestamp>,
    /// How often they were rung, or were to be.
    legs: u32,
    /// In how many of these the number that was rung is still held.
    pub(super) numbers_held: u32,
    /// How many of these are not over.
    #[serde(skip)]
    pub(super) live: u32,
}

impl Organiser {
    pub(super) fn of(found: OrganiserFound) -> Result<Self> {
        let bad = "the database has an organiser whom this version does not understand; ask sharedphone audit verify";
        let time = |text: Option<String>| text.map(|text| text.parse::<Timestamp>()).transpose().context(bad);
        Ok(Self {
            organiser_id: found.organiser_id.parse().context(bad)?,
            name: found.name,
            number: found.number,
            since: time(found.since)?,
            retired_at: time(found.retired_at)?,
            legs: found.legs,
            numbers_held: found.numbers_held,
            live: found.live,
        })
    }

    /// Who it is, in words.
    pub(super) fn called(&self) -> String {
        self.name.as_deref().map_or_else(|| "somebody whose name is forgotten".to_owned(), safe)
    }

    /// What is held of them, in one sentence without its full stop.
    pub(super) fn sentence(&self, zone: Tz) -> String {
        let since = self.since.map_or(String::new(), |since| format!(" since {}", day(since, zone)));
        let roster = match self.retired_at {
            Some(retired_at) => format!("was on the roster{since}, and retired on {}", day(retired_at, zone)),
            None => format!("on the roster{since}"),
        };
        let (legs, held) = (times(self.legs), times(self.numbers_held));
        format!("{}, {roster}; to be rung {legs}, and the number of that is held {held}", self.called())
    }
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// The day of a time, as people there write it.
pub(super) fn day(at: Timestamp, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d").to_string()
}

pub(super) async fn run(organisers: &Organisers) -> Result<ExitCode> {
    let config = organisers.file.load()?;
    match &organisers.command {
        Command::List(list) => show(&config, list).await,
        Command::Forget(forget) => forget::run(&config, &organisers.file, forget).await,
    }
}

/// Everybody, in the order in which they came.
async fn everybody(config: &Config) -> Result<Vec<Organiser>> {
    let reader = find::reader(config).await?;
    let found = reader.organisers(None).await?;
    reader.close().await;
    found.into_iter().map(Organiser::of).collect()
}

async fn show(config: &Config, list: &List) -> Result<ExitCode> {
    let everybody = everybody(config).await?;
    errand::on_record(config, ReadKind::LookedUp, Vec::new()).await?;
    if list.json {
        println!("{}", serde_json::to_string_pretty(&everybody)?);
        return Ok(ExitCode::SUCCESS);
    }
    for organiser in &everybody {
        let number = organiser.number.as_deref().map_or("no number is held".to_owned(), safe);
        println!("{}  {number}\n  {}.", organiser.organiser_id, organiser.sentence(config.hotline.time_zone));
    }
    println!("Forget somebody who has retired: sharedphone organisers forget NAME, or the id before their number.");
    Ok(ExitCode::SUCCESS)
}
