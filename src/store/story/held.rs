//! What is held about people beside their calls: the roster, past and present, and what Twilio has not
//! deleted yet. Only reads.

use super::{Reader, StoreError};

/// Somebody who is or was on the roster, and what is held of them; times as text.
#[derive(Debug, Clone)]
pub struct OrganiserFound {
    /// Our id, which stays.
    pub organiser_id: String,
    /// Their name, until it is forgotten.
    pub name: Option<String>,
    /// Their number now, or when they left; until it is forgotten.
    pub number: Option<String>,
    /// When they came to the roster.
    pub since: Option<String>,
    /// When they left it.
    pub retired_at: Option<String>,
    /// How many legs were meant for them.
    pub legs: u32,
    /// How many of these still have the number that was rung.
    pub numbers_held: u32,
    /// How many of these are not over.
    pub live: u32,
}

/// A call of which Twilio is to delete messages that are found by a number; times as text.
#[derive(Debug, Clone)]
pub struct DeletionFound {
    /// The call.
    pub call_sid: String,
    /// Its name.
    pub case_name: String,
    /// When the deletion was ordered.
    pub since: String,
    /// When it is given up at the latest.
    pub until: String,
}

/// Something of a call that was to be deleted at Twilio, and is there still as far as we know.
#[derive(Debug, Clone)]
pub struct UndeletedFound {
    /// The call.
    pub call_sid: String,
    /// What: the kind of the command, such as `delete_recordings`.
    pub kind: String,
    /// Whether Twilio is being asked still.
    pub open: bool,
    /// What came of the last try, in a word; nothing before the first one has ended.
    pub answer: Option<String>,
}

impl Reader {
    /// Everybody who is or was on the roster, in the order in which they came; with a number only those
    /// whose it is, or who were rung there.
    pub async fn organisers(&self, number: Option<&str>) -> Result<Vec<OrganiserFound>, StoreError> {
        let organisers = sqlx::query_as!(
            OrganiserFound,
            r#"SELECT organisers.organiser_id AS "organiser_id!", organisers.name, organisers.number,
                      (SELECT min(at) FROM events
                        WHERE events.call_sid IS NULL AND events.cause = 'roster.added'
                          AND events.organiser_id = organisers.organiser_id) AS "since?: String",
                      organisers.retired_at,
                      count(legs.leg_id) AS "legs!: u32",
                      count(personal.leg_id) AS "numbers_held!: u32",
                      count(CASE WHEN legs.ended_at IS NULL THEN legs.leg_id END) AS "live!: u32"
                 FROM organisers
                 LEFT JOIN legs ON legs.organiser_id = organisers.organiser_id
                 LEFT JOIN personal ON personal.leg_id = legs.leg_id AND personal.field = 'number'
                WHERE ?1 IS NULL OR organisers.number = ?1
                   OR organisers.organiser_id IN (
                        SELECT rung.organiser_id
                          FROM personal AS held JOIN legs AS rung ON rung.leg_id = held.leg_id
                         WHERE held.field = 'number' AND held.value = ?1)
                GROUP BY organisers.organiser_id
                ORDER BY 4, 1"#,
            number
        );
        Ok(organisers.fetch_all(&self.pool).await?)
    }

    /// The calls of which Twilio is to delete the messages with this number; it is kept for that long.
    pub async fn deletions_with(&self, number: &str) -> Result<Vec<DeletionFound>, StoreError> {
        let deletions = sqlx::query_as!(
            DeletionFound,
            r#"SELECT outbox.call_sid AS "call_sid!", calls.case_name AS "case_name!",
                      outbox.created_at AS "since!", outbox.deadline AS "until!"
                 FROM outbox_numbers
                 JOIN outbox ON outbox.command_id = outbox_numbers.command_id
                 JOIN calls ON calls.call_sid = outbox.call_sid
                WHERE outbox_numbers.number = ?1
                ORDER BY outbox.created_at, outbox.call_sid"#,
            number
        );
        Ok(deletions.fetch_all(&self.pool).await?)
    }

    /// What was to be deleted at Twilio and is not, of one call or of all. What was deleted at the
    /// second go counts as deleted.
    pub async fn undeleted(&self, call_sid: Option<&str>) -> Result<Vec<UndeletedFound>, StoreError> {
        let undeleted = sqlx::query_as!(
            UndeletedFound,
            r#"SELECT outbox.call_sid AS "call_sid!", outbox.kind AS "kind!",
                      max(outbox.status IN ('pending', 'sending')) AS "open!: bool",
                      max(outbox.result) AS "answer?: String"
                 FROM outbox
                WHERE outbox.kind IN ('delete_messages', 'delete_recordings', 'delete_call')
                  AND outbox.call_sid BETWEEN coalesce(?1, '') AND coalesce(?1, '~')
                GROUP BY outbox.call_sid, outbox.kind,
                         coalesce(outbox.target, '')
               HAVING max(outbox.status = 'done') = 0
                ORDER BY min(outbox.created_at), outbox.call_sid, outbox.kind"#,
            call_sid
        );
        Ok(undeleted.fetch_all(&self.pool).await?)
    }
}
