//! A database as somebody has it who owns the file: no guard stands in the way for long.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, Params};

/// The statements that made the triggers.
pub type Triggers = Vec<String>;

/// What the record says, table by table. Left out are salts, which are checked by what they seal.
const CONTENT: [&str; 12] = [
    "SELECT * FROM events ORDER BY seq",
    "SELECT * FROM identity",
    "SELECT organiser_id, name, number, retired_at, event_seq FROM organisers ORDER BY 1",
    "SELECT * FROM calls ORDER BY call_sid",
    "SELECT * FROM legs ORDER BY leg_id",
    "SELECT * FROM personal ORDER BY personal_id",
    "SELECT call_sid, class, event_seq FROM salts ORDER BY 1, 2",
    "SELECT * FROM spoken_texts ORDER BY version",
    "SELECT command_id, kind, call_sid, leg_id, target, status, tries, created_at, due_at, deadline, result, event_seq
       FROM outbox ORDER BY 1",
    "SELECT command_id, number FROM outbox_numbers ORDER BY 1",
    "SELECT * FROM call_history ORDER BY 1",
    "SELECT * FROM leg_history ORDER BY 1, 2, 3, 4",
];

pub fn connect(database: &Path) -> Connection {
    Connection::open(database).expect("the database opens")
}

/// The first column of a query's rows, as text.
pub fn texts(database: &Path, query: &str) -> Vec<String> {
    let connection = connect(database);
    let mut statement = connection.prepare(query).expect(query);
    let rows = statement.query_map([], |row| row.get(0)).expect(query);
    rows.map(|row| row.expect("a text")).collect()
}

/// All content, or why it can't be read.
pub fn content(database: &Path) -> Result<Vec<Vec<Value>>, rusqlite::Error> {
    let connection = connect(database);
    let mut content = Vec::new();
    for query in CONTENT {
        let mut statement = connection.prepare(query)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            content.push((0..columns).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>()?);
        }
    }
    Ok(content)
}

/// Opens the database as an attacker does who is no beginner: the guards are taken away, and no CHECK
/// and no foreign key is minded.
pub fn break_in(database: &Path) -> (Connection, Triggers) {
    let connection = connect(database);
    let pragmas = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";
    connection.execute_batch(pragmas).expect("pragmas");
    let triggers = triggers(&connection);
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).expect("a trigger less");
    }
    (connection, triggers.into_iter().map(|(_, sql)| sql).collect())
}

/// The names of the triggers, and the statements that made them.
pub fn triggers(connection: &Connection) -> Vec<(String, String)> {
    let query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
    let mut triggers = connection.prepare(query).expect(query);
    let rows = triggers.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect(query);
    rows.map(|row| row.expect("a trigger")).collect()
}

/// Puts the guards back, as if nothing had been.
pub fn leave((connection, triggers): (Connection, Triggers)) {
    for trigger in triggers {
        connection.execute_batch(&trigger).expect("the trigger again");
    }
}

pub fn run(connection: &Connection, statement: &str, params: impl Params) {
    connection.execute(statement, params).expect(statement);
}

pub fn number(connection: &Connection, query: &str) -> i64 {
    connection.query_row(query, [], |row| row.get(0)).expect(query)
}
