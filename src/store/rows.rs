//! Rows as the tables have them, and their translation to and from the domain's types.

use std::str::FromStr;

use serde::Serialize;

use super::error::StoreError;
use crate::domain::call::{Call, Salts};
use crate::domain::case_name::CaseName;
use crate::domain::command::Command;
use crate::domain::ids::RoomName;
use crate::domain::leg::Leg;
use crate::domain::organiser::Organiser;
use crate::domain::phone::CallerId;

#[derive(Debug, Clone)]
pub(super) struct CallRow {
    pub(super) call_sid: String,
    pub(super) case_number: i64,
    pub(super) case_name: String,
    pub(super) status: String,
    pub(super) outcome: Option<String>,
    pub(super) caller: Option<String>,
    pub(super) numbers_salt: Option<String>,
    pub(super) notes_salt: Option<String>,
    pub(super) round: i64,
    pub(super) room: String,
    pub(super) caller_in_room: i64,
    pub(super) started_at: String,
    pub(super) give_up_at: String,
    pub(super) connected_at: Option<String>,
    pub(super) ended_at: Option<String>,
    pub(super) case_status: String,
    pub(super) held_since: Option<String>,
    pub(super) expunge_on: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct LegRow {
    pub(super) leg_id: String,
    pub(super) call_sid: String,
    pub(super) round: i64,
    pub(super) organiser_id: String,
    pub(super) number: Option<String>,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) leg_sid: Option<String>,
    pub(super) line: Option<String>,
    pub(super) lookups: i64,
    pub(super) planned_at: String,
    pub(super) dialed_at: Option<String>,
    pub(super) unclear_at: Option<String>,
    pub(super) answered_at: Option<String>,
    pub(super) joined_at: Option<String>,
    pub(super) connected_at: Option<String>,
    pub(super) disconnected_at: Option<String>,
    pub(super) ended_at: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct CommandRow {
    pub(super) command_id: String,
    pub(super) kind: String,
    pub(super) call_sid: String,
    pub(super) leg_id: Option<String>,
    pub(super) target: Option<String>,
    pub(super) salt: Option<String>,
    pub(super) status: String,
    pub(super) tries: i64,
    pub(super) created_at: String,
    pub(super) due_at: String,
    pub(super) deadline: String,
    pub(super) result: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct OrganiserRow {
    pub(super) organiser_id: String,
    pub(super) name: String,
    pub(super) number: String,
    pub(super) salt: String,
    pub(super) retired_at: Option<String>,
    pub(super) event_seq: Option<i64>,
}

/// Reads columns of one table, and says which one can't be read.
struct Columns(&'static str);

impl Columns {
    fn read<T: FromStr>(&self, column: &'static str, text: String) -> Result<T, StoreError> {
        text.parse().map_err(|_| self.bad(column, text))
    }

    fn read_option<T: FromStr>(&self, column: &'static str, text: Option<String>) -> Result<Option<T>, StoreError> {
        text.map(|text| self.read(column, text)).transpose()
    }

    fn count(&self, column: &'static str, count: i64) -> Result<u32, StoreError> {
        count.try_into().map_err(|_| self.bad(column, count.to_string()))
    }

    fn bad(&self, column: &'static str, value: String) -> StoreError {
        StoreError::Inconsistent { table: self.0, column, value }
    }
}

impl TryFrom<CallRow> for Call {
    type Error = StoreError;

    fn try_from(row: CallRow) -> Result<Self, StoreError> {
        let columns = Columns("calls");
        Ok(Self {
            sid: columns.read("call_sid", row.call_sid)?,
            case_number: columns.count("case_number", row.case_number)?.into(),
            case_name: CaseName::from_stored(row.case_name),
            status: columns.read("status", row.status)?,
            outcome: columns.read_option("outcome", row.outcome)?,
            caller: row.caller.as_deref().map(CallerId::new),
            salts: Salts {
                numbers: columns.read_option("numbers_salt", row.numbers_salt)?,
                notes: columns.read_option("notes_salt", row.notes_salt)?,
            },
            round: columns.count("round", row.round)?,
            room: RoomName::from_stored(row.room),
            caller_in_room: row.caller_in_room != 0,
            started_at: columns.read("started_at", row.started_at)?,
            give_up_at: columns.read("give_up_at", row.give_up_at)?,
            connected_at: columns.read_option("connected_at", row.connected_at)?,
            ended_at: columns.read_option("ended_at", row.ended_at)?,
            case_status: columns.read("case_status", row.case_status)?,
            held_since: columns.read_option("held_since", row.held_since)?,
            expunge_on: row.expunge_on,
        })
    }
}

impl TryFrom<LegRow> for Leg {
    type Error = StoreError;

    fn try_from(row: LegRow) -> Result<Self, StoreError> {
        let columns = Columns("legs");
        Ok(Self {
            id: columns.read("leg_id", row.leg_id)?,
            call_sid: columns.read("call_sid", row.call_sid)?,
            round: columns.count("round", row.round)?,
            organiser_id: columns.read("organiser_id", row.organiser_id)?,
            number: columns.read_option("number", row.number)?,
            status: columns.read("status", row.status)?,
            reason: columns.read_option("reason", row.reason)?,
            sid: columns.read_option("leg_sid", row.leg_sid)?,
            line: columns.read_option("line", row.line)?,
            lookups: columns.count("lookups", row.lookups)?,
            planned_at: columns.read("planned_at", row.planned_at)?,
            dialed_at: columns.read_option("dialed_at", row.dialed_at)?,
            unclear_at: columns.read_option("unclear_at", row.unclear_at)?,
            answered_at: columns.read_option("answered_at", row.answered_at)?,
            joined_at: columns.read_option("joined_at", row.joined_at)?,
            connected_at: columns.read_option("connected_at", row.connected_at)?,
            disconnected_at: columns.read_option("disconnected_at", row.disconnected_at)?,
            ended_at: columns.read_option("ended_at", row.ended_at)?,
        })
    }
}

impl TryFrom<CommandRow> for Command {
    type Error = StoreError;

    fn try_from(row: CommandRow) -> Result<Self, StoreError> {
        let columns = Columns("outbox");
        Ok(Self {
            id: columns.read("command_id", row.command_id)?,
            kind: columns.read("kind", row.kind)?,
            call_sid: columns.read("call_sid", row.call_sid)?,
            leg_id: columns.read_option("leg_id", row.leg_id)?,
            target: row.target,
            salt: columns.read_option("salt", row.salt)?,
            status: columns.read("status", row.status)?,
            tries: columns.count("tries", row.tries)?,
            created_at: columns.read("created_at", row.created_at)?,
            due_at: columns.read("due_at", row.due_at)?,
            deadline: columns.read("deadline", row.deadline)?,
            result: row.result,
        })
    }
}

impl From<&Command> for CommandRow {
    fn from(command: &Command) -> Self {
        Self {
            command_id: command.id.to_string(),
            kind: command.kind.to_string(),
            call_sid: command.call_sid.to_string(),
            leg_id: text(command.leg_id),
            target: command.target.clone(),
            salt: command.salt.as_ref().map(|salt| salt.as_str().to_owned()),
            status: command.status.to_string(),
            tries: command.tries.into(),
            created_at: command.created_at.to_string(),
            due_at: command.due_at.to_string(),
            deadline: command.deadline.to_string(),
            result: command.result.clone(),
        }
    }
}

impl TryFrom<OrganiserRow> for Organiser {
    type Error = StoreError;

    fn try_from(row: OrganiserRow) -> Result<Self, StoreError> {
        let columns = Columns("organisers");
        Ok(Self {
            id: columns.read("organiser_id", row.organiser_id)?,
            name: row.name,
            number: columns.read("number", row.number)?,
            salt: columns.read("salt", row.salt)?,
            retired_at: columns.read_option("retired_at", row.retired_at)?,
        })
    }
}

impl From<&Organiser> for OrganiserRow {
    fn from(organiser: &Organiser) -> Self {
        Self {
            organiser_id: organiser.id.to_string(),
            name: organiser.name.clone(),
            number: organiser.number.as_str().to_owned(),
            salt: organiser.salt.as_str().to_owned(),
            retired_at: text(organiser.retired_at),
            event_seq: None,
        }
    }
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}
