//! Whether a restarted service has taken up the calls that Twilio still has, as Twilio sees it: the
//! line was asked after, or commanded, or a webhook about it was well answered.

use std::time::Duration;

use sharedphone::simulator::Simulator;
use sharedphone::simulator::engine::{Call, RestEntry};

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

/// Judges the lines that were up when the service was ready, and still were when its time was over.
///
/// Whoever called after it had `died`, and is still held with their first request, is a new caller:
/// nothing of them had to be taken up, and the other promises say what they are owed.
pub fn since(sim: &Simulator, died: Duration, spawned: Duration, ready: Duration) -> TakenUp {
    let mut found = TakenUp::default();
    let log = sim.rest_log();
    let late = ready + TAKEN_UP;
    let still_up = |call: &Call| call.created < ready && call.ended.is_none_or(|ended| ended > late);
    let is_new = |call: &Call| call.created > died && call.served.iter().all(|(_, answered)| *answered > late);
    for call in sim.calls().iter().filter(|call| still_up(call) && !is_new(call)) {
        let asked = log.iter().filter(|entry| is_about(entry, call)).map(|entry| entry.at);
        let first = asked.chain(call.served.iter().map(|(_, answered)| *answered)).filter(|at| *at >= spawned).min();
        match first.filter(|at| *at <= late) {
            Some(at) => found.after.push(at.saturating_sub(ready)),
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
