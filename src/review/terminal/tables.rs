//! Tables for a terminal: the list of calls, and the raw events of one.

use chrono_tz::Tz;

use crate::review::safe::{fit, safe, width};
use crate::review::story::{CallLine, CallStory, Entry};
use crate::review::time::{Local, in_words};

/// Many calls, one line each, in the order given.
pub fn list(calls: &[CallLine], zone: Tz) -> String {
    let heads = ["Time", "Case", "Outcome", "Taken by", "Wait", "Talk", "Note"];
    let rows = calls.iter().map(|CallLine { call, has_note }| {
        let outcome = call.outcome.map_or(call.status.as_str(), |outcome| outcome.as_str());
        let seconds = |seconds: Option<f64>| seconds.map(in_words).unwrap_or_default();
        [
            Local::new(zone, call.started_at).minute(call.started_at),
            safe(&call.case_name),
            outcome.replace('_', " "),
            safe(call.organiser.as_deref().unwrap_or_default()),
            seconds(call.wait_seconds),
            seconds(call.talk_seconds),
            if *has_note { "yes" } else { "no" }.to_owned(),
        ]
    });
    let mut lines = table(heads, [16, 23, 12, 14, 11, 11, 4], rows.collect());
    lines.push(format!("Times are those of {}.", zone.name()));
    lines.push(String::new());
    lines.join("\n")
}

/// The raw events, each with its hash on a line of its own so that neither is cut off.
pub(super) fn events(story: &CallStory) -> Vec<String> {
    story.entries.iter().flat_map(event).collect()
}

fn event(entry: &Entry) -> [String; 3] {
    let change = match (&entry.from_status, &entry.to_status) {
        (None, None) => String::new(),
        (from, to) => format!(" {} → {}", from.as_deref().unwrap_or("·"), to.as_deref().unwrap_or("·")),
    };
    let line = [entry.subject.as_str(), entry.organiser.as_deref().unwrap_or_default(), &entry.cause];
    let line = line.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let leg = entry.leg_sid.as_deref().map(|sid| format!("leg {sid} ")).unwrap_or_default();
    let detail = serde_json::Value::Object(entry.detail.clone());
    [
        format!("  {:>6}  {}  {}{}  ({})", entry.seq, entry.at, safe(&line), safe(&change), safe(&entry.source)),
        safe(&format!("          {leg}{detail}")),
        safe(&format!("          {}", entry.hash)),
    ]
}

/// Lays out cells, each column as wide as its content wants but at most as wide as it may be.
fn table<const N: usize>(heads: [&str; N], most: [usize; N], rows: Vec<[String; N]>) -> Vec<String> {
    let heads = heads.map(str::to_owned);
    let mut widths = most;
    for (column, wide) in widths.iter_mut().enumerate() {
        let cells = rows.iter().chain([&heads]).map(|row| width(&row[column]));
        *wide = cells.max().unwrap_or_default().min(*wide);
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, wide)| fit(cell, wide));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    [&heads].into_iter().chain(&rows).map(line).collect()
}
