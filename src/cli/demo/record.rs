//! The same call as SQL tells it: the three views of the contract, each with the query that was
//! asked. Owns the queries as people read them; must not ask for more than the views.

use std::collections::HashMap;

use anyhow::Result;

use super::page::{Page, Tone, WIDTH};
use crate::store::Reader;
use crate::store::views::{CallHistory, EventLog, LegHistory};

/// What stands where there is nothing.
const NOTHING: &str = "\u{b7}";

/// Prints the calls, and if `whole` also their legs and events.
pub(super) async fn show(page: Page, reader: &Reader, whole: bool) -> Result<()> {
    let calls = reader.call_history().await?;
    if whole {
        page.title("What is on record, as SQL shows it");
        show_logs(page, reader, &calls).await?;
    } else {
        page.line("");
    }
    let query = [
        "SELECT caller, status, outcome, organiser, wait_seconds, talk_seconds",
        "  FROM call_history ORDER BY started_at",
    ];
    let rows = calls.iter().map(|call| {
        let seconds = |seconds: Option<f64>| seconds.map(|seconds| format!("{seconds:.1}"));
        let (wait, talk) = (seconds(call.wait_seconds), seconds(call.talk_seconds));
        let cells = [Some(call.caller.clone()), Some(call.status.clone()), call.outcome.clone()];
        cells.into_iter().chain([call.organiser.clone(), wait, talk]).collect()
    });
    let heads = ["caller", "status", "outcome", "organiser", "wait_seconds", "talk_seconds"];
    table(page, &query, &heads, &rows.collect::<Vec<_>>());
    Ok(())
}

async fn show_logs(page: Page, reader: &Reader, calls: &[CallHistory]) -> Result<()> {
    for call in calls {
        let sid = call.call_sid.parse()?;
        let legs = reader.leg_history(&sid).await?;
        events(page, &call.call_sid, &reader.event_log(&sid).await?, &legs);
        self::legs(page, &call.call_sid, &legs);
    }
    Ok(())
}

fn events(page: Page, call_sid: &str, events: &[EventLog], legs: &[LegHistory]) {
    let query = [
        "SELECT seq, substr(at, 12, 12) AS at, coalesce(organiser, subject) AS who,",
        "       from_status, to_status, cause, source",
        "  FROM event_log LEFT JOIN leg_history USING (call_sid, leg_sid)",
        &format!(" WHERE call_sid = '{call_sid}' ORDER BY seq"),
    ];
    let names: HashMap<&str, &str> =
        legs.iter().filter_map(|leg| Some((leg.leg_sid.as_deref()?, leg.organiser.as_str()))).collect();
    let rows = events.iter().map(|event| {
        let name = event.leg_sid.as_deref().and_then(|sid| names.get(sid).copied());
        let who = name.unwrap_or(&event.subject).to_owned();
        let cells = [Some(event.seq.to_string()), Some(time(&event.at)), Some(who), event.from_status.clone()];
        let rest = [event.to_status.clone(), Some(event.cause.clone()), Some(event.source.clone())];
        cells.into_iter().chain(rest).collect()
    });
    let heads = ["seq", "at", "who", "from_status", "to_status", "cause", "source"];
    table(page, &query, &heads, &rows.collect::<Vec<_>>());
}

fn legs(page: Page, call_sid: &str, legs: &[LegHistory]) {
    let query = [
        "SELECT organiser, status, reason, substr(started_at, 12, 12) AS started,",
        "       substr(answered_at, 12, 12) AS answered,",
        "       substr(ended_at, 12, 12) AS ended",
        &format!("  FROM leg_history WHERE call_sid = '{call_sid}'"),
        " ORDER BY started_at IS NULL, started_at, organiser",
    ];
    let rows = legs.iter().map(|leg| {
        let times = [&leg.started_at, &leg.answered_at, &leg.ended_at].map(|at| at.as_deref().map(time));
        let cells = [Some(leg.organiser.clone()), Some(leg.status.clone()), leg.reason.clone()];
        cells.into_iter().chain(times).collect()
    });
    let heads = ["organiser", "status", "reason", "started", "answered", "ended"];
    table(page, &query, &heads, &rows.collect::<Vec<_>>());
}

/// The time of day of an RFC 3339 text, as SQL's `substr(at, 12, 12)` has it.
fn time(at: &str) -> String {
    at.get(11..23).unwrap_or(at).to_owned()
}

fn table(page: Page, query: &[&str], heads: &[&str], rows: &[Vec<Option<String>>]) {
    for line in query {
        page.line(&page.paint(Tone::Dim, &format!("  {line}")));
    }
    page.line("");
    let cell = |row: &Vec<Option<String>>, column: usize| {
        row.get(column).cloned().flatten().unwrap_or_else(|| NOTHING.to_owned())
    };
    let width = |column: usize, head: &str| {
        let cells = rows.iter().map(|row| cell(row, column).chars().count());
        cells.chain([head.chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = heads.iter().enumerate().map(|(column, head)| width(column, head)).collect();
    let wide = widths.iter().map(|width| width + 2).sum::<usize>() <= WIDTH;
    let gap = if wide { "  " } else { " " };
    let aligned = |cells: Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("  {}", padded.collect::<Vec<_>>().join(gap)).trim_end().to_owned()
    };
    page.line(&page.paint(Tone::Bold, &aligned(heads.iter().map(|head| (*head).to_owned()).collect())));
    for row in rows {
        page.line(&aligned((0..heads.len()).map(|column| cell(row, column)).collect()));
    }
    page.line("");
}
