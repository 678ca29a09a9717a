//! Saving a batch: all its rows and events in a few statements, in one transaction. Every update
//! is guarded by the status under which the row was loaded.

use serde::Serialize;
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};

use super::chain::{ChainLink, event_hash};
use super::error::StoreError;
use super::load::{self, Head, Named};
use super::open::Writer;
use super::rows::{CallRow, CommandRow, LegRow, OrganiserRow};
use crate::domain::event::Event;
use crate::domain::house::{Change, Changes, Contacts, House};
use crate::domain::time::Timestamp;

/// One transaction. Dropped without [`Batch::commit`], it changes nothing.
#[derive(Debug)]
pub struct Batch<'a> {
    transaction: Transaction<'a, Sqlite>,
}

impl Writer {
    /// Begins a transaction that may write.
    pub async fn begin(&mut self) -> Result<Batch<'_>, StoreError> {
        Ok(Batch { transaction: self.connection.begin_with("BEGIN IMMEDIATE").await? })
    }
}

impl Batch<'_> {
    /// Loads what is live, and what the batch names.
    pub async fn load(&mut self, named: &Named<'_>, contacts: Contacts) -> Result<House, StoreError> {
        load::house(&mut self.transaction, named, contacts).await
    }

    /// Writes all changes; `now` is the time of every one of them.
    pub async fn save(&mut self, changes: &Changes, now: Timestamp) -> Result<(), StoreError> {
        let connection = &mut *self.transaction;
        let head = load::head(connection).await?;
        let events = number(&changes.events, head, now);
        save_organisers(connection, changes).await?;
        save_events(connection, &events).await?;
        save_calls(connection, changes, &events).await?;
        save_legs(connection, changes, &events).await?;
        save_commands(connection, changes).await
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

/// An event with its number and hash.
#[derive(Debug, Serialize)]
struct EventRow {
    seq: i64,
    at: String,
    subject: &'static str,
    call_sid: Option<String>,
    leg_id: Option<String>,
    organiser_id: Option<String>,
    from_status: Option<&'static str>,
    to_status: Option<&'static str>,
    cause: String,
    source: &'static str,
    detail: String,
    previous_hash: String,
    hash: String,
}

fn number(events: &[Event], mut head: Head, now: Timestamp) -> Vec<EventRow> {
    let at = now.to_string();
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let mut row = EventRow {
            seq: head.seq + 1,
            at: at.clone(),
            subject: event.subject.kind().as_str(),
            call_sid: event.subject.call_sid().map(ToString::to_string),
            leg_id: event.subject.leg_id().map(|id| id.to_string()),
            organiser_id: event.subject.organiser_id().map(|id| id.to_string()),
            from_status: event.from_status,
            to_status: event.to_status,
            cause: event.cause.clone(),
            source: event.source.as_str(),
            detail: serde_json::Value::Object(event.detail.clone()).to_string(),
            previous_hash: head.hash,
            hash: String::new(),
        };
        row.hash = event_hash(&row.previous_hash, &link(&row));
        head = Head { seq: row.seq, hash: row.hash.clone() };
        rows.push(row);
    }
    rows
}

fn link(row: &EventRow) -> ChainLink<'_> {
    ChainLink {
        seq: row.seq,
        at: &row.at,
        subject: row.subject,
        ids_and_statuses: [
            row.call_sid.as_deref(),
            row.leg_id.as_deref(),
            row.organiser_id.as_deref(),
            row.from_status,
            row.to_status,
        ],
        cause: &row.cause,
        source: row.source,
        detail: &row.detail,
    }
}

/// A row with the number of the event that gave it its status, and with the status under which
/// it was loaded.
#[derive(Debug, Serialize)]
struct Guarded<R> {
    #[serde(flatten)]
    row: R,
    event_seq: Option<i64>,
    stored: Option<&'static str>,
}

