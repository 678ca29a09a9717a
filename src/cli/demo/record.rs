//! The same call as SQL tells it: the three views of the contract, each under the query that was
//! asked, word for word. Asks for nothing but the views.

use anyhow::Result;

use super::page::{Page, Tone, WIDTH};
use crate::store::Reader;

/// What stands where there is nothing.
const NOTHING: &str = "\u{b7}";

const CALLS: &str = "SELECT caller, status, outcome, organiser, wait_seconds, talk_seconds
  FROM call_history ORDER BY started_at";

const EVENTS: &str = "SELECT seq, substr(at, 12, 12) AS at, coalesce(organiser, subject) AS who,
       from_status, to_status, cause, source
  FROM event_log LEFT JOIN leg_history USING (call_sid, leg_sid)
 WHERE call_sid IS NOT NULL ORDER BY seq";

const LEGS: &str = "SELECT organiser, status, reason, substr(started_at, 12, 12) AS started,
       substr(answered_at, 12, 12) AS answered,
       substr(ended_at, 12, 12) AS ended
  FROM leg_history ORDER BY started_at IS NULL, started_at, organiser";

/// Prints the calls, and if `whole` also their legs and events.
pub(super) async fn show(page: Page, reader: &Reader, whole: bool) -> Result<()> {
    if whole {
        page.title("What is on record, as SQL shows it");
        ask(page, reader, EVENTS).await?;
        ask(page, reader, LEGS).await?;
    } else {
        page.line("");
    }
    ask(page, reader, CALLS).await
}

async fn ask(page: Page, reader: &Reader, query: &'static str) -> Result<()> {
    let answer = reader.ask(query).await?;
    table(page, query, &answer.heads, &answer.rows);
    Ok(())
}

fn table(page: Page, query: &str, heads: &[String], rows: &[Vec<Option<String>>]) {
    for line in query.lines() {
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
    page.line(&page.paint(Tone::Bold, &aligned(heads.to_vec())));
    for row in rows {
        page.line(&aligned((0..heads.len()).map(|column| cell(row, column)).collect()));
    }
    page.line("");
}
