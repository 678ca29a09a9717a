//! Calls and legs as they are saved: each row with the number of the event that made it what it is, and
//! guarded by the status under which it was loaded.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::events::EventRow;
use super::{expect_all, json};
use crate::domain::columns::{self, Columns};
use crate::domain::house::Changes;
use crate::store::error::StoreError;

/// Rows to insert, and rows to update.
#[derive(Default)]
struct Rows {
    new: Vec<Value>,
    changed: Vec<Value>,
}

impl Rows {
    /// A row; `stored` is the status under which it was loaded, if it was.
    fn push(&mut self, mut row: Columns, key: Value, event_seq: Option<i64>, stored: Option<&str>) {
        row.insert("event_seq".to_owned(), json!(event_seq));
        row.insert("stored".to_owned(), json!(stored));
        if let Value::Object(key) = key {
            row.extend(key);
        }
        let rows = if stored.is_none() { &mut self.new } else { &mut self.changed };
        rows.push(Value::Object(row));
    }
}

/// The last event that changes a row.
fn last_change(events: &[EventRow], is_its: impl Fn(&EventRow) -> bool) -> Option<i64> {
    events.iter().rev().find(|event| event.changes_a_row && is_its(event)).map(|event| event.seq)
}

pub(super) async fn save_calls(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let mut rows = Rows::default();
    for change in &changes.calls {
        let sid = change.row.sid.as_str();
        let its =
            |event: &EventRow| matches!(event.subject, "call" | "review") && event.call_sid.as_deref() == Some(sid);
        let key = json!({ "call_sid": sid, "status": change.row.status });
        let stored = change.stored.map(|status| status.as_str());
        rows.push(columns::of_call(&change.row), key, last_change(events, its), stored);
    }
    if let Some(new) = json(&rows.new)? {
        let saved = sqlx::query!(
            "INSERT INTO calls (call_sid, case_number, case_name, status, outcome, round, room, caller_in_room, started_at,
                                give_up_at, connected_at, ended_at, case_status, held_since, expunge_on, event_seq)
             SELECT value->>'call_sid', value->>'case_number', value->>'case_name', value->>'status', value->>'outcome',
                    value->>'round', value->>'room', value->>'caller_in_room', value->>'started_at',
                    value->>'give_up_at', value->>'connected_at', value->>'ended_at', value->>'case_status',
                    value->>'held_since', value->>'expunge_on', value->>'event_seq'
               FROM jsonb_each(?1)",
            new
        );
        expect_all("calls", rows.new.len(), saved.execute(&mut *connection).await?.rows_affected())?;
    }
    let Some(changed) = json(&rows.changed)? else { return Ok(()) };
    let saved = sqlx::query!(
        "UPDATE calls
            SET status = new.value->>'status', outcome = new.value->>'outcome', round = new.value->>'round',
                room = new.value->>'room', caller_in_room = new.value->>'caller_in_room',
                give_up_at = new.value->>'give_up_at', connected_at = new.value->>'connected_at',
                ended_at = new.value->>'ended_at', case_status = new.value->>'case_status',
                held_since = new.value->>'held_since', expunge_on = new.value->>'expunge_on',
                event_seq = coalesce(new.value->>'event_seq', calls.event_seq)
           FROM jsonb_each(?1) AS new
          WHERE calls.call_sid = new.value->>'call_sid' AND calls.status = new.value->>'stored'",
        changed
    );
    expect_all("calls", rows.changed.len(), saved.execute(connection).await?.rows_affected())
}

pub(super) async fn save_legs(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let mut rows = Rows::default();
    for change in &changes.legs {
        let id = change.row.id.to_string();
        let its = |event: &EventRow| event.subject == "leg" && event.leg_id.as_ref() == Some(&id);
        let key = json!({ "leg_id": id, "call_sid": change.row.call_sid, "status": change.row.status });
        let stored = change.stored.map(|status| status.as_str());
        rows.push(columns::of_leg(&change.row), key, last_change(events, its), stored);
    }
    // Before the new legs: a leg that has become absent makes room for its replacement.
    if let Some(changed) = json(&rows.changed)? {
        let saved = sqlx::query!(
            "UPDATE legs
                SET status = new.value->>'status', reason = new.value->>'reason', leg_sid = new.value->>'leg_sid',
                    line = new.value->>'line', lookups = new.value->>'lookups', dialed_at = new.value->>'dialed_at',
                    unclear_at = new.value->>'unclear_at', answered_at = new.value->>'answered_at',
                    joined_at = new.value->>'joined_at', connected_at = new.value->>'connected_at',
                    disconnected_at = new.value->>'disconnected_at', ended_at = new.value->>'ended_at',
                    event_seq = coalesce(new.value->>'event_seq', legs.event_seq)
               FROM jsonb_each(?1) AS new
              WHERE legs.leg_id = new.value->>'leg_id' AND legs.status = new.value->>'stored'",
            changed
        );
        expect_all("legs", rows.changed.len(), saved.execute(&mut *connection).await?.rows_affected())?;
    }
    let Some(new) = json(&rows.new)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO legs (leg_id, call_sid, round, organiser_id, status, reason, leg_sid, line, lookups, planned_at,
                           dialed_at, unclear_at, answered_at, joined_at, connected_at, disconnected_at, ended_at,
                           event_seq)
         SELECT value->>'leg_id', value->>'call_sid', value->>'round', value->>'organiser_id', value->>'status',
                value->>'reason', value->>'leg_sid', value->>'line', value->>'lookups', value->>'planned_at',
                value->>'dialed_at', value->>'unclear_at', value->>'answered_at', value->>'joined_at',
                value->>'connected_at', value->>'disconnected_at', value->>'ended_at', value->>'event_seq'
           FROM jsonb_each(?1)",
        new
    );
    expect_all("legs", rows.new.len(), saved.execute(connection).await?.rows_affected())
}
