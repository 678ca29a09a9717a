//! Points in time as the record keeps them: UTC, to the millisecond, always written the same
//! way, so that text order is time order. Reads no clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// A point in time, written as `2026-11-22T13:16:59.123Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Cuts `time` to whole milliseconds.
    pub fn new(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(3))
    }

    /// The same point as chrono has it.
    pub fn to_utc(self) -> DateTime<Utc> {
        self.0
    }

    /// Milliseconds since 1970.
    pub fn unix_millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// Whether this was less than `span` before `now`. What lies ahead was not: a clock that was wrong is no reason to
    /// count it for years.
    pub fn is_within(self, span: Duration, now: Timestamp) -> bool {
        self <= now && now.since(self) < span
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Timestamp) -> Duration {
        (self.0 - earlier.0).to_std().unwrap_or_default()
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        Timestamp::new(self.0 + duration)
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, duration: Duration) -> Timestamp {
        Timestamp::new(self.0 - duration)
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = Self::new(DateTime::parse_from_rfc3339(text)?.with_timezone(&Utc));
        if !(0..=9999).contains(&time.0.year()) {
            // At the very ends, UTC has a year that is not written with four digits, and can't be read again.
            DateTime::parse_from_rfc3339(&time.to_string())?;
        }
        Ok(time)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = chrono::ParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_ahead_is_not_within_the_last_minute() {
        let minute = Duration::from_secs(60);
        let now: Timestamp = "2026-11-22T13:00:00.000Z".parse().expect("a time");
        let ms = Duration::from_millis(1);
        assert!(now.is_within(minute, now) && (now - minute + ms).is_within(minute, now));
        assert!(!(now - minute).is_within(minute, now));
        assert!(!(now + ms).is_within(minute, now));
    }
}
