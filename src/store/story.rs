//! All that is held about one call, row by row, for those who make a story of it; and the finding of
//! calls.

mod held;

pub use self::held::{DeletionFound, OrganiserFound, UndeletedFound};
use super::error::StoreError;
use super::open::Reader;

/// A call with its case; columns as in `calls`, times as text.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns are those of the schema")]
pub struct CallFound {
    pub call_sid: String,
    pub case_name: String,
    pub case_status: String,
    pub caller: Option<String>,
    pub tags: Option<String>,
    pub hold_reason: Option<String>,
    pub held_since: Option<String>,
    pub expunge_on: Option<String>,
    pub status: String,
    pub outcome: Option<String>,
    pub organiser: Option<String>,
    pub round: u32,
    pub started_at: String,
    pub connected_at: Option<String>,
    pub ended_at: Option<String>,
    pub wait_seconds: Option<f64>,
    pub talk_seconds: Option<f64>,
    pub notes: u32,
}

/// A leg with its organiser.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns are those of the schema")]
pub struct LegFound {
    pub organiser: Option<String>,
    pub organiser_id: String,
    pub leg_id: String,
    pub leg_sid: Option<String>,
    pub number: Option<String>,
    pub round: u32,
    pub status: String,
    pub reason: Option<String>,
    pub planned_at: String,
    pub dialed_at: Option<String>,
    pub ringing_at: Option<String>,
    pub answered_at: Option<String>,
    pub joined_at: Option<String>,
    pub connected_at: Option<String>,
    pub disconnected_at: Option<String>,
    pub ended_at: Option<String>,
}

/// An event with the names that belong to its ids.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns are those of the schema")]
pub struct EventFound {
    pub seq: i64,
    pub at: String,
    pub subject: String,
    pub organiser: Option<String>,
    pub leg_sid: Option<String>,
    pub from_status: Option<String>,
    pub to_status: Option<String>,
    pub cause: String,
    pub source: String,
    pub detail: String,
    pub hash: String,
}

/// A revision of a note, as JSON, and when it was written.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns are those of the schema")]
pub struct NoteFound {
    pub at: String,
    pub value: String,
}

/// A text as it was spoken.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns are those of the schema")]
pub struct TextFound {
    pub version: String,
    pub prompt: String,
    pub language: String,
    pub words: String,
}

/// Somebody who was on the roster.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns are those of the schema")]
pub struct RosterFound {
    pub organiser_id: String,
    pub name: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
}

/// Which calls are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Not before this time.
    pub from: Option<String>,
    /// Before this time.
    pub to: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// Taken by an organiser of this name.
    pub organiser: Option<String>,
    /// With this name or SID.
    pub call: Option<String>,
    /// From this number, or to an organiser with it.
    pub number: Option<String>,
    /// Without a note, or with one.
    pub has_note: Option<bool>,
    /// The most that are wanted, the newest ones.
    pub limit: u32,
}

