//! The real binary under load: many callers at once, and many who keep it from its work.

mod abuse;
mod callers;

use std::time::Duration;

use sharedphone::simulator::engine::Call;

/// A webhook that is not held on purpose is answered in this time, 99 times of 100. A debug build that shares two
/// cores with other tests takes several times as long as a release build by itself.
const PROMPT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2500 } else { 250 });

/// How long the webhooks about these lines took, the shortest first.
fn answer_times(calls: &[Call]) -> Vec<Duration> {
    let served = calls.iter().flat_map(|call| &call.served);
    let mut times: Vec<Duration> = served.map(|(asked, answered)| *answered - *asked).collect();
    times.sort();
    times
}

/// The time that 99 of 100 keep below.
fn ninety_nine(sorted: &[Duration]) -> Duration {
    sorted[(sorted.len() * 99 / 100).min(sorted.len() - 1)]
}
