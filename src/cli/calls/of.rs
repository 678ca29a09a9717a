//! `calls of`: all that is held under a number, for a person who asks. As a caller, as an organiser, and
//! in what Twilio is being asked to delete.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use super::find;
use crate::cli::errand;
use crate::cli::organisers::{Organiser, day};
use crate::config::Config;
use crate::domain::errand::ReadKind;
use crate::domain::ids::CallSid;
use crate::domain::phone::PhoneNumber;
use crate::domain::time::Timestamp;
use crate::review::story::CallLine;
use crate::review::{gather, terminal};
use crate::store::Reader;
use crate::store::story::CallFilter;

/// Whose data is looked for.
#[derive(Debug, Args)]
pub(super) struct Of {
    /// The number, such as +447700900123.
    number: PhoneNumber,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Everything that is held under a number.
#[derive(Debug, Serialize)]
struct Held {
    /// The calls that hold it, as the caller's or as one that was rung.
    calls: Vec<CallLine>,
    /// In how many of them it is the caller's.
    as_caller: usize,
    /// The organisers whose it is, or was when they were rung.
    as_organiser: Vec<Organiser>,
    /// Whether it is an organiser's in the configuration, too.
    in_configuration: bool,
    /// Where it is kept until Twilio has deleted the messages with it.
    pending_deletions: Vec<Pending>,
}

/// Messages that Twilio is to delete.
#[derive(Debug, Serialize)]
struct Pending {
    call_sid: CallSid,
    case_name: String,
    /// Since when.
    since: Timestamp,
    /// When it is given up, and the number forgotten, at the latest.
    until: Timestamp,
}

pub(super) async fn run(config: &Config, of: &Of) -> Result<ExitCode> {
    let reader = find::reader(config).await?;
    let held = held(config, &reader, &of.number).await?;
    errand::on_record(config, ReadKind::LookedUp, held.sids()?).await?;
    if of.json {
        println!("{}", serde_json::to_string_pretty(&held)?);
    } else {
        print!("{}", held.page(config));
    }
    Ok(ExitCode::SUCCESS)
}

async fn held(config: &Config, reader: &Reader, number: &PhoneNumber) -> Result<Held> {
    let text = number.as_str();
    let filter = CallFilter { number: Some(text.to_owned()), limit: u32::MAX, ..CallFilter::default() };
    let (calls, undeleted) = (reader.calls(&filter).await?, reader.undeleted(None).await?);
    let organisers = reader.organisers(Some(text)).await?;
    let pending = reader.deletions_with(text).await?.into_iter().map(|found| {
        let bad = "the database has a row that this version does not understand; ask sharedphone audit verify";
        Ok(Pending {
            call_sid: found.call_sid.parse().context(bad)?,
            case_name: found.case_name,
            since: found.since.parse().context(bad)?,
            until: found.until.parse().context(bad)?,
        })
    });
    Ok(Held {
        as_caller: calls.iter().filter(|call| call.caller.as_deref() == Some(text)).count(),
        calls: calls.iter().map(|call| gather::line(call, &undeleted)).collect::<Result<_, _>>()?,
        as_organiser: organisers.into_iter().map(Organiser::of).collect::<Result<_>>()?,
        in_configuration: config.organisers.iter().any(|organiser| organiser.number == *number),
        pending_deletions: pending.collect::<Result<_>>()?,
    })
}

impl Held {
    /// Every call that is shown, once.
    fn sids(&self) -> Result<Vec<CallSid>> {
        let calls = self.calls.iter().filter_map(|line| line.call.call_sid.as_deref());
        let mut sids = calls.map(|sid| Ok(sid.parse()?)).collect::<Result<BTreeSet<CallSid>>>()?;
        sids.extend(self.pending_deletions.iter().map(|pending| pending.call_sid.clone()));
        Ok(sids.into_iter().collect())
    }

    fn page(&self, config: &Config) -> String {
        let zone = config.hotline.time_zone;
        let mut page = format!("{}, {} of them as the caller's.\n", counted(self.calls.len()), self.as_caller);
        if !self.calls.is_empty() {
            page += &terminal::list(&self.calls, zone);
            page += "All that is held of a call: sharedphone calls show CALL, or calls export CALL --level parties.\n";
            page += "It is erased here and at Twilio with: sharedphone calls erase CALL --basis request.\n";
        }
        for organiser in &self.as_organiser {
            page += &format!("As an organiser's: {}.\n", organiser.sentence(zone));
        }
        if self.in_configuration {
            page += "It is an organiser's number in the configuration.\n";
        }
        for pending in &self.pending_deletions {
            let (name, since, until) = (&pending.case_name, day(pending.since, zone), day(pending.until, zone));
            page += &format!(
                "Kept until Twilio has deleted the messages with it: for {name}, ordered on {since}, until {until} at \
                 the latest.\n"
            );
        }
        page += "Words in notes, tags and reasons are not searched for it.\n";
        page
    }
}

fn counted(calls: usize) -> String {
    if calls == 1 { "1 call holds this number".to_owned() } else { format!("{calls} calls hold this number") }
}
