//! The line of time on which a call is drawn. A conversation of half an hour would leave no room
//! for the twelve seconds before it, so that a long stretch in which nothing changes is drawn
//! shorter. The order is always kept.

use crate::domain::time::Timestamp;

/// Up to this many seconds a stretch is drawn in full.
const IN_FULL: f64 = 15.0;

/// A line of time from 0 to 1.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Where each instant at which something changes lies, in order.
    places: Vec<(Timestamp, f64)>,
    shortened: bool,
}

impl Axis {
    /// A line from the first to the last of these instants.
    pub fn new(instants: impl IntoIterator<Item = Timestamp>) -> Self {
        let mut instants: Vec<Timestamp> = instants.into_iter().collect();
        instants.sort();
        instants.dedup();
        let mut places: Vec<(Timestamp, f64)> = Vec::with_capacity(instants.len());
        let mut shortened = false;
        for at in instants {
            let place = places.last().map_or(0.0, |(before, place)| {
                let stretch = at.since(*before).as_secs_f64();
                shortened |= stretch > IN_FULL;
                place + drawn(stretch)
            });
            places.push((at, place));
        }
        let length = places.last().map_or(0.0, |(_, place)| *place);
        if length > 0.0 {
            places.iter_mut().for_each(|(_, place)| *place /= length);
        }
        Self { places, shortened }
    }

    /// Whether some stretch is drawn shorter than it was.
    pub fn is_shortened(&self) -> bool {
        self.shortened
    }

    /// Where a time lies: 0 at the start, 1 at the end.
    pub fn place(&self, at: Timestamp) -> f64 {
        let next = self.places.partition_point(|(instant, _)| *instant <= at);
        match (next.checked_sub(1).and_then(|before| self.places.get(before)), self.places.get(next)) {
            (None, _) => 0.0,
            (Some((_, place)), None) => *place,
            (Some((from, place)), Some((to, end))) => {
                let share = at.since(*from).as_secs_f64() / to.since(*from).as_secs_f64();
                place + (end - place) * share
            }
        }
    }

    /// The instants to be labelled: from the first on, each that is at least `apart` behind the
    /// one before.
    pub fn ticks(&self, apart: f64) -> Vec<(Timestamp, f64)> {
        let mut ticks: Vec<(Timestamp, f64)> = Vec::new();
        for (at, place) in &self.places {
            if ticks.last().is_none_or(|(_, before)| place - before >= apart) {
                ticks.push((*at, *place));
            }
        }
        ticks
    }
}

/// The length of a stretch of so many seconds; grows slower and slower beyond [`IN_FULL`].
fn drawn(seconds: f64) -> f64 {
    if seconds <= IN_FULL { seconds } else { IN_FULL * (1.0 + 0.2 * (seconds / IN_FULL).ln()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn axis(seconds: &[u64]) -> (Timestamp, Axis) {
        let start: Timestamp = "2026-11-22T13:16:59Z".parse().expect("a time");
        (start, Axis::new(seconds.iter().map(|after| start + Duration::from_secs(*after))))
    }

    #[test]
    fn short_stretches_are_to_scale_and_long_ones_are_shorter() {
        let (start, even) = axis(&[0, 5, 10]);
        assert_eq!(even.place(start + Duration::from_millis(2500)), 0.25);
        assert!(!even.is_shortened());
        let (start, long) = axis(&[12, 0, 1800]);
        let taken = long.place(start + Duration::from_secs(12));
        assert!(taken > 0.25 && taken < 0.35, "{taken}");
        assert_eq!(long.place(start + Duration::from_secs(1800)), 1.0);
        assert_eq!(long.place(start + Duration::from_secs(9999)), 1.0);
        assert!(long.is_shortened());
    }

    #[test]
    fn labels_keep_their_distance_and_one_instant_is_no_trouble() {
        let (start, axis_) = axis(&[0, 1, 2, 10]);
        assert_eq!(axis_.ticks(0.5).iter().map(|(at, _)| at.since(start).as_secs()).collect::<Vec<_>>(), [0, 10]);
        let (start, point) = axis(&[0]);
        assert_eq!((point.place(start), point.ticks(0.1).len()), (0.0, 1));
        assert_eq!(Axis::new([]).place(start), 0.0);
    }
}
