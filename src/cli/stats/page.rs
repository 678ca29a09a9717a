//! A report as it is printed: every figure in it has been through [`suppress`]. Owns what is printed,
//! as text and as JSON; nothing else may print a figure.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::figures::{Counts, Figures};
use super::suppress::{self, Shown};
use crate::domain::call::Outcome;

/// What the report is about.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// The first day, if the report has one.
    pub(super) from: Option<String>,
    /// The last day, if the report has one.
    pub(super) to: Option<String>,
    /// Whose days and hours they are.
    pub(super) zone: String,
    /// Below which counts are not printed.
    pub(super) least: u64,
}

/// A table as it is printed, or nothing if it can't be.
type Printed = Option<Vec<(String, Shown)>>;

/// A report.
pub(super) struct Page {
    scope: Scope,
    total: Shown,
    tables: Vec<(&'static str, &'static str, Printed)>,
    connected_percent: Option<u64>,
    median_wait: Option<u64>,
    nine_in_ten_wait: Option<u64>,
}

impl Page {
    /// Puts the figures on the page, as far as they may be.
    pub(super) fn of(figures: &Figures, scope: Scope) -> Self {
        let least = scope.least;
        let total = suppress::total(figures.calls, least);
        let outcomes = printed(&figures.outcomes, least);
        let connected = count_of(outcomes.as_ref(), Outcome::Connected.as_str());
        // A wait says that there are that many connected calls, so it needs their count beside it.
        let waited = |percent, at_least: u64| {
            let enough = connected.is_some_and(|connected| connected >= at_least.max(1));
            figures.wait(percent).filter(|_| enough).map(whole)
        };
        Self {
            connected_percent: connected.filter(|_| figures.calls > 0).map(|count| share(count, figures.calls)),
            median_wait: waited(50, least),
            nine_in_ten_wait: waited(90, 2 * least),
            tables: vec![
                ("outcomes", "By outcome", outcomes),
                ("days", "By day", printed(&figures.days, least)),
                ("hours", "By hour of day", printed(&figures.hours, least)),
                ("rounds", "By how often the team was rung", printed(&figures.rounds, least)),
                ("notes", "With and without a note", printed(&figures.notes, least)),
                ("cases", "By how far the review has come", printed(&figures.cases, least)),
            ],
            scope,
            total,
        }
    }

    /// Writes it for people.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let day = |day: &Option<String>, none: &str| day.clone().unwrap_or_else(|| none.to_owned());
        let (from, to) = (day(&self.scope.from, "the first call"), day(&self.scope.to, "the last call"));
        writeln!(out, "Calls from {from} to {to}, days and hours of {}", self.scope.zone)?;
        writeln!(out, "\n  {:<40}{}", "All calls", self.words(self.total))?;
        let seconds = |wait: Option<u64>| wait.map_or_else(|| "not shown".to_owned(), |wait| format!("{wait} s"));
        let share = self.connected_percent.map_or_else(|| "not shown".to_owned(), |share| format!("{share} %"));
        writeln!(out, "  {:<40}{share}", "Connected with an organiser")?;
        writeln!(out, "  {:<40}{}", "Wait of half of them, at most", seconds(self.median_wait))?;
        writeln!(out, "  {:<40}{}", "Wait of nine in ten of them, at most", seconds(self.nine_in_ten_wait))?;
        for (_, title, table) in &self.tables {
            writeln!(out, "\n{title}")?;
            match table {
                None => writeln!(out, "  not shown: too few calls")?,
                Some(rows) if rows.is_empty() => writeln!(out, "  none")?,
                Some(rows) => {
                    for (name, shown) in rows {
                        writeln!(out, "  {:<40}{}", name.replace('_', " "), self.words(*shown))?;
                    }
                }
            }
        }
        if self.scope.least > 1 {
            writeln!(
                out,
                "\nCounts from 1 to {} are not printed, nor what would give them away (--suppress).",
                self.scope.least - 1
            )?;
        }
        Ok(())
    }

    /// The same for programs. A count is a number, or the words that stand for it.
    pub(super) fn json(&self) -> Value {
        let table = |table: &Printed| {
            let rows = table.as_ref().map(|rows| {
                let rows = rows.iter().map(|(name, shown)| json!({ "name": name, "calls": self.value(*shown) }));
                rows.collect::<Vec<_>>()
            });
            json!(rows)
        };
        let mut report = json!({
            "from": self.scope.from,
            "to": self.scope.to,
            "time_zone": self.scope.zone,
            "suppress": self.scope.least,
            "calls": self.value(self.total),
            "connected_percent": self.connected_percent,
            "median_wait_seconds": self.median_wait,
            "nine_in_ten_wait_seconds": self.nine_in_ten_wait,
        });
        for (name, _, rows) in &self.tables {
            report[*name] = table(rows);
        }
        report
    }

    fn value(&self, shown: Shown) -> Value {
        match shown {
            Shown::Count(count) => json!(count),
            Shown::Fewer | Shown::Withheld => json!(self.words(shown)),
        }
    }

    fn words(&self, shown: Shown) -> String {
        match shown {
            Shown::Count(count) => count.to_string(),
            Shown::Fewer => format!("fewer than {}", self.scope.least),
            Shown::Withheld => "not shown".to_owned(),
        }
    }
}

