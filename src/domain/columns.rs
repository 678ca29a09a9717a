//! Rows of the tables `calls` and `legs`, column by column: what the store writes, what events tell,
//! and what the record replays to are the same by construction. Names no personal data.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::leg::Leg;

/// Column names and values; a column that is absent is NULL.
pub type Columns = Map<String, Value>;

/// The columns of a call, without its key, its status and what can be erased.
pub fn of_call(call: &Call) -> Columns {
    columns(json!({
        "case_number": call.case_number,
        "case_name": call.case_name.as_str(),
        "outcome": call.outcome,
        "round": call.round,
        "room": call.room,
        "caller_in_room": u32::from(call.caller_in_room),
        "started_at": call.started_at,
        "give_up_at": call.give_up_at,
        "connected_at": call.connected_at,
        "ended_at": call.ended_at,
        "case_status": call.case_status,
        "held_since": call.held_since,
        "expunge_on": call.expunge_on,
    }))
}

/// The columns of a leg, without its keys, its status and what can be erased.
pub fn of_leg(leg: &Leg) -> Columns {
    columns(json!({
        "round": leg.round,
        "organiser_id": leg.organiser_id,
        "reason": leg.reason.map(|reason| reason.to_string()),
        "leg_sid": leg.sid,
        "line": leg.line,
        "lookups": leg.lookups,
        "planned_at": leg.planned_at,
        "dialed_at": leg.dialed_at,
        "unclear_at": leg.unclear_at,
        "answered_at": leg.answered_at,
        "joined_at": leg.joined_at,
        "connected_at": leg.connected_at,
        "disconnected_at": leg.disconnected_at,
        "ended_at": leg.ended_at,
    }))
}

fn columns(value: Value) -> Columns {
    match value {
        Value::Object(mut columns) => {
            columns.retain(|_, value| !value.is_null());
            columns
        }
        _ => Columns::new(),
    }
}

/// What has changed from `before` to `after`; a column that became NULL is null here.
pub fn difference(before: Option<&Columns>, after: &Columns) -> Columns {
    let empty = Columns::new();
    let before = before.unwrap_or(&empty);
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    let mut difference: Columns = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    difference.extend(gone.map(|name| (name.clone(), Value::Null)));
    difference
}

/// Makes the changes of a [`difference`].
pub fn apply(columns: &mut Columns, difference: &Columns) {
    for (name, value) in difference {
        if value.is_null() {
            columns.remove(name);
        } else {
            columns.insert(name.clone(), value.clone());
        }
    }
}
