//! What is held longer than it may be, as errands that would end it.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::error::StoreError;
use super::open::Reader;
use crate::domain::errand::{Basis, Errand};
use crate::domain::ids::{CallSid, OrganiserId};
use crate::domain::privacy::DataClass;

/// How many are found at once. Each may have Twilio delete a dozen things, and those are in the way of
/// new commands until they are done.
const MOST: i64 = 40;

/// What ended before such a time is held too long, class by class; an empty text is never.
#[derive(Debug, Clone, Default)]
pub struct Cutoffs {
    /// For numbers.
    pub numbers: String,
    /// For notes, tags and reasons.
    pub notes: String,
    /// For what Twilio keeps.
    pub recordings: String,
    /// For the bare timeline.
    pub timeline: String,
    /// The day, for calls that are to be expunged on a day of their own.
    pub today: String,
}

impl Reader {
    /// What is to be erased now, at most some errands at once.
    pub async fn overdue(&self, cutoffs: &Cutoffs) -> Result<Vec<Errand>, StoreError> {
        let mut classes: BTreeMap<CallSid, Vec<DataClass>> = BTreeMap::new();
        for (call_sid, class) in self.overdue_classes(cutoffs).await? {
            classes.entry(parsed("call_sid", call_sid)?).or_default().push(parsed("class", class)?);
        }
        let erase = |(call_sid, classes)| Errand::Erase { call_sid, classes, basis: Basis::Retention };
        let mut errands: Vec<Errand> = classes.into_iter().map(erase).collect();
        for id in self.overdue_organisers(cutoffs).await? {
            errands.push(Errand::Forget {
                organiser_id: parsed::<OrganiserId>("organiser_id", id)?,
                basis: Basis::Retention,
            });
        }
        Ok(errands)
    }

    /// How many things Twilio is still to delete.
    pub async fn open_deletions(&self) -> Result<i64, StoreError> {
        let open = sqlx::query_scalar!(
            "SELECT count(*) FROM outbox
              WHERE status IN ('pending', 'sending')
                AND kind IN ('delete_messages', 'delete_recordings', 'delete_call')"
        );
        Ok(open.fetch_one(&self.pool).await?)
    }

    async fn overdue_classes(&self, cutoffs: &Cutoffs) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT call_sid AS "call_sid!: String", class AS "class!: String" FROM (
                 SELECT salts.call_sid, salts.class
                   FROM salts JOIN calls USING (call_sid)
                  WHERE status = 'ended' AND held_since IS NULL
                    AND (ended_at < CASE class WHEN 'numbers' THEN ?1 ELSE ?2 END OR expunge_on <= ?5)
                    AND NOT EXISTS (
                        SELECT 1 FROM legs WHERE legs.call_sid = calls.call_sid AND legs.ended_at IS NULL)
                 UNION ALL
                 SELECT calls.call_sid, 'recordings'
                   FROM salts JOIN calls USING (call_sid)
                  WHERE class = 'numbers' AND status = 'ended' AND held_since IS NULL AND ended_at < ?3
                    AND NOT EXISTS (
                        SELECT 1 FROM legs WHERE legs.call_sid = calls.call_sid AND legs.ended_at IS NULL)
                    AND NOT EXISTS (
                        SELECT 1 FROM events, json_each(events.detail, '$.classes')
                         WHERE events.call_sid = calls.call_sid AND events.cause = 'record.erased'
                           AND json_each.value = 'recordings')
                 UNION ALL
                 SELECT calls.call_sid, 'timeline'
                   FROM calls
                  WHERE status = 'ended' AND held_since IS NULL AND (ended_at < ?4 OR expunge_on <= ?5)
                    AND NOT EXISTS (SELECT 1 FROM salts WHERE salts.call_sid = calls.call_sid)
                    AND NOT EXISTS (
                        SELECT 1 FROM outbox
                         WHERE outbox.call_sid = calls.call_sid AND outbox.status IN ('pending', 'sending'))
                    AND NOT EXISTS (
                        SELECT 1 FROM legs WHERE legs.call_sid = calls.call_sid AND legs.ended_at IS NULL))
                LIMIT ?6"#,
            cutoffs.numbers,
            cutoffs.notes,
            cutoffs.recordings,
            cutoffs.timeline,
            cutoffs.today,
            MOST
        );
        let rows = rows.fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|row| (row.call_sid, row.class)).collect())
    }

    /// Organisers who left before notes are forgotten: their names go with them.
    async fn overdue_organisers(&self, cutoffs: &Cutoffs) -> Result<Vec<String>, StoreError> {
        let ids = sqlx::query_scalar!(
            r#"SELECT organiser_id AS "organiser_id!"
                 FROM organisers
                WHERE salt IS NOT NULL AND retired_at < ?1
                  AND NOT EXISTS (
                      SELECT 1 FROM legs
                       WHERE legs.organiser_id = organisers.organiser_id AND legs.ended_at IS NULL)"#,
            cutoffs.notes
        );
        Ok(ids.fetch_all(&self.pool).await?)
    }
}

fn parsed<T: FromStr>(column: &'static str, value: String) -> Result<T, StoreError> {
    value.parse().map_err(|_| StoreError::Inconsistent { table: "calls", column, value })
}