fn printed(counts: &Counts, least: u64) -> Printed {
    let numbers: Vec<u64> = counts.iter().map(|(_, count)| *count).collect();
    let shown = suppress::table(&numbers, least)?;
    Some(counts.iter().map(|(name, _)| name.clone()).zip(shown).collect())
}

/// A count of a table, if it is printed.
fn count_of(table: Option<&Vec<(String, Shown)>>, name: &str) -> Option<u64> {
    table?.iter().find(|(row, _)| row == name).and_then(|(_, shown)| match shown {
        Shown::Count(count) => Some(*count),
        Shown::Fewer | Shown::Withheld => None,
    })
}

fn share(count: u64, of: u64) -> u64 {
    (count * 100 + of / 2) / of
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a wait")]
fn whole(seconds: f64) -> u64 {
    seconds.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::store::count::Counted;

    fn calls(outcome: &str, count: usize) -> Vec<Counted> {
        let call = Counted {
            started_at: "2026-11-22T05:30:00.000Z".parse().expect("a time"),
            outcome: Some(outcome.to_owned()),
            wait_seconds: (outcome == "connected").then_some(12.4),
            rounds: 1,
            notes: 1,
            case_status: "open".into(),
        };
        vec![call; count]
    }

    fn report(connected: usize, abandoned: usize, least: u64) -> Value {
        let calls = [calls("connected", connected), calls("abandoned", abandoned)].concat();
        let scope = Scope { from: None, to: None, zone: "UTC".into(), least };
        Page::of(&Figures::of(&calls, Tz::UTC), scope).json()
    }

    #[test]
    fn a_busy_report_has_everything() {
        let report = report(15, 5, 5);
        assert_eq!((&report["calls"], &report["connected_percent"]), (&json!(20), &json!(75)));
        assert_eq!((&report["median_wait_seconds"], &report["nine_in_ten_wait_seconds"]), (&json!(12), &json!(12)));
        assert_eq!(report["outcomes"][0], json!({ "name": "connected", "calls": 15 }));
        assert_eq!(report["days"], json!([{ "name": "2026-11-22", "calls": 20 }]));
    }

    #[test]
    fn neither_a_share_nor_a_wait_gives_a_hidden_count_away() {
        let report = report(15, 3, 5);
        assert_eq!(report["outcomes"][0]["calls"], json!("not shown"));
        assert_eq!(report["outcomes"][1]["calls"], json!("fewer than 5"));
        assert_eq!((&report["connected_percent"], &report["nine_in_ten_wait_seconds"]), (&Value::Null, &Value::Null));
        assert_eq!(report["median_wait_seconds"], Value::Null);
        assert_eq!(report["notes"][0], json!({ "name": "with", "calls": 18 }));
    }

    #[test]
    fn a_report_of_few_calls_says_just_that() {
        let report = report(2, 1, 5);
        assert_eq!(report["calls"], json!("fewer than 5"));
        assert!(["outcomes", "days", "hours", "rounds", "notes", "cases"].iter().all(|table| report[table].is_null()));
    }

    #[test]
    fn few_waits_are_not_printed_even_where_their_count_is() {
        let report = report(5, 5, 5);
        assert_eq!((&report["median_wait_seconds"], &report["nine_in_ten_wait_seconds"]), (&json!(12), &Value::Null));
    }
}
