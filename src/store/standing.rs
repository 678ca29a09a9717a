//! Where the record stands: which one it is, how far it goes, and what it says was erased; for those
//! who compare it with its witnesses.

use std::str::FromStr;

use super::error::StoreError;
use super::load::ChainEnd;
use super::open::Reader;
use crate::domain::erased::{Erased, ErasedData};
use crate::domain::privacy::Identity;
use crate::domain::time::Timestamp;

impl Reader {
    /// Which record this is; nothing before its first start.
    pub async fn identity(&self) -> Result<Option<Identity>, StoreError> {
        let identity = sqlx::query_as!(Identity, "SELECT log_id, secret FROM identity");
        Ok(identity.fetch_optional(&self.pool).await?)
    }

    /// The newest event.
    pub async fn chain_end(&self) -> Result<Option<ChainEnd>, StoreError> {
        let end = sqlx::query_as!(ChainEnd, r#"SELECT seq AS "seq!", hash FROM events ORDER BY seq DESC LIMIT 1"#);
        Ok(end.fetch_optional(&self.pool).await?)
    }

    /// When a call that is still going on was heard of last.
    pub async fn last_of_open_calls(&self) -> Result<Option<Timestamp>, StoreError> {
        let last = sqlx::query_scalar!(
            r#"SELECT max(at) AS "at: String" FROM events
                WHERE call_sid IN (SELECT call_sid FROM calls WHERE status <> 'ended'
                                   UNION SELECT call_sid FROM legs WHERE ended_at IS NULL)"#
        );
        let last = last.fetch_one(&self.pool).await?;
        Ok(last.and_then(|at| at.parse().ok()))
    }

    /// The hash of an event, if there is one of that number.
    pub async fn hash_of(&self, seq: i64) -> Result<Option<String>, StoreError> {
        let hash = sqlx::query_scalar!("SELECT hash FROM events WHERE seq = ?1", seq);
        Ok(hash.fetch_optional(&self.pool).await?)
    }

    /// The erasures after an event, each with the number of its own.
    pub async fn erased_since(&self, seq: i64) -> Result<Vec<(i64, Erased)>, StoreError> {
        let rows = sqlx::query_as!(
            ErasureRow,
            r#"SELECT seq AS "seq!", at AS "at!: String", call_sid, organiser_id, detail->>'classes' AS "classes?: String"
                 FROM events WHERE cause = 'record.erased' AND seq > ?1
               UNION ALL
               SELECT seq, at, call_sid, organiser_id, NULL
                 FROM events WHERE cause = 'roster.forgotten' AND call_sid IS NULL AND seq > ?1
                ORDER BY 1"#,
            seq
        );
        rows.fetch_all(&self.pool).await?.into_iter().map(ErasureRow::understood).collect()
    }

    /// Whether there is something that had been erased when an older copy was accepted with event
    /// `accepted`: neither in that copy, nor here since.
    pub async fn still_has(&self, erased: &Erased, accepted: i64) -> Result<bool, StoreError> {
        let at = erased.at.to_string();
        let still_has = match &erased.data {
            ErasedData::Call { call_sid, classes } => {
                let (call_sid, classes) = (call_sid.as_str(), serde_json::json!(classes).to_string());
                let still_has = sqlx::query_scalar!(
                    r#"SELECT EXISTS (SELECT 1 FROM calls WHERE call_sid = ?1) AND NOT EXISTS (
                         SELECT 1 FROM events
                          WHERE call_sid = ?1 AND cause = 'record.erased' AND (at = ?2 OR seq > ?4)
                            AND NOT EXISTS (
                                SELECT 1 FROM json_each(?3) AS class
                                 WHERE class.value NOT IN (SELECT value FROM json_each(events.detail, '$.classes'))))
                       AS "still_has!: bool""#,
                    call_sid,
                    at,
                    classes,
                    accepted
                );
                still_has.fetch_one(&self.pool).await?
            }
            ErasedData::Organiser { organiser_id } => {
                let id = organiser_id.to_string();
                let still_has = sqlx::query_scalar!(
                    r#"SELECT EXISTS (SELECT 1 FROM organisers WHERE organiser_id = ?1 AND salt IS NOT NULL)
                       AS "still_has!: bool""#,
                    id
                );
                still_has.fetch_one(&self.pool).await?
            }
        };
        Ok(still_has)
    }
}

/// An event that tells of an erasure.
struct ErasureRow {
    seq: i64,
    at: String,
    call_sid: Option<String>,
    organiser_id: Option<String>,
    classes: Option<String>,
}

impl ErasureRow {
    fn understood(self) -> Result<(i64, Erased), StoreError> {
        let data = match (self.call_sid, self.organiser_id, self.classes) {
            (Some(call_sid), None, Some(classes)) => ErasedData::Call {
                call_sid: parsed("call_sid", call_sid)?,
                classes: serde_json::from_str(&classes).map_err(|_| inconsistent("detail", classes))?,
            },
            (None, Some(organiser_id), None) => {
                ErasedData::Organiser { organiser_id: parsed("organiser_id", organiser_id)? }
            }
            _ => return Err(inconsistent("seq", self.seq.to_string())),
        };
        Ok((self.seq, Erased { data, at: parsed("at", self.at)? }))
    }
}

fn parsed<T: FromStr>(column: &'static str, value: String) -> Result<T, StoreError> {
    value.parse().map_err(|_| inconsistent(column, value))
}

fn inconsistent(column: &'static str, value: String) -> StoreError {
    StoreError::Inconsistent { table: "events", column, value }
}
