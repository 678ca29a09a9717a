//! Whether a restarted service has taken up the calls that Twilio still has, as Twilio sees it: the
//! line was asked after, or commanded, or a webhook about it was well answered.

use std::collections::HashMap;
use std::time::Duration;

use sharedphone::simulator::Simulator;
use sharedphone::simulator::engine::{Call, Direction, RestEntry};

/// Promise 11: so long after the restart every call is taken up again.
pub const TAKEN_UP: Duration = Duration::from_secs(2);

/// What became of the lines that outlived a restart.
#[derive(Debug, Default)]
pub struct TakenUp {
    /// When each had been taken up, counted from the moment at which the service was ready.
    pub after: Vec<Duration>,
    /// Those that were not.
    pub never: Vec<String>,
}

/// The calls that were on record when the service started last.
pub const KNOWN: &str = "SELECT DISTINCT call_sid, '' FROM events
    WHERE call_sid IS NOT NULL AND seq < (SELECT max(seq) FROM events WHERE cause = 'service.started')";

/// Judges the lines that were up when the service was ready, and still were when its time was over.
///
/// A caller of whom no service before had heard is a new one: if their first request is held, nothing says that they
/// were taken up, and the other promises say what they are owed.
pub fn since(sim: &Simulator, known: &HashMap<String, String>, spawned: Duration, ready: Duration) -> TakenUp {
    let mut found = TakenUp::default();
    let log = sim.rest_log();
    let late = ready + TAKEN_UP;
    let still_up = |call: &Call| call.created < ready && call.ended.is_none_or(|ended| ended > late);
    let is_new = |call: &Call| call.direction == Direction::Inbound && !known.contains_key(&call.sid);
    for call in sim.calls().iter().filter(|call| still_up(call)) {
        let asked = log.iter().filter(|entry| is_about(entry, call)).map(|entry| entry.at);
        let first = asked.chain(call.served.iter().map(|(_, answered)| *answered)).filter(|at| *at >= spawned).min();
        match first.filter(|at| *at <= late) {
            Some(at) => found.after.push(at.saturating_sub(ready)),
            None if is_new(call) => {}
            None => found.never.push(format!("{:?} {} {:?}", call.direction, call.sid, call.status)),
        }
    }
    found
}

/// Names it, or asks for all lines to its number.
fn is_about(entry: &RestEntry, call: &Call) -> bool {
    let to = format!("To=%2B{}", call.to.trim_start_matches('+'));
    entry.path.contains(&call.sid) || (entry.path.contains("/Calls.json?") && entry.path.contains(&to))
}