impl Reader {
    /// The calls that are wanted, the oldest first.
    pub async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallFound>, StoreError> {
        let limit = i64::from(filter.limit);
        // The list goes by time; a call that is named is found by an index of its own.
        let at = match &filter.call {
            Some(call) => match self.started_at(call).await? {
                None => return Ok(Vec::new()),
                found => found,
            },
            None => None,
        };
        let mut calls = sqlx::query_as!(
            CallFound,
            r#"SELECT calls.call_sid AS "call_sid!", calls.case_name AS "case_name!", calls.case_status AS "case_status!",
                      history.caller AS "caller?: String",
                      (SELECT value FROM personal WHERE personal.call_sid = calls.call_sid AND field = 'tags'
                        ORDER BY event_seq DESC LIMIT 1) AS "tags?: String",
                      (SELECT value FROM personal WHERE personal.call_sid = calls.call_sid AND field = 'hold_reason'
                        ORDER BY event_seq DESC LIMIT 1) AS "hold_reason?: String",
                      calls.held_since, calls.expunge_on, calls.status AS "status!", calls.outcome,
                      history.organiser AS "organiser?: String", calls.round AS "round!: u32",
                      calls.started_at AS "started_at!", calls.connected_at, calls.ended_at,
                      history.wait_seconds AS "wait_seconds: f64", history.talk_seconds AS "talk_seconds: f64",
                      (SELECT count(DISTINCT value->>'number') FROM personal
                        WHERE personal.call_sid = calls.call_sid AND field = 'note') AS "notes!: u32"
                 FROM calls JOIN call_history AS history USING (call_sid)
                WHERE calls.started_at >= max(coalesce(?1, ''), coalesce(?9, ''))
                  AND calls.started_at <= min(coalesce(?2, '~'), coalesce(?9, '~'))
                  AND (?2 IS NULL OR calls.started_at < ?2)
                  AND (?3 IS NULL OR calls.outcome = ?3)
                  AND (?4 IS NULL OR EXISTS (
                        SELECT 1 FROM legs JOIN organisers USING (organiser_id)
                         WHERE legs.call_sid = calls.call_sid AND legs.joined_at IS NOT NULL AND organisers.name = ?4))
                  AND (?5 IS NULL OR calls.case_name = ?5 OR calls.call_sid = ?5)
                  AND (?6 IS NULL OR calls.call_sid IN (
                        SELECT personal.call_sid FROM personal
                         WHERE class = 'numbers' AND value = ?6))
                  AND (?7 IS NULL OR ?7 = EXISTS (
                        SELECT 1 FROM personal WHERE personal.call_sid = calls.call_sid AND field = 'note'))
                ORDER BY calls.started_at DESC, calls.call_sid LIMIT ?8"#,
            filter.from,
            filter.to,
            filter.outcome,
            filter.organiser,
            filter.call,
            filter.number,
            filter.has_note,
            limit,
            at
        )
        .fetch_all(&self.pool)
        .await?;
        calls.reverse();
        Ok(calls)
    }

    /// When the call with this name or SID came in.
    async fn started_at(&self, call: &str) -> Result<Option<String>, StoreError> {
        let at = sqlx::query_scalar!(
            r#"SELECT started_at AS "started_at!" FROM calls WHERE call_sid = ?1
               UNION ALL
               SELECT started_at FROM calls WHERE case_name = ?1"#,
            call
        );
        Ok(at.fetch_optional(&self.pool).await?)
    }

    /// The legs of a call, in the order in which they were planned.
    pub async fn legs_of(&self, call_sid: &str) -> Result<Vec<LegFound>, StoreError> {
        let legs = sqlx::query_as!(
            LegFound,
            r#"SELECT organisers.name AS organiser, legs.organiser_id AS "organiser_id!", legs.leg_id AS "leg_id!",
                      legs.leg_sid, (SELECT value FROM personal WHERE personal.leg_id = legs.leg_id) AS "number?: String",
                      legs.round AS "round!: u32", legs.status AS "status!", legs.reason, legs.planned_at AS "planned_at!",
                      legs.dialed_at,
                      (SELECT min(at) FROM events
                        WHERE events.call_sid = legs.call_sid AND events.leg_id = legs.leg_id
                          AND events.to_status = 'ringing') AS "ringing_at?: String",
                      legs.answered_at, legs.joined_at, legs.connected_at, legs.disconnected_at, legs.ended_at
                 FROM legs JOIN organisers USING (organiser_id)
                WHERE legs.call_sid = ?1 ORDER BY legs.planned_at, legs.leg_id"#,
            call_sid
        );
        Ok(legs.fetch_all(&self.pool).await?)
    }

