//! Times and durations as people read them: in the hotline's time zone, in words. Reads no clock.

use std::time::Duration;

use chrono::{DateTime, Offset, Timelike};
use chrono_tz::Tz;

use crate::domain::time::Timestamp;

/// Tells times in one zone, beside a day and an offset that the reader was told already.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    zone: Tz,
    start: Timestamp,
}

impl Local {
    /// Tells times in `zone` to a reader who was told the day and the offset of `start`.
    pub fn new(zone: Tz, start: Timestamp) -> Self {
        Self { zone, start }
    }

    /// The day and time of the start with the zone and its offset, as
    /// `Sunday 22 November 2026, 13:16:59 (Europe/London, UTC+00:00)`.
    pub fn head(&self) -> String {
        let start = self.at(self.start);
        format!("{} ({}, {})", start.format("%A %-d %B %Y, %H:%M:%S"), self.zone.name(), offset(&start))
    }

    /// The same, to the hour: `Sunday 22 November 2026, in the hour from 13:00 (…)`.
    pub fn hour_head(&self) -> String {
        let start = self.at(self.start);
        format!("{} ({}, {})", start.format("%A %-d %B %Y, in the hour from %H:%M"), self.zone.name(), offset(&start))
    }

    /// The time, as `13:16:59`; with the day and the offset where they are not those of the start.
    pub fn time(&self, at: Timestamp) -> String {
        let (at, start) = (self.at(at), self.at(self.start));
        let day = if at.date_naive() == start.date_naive() { "" } else { "%-d %B %Y, " };
        let time = at.format(&format!("{day}%H:%M:%S")).to_string();
        if offset(&at) == offset(&start) { time } else { format!("{time} ({})", offset(&at)) }
    }

    /// The day and time, to the minute, as `2026-11-22 13:16`.
    pub fn minute(&self, at: Timestamp) -> String {
        self.at(at).format("%Y-%m-%d %H:%M").to_string()
    }

    fn at(&self, at: Timestamp) -> DateTime<Tz> {
        at.to_utc().with_timezone(&self.zone)
    }
}

fn offset(at: &DateTime<Tz>) -> String {
    format!("UTC{}", at.offset().fix())
}

/// The full hour, by the clocks of `zone`, in which a time lies.
pub fn hour(at: Timestamp, zone: Tz) -> Timestamp {
    let clock = at.to_utc().with_timezone(&zone);
    let past = Duration::from_secs(u64::from(clock.minute() * 60 + clock.second()));
    at - past - Duration::from_millis(u64::from(clock.timestamp_subsec_millis()))
}

/// A duration in words, as `0.4 s`, `12 s`, `3 min 5 s` or `1 h 2 min`.
pub fn in_words(seconds: f64) -> String {
    let tenths = format!("{seconds:.1}");
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        _ if seconds < 9.95 => format!("{} s", tenths.trim_end_matches(".0")),
        0..60 => format!("{whole} s"),
        60..3600 if whole.is_multiple_of(60) => format!("{} min", whole / 60),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// How long after the start, as `+0:12.3`, or `+1h02:03` from an hour on.
pub fn after(start: Timestamp, at: Timestamp) -> String {
    let millis = at.unix_millis() - start.unix_millis();
    let sign = if millis < 0 { '-' } else { '+' };
    let tenths = (millis.unsigned_abs() + 50) / 100;
    if tenths >= 36_000 {
        return format!("{sign}{}h{:02}:{:02}", tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    }
    format!("{sign}{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn the_offset_is_said_once_unless_it_changes() {
        let local = Local::new(Tz::Europe__Berlin, at("2026-10-24T23:30:00Z"));
        assert_eq!(local.head(), "Sunday 25 October 2026, 01:30:00 (Europe/Berlin, UTC+02:00)");
        assert_eq!(local.time(at("2026-10-24T23:30:12Z")), "01:30:12");
        assert_eq!(local.time(at("2026-10-25T01:30:12Z")), "02:30:12 (UTC+01:00)", "the clocks went back");
        assert_eq!(local.time(at("2026-11-02T08:00:00Z")), "2 November 2026, 09:00:00 (UTC+01:00)");
        assert_eq!(local.minute(at("2026-11-02T08:00:59Z")), "2026-11-02 09:00");
    }

    #[test]
    fn the_full_hour_is_that_of_the_clock_on_the_wall() {
        assert_eq!(hour(at("2026-11-22T13:16:59.123Z"), Tz::UTC), at("2026-11-22T13:00:00Z"));
        assert_eq!(hour(at("2026-11-22T13:16:59.123Z"), Tz::Asia__Kolkata), at("2026-11-22T12:30:00Z"));
    }

    #[test]
    fn durations_are_words() {
        let told: Vec<String> = [0.0, 0.42, 9.0, 9.97, 12.3, 59.6, 185.0, 3725.0].into_iter().map(in_words).collect();
        assert_eq!(told, ["0 s", "0.4 s", "9 s", "10 s", "12 s", "1 min", "3 min 5 s", "1 h 2 min"]);
        let start = at("2026-11-22T13:00:00Z");
        assert_eq!(after(start, at("2026-11-22T13:01:02.345Z")), "+1:02.3");
        assert_eq!(after(start, at("2026-11-22T12:59:59Z")), "-0:01.0");
        assert_eq!(after(start, at("2026-11-23T14:00:09Z")), "+25h00:09");
    }
}
