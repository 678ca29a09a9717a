//! Where the record stands: which one it is, how far it goes, and what it says was erased; for those
//! who compare it with its witnesses.

use super::error::StoreError;
use super::load::ChainEnd;
use super::open::Reader;
use crate::domain::ids::CallSid;
use crate::domain::privacy::{DataClass, Identity};

/// An erasure that is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The event that says so.
    pub seq: i64,
    /// Whose data it was.
    pub call_sid: CallSid,
    /// What of it.
    pub classes: Vec<DataClass>,
}

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

    /// The hash of an event, if there is one of that number.
    pub async fn hash_of(&self, seq: i64) -> Result<Option<String>, StoreError> {
        let hash = sqlx::query_scalar!("SELECT hash FROM events WHERE seq = ?1", seq);
        Ok(hash.fetch_optional(&self.pool).await?)
    }

    /// The erasures that came after an event.
    pub async fn erased_since(&self, seq: i64) -> Result<Vec<Erased>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT seq AS "seq!", call_sid AS "call_sid!", detail->'classes' AS "classes!: String"
                 FROM events WHERE cause = 'record.erased' AND seq > ?1 ORDER BY seq"#,
            seq
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let erased = rows.into_iter().map(|row| {
            let bad = |column, value| StoreError::Inconsistent { table: "events", column, value };
            let call_sid = row.call_sid.parse().map_err(|_| bad("call_sid", row.call_sid))?;
            let classes = serde_json::from_str(&row.classes).map_err(|_| bad("detail", row.classes))?;
            Ok(Erased { seq: row.seq, call_sid, classes })
        });
        erased.collect()
    }
}
