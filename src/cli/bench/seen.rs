//! What is measured while a load is on: counted and timed, and summed up afterwards.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

/// Counters and times, taken from many tasks at once.
#[derive(Debug, Default)]
pub(super) struct Seen {
    webhooks: AtomicU64,
    refused: AtomicU64,
    requests: AtomicU64,
    wrong: AtomicU64,
    calls: AtomicU64,
    stranded: AtomicU64,
    times: Mutex<Vec<Duration>>,
    together: Mutex<Vec<Duration>>,
}

/// The same, as it was at a moment.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) webhooks: u64,
    pub(super) refused: u64,
    pub(super) requests: u64,
    pub(super) wrong: u64,
    pub(super) calls: u64,
    pub(super) stranded: u64,
}

/// How times are spread, in milliseconds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) count: usize,
    pub(super) median: f64,
    pub(super) p99: f64,
    pub(super) most: f64,
}

impl Seen {
    /// A webhook was answered, well or not.
    pub(super) fn webhook(&self, took: Duration, timed: bool, well: bool) {
        self.webhooks.fetch_add(1, Ordering::Relaxed);
        if !well {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        if timed {
            push(&self.times, took);
        }
    }

    /// The service has asked something of Twilio.
    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A line got no document, or one that can't be followed.
    pub(super) fn went_wrong(&self) {
        self.wrong.fetch_add(1, Ordering::Relaxed);
    }

    /// A call is over, in which somebody came or nobody.
    pub(super) fn call(&self, somebody_came: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.stranded.fetch_add(u64::from(!somebody_came), Ordering::Relaxed);
    }

    /// So long after the organiser had accepted the call, both were in the room.
    pub(super) fn together(&self, after: Duration) {
        push(&self.together, after);
    }

    pub(super) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            webhooks: read(&self.webhooks),
            refused: read(&self.refused),
            requests: read(&self.requests),
            wrong: read(&self.wrong),
            calls: read(&self.calls),
            stranded: read(&self.stranded),
        }
    }

    /// The times of webhooks since the last time that this was asked.
    pub(super) fn take_times(&self) -> Spread {
        spread(take(&self.times))
    }

    /// The times from an organiser's key to both in the room, since then.
    pub(super) fn take_together(&self) -> Spread {
        spread(take(&self.together))
    }
}

impl Counts {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            webhooks: self.webhooks - before.webhooks,
            refused: self.refused - before.refused,
            requests: self.requests - before.requests,
            wrong: self.wrong - before.wrong,
            calls: self.calls - before.calls,
            stranded: self.stranded - before.stranded,
        }
    }
}

fn push(times: &Mutex<Vec<Duration>>, time: Duration) {
    times.lock().unwrap_or_else(PoisonError::into_inner).push(time);
}

fn take(times: &Mutex<Vec<Duration>>) -> Vec<Duration> {
    std::mem::take(&mut *times.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Sums up times.
pub(super) fn spread(mut times: Vec<Duration>) -> Spread {
    times.sort_unstable();
    let at = |part: f64| {
        let index = (times.len() as f64 * part) as usize;
        times.get(index).or(times.last()).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    Spread { count: times.len(), median: at(0.5), p99: at(0.99), most: at(1.0) }
}

/// The middle one of these figures, or between the two that are.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_summed_up() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(spread(times), Spread { count: 200, median: 101.0, p99: 199.0, most: 200.0 });
        assert_eq!(spread(Vec::new()), Spread::default());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