    /// The events of a call, in order.
    pub async fn events_of(&self, call_sid: &str) -> Result<Vec<EventFound>, StoreError> {
        let events = sqlx::query_as!(
            EventFound,
            r#"SELECT events.seq AS "seq!", events.at AS "at!", events.subject AS "subject!",
                      organisers.name AS organiser, legs.leg_sid, events.from_status, events.to_status,
                      events.cause AS "cause!", events.source AS "source!", events.detail AS "detail!",
                      events.hash AS "hash!"
                 FROM events
                 LEFT JOIN legs ON legs.leg_id = events.leg_id
                 LEFT JOIN organisers ON organisers.organiser_id = coalesce(events.organiser_id, legs.organiser_id)
                WHERE events.call_sid = ?1 ORDER BY events.seq"#,
            call_sid
        );
        Ok(events.fetch_all(&self.pool).await?)
    }

    /// The revisions of a call's notes, in order.
    pub async fn notes_of(&self, call_sid: &str) -> Result<Vec<NoteFound>, StoreError> {
        let notes = sqlx::query_as!(
            NoteFound,
            r#"SELECT events.at AS "at!", personal.value AS "value!"
                 FROM personal JOIN events ON events.seq = personal.event_seq
                WHERE personal.call_sid = ?1 AND personal.field = 'note' ORDER BY personal.event_seq"#,
            call_sid
        );
        Ok(notes.fetch_all(&self.pool).await?)
    }

    /// The texts that were spoken in a call.
    pub async fn texts_of(&self, call_sid: &str) -> Result<Vec<TextFound>, StoreError> {
        let texts = sqlx::query_as!(
            TextFound,
            r#"SELECT version AS "version!", prompt AS "prompt!", language AS "language!", words AS "words!"
                 FROM spoken_texts
                WHERE version IN (SELECT detail->>'text' FROM events WHERE events.call_sid = ?1)
                ORDER BY prompt"#,
            call_sid
        );
        Ok(texts.fetch_all(&self.pool).await?)
    }

    /// Who was on the roster at some time from `from` to `to`.
    pub async fn roster_between(&self, from: &str, to: &str) -> Result<Vec<RosterFound>, StoreError> {
        let roster = sqlx::query_as!(
            RosterFound,
            r#"SELECT organiser_id AS "organiser_id!", name, since AS "since?: String", retired_at AS until
                 FROM (SELECT organiser_id, name, retired_at,
                              (SELECT min(at) FROM events
                                WHERE events.call_sid IS NULL AND events.cause = 'roster.added'
                                  AND events.organiser_id = organisers.organiser_id) AS since
                         FROM organisers)
                WHERE since <= ?2 AND (retired_at IS NULL OR retired_at >= ?1)
                ORDER BY name"#,
            from,
            to
        );
        Ok(roster.fetch_all(&self.pool).await?)
    }

    /// The slice of the chain that has a call's events, as lines of JSON with all columns; what is
    /// between them belongs to other calls and is there as number and hash only.
    pub async fn chain_of(&self, call_sid: &str) -> Result<Vec<String>, StoreError> {
        let lines = sqlx::query_scalar!(
            r#"SELECT json_object('seq', seq, 'at', at, 'subject', subject, 'call_sid', call_sid, 'leg_id', leg_id,
                                  'organiser_id', organiser_id, 'from_status', from_status, 'to_status', to_status,
                                  'cause', cause, 'source', source, 'detail', detail, 'previous_hash', previous_hash,
                                  'hash', hash) AS "line!: String"
                 FROM events WHERE events.call_sid = ?1 ORDER BY seq"#,
            call_sid
        );
        Ok(lines.fetch_all(&self.pool).await?)
    }

    /// The names of the other calls of the same caller, the oldest first; none if the number was
    /// withheld or is erased.
    pub async fn linked_to(&self, call_sid: &str) -> Result<Vec<String>, StoreError> {
        let names = sqlx::query_scalar!(
            r#"SELECT calls.case_name AS "case_name!"
                 FROM personal AS this
                 JOIN personal AS other ON other.link = this.link AND other.call_sid <> this.call_sid
                 JOIN calls ON calls.call_sid = other.call_sid
                WHERE this.call_sid = ?1 AND this.field = 'caller'
                ORDER BY calls.started_at"#,
            call_sid
        );
        Ok(names.fetch_all(&self.pool).await?)
    }
}
