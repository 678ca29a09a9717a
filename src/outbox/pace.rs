//! The account's pace: how many calls a second Twilio places for us. It would queue more, where
//! a call that is taken back leaves no trace, so they wait here.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// Hands out permission to place calls, evenly spaced; what was missed may be made up for, up to
/// a tenth of a second's worth.
#[derive(Debug)]
pub(super) struct Pace {
    interval_micros: i64,
    slack_micros: i64,
    next_micros: i64,
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = i64::from(per_second.max(1));
        let interval_micros = (1_000_000 / per_second).max(1);
        let burst = (per_second + 9) / 10;
        Self { interval_micros, slack_micros: interval_micros * (burst - 1), next_micros: i64::MIN }
    }

    /// How many calls may be placed now.
    pub(super) fn allowance(&self, now: Timestamp) -> usize {
        let waited = micros(now) - self.earliest(now);
        if waited < 0 { 0 } else { usize::try_from(waited / self.interval_micros + 1).unwrap_or(usize::MAX) }
    }

    /// Notes that this many were placed.
    pub(super) fn spend(&mut self, placed: usize, now: Timestamp) {
        if placed > 0 {
            let placed = i64::try_from(placed).unwrap_or(i64::MAX);
            self.next_micros = self.earliest(now).saturating_add(self.interval_micros.saturating_mul(placed));
        }
    }

    /// How long until the next call may be placed.
    pub(super) fn wait(&self, now: Timestamp) -> Duration {
        let wait = self.next_micros.saturating_sub(micros(now)).max(0);
        Duration::from_micros(wait.unsigned_abs())
    }

    fn earliest(&self, now: Timestamp) -> i64 {
        self.next_micros.max(micros(now) - self.slack_micros)
    }
}

fn micros(at: Timestamp) -> i64 {
    at.unix_millis() * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Timestamp {
        let start: Timestamp = "2026-11-22T13:00:00.000Z".parse().expect("a time");
        start + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn one_a_second_is_one_each_second() {
        let mut pace = Pace::new(1);
        assert_eq!(pace.allowance(at(0.0)), 1);
        pace.spend(1, at(0.0));
        assert_eq!(pace.allowance(at(0.9)), 0);
        assert_eq!(pace.wait(at(0.9)), Duration::from_millis(100));
        assert_eq!(pace.allowance(at(1.0)), 1);
        assert_eq!(pace.allowance(at(60.0)), 1, "a long rest saves nothing up");
    }

    #[test]
    fn a_hundred_a_second_come_in_handfuls() {
        let mut pace = Pace::new(100);
        assert_eq!(pace.allowance(at(0.0)), 10);
        pace.spend(10, at(0.0));
        assert_eq!(pace.allowance(at(0.0)), 0);
        let mut placed = 10;
        for step in 1..=100 {
            let now = at(f64::from(step) / 100.0);
            let allowed = pace.allowance(now);
            pace.spend(allowed, now);
            placed += allowed;
        }
        assert!((100..=111).contains(&placed), "{placed}");
    }
}
