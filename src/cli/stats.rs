//! `stats`: counts for a transparency report, in which nobody can be recognised. Owns the period and
//! the form; what is counted is the store's matter, what may be printed that of [`suppress`].

mod figures;
mod page;
mod suppress;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use clap::Args;

use self::figures::Figures;
use self::page::{Page, Scope};
use super::errand;
use super::reading::{Reading, told};
use crate::domain::errand::ReadKind;
use crate::domain::time::Timestamp;

/// What can be asked for.
#[derive(Debug, Args)]
pub(super) struct Stats {
    #[command(flatten)]
    reading: Reading,
    /// The first day, such as 2026-11-20.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<NaiveDate>,
    /// The last day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<NaiveDate>,
    /// Whose days and hours, such as Europe/London [default: the configuration's, without one UTC].
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: Option<Tz>,
    /// Print no count below this one, except noughts, and nothing that would give one away.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=1000))]
    suppress: u64,
    /// Report in JSON.
    #[arg(long)]
    json: bool,
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "a day is written like 2026-11-20".to_owned())
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| "a time zone is written like Europe/London".to_owned())
}

/// Prints the report.
pub(super) async fn run(stats: &Stats) -> Result<ExitCode> {
    if let (Some(from), Some(to)) = (stats.from, stats.to)
        && to < from
    {
        bail!("--to {to} lies before --from {from}; give the earlier day as --from");
    }
    let (shell, config) = stats.reading.open()?;
    if let Some(config) = &config {
        errand::on_record(config, ReadKind::Counted, Vec::new()).await?;
    }
    let configured = config.map(|config| config.hotline.time_zone);
    let zone = stats.time_zone.or(configured).unwrap_or(Tz::UTC);
    let after = stats.to.map(|to| to.checked_add_days(Days::new(1)).context("--to lies too far ahead")).transpose()?;
    let (from, to) = (stats.from.map(|day| begin_of(day, zone)), after.map(|day| begin_of(day, zone)));
    let calls = shell.counted(from.transpose()?, to.transpose()?, stats.reading.patience())?;
    let text = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    let scope = Scope { from: text(stats.from), to: text(stats.to), zone: zone.to_string(), least: stats.suppress };
    let page = Page::of(&Figures::of(&calls, zone), scope);
    told(write(&page, stats.json).map_err(anyhow::Error::from))
}

fn write(page: &Page, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json { writeln!(out, "{:#}", page.json()) } else { page.write(&mut out) }
}

/// When a day begins in a zone. Where clocks leap at midnight, it begins with the first moment there is.
fn begin_of(day: NaiveDate, zone: Tz) -> Result<Timestamp> {
    let hours = (0..24).filter_map(|hour| NaiveTime::from_hms_opt(hour, 0, 0));
    let first = hours.filter_map(|hour| day.and_time(hour).and_local_timezone(zone).earliest()).next();
    let first = first.with_context(|| format!("{day} does not exist in {zone}"))?;
    Ok(Timestamp::new(first.to_utc()))
}
