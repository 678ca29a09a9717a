//! The chain, from the first event to the last: each has the next number, the hash of the one
//! before and the hash of its own columns; and those who witnessed it vouch for the same.

use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::report::{Head, Problems, Report};
use super::standing::Standing;
use super::witness::{Hearing, Witnessed};
use crate::domain::time::Timestamp;
use crate::store::chain::{ChainLink, EventHasher, GENESIS};

/// In the order in which they are read below. In the order of their numbers, which is that of the
/// table: no index is asked, so none can hide an event.
const EVENTS: &str = "SELECT seq, at, subject, call_sid, leg_id, organiser_id, from_status, to_status, cause, source,
    detail, previous_hash, hash FROM events NOT INDEXED ORDER BY seq";

const COLUMNS: [&str; 13] = [
    "seq",
    "at",
    "subject",
    "call_sid",
    "leg_id",
    "organiser_id",
    "from_status",
    "to_status",
    "cause",
    "source",
    "detail",
    "previous_hash",
    "hash",
];

/// What the walk along the chain has come to.
#[derive(Default)]
pub(super) struct Links {
    events: u64,
    /// How many of them are about a call.
    pub(super) of_calls: u64,
    first_at: Option<String>,
    last_at: Option<String>,
    head: Option<Head>,
    /// How many witnesses agree, and the last event that one of them vouches for.
    witnesses: u64,
    last_witnessed: Option<i64>,
    /// What the events tell apart from calls.
    standing: Standing,
    pub(super) problems: Problems,
}

/// The event before, as far as the next one depends on it.
struct Before {
    seq: i64,
    hash: Vec<u8>,
    at: Vec<u8>,
}

/// An event as it is stored.
struct Stored<'a> {
    link: ChainLink<'a, [u8]>,
    previous_hash: &'a [u8],
    hash: &'a [u8],
}

impl Links {
    /// Walks along the chain, and compares with what was witnessed and with the tables that are not
    /// about calls. What was found out before an error is kept.
    pub(super) fn walk(
        connection: &Connection,
        witnessed: &Witnessed,
        walked: &AtomicU64,
    ) -> (Self, rusqlite::Result<()>) {
        let (mut links, mut hearing) = (Self::default(), Hearing::new(witnessed));
        let end = links.along(connection, &mut hearing, walked);
        if end.is_ok() {
            let last = links.head.as_ref().map_or(0, |head| head.seq);
            hearing.close(last, &mut links.problems);
        }
        (links.witnesses, links.last_witnessed) = hearing.agreed();
        let end = end.and_then(|()| links.standing.compare(connection, &mut links.problems));
        (links, end)
    }

    fn along(
        &mut self,
        connection: &Connection,
        hearing: &mut Hearing<'_>,
        walked: &AtomicU64,
    ) -> rusqlite::Result<()> {
        let mut before = Before { seq: 0, hash: GENESIS.as_bytes().to_vec(), at: Vec::new() };
        let mut hasher = EventHasher::default();
        let mut events = connection.prepare(EVENTS)?;
        let mut rows = events.query([])?;
        while let Some(row) = rows.next()? {
            self.events += 1;
            walked.store(self.events, Ordering::Relaxed);
            match stored(row) {
                Ok(event) => self.take(&event, &mut before, &mut hasher, hearing),
                Err((seq, column)) => {
                    self.problems.say_of(seq, format_args!("its column {column} is not text, as it must be"));
                    // The event after it is compared with what is there, as far as it is.
                    before.seq = seq;
                    before.hash.clear();
                }
            }
        }
        self.last_at = (self.events > 0).then(|| String::from_utf8_lossy(&before.at).into_owned());
        self.head = (self.events > 0)
            .then(|| Head { seq: before.seq, hash: String::from_utf8_lossy(&before.hash).into_owned() });
        Ok(())
    }

    fn take(&mut self, event: &Stored<'_>, before: &mut Before, hasher: &mut EventHasher, hearing: &mut Hearing<'_>) {
        let link = &event.link;
        let seq = link.seq;
        if seq != before.seq + 1 {
            self.gap(before.seq, seq);
        }
        if event.previous_hash != before.hash && seq == before.seq + 1 {
            self.problems.say_of(seq, format_args!("it is not linked to the event before it"));
        }
        let hash = hasher.hash(event.previous_hash, link).hex();
        if event.hash != hash {
            self.problems.say_of(seq, format_args!("it was changed: its hash is not that of its columns"));
        }
        if link.at != before.at {
            self.check_time(seq, link.at);
            link.at.clone_into(&mut before.at);
        }
        let [call_sid, _, organiser_id, ..] = link.ids_and_statuses;
        match call_sid {
            Some(_) => self.of_calls += 1,
            None => self.standing.take(seq, link.cause, organiser_id, link.detail, &mut self.problems),
        }
        hearing.hear(seq, &hash);
        before.seq = seq;
        event.hash.clone_into(&mut before.hash);
    }

    /// Puts into the report what was found.
    pub(super) fn report(self, report: &mut Report) {
        report.log_id = self.standing.log_id().map(str::to_owned);
        report.events = self.events;
        (report.first_at, report.last_at, report.head) = (self.first_at, self.last_at, self.head);
        (report.witnesses, report.last_witnessed) = (self.witnesses, self.last_witnessed);
        report.restores = self.standing.into_restores();
        self.problems.report(report);
    }

    fn gap(&mut self, before: i64, seq: i64) {
        match seq - before {
            2 => self.problems.say_of(before + 1, format_args!("it is missing")),
            3.. => self.problems.say_of(before + 1, format_args!("it and all up to event {} are missing", seq - 1)),
            _ => self.problems.say_of(seq, format_args!("its number is none that an event can have")),
        }
    }

    fn check_time(&mut self, seq: i64, at: &[u8]) {
        let text = std::str::from_utf8(at).unwrap_or_default();
        // Written the one way in which text order is time order.
        if !text.parse::<Timestamp>().is_ok_and(|time| time.to_string() == text) {
            self.problems.say_of(seq, format_args!("its time is not one, or not written as the service writes it"));
        }
        if self.first_at.is_none() {
            self.first_at = Some(String::from_utf8_lossy(at).into_owned());
        }
    }
}

/// The event in this row; if one of its columns is not text, its number and the column.
fn stored<'a>(row: &'a Row<'_>) -> Result<Stored<'a>, (i64, &'static str)> {
    let value = |column: usize| row.get_ref(column).unwrap_or(ValueRef::Null);
    let seq = match value(0) {
        ValueRef::Integer(seq) => seq,
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => return Err((0, COLUMNS[0])),
    };
    let optional = |column: usize| match value(column) {
        ValueRef::Text(text) => Ok(Some(text)),
        ValueRef::Null => Ok(None),
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => Err((seq, COLUMNS[column])),
    };
    let text = |column: usize| optional(column)?.ok_or((seq, COLUMNS[column]));
    let ids_and_statuses = [optional(3)?, optional(4)?, optional(5)?, optional(6)?, optional(7)?];
    let (at, subject, cause, source, detail) = (text(1)?, text(2)?, text(8)?, text(9)?, text(10)?);
    let link = ChainLink { seq, at, subject, ids_and_statuses, cause, source, detail };
    Ok(Stored { link, previous_hash: text(11)?, hash: text(12)? })
}
