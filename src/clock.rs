//! The time: the only place that reads it, and the only one that waits for it.

mod stepped;

use std::future::Future;
use std::time::Duration;

use chrono::Utc;
use uuid::{ContextV7, Timestamp as UuidTimestamp, Uuid};

use crate::domain::ids::IdSource;
use crate::domain::time::Timestamp;
pub use stepped::Hand;

/// A wait was longer than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it took too long")]
pub struct TookTooLong;

/// A clock. `serve` runs on the wall's; a demonstration may run faster, a simulation step by step.
#[derive(Debug, Clone)]
pub struct Clock {
    time: Time,
    /// How far it goes ahead of that.
    ahead: Duration,
}

#[derive(Debug, Clone)]
enum Time {
    Running { origin: chrono::DateTime<Utc>, started: std::time::Instant, speed: f64 },
    Stepped(Hand),
}

impl Clock {
    /// The wall's clock as it was at the start, and from there on the time that really passes: a
    /// wall clock that is set while a caller waits must not stop the ringing or give up on them.
    pub fn system() -> Self {
        Self::faster(1.0)
    }

    /// A clock that starts at the wall's time and runs `speed` times as fast.
    pub fn faster(speed: f64) -> Self {
        Self { time: Time::Running { origin: wall(), started: monotonic(), speed }, ahead: Duration::ZERO }
    }

    /// A clock that stands at `start` until its hand is moved.
    pub fn stepped(start: Timestamp) -> (Self, Hand) {
        let hand = Hand::at(start);
        (Self { time: Time::Stepped(hand.clone()), ahead: Duration::ZERO }, hand)
    }

    /// The same clock, put forward to `earliest` if it is behind.
    #[must_use]
    pub fn not_before(self, earliest: Timestamp) -> Self {
        let ahead = self.ahead + earliest.since(self.now());
        Self { ahead, ..self }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        let now = match &self.time {
            Time::Running { origin, started, speed } => {
                Timestamp::new(*origin + monotonic().duration_since(*started).mul_f64(*speed))
            }
            Time::Stepped(hand) => hand.now(),
        };
        now + self.ahead
    }

    /// Waits for that much of this clock's time.
    pub async fn sleep(&self, duration: Duration) {
        match &self.time {
            Time::Running { .. } => wait(self.real(duration)).await,
            Time::Stepped(hand) => hand.sleep(duration).await,
        }
    }

    /// Waits until that time; not at all if it has passed.
    pub async fn sleep_until(&self, at: Timestamp) {
        self.sleep(at.since(self.now())).await;
    }

    /// Waits for `future`, but no longer than `limit`.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, TookTooLong> {
        tokio::select! {
            biased;
            output = future => Ok(output),
            () = self.sleep(limit) => Err(TookTooLong),
        }
    }

    /// How long `duration` of this clock takes on the wall's.
    pub fn real(&self, duration: Duration) -> Duration {
        match &self.time {
            Time::Running { speed, .. } => duration.div_f64(*speed),
            Time::Stepped(_) => duration,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the place")]
fn wall() -> chrono::DateTime<Utc> {
    Utc::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the place")]
fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the place")]
async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Random ids that carry the time and never repeat.
#[derive(Debug, Default)]
pub struct RandomIds {
    context: ContextV7,
}

impl IdSource for RandomIds {
    fn next(&mut self, now: Timestamp) -> Uuid {
        let millis = now.unix_millis().max(0).unsigned_abs();
        let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
        Uuid::new_v7(UuidTimestamp::from_unix(&self.context, millis / 1000, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_behind_is_put_forward_and_goes_on_from_there() {
        let noon: Timestamp = "2026-11-22T12:00:00.000Z".parse().expect("a time");
        let (clock, hand) = Clock::stepped(noon);
        assert_eq!(clock.clone().not_before(noon - Duration::from_secs(5)).now(), noon, "it is never put back");
        let clock = clock.not_before(noon + Duration::from_secs(3600));
        hand.advance(noon + Duration::from_secs(2));
        assert_eq!(clock.now(), noon + Duration::from_secs(3602));
    }
}
