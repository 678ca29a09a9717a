//! Loading the house: every live call with its legs and open commands, and whatever else the batch names; or only what
//! a house that was kept lacks of that. A constant number of statements, whatever the batch's size.

use sqlx::SqliteConnection;

use super::chain::GENESIS;
use super::error::StoreError;
use super::open::Writer;
use super::recent;
use super::rows::{CallRow, CommandRow, LegRow, OrganiserRow};
use crate::domain::call::Call;
use crate::domain::contact::Contacts;
use crate::domain::house::{BeforeStart, House, Notes, Past};
use crate::domain::ids::{CallSid, LegId, SpoolId};
use crate::domain::leg::Leg;
use crate::domain::privacy::Identity;
use crate::domain::recent::{LookBack, Recent};

/// What a batch names, besides what is live anyway.
#[derive(Debug, Default)]
pub struct Named<'a> {
    /// Calls, by their SIDs.
    pub calls: Vec<&'a CallSid>,
    /// Legs, by our ids.
    pub legs: Vec<LegId>,
    /// Legs, by Twilio's SIDs of their lines.
    pub lines: Vec<&'a CallSid>,
    /// Calls whose notes are written.
    pub notes_of: Vec<&'a CallSid>,
    /// Whether the service starts, and looks back.
    pub start: bool,
    /// How far the limits look back.
    pub look_back: Option<LookBack>,
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEnd {
    /// The last event's number; 0 if there is none.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

pub(super) async fn head(connection: &mut SqliteConnection) -> Result<ChainEnd, StoreError> {
    let last = sqlx::query!(r#"SELECT seq AS "seq!", hash FROM events ORDER BY seq DESC LIMIT 1"#);
    let last = last.fetch_optional(connection).await?;
    Ok(last
        .map_or_else(|| ChainEnd { seq: 0, hash: GENESIS.to_owned() }, |row| ChainEnd { seq: row.seq, hash: row.hash }))
}

impl Writer {
    /// How many inputs of this spool the record has already.
    pub async fn taken_in(&mut self, spool: SpoolId) -> Result<usize, StoreError> {
        let id = spool.to_string();
        let inputs = sqlx::query_scalar!(
            r#"SELECT sum(detail->>'inputs') AS "inputs: i64" FROM events
                WHERE cause = 'service.caught_up' AND call_sid IS NULL AND detail->>'spool' = ?1"#,
            id
        );
        let inputs = inputs.fetch_one(&mut self.connection).await?.unwrap_or_default();
        Ok(usize::try_from(inputs).unwrap_or_default())
    }
}

impl Named<'_> {
    /// What this house lacks of it.
    fn lacking(&self, house: &House) -> Self {
        Self {
            calls: self.calls.iter().copied().filter(|sid| house.call(sid).is_none()).collect(),
            legs: self.legs.iter().copied().filter(|id| house.leg(*id).is_none()).collect(),
            lines: self.lines.iter().copied().filter(|sid| !house.is_line_of_a_leg(sid)).collect(),
            ..Self::default()
        }
    }

    fn names_nothing(&self) -> bool {
        self.calls.is_empty() && self.legs.is_empty() && self.lines.is_empty()
    }
}

/// The whole house.
pub(super) async fn house(
    connection: &mut SqliteConnection,
    named: &Named<'_>,
    contacts: Contacts,
) -> Result<House, StoreError> {
    let calls = calls(&mut *connection, named, true).await?;
    let legs = legs(&mut *connection, &calls).await?;
    let command_rows = sqlx::query_as!(
        CommandRow,
        r#"SELECT outbox.command_id AS "command_id!", kind, call_sid, leg_id,
                  coalesce(target, outbox_numbers.number) AS "target?", outbox_numbers.salt AS "salt?", status, tries,
                  created_at, due_at, deadline, result
             FROM outbox LEFT JOIN outbox_numbers ON outbox_numbers.command_id = outbox.command_id
            WHERE status IN ('pending', 'sending')"#
    );
    let command_rows = command_rows.fetch_all(&mut *connection).await?;
    let organiser_rows = sqlx::query_as!(
        OrganiserRow,
        r#"SELECT organiser_id AS "organiser_id!", name AS "name!", number AS "number!", salt AS "salt!", retired_at, event_seq
             FROM organisers WHERE salt IS NOT NULL"#
    );
    let organiser_rows = organiser_rows.fetch_all(&mut *connection).await?;
    let past = past(&mut *connection).await?;
    let mut house = House::new(calls, legs, parse(command_rows)?, parse(organiser_rows)?, past, contacts);
    look_back(connection, &mut house, named, true).await?;
    Ok(house)
}

/// A house that was kept, with what the batch names besides.
pub(super) async fn complete(
    connection: &mut SqliteConnection,
    house: &mut House,
    named: &Named<'_>,
) -> Result<(), StoreError> {
    let lacking = named.lacking(house);
    let mut afresh = house.past().recent.is_old(named.look_back.as_ref());
    if !lacking.names_nothing() {
        let calls = calls(&mut *connection, &lacking, false).await?;
        let legs = legs(&mut *connection, &calls).await?;
        // The limits count the legs of calls in the house apart.
        afresh |= !calls.is_empty();
        house.visit(calls, legs);
    }
    look_back(connection, house, named, afresh).await
}

async fn calls(connection: &mut SqliteConnection, named: &Named<'_>, with_live: bool) -> Result<Vec<Call>, StoreError> {
    let calls = serde_json::json!(named.calls).to_string();
    let legs = serde_json::json!(named.legs).to_string();
    let lines = serde_json::json!(named.lines).to_string();
    let call_rows = sqlx::query_as!(
        CallRow,
        r#"SELECT call_sid AS "call_sid!", case_number, case_name, status, outcome, round, room, caller_in_room,
                  started_at, give_up_at, connected_at, ended_at, case_status, held_since, expunge_on,
                  (SELECT value FROM personal
                    WHERE personal.call_sid = calls.call_sid AND field = 'caller') AS "caller?",
                  (SELECT salt FROM salts
                    WHERE salts.call_sid = calls.call_sid AND class = 'numbers') AS "numbers_salt?",
                  (SELECT salt FROM salts
                    WHERE salts.call_sid = calls.call_sid AND class = 'notes') AS "notes_salt?"
             FROM calls
            WHERE call_sid IN (
                SELECT call_sid FROM calls WHERE status <> 'ended' AND ?4
                UNION SELECT call_sid FROM legs WHERE ended_at IS NULL AND ?4
                UNION SELECT call_sid FROM outbox WHERE status IN ('pending', 'sending') AND ?4
                UNION SELECT value FROM json_each(?1)
                UNION SELECT call_sid FROM legs WHERE leg_id IN (SELECT value FROM json_each(?2))
                UNION SELECT call_sid FROM legs WHERE leg_sid IN (SELECT value FROM json_each(?3)))"#,
        calls,
        legs,
        lines,
        with_live
    );
    parse(call_rows.fetch_all(connection).await?)
}

async fn legs(connection: &mut SqliteConnection, of: &[Call]) -> Result<Vec<Leg>, StoreError> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let sids: Vec<&str> = of.iter().map(|call| call.sid.as_str()).collect();
    let sids = serde_json::json!(sids).to_string();
    let leg_rows = sqlx::query_as!(
        LegRow,
        r#"SELECT leg_id AS "leg_id!", call_sid, round, organiser_id, status, reason, leg_sid, line, lookups,
                  planned_at, dialed_at, unclear_at, answered_at, joined_at, connected_at, disconnected_at, ended_at,
                  (SELECT value FROM personal WHERE personal.leg_id = legs.leg_id) AS "number?"
             FROM legs WHERE call_sid IN (SELECT value FROM json_each(?1))
            ORDER BY planned_at, leg_id"#,
        sids
    );
    parse(leg_rows.fetch_all(connection).await?)
}

