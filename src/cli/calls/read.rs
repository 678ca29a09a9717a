//! `calls list` and `calls show`.

use std::io::stdout;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::find;
use crate::cli::errand;
use crate::config::Config;
use crate::domain::call::Outcome;
use crate::domain::errand::ReadKind;
use crate::review::csv::{self, Table};
use crate::review::redact::redacted;
use crate::review::story::{CallLine, Level};
use crate::review::{gather, json, terminal};
use crate::store::story::CallFilter;

/// Which calls are listed.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Not before this day or time.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Before this day or time.
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// With this outcome: connected, abandoned, unanswered, message_left, refused or failed.
    #[arg(long, value_name = "WORD")]
    outcome: Option<Outcome>,
    /// Taken by this organiser.
    #[arg(long, value_name = "NAME")]
    organiser: Option<String>,
    /// With this case name.
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Without a note.
    #[arg(long)]
    without_note: bool,
    /// The most that are listed, the newest ones.
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// As JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As CSV, safe for spreadsheets.
    #[arg(long)]
    csv: bool,
}

/// Which call is shown.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The call: its case name or SID.
    call: String,
    /// With the events as they are recorded.
    #[arg(long)]
    events: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// For whose eyes: team, parties or public.
    #[arg(long, default_value = "team")]
    level: Level,
}

pub(super) async fn list(config: &Config, list: &List) -> Result<ExitCode> {
    let zone = config.hotline.time_zone;
    let [from, to] = find::period(list.from.as_deref(), list.to.as_deref(), zone)?;
    let filter = CallFilter {
        from,
        to,
        outcome: list.outcome.map(|outcome| outcome.to_string()),
        organiser: list.organiser.clone(),
        call: list.case.clone(),
        number: None,
        has_note: list.without_note.then_some(false),
        limit: list.limit,
    };
    let reader = find::reader(config).await?;
    errand::on_record(config, ReadKind::Listed, Vec::new()).await?;
    let (calls, undeleted) = (reader.calls(&filter).await?, reader.undeleted(None).await?);
    if list.csv {
        let mut stories = Vec::with_capacity(calls.len());
        for call in &calls {
            stories.push(gather::story(&reader, call, &undeleted, zone).await?);
        }
        csv::write(Table::Calls, stories.iter(), stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    }
    let lines: Result<Vec<CallLine>, _> = calls.iter().map(|call| gather::line(call, &undeleted)).collect();
    print(config, &lines?, list.json)?;
    if calls.is_empty() {
        eprintln!("There is no such call.");
    }
    if calls.len() == list.limit as usize {
        eprintln!("These are the newest {}; more with --limit, or narrow it down with --from and --to.", calls.len());
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn show(config: &Config, show: &Show) -> Result<ExitCode> {
    let reader = find::reader(config).await?;
    let call = find::call(&reader, &show.call).await?;
    errand::on_record(config, ReadKind::Shown, vec![call.call_sid.parse()?]).await?;
    let undeleted = reader.undeleted(Some(&call.call_sid)).await?;
    let story = gather::story(&reader, &call, &undeleted, config.hotline.time_zone).await?;
    let story = redacted(story, show.level);
    if show.json {
        print!("{}", json::text(&story)?);
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", terminal::show(&story, show.events));
    Ok(ExitCode::SUCCESS)
}

fn print(config: &Config, lines: &[CallLine], as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(lines)?);
    } else {
        print!("{}", terminal::list(lines, config.hotline.time_zone));
    }
    Ok(())
}
