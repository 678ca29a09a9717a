//! Calls as they are counted: no names, no numbers, no texts, one row a call.

use super::ask::{AskError, Cell, Shell};
use crate::domain::time::Timestamp;

/// What of a call is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// When it came.
    pub started_at: Timestamp,
    /// What came of it; nothing while it goes on.
    pub outcome: Option<String>,
    /// The caller's wait until the first connection, in seconds; nothing for a call without one.
    pub wait_seconds: Option<f64>,
    /// How often the team was rung.
    pub rounds: i64,
    /// How many notes were written.
    pub notes: i64,
    /// How far its review has come.
    pub case_status: String,
}

const CALLS: &str = "
SELECT call_history.started_at,
       call_history.outcome,
       CASE WHEN call_history.connected_at IS NOT NULL THEN call_history.wait_seconds END,
       (SELECT count(*) FROM rounds WHERE rounds.call_sid = call_history.call_sid),
       cases.notes,
       cases.case_status
  FROM call_history JOIN cases USING (call_sid)
 WHERE call_history.started_at >= :from AND call_history.started_at < :to
 ORDER BY call_history.started_at";

/// Before every call, and after it.
const ALWAYS: (&str, &str) = ("0", "9999");

impl Shell {
    /// The calls that came from `from` on and before `to`, the oldest first. `give_up` is asked now and
    /// then whether to stop.
    pub fn counted(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        give_up: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Vec<Counted>, AskError> {
        let limit = |name: &str, at: Option<Timestamp>, none: &str| {
            (name.to_owned(), at.map_or_else(|| none.to_owned(), |at| at.to_string()))
        };
        let period = [limit("from", from, ALWAYS.0), limit("to", to, ALWAYS.1)];
        let table = self.ask(CALLS, &period, give_up)?;
        let calls: Option<Vec<Counted>> = table.rows.into_iter().map(counted).collect();
        calls.ok_or_else(|| AskError::Sql("a call is not as it should be; ask sharedphone audit verify".to_owned()))
    }
}

fn counted(row: Vec<Cell>) -> Option<Counted> {
    let [started_at, outcome, wait, rounds, notes, case_status] = <[Cell; 6]>::try_from(row).ok()?;
    Some(Counted {
        started_at: text(started_at)?.parse().ok()?,
        outcome: text(outcome),
        wait_seconds: if let Cell::Real(seconds) = wait { Some(seconds) } else { None },
        rounds: number(&rounds)?,
        notes: number(&notes)?,
        case_status: text(case_status)?,
    })
}

fn text(cell: Cell) -> Option<String> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

fn number(cell: &Cell) -> Option<i64> {
    if let Cell::Integer(number) = cell { Some(*number) } else { None }
}
