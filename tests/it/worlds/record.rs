//! The record of a world that is over, by plain SQL and by the verifier.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use sharedphone::store::audit::{self, Witnessed};

/// Which call each line was for, or what is wrong with the record.
pub fn look(database: &Path) -> Result<HashMap<String, String>, Vec<String>> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let mut wrong = Vec::new();
    for (promise, query) in crate::record::SOUND.iter().chain(OVER) {
        let found = lines(&connection, query);
        if !found.is_empty() {
            wrong.push(format!("{promise}: {found:?}"));
        }
    }
    let legs = lines(&connection, crate::stage::LEG_OF);
    drop(connection);
    let report = audit::verify(database, &Witnessed::default(), &mut |_| {}).expect("it can be checked");
    wrong.extend(report.problems.iter().map(|problem| format!("9: {problem:?}")));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(legs.iter().filter_map(|row| row.split_once('|')).map(|(leg, call)| (leg.into(), call.into())).collect())
}

/// How each call ended, and each leg.
pub fn outcomes(database: &Path) -> (Vec<String>, Vec<String>) {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let legs = "SELECT status, coalesce(reason, '') FROM legs ORDER BY planned_at, leg_id";
    (lines(&connection, "SELECT outcome FROM calls"), lines(&connection, legs))
}

/// The hash of the last event, which all before it are part of.
pub fn newest_hash(database: &Path) -> Vec<String> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    lines(&connection, "SELECT hex(hash) FROM events ORDER BY seq DESC LIMIT 1")
}

/// When all is over, it is over on record too.
const OVER: &[(&str, &str)] = &[
    ("a call is open", "SELECT call_sid, status FROM calls WHERE status <> 'ended' OR ended_at IS NULL"),
    ("a leg is open", "SELECT leg_id, status FROM legs WHERE ended_at IS NULL"),
    ("a command is open", "SELECT kind, status FROM outbox WHERE status IN ('pending', 'sending')"),
];

fn lines(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).expect(query);
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells: Result<Vec<String>, _> = (0..columns)
            .map(|index| row.get_ref(index).map(|value| value.as_str().unwrap_or_default().to_owned()))
            .collect();
        Ok(cells?.join("|"))
    });
    rows.expect(query).collect::<Result<_, _>>().expect(query)
}
