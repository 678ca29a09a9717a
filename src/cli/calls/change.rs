//! `calls tag`, `status`, `hold`, `release` and `expunge`: what is decided about a case.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use clap::{ArgGroup, Args};

use super::find;
use crate::cli::errand;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::errand::Errand;
use crate::domain::note::CaseStatus;

/// All tags of a call from now on.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).args(["tags", "none"])))]
pub(super) struct Tag {
    /// The call: its case name or SID.
    call: String,
    /// The tags; they take the place of all former ones.
    tags: Vec<String>,
    /// Remove all tags.
    #[arg(long)]
    none: bool,
}

/// How far the review has come.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// The call: its case name or SID.
    call: String,
    /// open, in_review or closed.
    status: CaseStatus,
}

/// A hold.
#[derive(Debug, Args)]
pub(super) struct Hold {
    /// The call: its case name or SID.
    call: String,
    /// Why it must be kept.
    #[arg(long)]
    reason: String,
}

/// The end of a hold.
#[derive(Debug, Args)]
pub(super) struct Release {
    /// The call: its case name or SID.
    call: String,
}

/// A day of its own.
#[derive(Debug, Args)]
pub(super) struct Expunge {
    /// The call: its case name or SID.
    call: String,
    /// The day, such as 2027-01-31; or --never.
    #[arg(long, value_name = "DAY", required_unless_present = "never")]
    on: Option<String>,
    /// No longer on a day of its own; the rules of retention hold.
    #[arg(long, conflicts_with = "on")]
    never: bool,
}

pub(super) async fn tag(config: &Config, tag: &Tag) -> Result<ExitCode> {
    let call_sid = find::sid(config, &tag.call).await?;
    errand::done(config, Errand::Tag { call_sid, tags: tag.tags.clone() }).await?;
    match tag.tags.len() {
        0 => println!("It has no tag now."),
        1 => println!("It has one tag now."),
        many => println!("It has {many} tags now."),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn status(config: &Config, status: &Status) -> Result<ExitCode> {
    let call_sid = find::sid(config, &status.call).await?;
    errand::done(config, Errand::SetStatus { call_sid, status: status.status }).await?;
    println!("The case is {}.", status.status);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn hold(config: &Config, hold: &Hold) -> Result<ExitCode> {
    let call_sid = find::sid(config, &hold.call).await?;
    errand::done(config, Errand::Hold { call_sid, reason: hold.reason.clone() }).await?;
    println!("It is kept, whatever [retention] says, until you end that with: sharedphone calls release {}", hold.call);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn release(config: &Config, release: &Release) -> Result<ExitCode> {
    let call_sid = find::sid(config, &release.call).await?;
    errand::done(config, Errand::Release { call_sid }).await?;
    println!("The rules of [retention] hold for it again.");
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn expunge(config: &Config, expunge: &Expunge) -> Result<ExitCode> {
    let day = expunge
        .on
        .as_deref()
        .map(|day| day.parse::<NaiveDate>().with_context(|| format!("{day:?} is not a day; write it like 2027-01-31")));
    let day = day.transpose()?;
    let now = Clock::system().now().to_string();
    if let Some(day) = day.filter(|day| *day.to_string() < now[..10]) {
        bail!("{day} is in the past; what is held now goes with: sharedphone calls erase {}", expunge.call);
    }
    let on = day.map(|day| day.to_string());
    let call_sid = find::sid(config, &expunge.call).await?;
    errand::done(config, Errand::ExpungeOn { call_sid, on: on.clone() }).await?;
    match on {
        Some(day) => println!("Everything of it is removed on {day} (UTC), while the service runs."),
        None => println!("It has no day of its own any more."),
    }
    Ok(ExitCode::SUCCESS)
}
