//! `calls list`, `calls show` and `calls of`.

use std::io::stdout;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::find;
use crate::config::Config;
use crate::domain::call::Outcome;
use crate::domain::errand::ReadKind;
use crate::domain::phone::PhoneNumber;
use crate::review::csv::{self, Table};
use crate::review::redact::redacted;
use crate::review::story::{CallLine, Level};
use crate::review::{gather, json, terminal};
use crate::store::story::{CallFilter, CallFound};

/// Which calls are listed.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Not before this day or time.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Before this day or time.
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// With this outcome.
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

/// Whose data is looked for.
#[derive(Debug, Args)]
pub(super) struct Of {
    /// The number, such as +447700900123.
    number: PhoneNumber,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn list(config: &Config, list: &List) -> Result<ExitCode> {
    let zone = config.hotline.time_zone;
    let moment = |text: &Option<String>| text.as_deref().map(|text| find::moment(text, zone)).transpose();
    let filter = CallFilter {
        from: moment(&list.from)?.map(|time| time.to_string()),
        to: moment(&list.to)?.map(|time| time.to_string()),
        outcome: list.outcome.map(|outcome| outcome.to_string()),
        organiser: list.organiser.clone(),
        call: list.case.clone(),
        number: None,
        has_note: list.without_note.then_some(false),
        limit: list.limit,
    };
    let reader = find::reader(config).await?;
    find::on_record(config, ReadKind::Listed, Vec::new()).await?;
    let calls = reader.calls(&filter).await?;
    if list.csv {
        let mut stories = Vec::with_capacity(calls.len());
        for call in &calls {
            stories.push(gather::story(&reader, call, zone).await?);
        }
        csv::write(Table::Calls, stories.iter(), stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    }
    print(config, &calls, list.json)?;
    if calls.len() == list.limit as usize {
        eprintln!("These are the newest {}; more with --limit, or narrow it down with --from and --to.", calls.len());
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn show(config: &Config, show: &Show) -> Result<ExitCode> {
    let reader = find::reader(config).await?;
    let call = find::call(&reader, &show.call).await?;
    find::on_record(config, ReadKind::Shown, vec![call.call_sid.parse()?]).await?;
    let story = redacted(gather::story(&reader, &call, config.hotline.time_zone).await?, show.level);
    if show.json {
        print!("{}", json::text(&story)?);
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", terminal::show(&story, show.events));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn of(config: &Config, of: &Of) -> Result<ExitCode> {
    let number = of.number.as_str().to_owned();
    let reader = find::reader(config).await?;
    let filter = CallFilter { number: Some(number), limit: u32::MAX, ..CallFilter::default() };
    let calls = reader.calls(&filter).await?;
    let sids: Result<Vec<_>, _> = calls.iter().map(|call| call.call_sid.parse()).collect();
    find::on_record(config, ReadKind::LookedUp, sids?).await?;
    if !of.json {
        println!("{} hold this number, as the caller's or as one that was rung.", counted(calls.len()));
        let on_roster = config.organisers.iter().any(|organiser| organiser.number == of.number);
        if on_roster {
            println!("It is an organiser's number in the configuration.");
        }
    }
    print(config, &calls, of.json)?;
    if !of.json && !calls.is_empty() {
        println!("All that is held of a call: sharedphone calls show CALL, or calls export CALL --level parties.");
        println!("What Twilio keeps of it is erased together with ours: sharedphone calls erase CALL --basis request.");
    }
    Ok(ExitCode::SUCCESS)
}

fn counted(calls: usize) -> String {
    if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") }
}

fn print(config: &Config, calls: &[CallFound], as_json: bool) -> Result<()> {
    let lines: Result<Vec<CallLine>, _> = calls.iter().map(gather::line).collect();
    let lines = lines?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
    } else {
        print!("{}", terminal::list(&lines, config.hotline.time_zone));
    }
    Ok(())
}
