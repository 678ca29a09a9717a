//! The figures of a report: calls in tables, each of which adds up to all calls, and waits. Pure; knows
//! nothing of what may be printed.

use chrono::{NaiveDate, Timelike};
use chrono_tz::Tz;

use crate::domain::call::Outcome;
use crate::domain::note::CaseStatus;
use crate::store::count::Counted;

/// What is counted under, and how many calls there are of it.
pub(super) type Counts = Vec<(String, u64)>;

/// All figures of a report.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    /// All calls.
    pub(super) calls: u64,
    /// Calls by outcome, every outcome.
    pub(super) outcomes: Counts,
    /// Calls by day, the days without a call left out.
    pub(super) days: Counts,
    /// Calls by hour of day, in four bands.
    pub(super) hours: Counts,
    /// Calls by how often the team was rung.
    pub(super) rounds: Counts,
    /// Calls with and without a note.
    pub(super) notes: Counts,
    /// Calls by how far their review has come.
    pub(super) cases: Counts,
    /// The waits of connected calls in seconds, the shortest first.
    pub(super) waits: Vec<f64>,
}

/// What stands for the outcome of a call that goes on.
const GOES_ON: &str = "goes_on";

const HOURS: [(&str, u32); 4] = [("00-06", 6), ("06-12", 12), ("12-18", 18), ("18-24", 24)];

impl Figures {
    /// Counts the calls; days and hours are those of `zone`.
    pub(super) fn of(calls: &[Counted], zone: Tz) -> Self {
        let local = |call: &Counted| call.started_at.to_utc().with_timezone(&zone).naive_local();
        let outcome = |call: &Counted| call.outcome.clone().unwrap_or_else(|| GOES_ON.to_owned());
        let outcomes = Outcome::ALL.iter().map(|outcome| outcome.as_str()).chain([GOES_ON]);
        let statuses = CaseStatus::ALL.iter().map(|status| status.as_str());
        let mut days: Vec<NaiveDate> = calls.iter().map(|call| local(call).date()).collect();
        days.dedup();
        let days: Vec<String> = days.iter().map(ToString::to_string).collect();
        let mut waits: Vec<f64> = calls.iter().filter_map(|call| call.wait_seconds).collect();
        waits.sort_by(f64::total_cmp);
        Self {
            calls: calls.len() as u64,
            outcomes: count(outcomes, calls.iter().map(outcome)),
            days: count(days.iter().map(String::as_str), calls.iter().map(|call| local(call).date().to_string())),
            hours: count(HOURS.map(|(name, _)| name), calls.iter().map(|call| band(local(call).hour()))),
            rounds: count(["1", "2", "3 or more"], calls.iter().map(|call| rounds(call.rounds))),
            notes: count(["with", "without"], calls.iter().map(|call| has_note(call.notes))),
            cases: count(statuses, calls.iter().map(|call| call.case_status.as_str())),
            waits,
        }
    }

    /// The wait that `percent` of the connected callers did not exceed, by the nearest rank.
    pub(super) fn wait(&self, percent: usize) -> Option<f64> {
        let rank = (self.waits.len() * percent).div_ceil(100).max(1);
        self.waits.get(rank - 1).copied()
    }
}

/// How many of `found` there are of each of `kinds`.
fn count<'a, K: AsRef<str>>(kinds: impl IntoIterator<Item = &'a str>, found: impl Iterator<Item = K>) -> Counts {
    let mut counts: Counts = kinds.into_iter().map(|kind| (kind.to_owned(), 0)).collect();
    for kind in found {
        match counts.iter_mut().find(|(name, _)| name == kind.as_ref()) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind.as_ref().to_owned(), 1)),
        }
    }
    counts
}

fn band(hour: u32) -> &'static str {
    HOURS.iter().find(|(_, end)| hour < *end).map_or("18-24", |(name, _)| *name)
}

fn rounds(rounds: i64) -> &'static str {
    match rounds {
        ..=1 => "1",
        2 => "2",
        3.. => "3 or more",
    }
}

fn has_note(notes: i64) -> &'static str {
    if notes > 0 { "with" } else { "without" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(started_at: &str, outcome: Option<&str>, wait_seconds: Option<f64>) -> Counted {
        Counted {
            started_at: started_at.parse().expect("a time"),
            outcome: outcome.map(str::to_owned),
            wait_seconds,
            rounds: 1,
            notes: 0,
            case_status: "open".into(),
        }
    }

    fn counts(counts: &Counts) -> Vec<(&str, u64)> {
        counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name.as_str(), *count)).collect()
    }

    #[test]
    fn days_and_hours_are_those_of_the_zone() {
        let calls = [
            call("2026-11-21T22:30:00.000Z", Some("connected"), Some(8.0)),
            call("2026-11-21T23:30:00.000Z", Some("abandoned"), None),
            call("2026-11-22T05:30:00.000Z", None, None),
        ];
        let figures = Figures::of(&calls, chrono_tz::Europe::Berlin);
        assert_eq!(counts(&figures.days), [("2026-11-21", 1), ("2026-11-22", 2)]);
        assert_eq!(counts(&figures.hours), [("00-06", 1), ("06-12", 1), ("18-24", 1)]);
        assert_eq!(counts(&figures.outcomes), [("connected", 1), ("abandoned", 1), ("goes_on", 1)]);
        assert_eq!(figures.calls, 3);
    }

    #[test]
    fn waits_are_taken_by_the_nearest_rank() {
        let calls = |waits: &[f64]| {
            let calls = waits.iter().map(|wait| call("2026-11-22T05:30:00.000Z", Some("connected"), Some(*wait)));
            Figures::of(&calls.collect::<Vec<_>>(), Tz::UTC)
        };
        let ten = calls(&[10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
        assert_eq!((ten.wait(50), ten.wait(90), ten.wait(100)), (Some(5.0), Some(9.0), Some(10.0)));
        assert_eq!((calls(&[4.0]).wait(50), calls(&[]).wait(50)), (Some(4.0), None));
    }
}