/// What the batch looks back on; on what the limits do only if `afresh`.
async fn look_back(
    connection: &mut SqliteConnection,
    house: &mut House,
    named: &Named<'_>,
    afresh: bool,
) -> Result<(), StoreError> {
    let notes = if named.notes_of.is_empty() { Notes::new() } else { notes(&mut *connection, &named.notes_of).await? };
    let before_start = if named.start { before_start(&mut *connection).await? } else { BeforeStart::default() };
    let recent = match &named.look_back {
        Some(look_back) if afresh => Some(recent::recent(connection, look_back, house.legs()).await?),
        Some(_) => None,
        // No limit asks.
        None => Some(Recent::default()),
    };
    house.look_back(notes, before_start, recent);
    Ok(())
}

/// What there is besides the rows of calls.
async fn past(connection: &mut SqliteConnection) -> Result<Past, StoreError> {
    let identity = sqlx::query_as!(Identity, "SELECT log_id, secret FROM identity");
    let identity = identity.fetch_optional(&mut *connection).await?;
    // A number that was expunged is not given out again.
    let last = sqlx::query_scalar!(
        r#"SELECT max(coalesce((SELECT max(case_number) FROM calls), 0),
                      coalesce((SELECT max(json_extract(detail, '$.case_number')) FROM events
                                 WHERE cause = 'record.expunged'), 0)) AS "last: i64""#
    );
    let last = last.fetch_one(connection).await?.unwrap_or_default();
    Ok(Past { identity, last_case_number: last.unsigned_abs(), ..Past::default() })
}