fn last_status_event(events: &[EventRow], is_its: impl Fn(&EventRow) -> bool) -> Option<i64> {
    events.iter().rev().find(|event| event.to_status.is_some() && is_its(event)).map(|event| event.seq)
}

/// Splits changes into new rows and changed ones.
fn split<T, S, R>(changes: &[Change<T, S>], row: impl Fn(&Change<T, S>) -> R) -> (Vec<R>, Vec<R>) {
    let (new, changed): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.stored.is_none());
    (new.into_iter().map(&row).collect(), changed.into_iter().map(&row).collect())
}

/// Puts rows into the JSON text that a bulk statement reads; `None` if there are none.
fn json<R: Serialize>(rows: &[R]) -> Result<Option<String>, StoreError> {
    if rows.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(rows).map(Some).map_err(|error| StoreError::Driver(sqlx::Error::Encode(error.into())))
}

fn expect_all(table: &'static str, expected: usize, saved: u64) -> Result<(), StoreError> {
    if saved == expected as u64 { Ok(()) } else { Err(StoreError::Changed { table, expected, saved }) }
}

async fn save_events(connection: &mut SqliteConnection, events: &[EventRow]) -> Result<(), StoreError> {
    let Some(rows) = json(events)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO events (seq, at, subject, call_sid, leg_id, organiser_id, from_status, to_status, cause, source,
                             detail, previous_hash, hash)
         SELECT value->>'seq', value->>'at', value->>'subject', value->>'call_sid', value->>'leg_id',
                value->>'organiser_id', value->>'from_status', value->>'to_status', value->>'cause', value->>'source',
                value->>'detail', value->>'previous_hash', value->>'hash'
           FROM json_each(?1)",
        rows
    );
    expect_all("events", events.len(), saved.execute(connection).await?.rows_affected())
}

async fn save_organisers(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    let rows: Vec<OrganiserRow> = changes.organisers.iter().map(|change| OrganiserRow::from(&change.row)).collect();
    let Some(json) = json(&rows)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO organisers (organiser_id, name, number, retired_at)
         SELECT value->>'organiser_id', value->>'name', value->>'number', value->>'retired_at'
           FROM json_each(?1) WHERE true
          ORDER BY value->>'retired_at' IS NULL
         ON CONFLICT (organiser_id) DO UPDATE
            SET name = excluded.name, number = excluded.number, retired_at = excluded.retired_at",
        json
    );
    expect_all("organisers", rows.len(), saved.execute(connection).await?.rows_affected())
}

async fn save_calls(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let (new, changed) = split(&changes.calls, |change| {
        let row = CallRow::from(&change.row);
        let its = |event: &EventRow| event.subject == "call" && event.call_sid.as_ref() == Some(&row.call_sid);
        let event_seq = last_status_event(events, its);
        Guarded { row, event_seq, stored: change.stored.map(|status| status.as_str()) }
    });
    if let Some(rows) = json(&new)? {
        let saved = sqlx::query!(
            "INSERT INTO calls (call_sid, status, outcome, caller, round, room, caller_in_room, started_at, give_up_at,
                                connected_at, ended_at, event_seq)
             SELECT value->>'call_sid', value->>'status', value->>'outcome', value->>'caller', value->>'round',
                    value->>'room', value->>'caller_in_room', value->>'started_at', value->>'give_up_at',
                    value->>'connected_at', value->>'ended_at', value->>'event_seq'
               FROM json_each(?1)",
            rows
        );
        expect_all("calls", new.len(), saved.execute(&mut *connection).await?.rows_affected())?;
    }
    let Some(rows) = json(&changed)? else { return Ok(()) };
    let saved = sqlx::query!(
        "UPDATE calls
            SET status = new.value->>'status', outcome = new.value->>'outcome', round = new.value->>'round',
                room = new.value->>'room', caller_in_room = new.value->>'caller_in_room',
                give_up_at = new.value->>'give_up_at', connected_at = new.value->>'connected_at',
                ended_at = new.value->>'ended_at', event_seq = coalesce(new.value->>'event_seq', calls.event_seq)
           FROM json_each(?1) AS new
          WHERE calls.call_sid = new.value->>'call_sid' AND calls.status = new.value->>'stored'",
        rows
    );
    expect_all("calls", changed.len(), saved.execute(connection).await?.rows_affected())
}

