//! Events as they are saved: numbered, hashed, with the personal data that they vouch for beside them.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::{expect_all, json};
use crate::domain::event::{Event, Subject};
use crate::domain::house::NewSalt;
use crate::domain::time::Timestamp;
use crate::store::chain::{ChainLink, event_hash};
use crate::store::error::StoreError;
use crate::store::load::ChainEnd;

/// An event with its number and hash.
#[derive(Debug, Serialize)]
pub(super) struct EventRow {
    pub(super) seq: i64,
    at: String,
    pub(super) subject: &'static str,
    pub(super) call_sid: Option<String>,
    pub(super) leg_id: Option<String>,
    pub(super) organiser_id: Option<String>,
    from_status: Option<&'static str>,
    to_status: Option<&'static str>,
    pub(super) cause: String,
    source: &'static str,
    detail: String,
    previous_hash: String,
    hash: String,
    /// Whether a row changes by it.
    #[serde(skip)]
    pub(super) changes_a_row: bool,
}

/// Numbers the events and links them to the end of the chain.
pub(super) fn number(events: &[Event], mut head: ChainEnd, now: Timestamp) -> Vec<EventRow> {
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
            changes_a_row: event.to_status.is_some() || event.detail.contains_key("set"),
        };
        row.hash = event_hash(&row.previous_hash, &link(&row));
        head = ChainEnd { seq: row.seq, hash: row.hash.clone() };
        rows.push(row);
    }
    rows
}

/// The end of the chain after these events.
pub(super) fn last(rows: &[EventRow]) -> Option<ChainEnd> {
    rows.last().map(|row| ChainEnd { seq: row.seq, hash: row.hash.clone() })
}

/// The last event that tells of each command, by the command's id; `rows` are the same events, numbered.
pub(super) fn last_steps<'a>(events: &'a [Event], rows: &[EventRow]) -> HashMap<&'a str, i64> {
    let mut last = HashMap::new();
    for (event, row) in events.iter().zip(rows) {
        let steps = event.detail.get("commands").and_then(Value::as_array).into_iter().flatten();
        last.extend(steps.filter_map(|step| Some((step.get("id")?.as_str()?, row.seq))));
    }
    last
}

/// The event that first needs a salt: the call comes in with it, or something is sealed with it.
pub(super) fn first_need(salt: &NewSalt, events: &[Event], rows: &[EventRow]) -> Option<i64> {
    let needs = |event: &Event| {
        let comes_in = matches!(event.subject, Subject::Call(_)) && event.from_status.is_none();
        let seals = event.personal.iter().any(|value| value.field.class() == salt.class);
        event.subject.call_sid() == Some(&salt.call_sid) && (comes_in && event.to_status.is_some() || seals)
    };
    events.iter().zip(rows).find(|(event, _)| needs(event)).map(|(_, row)| row.seq)
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

pub(super) async fn save(connection: &mut SqliteConnection, events: &[EventRow]) -> Result<(), StoreError> {
    let Some(rows) = json(events)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO events (seq, at, subject, call_sid, leg_id, organiser_id, from_status, to_status, cause, source,
                             detail, previous_hash, hash)
         SELECT value->>'seq', value->>'at', value->>'subject', value->>'call_sid', value->>'leg_id',
                value->>'organiser_id', value->>'from_status', value->>'to_status', value->>'cause', value->>'source',
                value->>'detail', value->>'previous_hash', value->>'hash'
           FROM jsonb_each(?1)",
        rows
    );
    expect_all("events", events.len(), saved.execute(connection).await?.rows_affected())
}

/// Saves what the events vouch for; `rows` are the same events, numbered.
pub(super) async fn save_personal(
    connection: &mut SqliteConnection,
    events: &[Event],
    rows: &[EventRow],
) -> Result<(), StoreError> {
    let values = events.iter().zip(rows).flat_map(|(event, row)| event.personal.iter().map(move |value| (row, value)));
    let values: Vec<Value> = values
        .map(|(row, value)| {
            json!({
                "event_seq": row.seq, "call_sid": row.call_sid, "leg_id": row.leg_id,
                "class": value.field.class(), "field": value.field, "value": value.value, "link": value.link,
            })
        })
        .collect();
    let Some(json) = json(&values)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO personal (event_seq, call_sid, leg_id, class, field, value, link)
         SELECT value->>'event_seq', value->>'call_sid', value->>'leg_id', value->>'class', value->>'field',
                value->>'value', value->>'link'
           FROM jsonb_each(?1)",
        json
    );
    expect_all("personal", values.len(), saved.execute(connection).await?.rows_affected())
}