async fn notes(connection: &mut SqliteConnection, of: &[&CallSid]) -> Result<Notes, StoreError> {
    let calls = serde_json::json!(of).to_string();
    let rows = sqlx::query!(
        r#"SELECT call_sid AS "call_sid!", value->>'number' AS "number!: u32", max(value->>'revision') AS "revision!: u32"
             FROM personal
            WHERE field = 'note' AND call_sid IN (SELECT value FROM json_each(?1))
            GROUP BY call_sid, value->>'number'"#,
        calls
    );
    let mut notes = Notes::new();
    for row in rows.fetch_all(connection).await? {
        let Ok(call_sid) = row.call_sid.parse() else { continue };
        notes.entry(call_sid).or_default().insert(row.number, row.revision);
    }
    Ok(notes)
}

async fn before_start(connection: &mut SqliteConnection) -> Result<BeforeStart, StoreError> {
    let last = sqlx::query!(
        "SELECT at, cause FROM events WHERE source <> 'cli' OR subject = 'service' ORDER BY seq DESC LIMIT 1"
    );
    let last = last.fetch_optional(&mut *connection).await?;
    let configuration = sqlx::query_scalar!(
        r#"SELECT detail->'configuration' AS "configuration!: String"
             FROM events WHERE call_sid IS NULL AND cause = 'configuration.is' ORDER BY seq DESC LIMIT 1"#
    );
    let configuration = configuration.fetch_optional(&mut *connection).await?;
    let texts = sqlx::query_scalar!(r#"SELECT version AS "version!" FROM spoken_texts"#);
    let texts = texts.fetch_all(connection).await?;
    Ok(BeforeStart {
        last_event: last.and_then(|last| Some((last.at.parse().ok()?, last.cause))),
        configuration: configuration.and_then(|text| serde_json::from_str(&text).ok()),
        texts: texts.into_iter().collect(),
    })
}

fn parse<R, T: TryFrom<R, Error = StoreError>>(rows: Vec<R>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::recent::RecentCall;
    use crate::store;

    /// Otherwise there would be one more for each call that ever comes.
    #[tokio::test]
    async fn without_limits_nobody_remembers_who_called() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, _) = store::open(&folder.path().join("sharedphone.db")).await.expect("a database");
        let started_at = "2026-11-28T12:00:00.000Z".parse().expect("a time");
        let sid = "CA00000000000000000000000000000001".parse().expect("a SID");
        let recent = Recent { calls: [(sid, RecentCall { started_at, caller: None })].into(), ..Recent::default() };
        let past = Past { recent, ..Past::default() };
        let mut house = House::new(Vec::new(), Vec::new(), Vec::new(), Vec::new(), past, Contacts::new());
        let mut batch = writer.begin().await.expect("a batch");
        batch.complete(&mut house, &Named::default()).await.expect("completed");
        assert!(house.past().recent.calls.is_empty());
    }
}
