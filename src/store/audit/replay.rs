//! The record played back, call by call, and compared with the tables. Of every call only its own
//! events and rows are in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use super::report::Problems;
use super::rows::Tables;
use crate::domain::event::SubjectKind;
use crate::domain::fold::{CallFold, Told};

/// Call by call, and in each call in order, as the index has them.
const EVENTS: &str = "SELECT call_sid, seq, at, subject, leg_id, from_status, to_status, cause, detail
    FROM events INDEXED BY events_of_call WHERE call_sid IS NOT NULL ORDER BY call_sid, seq";

/// Only particulars that may have one of these are read. The quotation mark ends the search early.
const TELLING: [&[u8]; 4] = [b"\"set\"", b"\"commands\"", b"\"sealed\"", b"\"classes\""];

/// What the playing back has come to.
#[derive(Default)]
pub(super) struct Replay {
    /// How many events were found call by call.
    pub(super) events: u64,
    pub(super) calls: u64,
    pub(super) expunged: u64,
    pub(super) problems: Problems,
}

/// One call as its events tell it.
#[derive(Default)]
pub(super) struct Story {
    pub(super) call_sid: String,
    pub(super) fold: CallFold,
    /// What each command was ordered with.
    pub(super) orders: BTreeMap<String, Order>,
    /// The event with which the call came in, the last time that it did.
    pub(super) came_in: i64,
    /// Its last event.
    pub(super) last: i64,
    pub(super) expunged: bool,
}

/// A command as it was ordered, and when it is due since.
pub(super) struct Order {
    /// The event that ordered it.
    pub(super) seq: i64,
    pub(super) at: String,
    pub(super) leg_id: Option<String>,
    /// What it is aimed at; a number is sealed.
    pub(super) target: Option<String>,
    pub(super) deadline: Option<String>,
    /// The last event that tells of it.
    pub(super) last: i64,
    /// When it was due, as that event says.
    pub(super) due_at: Option<String>,
}

/// An event as far as playing it back needs it.
struct Stored<'a> {
    call_sid: &'a str,
    seq: i64,
    at: &'a str,
    subject: SubjectKind,
    leg_id: Option<&'a str>,
    from_status: Option<&'a str>,
    to_status: Option<&'a str>,
    cause: &'a str,
    detail: &'a str,
}

impl Replay {
    /// Plays all calls back. What was found out before an error is kept.
    pub(super) fn play(connection: &Connection, replayed: &AtomicU64) -> (Self, rusqlite::Result<()>) {
        let mut replay = Self::default();
        let end = replay.all(connection, replayed);
        (replay, end)
    }

    fn all(&mut self, connection: &Connection, replayed: &AtomicU64) -> rusqlite::Result<()> {
        let mut tables = Tables::open(connection)?;
        let mut events = connection.prepare(EVENTS)?;
        let mut rows = events.query([])?;
        let mut story = Story::default();
        while let Some(row) = rows.next()? {
            self.events += 1;
            replayed.store(self.events, Ordering::Relaxed);
            let event = match stored(row) {
                Ok(event) => event,
                Err((seq, column)) => {
                    self.problems.say_of(seq, format_args!("its column {column} is not what it may be"));
                    continue;
                }
            };
            if event.call_sid != story.call_sid {
                self.finish(&story, &mut tables)?;
                story = Story { call_sid: event.call_sid.to_owned(), ..Story::default() };
            }
            story.take(&event, &mut self.problems);
        }
        self.finish(&story, &mut tables)?;
        tables.find_strays(connection, &mut self.problems)
    }

    fn finish(&mut self, story: &Story, tables: &mut Tables<'_>) -> rusqlite::Result<()> {
        if story.call_sid.is_empty() {
            return Ok(());
        }
        self.calls += 1;
        self.expunged += u64::from(story.expunged);
        tables.compare(story, &mut self.problems)
    }
}

impl Story {
    fn take(&mut self, event: &Stored<'_>, problems: &mut Problems) {
        let mut detail = Map::new();
        if is_telling(event.detail.as_bytes()) {
            match serde_json::from_str(event.detail) {
                Ok(read) => detail = read,
                Err(_) => problems.say_of(event.seq, format_args!("its particulars are not JSON")),
            }
        }
        let told = Told {
            seq: event.seq,
            subject: event.subject,
            leg_id: event.leg_id,
            from_status: event.from_status,
            to_status: event.to_status,
            cause: event.cause,
            detail: &detail,
        };
        if let Err(wrong) = self.fold.take(&told) {
            problems.say_of(event.seq, format_args!("{wrong}"));
        }
        self.take_orders(event, &detail);
        self.last = event.seq;
        if event.subject == SubjectKind::Call && event.from_status.is_none() && event.to_status.is_some() {
            self.came_in = event.seq;
            self.expunged = false;
        }
        if event.cause == "record.expunged" {
            self.orders.clear();
            self.expunged = true;
        }
    }

    fn take_orders(&mut self, event: &Stored<'_>, detail: &Map<String, Value>) {
        let commands = detail.get("commands").and_then(Value::as_array);
        for command in commands.into_iter().flatten() {
            let text = |name: &str| command.get(name).and_then(Value::as_str).map(str::to_owned);
            let order = self.orders.entry(text("id").unwrap_or_default()).or_insert_with(|| Order {
                seq: event.seq,
                at: event.at.to_owned(),
                leg_id: event.leg_id.map(str::to_owned),
                target: text("target"),
                deadline: text("deadline"),
                due_at: None,
                last: event.seq,
            });
            order.last = event.seq;
            order.due_at = text("due_at");
        }
    }
}

fn is_telling(detail: &[u8]) -> bool {
    let mut rest = detail;
    while let Some(at) = rest.iter().position(|byte| *byte == b'"') {
        rest = &rest[at..];
        if TELLING.iter().any(|word| rest.starts_with(word)) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// The event in this row; if one of its columns can't be what it is, its number and the column.
fn stored<'a>(row: &'a Row<'_>) -> Result<Stored<'a>, (i64, &'static str)> {
    let value = |column: usize| row.get_ref(column).unwrap_or(ValueRef::Null);
    let seq = value(1).as_i64().map_err(|_| (0, "seq"))?;
    let optional = |column: usize, name| value(column).as_str_or_null().map_err(|_| (seq, name));
    let text = |column: usize, name| optional(column, name)?.ok_or((seq, name));
    Ok(Stored {
        call_sid: text(0, "call_sid")?,
        seq,
        at: text(2, "at")?,
        subject: text(3, "subject")?.parse().map_err(|_| (seq, "subject"))?,
        leg_id: optional(4, "leg_id")?,
        from_status: optional(5, "from_status")?,
        to_status: optional(6, "to_status")?,
        cause: text(7, "cause")?,
        detail: text(8, "detail")?,
    })
}
