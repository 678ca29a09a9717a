//! Owns promises 4, 5, 6 and 12: no phone rings in vain or twice, only organisers are dialled, no
//! leg is placed twice, and nobody's number is written where others can read it.

use super::{BrokenPromise, Expectations, GRACE, Report};
use crate::simulator::engine::{Call, Direction};
use crate::simulator::observation::What;
use crate::simulator::problem::ProblemKind;
use std::time::Duration;

/// How long a phone may ring on after the decision.
const RINGS_ON: Duration = Duration::from_secs(2);

pub(super) fn check(report: &Report, expected: &Expectations, broken: &mut Vec<BrokenPromise>) {
    for leg in report.outbound() {
        rings_for_somebody(report, leg, expected, broken);
        if !expected.organisers.is_empty() && !expected.organisers.contains(&leg.to) {
            let what = format!("a number was dialled that is no organiser's ({})", leg.sid);
            broken.push(BrokenPromise { promise: 5, at: leg.created, what });
        }
    }
    if !expected.second_ring {
        rings_once(report, expected, broken);
    }
    if expected.legs_per_number > 0 {
        few_at_once(report, expected, broken);
    }
    for problem in &report.problems {
        let promise = match problem.kind {
            ProblemKind::PlacedTwice => 6,
            ProblemKind::Privacy => 12,
            _ => continue,
        };
        broken.push(BrokenPromise { promise, at: problem.at, what: problem.detail.clone() });
    }
}

/// When a leg's phone rang.
fn ringing(report: &Report, leg: &Call) -> Option<(Duration, Duration)> {
    let from = report.of(leg).find(|o| o.what == What::RingStarted)?.at;
    let stops = |what: &What| matches!(what, What::Answered | What::RingStopped);
    let to = report.of(leg).find(|o| stops(&o.what)).map_or(report.now, |o| o.at);
    Some((from, to))
}

/// A time in which a caller waited for somebody.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    begin: Duration,
    end: Duration,
    /// When the application could know that it was over without asking.
    known_at: Duration,
}

/// The waits a leg may ring for: its own call's if that is known, otherwise anybody's. The first one
/// is over, whatever the caller does, when nobody was found in time.
fn waits_for(report: &Report, leg: &Call, expected: &Expectations) -> Vec<Wait> {
    let of_call = expected.leg_of.get(&leg.sid);
    let calls = report.inbound().filter(|c| of_call.is_none_or(|sid| *sid == c.sid));
    calls
        .flat_map(|call| {
            let mut waits: Vec<Wait> = report
                .waits(call)
                .into_iter()
                .map(|(begin, end)| Wait { begin, end, known_at: known_at(call, end) })
                .collect();
            if let Some(first) = waits.first_mut() {
                let limit = first.begin + expected.give_up + GRACE;
                (first.end, first.known_at) = (first.end.min(limit), first.known_at.min(limit));
            }
            waits
        })
        .collect()
}

/// That the caller has left is known from the first webhook that says so and was well answered.
fn known_at(call: &Call, end: Duration) -> Duration {
    if call.ended == Some(end) { call.end_told.unwrap_or(Duration::MAX) } else { end }
}

/// Each moment of ringing lies in somebody's wait, or at most 2 s behind it: behind the moment at which Twilio could
/// be asked at all, where the leg was placed before the application could know that it was in vain.
fn rings_for_somebody(report: &Report, leg: &Call, expected: &Expectations, broken: &mut Vec<BrokenPromise>) {
    let Some((from, to)) = ringing(report, leg) else { return };
    let mut waits = waits_for(report, leg, expected);
    waits.sort();
    let slack = RINGS_ON + expected.tolerance;
    let mut covered = from;
    for Wait { begin, end, known_at } in waits {
        let is_innocent = leg.created < known_at.saturating_add(RINGS_ON);
        let end = if is_innocent { end.max(report.api_answers_at) } else { end } + slack;
        if begin <= covered && end > covered {
            covered = end;
        }
    }
    if covered < to || covered == from {
        let what = format!(
            "a phone rang for nobody from {:.2} s to {:.2} s ({})",
            covered.as_secs_f64(),
            to.as_secs_f64(),
            leg.sid
        );
        broken.push(BrokenPromise { promise: 4, at: covered, what });
    }
}

/// In one wait of one call a number rings once. Legs that can't be told apart are left out.
fn rings_once(report: &Report, expected: &Expectations, broken: &mut Vec<BrokenPromise>) {
    let inbound: Vec<&Call> = report.inbound().collect();
    for call in &inbound {
        let theirs = |leg: &&Call| match expected.leg_of.get(&leg.sid) {
            Some(sid) => *sid == call.sid,
            None => inbound.len() == 1,
        };
        for (begin, end) in report.waits(call) {
            let mut rung: Vec<&str> = Vec::new();
            for leg in report.outbound().filter(theirs) {
                let Some((from, _)) = ringing(report, leg) else { continue };
                if !(begin..=end).contains(&from) {
                    continue;
                }
                if rung.contains(&leg.to.as_str()) {
                    let what = format!("a phone rang twice for one call ({})", leg.sid);
                    broken.push(BrokenPromise { promise: 4, at: from, what });
                }
                rung.push(&leg.to);
            }
        }
    }
}

fn few_at_once(report: &Report, expected: &Expectations, broken: &mut Vec<BrokenPromise>) {
    let legs: Vec<&Call> = report.outbound().filter(|c| c.direction == Direction::OutboundApi).collect();
    for leg in &legs {
        let live = legs.iter().filter(|other| {
            other.to == leg.to
                && other.created <= leg.created
                && report.end_of(other) > leg.created + expected.tolerance
        });
        // The leg itself is one of them.
        if live.count() > expected.legs_per_number && report.end_of(leg) > leg.created {
            let what = format!("too many live legs to one number ({})", leg.sid);
            broken.push(BrokenPromise { promise: 5, at: leg.created, what });
        }
    }
}
