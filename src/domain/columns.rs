//! Rows of the tables `calls` and `legs`, column by column: what the store writes, what events tell,
//! and what the record replays to are the same by construction. Names no personal data.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::leg::Leg;

/// Column names and values; a column that is absent is NULL.
pub type Columns = Map<String, Value>;

/// A column of a row.
struct Column<R> {
    name: &'static str,
    /// Whether it is the same in two rows: most are, and what is not looked at need not be written out.
    is_same: fn(&R, &R) -> bool,
    value: fn(&R) -> Value,
}

macro_rules! columns {
    ($row:ident: $kind:ty; $($name:ident: $value:expr),* $(,)?) => {
        &[$(Column {
            name: stringify!($name),
            is_same: |one, other| {
                let $row: &$kind = one;
                let one = &$value;
                let $row: &$kind = other;
                *one == $value
            },
            value: |$row| json!($value),
        }),*]
    };
}

const CALL: &[Column<Call>] = columns![call: Call;
    case_number: call.case_number,
    case_name: call.case_name.as_str(),
    outcome: call.outcome,
    round: call.round,
    room: call.room,
    caller_in_room: u32::from(call.caller_in_room),
    started_at: call.started_at,
    give_up_at: call.give_up_at,
    connected_at: call.connected_at,
    ended_at: call.ended_at,
    case_status: call.case_status,
    held_since: call.held_since,
    expunge_on: call.expunge_on,
];

const LEG: &[Column<Leg>] = columns![leg: Leg;
    round: leg.round,
    organiser_id: leg.organiser_id,
    reason: leg.reason,
    leg_sid: leg.sid,
    line: leg.line,
    lookups: leg.lookups,
    planned_at: leg.planned_at,
    dialed_at: leg.dialed_at,
    unclear_at: leg.unclear_at,
    answered_at: leg.answered_at,
    joined_at: leg.joined_at,
    connected_at: leg.connected_at,
    disconnected_at: leg.disconnected_at,
    ended_at: leg.ended_at,
];

/// The columns of a call, without its key, its status and what can be erased.
pub fn of_call(call: &Call) -> Columns {
    changed(CALL, None, call)
}

/// The columns of a leg, without its keys, its status and what can be erased.
pub fn of_leg(leg: &Leg) -> Columns {
    changed(LEG, None, leg)
}

/// What has changed of a call; a column that became NULL is null here.
pub fn call_difference(before: Option<&Call>, after: &Call) -> Columns {
    changed(CALL, before, after)
}

/// What has changed of a leg; a column that became NULL is null here.
pub fn leg_difference(before: Option<&Leg>, after: &Leg) -> Columns {
    changed(LEG, before, after)
}

fn changed<R>(columns: &[Column<R>], before: Option<&R>, after: &R) -> Columns {
    let differs = |column: &&Column<R>| before.is_none_or(|before| !(column.is_same)(before, after));
    let values = columns.iter().filter(differs).map(|column| (column.name, (column.value)(after)));
    // A new row has nothing that could become NULL.
    let values = values.filter(|(_, value)| before.is_some() || !value.is_null());
    values.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Makes the changes of a difference.
pub fn apply(columns: &mut Columns, difference: &Columns) {
    for (name, value) in difference {
        if value.is_null() {
            columns.remove(name);
        } else {
            columns.insert(name.clone(), value.clone());
        }
    }
}
