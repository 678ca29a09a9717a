//! What stands outside the database and vouches for it. Plain data: which of it is to be believed is
//! not decided here.

use std::sync::Arc;

use super::report::Problems;
use crate::store::chain::EventHash;

/// Points of the record that were witnessed, in any order.
#[derive(Debug, Clone, Default)]
pub struct Witnessed {
    /// The points.
    pub points: Vec<Point>,
}

/// One event as it was when somebody vouched for it.
#[derive(Debug, Clone)]
pub struct Point {
    /// The event's number.
    pub seq: i64,
    /// Its hash.
    pub hash: EventHash,
    /// The file in which this was read.
    pub file: Arc<str>,
    /// The line, from 1 on.
    pub line: usize,
}

impl Point {
    fn place(&self) -> String {
        format!("line {} of {}", self.line, self.file)
    }
}

/// Those who vouch, heard one after the other while the events are read from the first to the last.
pub(super) struct Hearing<'a> {
    points: Vec<&'a Point>,
    next: usize,
    agreed: u64,
    last_agreed: Option<i64>,
    /// The first one that disagrees, and how many more do: where the record was made anew, all do.
    contradiction: Option<(&'a Point, usize)>,
}

impl<'a> Hearing<'a> {
    pub(super) fn new(witnessed: &'a Witnessed) -> Self {
        let mut points: Vec<&Point> = witnessed.points.iter().collect();
        points.sort_by_key(|point| point.seq);
        Self { points, next: 0, agreed: 0, last_agreed: None, contradiction: None }
    }

    /// Hears those who vouch for this event, which is there with this hash, and for those before it
    /// that are missing.
    pub(super) fn hear(&mut self, seq: i64, hash: &[u8]) {
        while let Some(point) = self.points.get(self.next).copied().filter(|point| point.seq <= seq) {
            self.next += 1;
            if point.seq == seq && point.hash.hex() == hash {
                self.agreed += 1;
                self.last_agreed = Some(seq);
            } else {
                let first = self.contradiction.map_or((point, 0), |(first, more)| (first, more + 1));
                self.contradiction = Some(first);
            }
        }
    }

    /// How many agreed, and the last event that is vouched for.
    pub(super) fn agreed(&self) -> (u64, Option<i64>) {
        (self.agreed, self.last_agreed)
    }

    /// Says who contradicts the record, which ends at event `last`.
    pub(super) fn close(&self, last: i64, problems: &mut Problems) {
        if let Some((first, more)) = self.contradiction {
            let place = first.place();
            let others = if more == 0 { String::new() } else { format!(" (nor do {more} more witnesses agree)") };
            problems.say_of(
                first.seq,
                format_args!(
                    "it is not the one that {place} vouches for{others}: the record was made anew, from there or from an \
                     earlier event on"
                ),
            );
        }
        if let Some(far) = self.points[self.next..].last() {
            let (place, seq) = (far.place(), far.seq);
            problems.say(format_args!(
                "the record ends at event {last}, and {place} vouches for event {seq}: the tail was cut off"
            ));
        }
    }
}