async fn save_legs(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let (new, changed) = split(&changes.legs, |change| {
        let row = LegRow::from(&change.row);
        let its = |event: &EventRow| event.subject == "leg" && event.leg_id.as_ref() == Some(&row.leg_id);
        let event_seq = last_status_event(events, its);
        Guarded { row, event_seq, stored: change.stored.map(|status| status.as_str()) }
    });
    // Before the new legs: a leg that has become absent makes room for its replacement.
    if let Some(rows) = json(&changed)? {
        let saved = sqlx::query!(
            "UPDATE legs
                SET status = new.value->>'status', reason = new.value->>'reason', leg_sid = new.value->>'leg_sid',
                    line = new.value->>'line', lookups = new.value->>'lookups', dialed_at = new.value->>'dialed_at',
                    unclear_at = new.value->>'unclear_at', answered_at = new.value->>'answered_at',
                    joined_at = new.value->>'joined_at', connected_at = new.value->>'connected_at',
                    disconnected_at = new.value->>'disconnected_at', ended_at = new.value->>'ended_at',
                    event_seq = coalesce(new.value->>'event_seq', legs.event_seq)
               FROM json_each(?1) AS new
              WHERE legs.leg_id = new.value->>'leg_id' AND legs.status = new.value->>'stored'",
            rows
        );
        expect_all("legs", changed.len(), saved.execute(&mut *connection).await?.rows_affected())?;
    }
    let Some(rows) = json(&new)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO legs (leg_id, call_sid, round, organiser_id, number, status, reason, leg_sid, line, lookups,
                           planned_at, dialed_at, unclear_at, answered_at, joined_at, connected_at, disconnected_at,
                           ended_at, event_seq)
         SELECT value->>'leg_id', value->>'call_sid', value->>'round', value->>'organiser_id', value->>'number',
                value->>'status', value->>'reason', value->>'leg_sid', value->>'line', value->>'lookups',
                value->>'planned_at', value->>'dialed_at', value->>'unclear_at', value->>'answered_at',
                value->>'joined_at', value->>'connected_at', value->>'disconnected_at', value->>'ended_at',
                value->>'event_seq'
           FROM json_each(?1)",
        rows
    );
    expect_all("legs", new.len(), saved.execute(connection).await?.rows_affected())
}

async fn save_commands(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    let (new, changed) = split(&changes.commands, |change| CommandRow::from(&change.row));
    if let Some(rows) = json(&new)? {
        let saved = sqlx::query!(
            "INSERT INTO outbox (command_id, kind, call_sid, leg_id, stranger, status, tries, created_at, due_at,
                                 deadline, result)
             SELECT value->>'command_id', value->>'kind', value->>'call_sid', value->>'leg_id', value->>'stranger',
                    value->>'status', value->>'tries', value->>'created_at', value->>'due_at', value->>'deadline',
                    value->>'result'
               FROM json_each(?1)",
            rows
        );
        expect_all("outbox", new.len(), saved.execute(&mut *connection).await?.rows_affected())?;
    }
    let Some(rows) = json(&changed)? else { return Ok(()) };
    let saved = sqlx::query!(
        "UPDATE outbox
            SET status = new.value->>'status', tries = new.value->>'tries', due_at = new.value->>'due_at',
                result = new.value->>'result'
           FROM json_each(?1) AS new
          WHERE outbox.command_id = new.value->>'command_id' AND outbox.status IN ('pending', 'sending')",
        rows
    );
    expect_all("outbox", changed.len(), saved.execute(connection).await?.rows_affected())
}
