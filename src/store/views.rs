//! Read-only questions for people and for `/readyz`, answered from the views of the contract.

use super::error::StoreError;
use super::open::Reader;
use crate::domain::ids::CallSid;

/// One row of `call_history`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns are those of the contract")]
pub struct CallHistory {
    pub call_sid: String,
    pub caller: String,
    pub started_at: String,
    pub connected_at: Option<String>,
    pub ended_at: Option<String>,
    pub status: String,
    pub outcome: Option<String>,
    pub organiser: Option<String>,
    pub wait_seconds: Option<f64>,
    pub talk_seconds: Option<f64>,
}

/// One row of `leg_history`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns are those of the contract")]
pub struct LegHistory {
    pub call_sid: String,
    pub leg_sid: Option<String>,
    pub organiser: String,
    pub number: String,
    pub status: String,
    pub reason: Option<String>,
    pub started_at: Option<String>,
    pub answered_at: Option<String>,
    pub ended_at: Option<String>,
}

/// One row of `event_log`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns are those of the contract")]
pub struct EventLog {
    pub seq: i64,
    pub at: String,
    pub call_sid: Option<String>,
    pub leg_sid: Option<String>,
    pub subject: String,
    pub from_status: Option<String>,
    pub to_status: Option<String>,
    pub cause: String,
    pub source: String,
}

impl Reader {
    /// Every call, the oldest first.
    pub async fn call_history(&self) -> Result<Vec<CallHistory>, StoreError> {
        let rows = sqlx::query_as!(
            CallHistory,
            r#"SELECT call_sid AS "call_sid!", caller AS "caller!", started_at AS "started_at!", connected_at, ended_at,
                      status AS "status!", outcome, organiser, wait_seconds AS "wait_seconds: f64",
                      talk_seconds AS "talk_seconds: f64"
                 FROM call_history ORDER BY started_at, call_sid"#
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }

    /// The legs of a call, in the order in which they were rung.
    pub async fn leg_history(&self, call_sid: &CallSid) -> Result<Vec<LegHistory>, StoreError> {
        let sid = call_sid.as_str();
        let rows = sqlx::query_as!(
            LegHistory,
            r#"SELECT call_sid AS "call_sid!", leg_sid, organiser AS "organiser!", number AS "number!",
                      status AS "status!", reason, started_at, answered_at, ended_at
                 FROM leg_history WHERE call_sid = ?1 ORDER BY started_at IS NULL, started_at, organiser"#,
            sid
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }

    /// What happened in a call, in order.
    pub async fn event_log(&self, call_sid: &CallSid) -> Result<Vec<EventLog>, StoreError> {
        let sid = call_sid.as_str();
        let rows = sqlx::query_as!(
            EventLog,
            r#"SELECT seq AS "seq!", at AS "at!", call_sid, leg_sid, subject AS "subject!", from_status, to_status,
                      cause AS "cause!", source AS "source!"
                 FROM event_log WHERE call_sid = ?1 ORDER BY seq"#,
            sid
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }

    /// How many calls are not over.
    pub async fn live_calls(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!: i64" FROM calls WHERE status <> 'ended'"#);
        Ok(count.fetch_one(&self.pool).await?)
    }
}
