//! Read-only questions for people and for `/readyz`, answered from the views of the contract.

use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row};

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

/// What a query came to, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The columns' names; none if there are no rows.
    pub heads: Vec<String>,
    /// The rows; `None` stands for NULL.
    pub rows: Vec<Vec<Option<String>>>,
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

    /// Asks what a person could ask in any SQL shell; this connection can't write.
    pub async fn ask(&self, query: &'static str) -> Result<Answer, StoreError> {
        let rows = sqlx::query(query).fetch_all(&self.pool).await?;
        let heads = rows.first().map(|row| row.columns().iter().map(|column| column.name().to_owned()).collect());
        let cells = |row: &SqliteRow| (0..row.len()).map(|column| row.try_get_unchecked(column)).collect();
        let rows: Result<Vec<Vec<Option<String>>>, sqlx::Error> = rows.iter().map(cells).collect();
        Ok(Answer { heads: heads.unwrap_or_default(), rows: rows? })
    }

    /// How many calls are not over.
    pub async fn live_calls(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!: i64" FROM calls WHERE status <> 'ended'"#);
        Ok(count.fetch_one(&self.pool).await?)
    }

    /// Where the record breaks a promise, in words; nothing in a sound record.
    pub async fn broken_promises(&self) -> Result<Vec<String>, StoreError> {
        let broken = sqlx::query_scalar!(
            r#"SELECT 'promise 2: call ' || call_sid || ' has more than one winner in round ' || round AS "broken!: String"
                 FROM legs WHERE joined_at IS NOT NULL GROUP BY call_sid, round HAVING count(*) > 1
               UNION ALL
               SELECT 'promise 4: a phone was rung twice in round ' || round || ' of call ' || call_sid
                 FROM legs WHERE dialed_at IS NOT NULL AND reason IS NOT 'absent'
                GROUP BY call_sid, round, organiser_id HAVING count(*) > 1
               UNION ALL
               SELECT 'promise 6: leg ' || leg_id || ' was placed by more than one command'
                 FROM outbox WHERE kind = 'place' GROUP BY leg_id HAVING count(*) > 1
               UNION ALL
               SELECT 'promise 8: call ' || call_sid || ' is ' || status || ', and its last event does not say so'
                 FROM calls WHERE status IS NOT (
                      SELECT to_status FROM events
                       WHERE events.call_sid = calls.call_sid AND subject = 'call' AND to_status IS NOT NULL
                       ORDER BY seq DESC LIMIT 1)
               UNION ALL
               SELECT 'promise 8: leg ' || leg_id || ' is ' || status || ', and its last event does not say so'
                 FROM legs WHERE status IS NOT (
                      SELECT to_status FROM events
                       WHERE events.call_sid = legs.call_sid AND events.leg_id = legs.leg_id
                         AND to_status IS NOT NULL ORDER BY seq DESC LIMIT 1)
               UNION ALL
               SELECT 'promise 8: event ' || seq || ' does not start from the status that the one before it left'
                 FROM (SELECT seq, from_status,
                              lag(to_status) OVER (PARTITION BY subject, call_sid, leg_id ORDER BY seq) AS before
                         FROM events WHERE to_status IS NOT NULL)
                WHERE from_status IS NOT before
               UNION ALL
               SELECT 'promise 9: event ' || seq || ' is not linked to the one before it'
                 FROM (SELECT seq, previous_hash, lag(hash) OVER (ORDER BY seq) AS before,
                              row_number() OVER (ORDER BY seq) AS place
                         FROM events)
                WHERE seq <> place OR (place > 1 AND previous_hash IS NOT before)"#
        );
        Ok(broken.fetch_all(&self.pool).await?)
    }
}
