//! How far our clock is from Twilio's, as the `Date` of its answers tells. Owns the turning of Twilio's times into
//! ours: the rules compare when a line was made with when it was asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, header};

use crate::clock::Clock;
use crate::domain::time::Timestamp;

/// The difference as the last answer had it. An answer comes to the second and takes its time, so that it is up to some
/// seconds too large.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    clock: Clock,
    /// How far our clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Difference {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, ahead: Arc::default() }
    }

    /// Takes note of when Twilio says that it has answered, which is now.
    pub(super) fn measure(&self, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
        let Some(date) = date.map(|date| Timestamp::new(date.with_timezone(&Utc))) else { return };
        self.ahead.store(self.clock.now().unix_millis() - date.unix_millis(), Ordering::Relaxed);
    }

    /// A time of Twilio's by our clock.
    pub(super) fn by_our_clock(&self, twilios: Timestamp) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let by = Duration::from_millis(ahead.unsigned_abs());
        if ahead < 0 { twilios - by } else { twilios + by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_twilios_is_what_our_clock_showed_then() {
        let ours: Timestamp = "2026-11-22T12:00:00.500Z".parse().expect("a time");
        let difference = Difference::new(Clock::stepped(ours).0);
        let made: Timestamp = "2026-11-22T09:59:50.000Z".parse().expect("a time");
        assert_eq!(difference.by_our_clock(made), made, "nothing is known yet");
        for (date, by_ours) in [
            ("Sun, 22 Nov 2026 10:00:00 GMT", "2026-11-22T11:59:50.500Z"),
            ("Sun, 22 Nov 2026 12:00:01 GMT", "2026-11-22T09:59:49.500Z"),
            ("yesterday", "2026-11-22T09:59:49.500Z"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::DATE, date.parse().expect("a header"));
            difference.measure(&headers);
            assert_eq!(difference.by_our_clock(made).to_string(), by_ours, "{date}");
        }
    }
}
