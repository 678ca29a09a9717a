//! Owns the judgement of a whole run: which of the promises that an application of this kind makes
//! (their numbers are its own) were broken, as far as callers and phones can tell. `caller` holds
//! promise 1, `talk` 2 and 3, `phones` 4 to 6 and 12. Works on records only.

mod caller;
mod phones;
mod talk;
#[cfg(test)]
mod tests;

use super::engine::{Call, Direction, World};
use super::handle::Simulator;
use super::observation::{Observation, What};
use super::problem::Problem;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

/// After `give_up`, the time until the fallback must be heard.
const GRACE: Duration = Duration::from_secs(4);

/// What is judged.
#[derive(Debug, Clone)]
pub struct Report {
    /// All observations, in order.
    pub observations: Vec<Observation>,
    /// All calls.
    pub calls: Vec<Call>,
    /// All problems.
    pub problems: Vec<Problem>,
    /// Those whose phone is answered by a machine.
    pub machines: Vec<String>,
    /// When Twilio's API first took a request well; before that nobody could ask it anything.
    pub api_answers_at: Duration,
    /// The end of the record, virtual time.
    pub now: Duration,
}

/// What was promised. Durations are virtual.
#[derive(Debug, Clone)]
pub struct Expectations {
    /// A caller's longest wait for a person.
    pub give_up: Duration,
    /// The numbers that may be dialled; empty: any.
    pub organisers: Vec<String>,
    /// Live legs to one number at once; 0: any.
    pub legs_per_number: usize,
    /// Whoever picks up is connected, machines too.
    pub screening_none: bool,
    /// A phone may ring a second time in a round (a leg was lost and replaced).
    pub second_ring: bool,
    /// Parts of what is said when nobody can be had, or when whoever was had has gone; empty: any speech.
    pub fallback_texts: Vec<String>,
    /// Longest silence for a caller.
    pub silence: Duration,
    /// Slack of each limit, for scaled real time.
    pub tolerance: Duration,
    /// Which inbound call a leg (by its SID) was for. Without it a leg may be for any call.
    pub leg_of: HashMap<String, String>,
}

impl Default for Expectations {
    fn default() -> Self {
        Self {
            give_up: Duration::from_secs(60),
            organisers: Vec::new(),
            legs_per_number: 1,
            screening_none: false,
            second_ring: false,
            fallback_texts: Vec::new(),
            silence: Duration::from_secs(8),
            tolerance: Duration::from_millis(500),
            leg_of: HashMap::new(),
        }
    }
}

/// A promise that wasn't kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenPromise {
    /// Its number.
    pub promise: u8,
    /// When, virtual time.
    pub at: Duration,
    /// What happened.
    pub what: String,
}

impl fmt::Display for BrokenPromise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "promise {} at {:.2} s: {}", self.promise, self.at.as_secs_f64(), self.what)
    }
}

/// Every broken promise of a run, in order of time.
pub fn check(report: &Report, expected: &Expectations) -> Vec<BrokenPromise> {
    let mut broken = Vec::new();
    caller::check(report, expected, &mut broken);
    talk::check(report, expected, &mut broken);
    phones::check(report, expected, &mut broken);
    broken.sort_by_key(|b| b.at);
    broken
}

impl Simulator {
    /// The record of this run so far.
    pub fn report(&self) -> Report {
        let now = self.now();
        self.shared.look(|world| Report { now, ..Report::on(world) })
    }
}

impl Report {
    /// The record of a world so far.
    pub fn on(world: &World) -> Self {
        let log = world.rest_log();
        let well = log.iter().find(|entry| entry.trouble.is_none());
        Self {
            observations: world.observations().to_vec(),
            calls: world.calls().to_vec(),
            problems: world.problems().to_vec(),
            machines: world.machines(),
            api_answers_at: well.or(log.last()).map_or(Duration::ZERO, |entry| entry.at),
            now: world.now(),
        }
    }

    /// The calls of people: behind a phone's forward there is only our own ringing.
    fn inbound(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|c| c.direction == Direction::Inbound && !c.is_forward())
    }

    fn outbound(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|c| c.direction != Direction::Inbound)
    }

    /// What happened in a call.
    fn of<'r>(&'r self, call: &'r Call) -> impl Iterator<Item = &'r Observation> {
        self.observations.iter().filter(|o| o.call_sid == call.sid)
    }

    /// When a call ended, or the end of the record.
    fn end_of(&self, call: &Call) -> Duration {
        call.ended.unwrap_or(self.now)
    }

    /// The times in which a caller waited for somebody: from the call's begin, a lost connection or a key, by
    /// which they ask for another round, to the next connection, key or end.
    fn waits(&self, call: &Call) -> Vec<(Duration, Duration)> {
        let mut waits = Vec::new();
        let mut since = Some(call.created);
        for o in self.of(call) {
            match &o.what {
                What::Bridged { .. } => waits.extend(since.take().map(|from| (from, o.at))),
                What::Unbridged => since = Some(o.at),
                What::PressedKey(_) => waits.extend(since.replace(o.at).map(|from| (from, o.at))),
                _ => {}
            }
        }
        waits.extend(since.map(|from| (from, self.end_of(call))));
        waits
    }
}
