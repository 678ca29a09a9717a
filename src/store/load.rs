//! Loading the house: every live call with its legs and open commands, and whatever else the
//! batch names. A constant number of statements, whatever the batch's size.

use sqlx::SqliteConnection;

use super::chain::GENESIS;
use super::error::StoreError;
use super::rows::{CallRow, CommandRow, LegRow, OrganiserRow};
use crate::domain::house::{Contacts, House};
use crate::domain::ids::{CallSid, LegId};

/// What a batch names, besides what is live anyway.
#[derive(Debug, Default)]
pub struct Named<'a> {
    /// Calls, by their SIDs.
    pub calls: Vec<&'a CallSid>,
    /// Legs, by our ids.
    pub legs: Vec<LegId>,
    /// Legs, by Twilio's SIDs of their lines.
    pub lines: Vec<&'a CallSid>,
}

/// The end of the chain: the last event's number and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) hash: String,
}

pub(super) async fn head(connection: &mut SqliteConnection) -> Result<Head, StoreError> {
    let last = sqlx::query!(r#"SELECT seq AS "seq!", hash FROM events ORDER BY seq DESC LIMIT 1"#);
    let last = last.fetch_optional(connection).await?;
    Ok(last.map_or_else(|| Head { seq: 0, hash: GENESIS.to_owned() }, |row| Head { seq: row.seq, hash: row.hash }))
}

pub(super) async fn house(
    connection: &mut SqliteConnection,
    named: &Named<'_>,
    contacts: Contacts,
) -> Result<House, StoreError> {
    let calls = serde_json::json!(named.calls).to_string();
    let legs = serde_json::json!(named.legs).to_string();
    let lines = serde_json::json!(named.lines).to_string();
    let call_rows = sqlx::query_as!(
        CallRow,
        r#"SELECT call_sid AS "call_sid!", status, outcome, caller, round, room, caller_in_room, started_at,
                  give_up_at, connected_at, ended_at
             FROM calls
            WHERE call_sid IN (
                SELECT call_sid FROM calls WHERE status <> 'ended'
                UNION SELECT call_sid FROM legs WHERE ended_at IS NULL
                UNION SELECT call_sid FROM outbox WHERE status IN ('pending', 'sending')
                UNION SELECT value FROM json_each(?1)
                UNION SELECT call_sid FROM legs WHERE leg_id IN (SELECT value FROM json_each(?2))
                UNION SELECT call_sid FROM legs WHERE leg_sid IN (SELECT value FROM json_each(?3)))"#,
        calls,
        legs,
        lines
    );
    let call_rows = call_rows.fetch_all(&mut *connection).await?;
    let sids: Vec<&str> = call_rows.iter().map(|row| row.call_sid.as_str()).collect();
    let sids = serde_json::json!(sids).to_string();
    let leg_rows = sqlx::query_as!(
        LegRow,
        r#"SELECT leg_id AS "leg_id!", call_sid, round, organiser_id, number, status, reason, leg_sid, line, lookups,
                  planned_at, dialed_at, unclear_at, answered_at, joined_at, connected_at, disconnected_at, ended_at
             FROM legs WHERE call_sid IN (SELECT value FROM json_each(?1))
            ORDER BY planned_at, leg_id"#,
        sids
    );
    let leg_rows = leg_rows.fetch_all(&mut *connection).await?;
    let command_rows = sqlx::query_as!(
        CommandRow,
        r#"SELECT command_id AS "command_id!", kind, call_sid, leg_id, stranger, status, tries, created_at, due_at,
                  deadline, result
             FROM outbox WHERE status IN ('pending', 'sending')"#
    );
    let command_rows = command_rows.fetch_all(&mut *connection).await?;
    let organiser_rows = sqlx::query_as!(
        OrganiserRow,
        r#"SELECT organiser_id AS "organiser_id!", name, number, retired_at FROM organisers"#
    );
    let organiser_rows = organiser_rows.fetch_all(&mut *connection).await?;
    Ok(House::new(parse(call_rows)?, parse(leg_rows)?, parse(command_rows)?, parse(organiser_rows)?, contacts))
}

fn parse<R, T: TryFrom<R, Error = StoreError>>(rows: Vec<R>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}
