//! How SQLite goes about each statement: by an index, so that neither a webhook nor a page takes longer when the record
//! has grown for years. Whoever walks through a whole table that grows is listed here, with the reason why that is good.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sharedphone::store;

/// What grows with every call.
const GROWING: [&str; 6] = ["calls", "events", "legs", "outbox", "personal", "salts"];

/// Indexes that hold nothing of what is over, or next to nothing.
const SMALL: [&str; 4] = ["calls_live", "legs_open", "outbox_open", "outbox_deletions"];

/// The beginnings of the statements that walk through such a table all the same, and why they may.
const WALKS: &[(&str, &str)] = &[
    ("INSERT INTO events", "looks for rows that had no event, if there are such: there are none"),
    ("SELECT seq AS \"seq!\", hash FROM events ORDER BY seq DESC LIMIT 1", "the last one only"),
    ("SELECT at, cause FROM events WHERE source", "from the end, to the last one that was not a command of somebody's"),
    (
        "SELECT call_sid AS \"call_sid!: String\", class",
        "what is kept too long, on a connection that only reads, now and then",
    ),
    ("SELECT call_sid AS \"call_sid!\", caller", "all calls are wanted"),
    ("SELECT calls.call_sid AS \"call_sid!\", calls.case_name", "only if a number is looked for, which has no index"),
    ("SELECT organisers.organiser_id AS \"organiser_id!\", organisers.name", "only if a number is looked for"),
    ("SELECT 'promise 2: ", "the audit looks at everything"),
];

/// The statements of the program, as `.sqlx/` has them.
fn statements() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let files = fs::read_dir(folder).expect("the statements").map(|file| file.expect("a file").path());
    let query = |path| -> String {
        let text = fs::read_to_string(path).expect("a statement");
        let statement: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        statement["query"].as_str().expect("its text").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    files.map(query).collect()
}

/// The tables that grow which this statement walks through from one end to the other.
fn walks(connection: &Connection, statement: &str) -> Vec<String> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).expect("a plan");
    let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
    let steps = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3)).expect("its steps");
    let steps = steps.map(|step| step.expect("a step"));
    let grows = |step: &String| {
        let mut words = step.split(' ');
        let (scan, table, index) = (words.next() == Some("SCAN"), words.next().unwrap_or_default(), words.next_back());
        let is_alias = statement.contains(&format!(" AS {table} ")) && !table.starts_with('(');
        scan && (GROWING.contains(&table) || is_alias)
            && !step.contains("VIRTUAL TABLE")
            && !index.is_some_and(|index| SMALL.contains(&index))
    };
    steps.filter(grows).collect()
}

#[tokio::test]
async fn no_statement_walks_through_what_grows() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sharedphone.db");
    let (writer, reader) = store::open(&path).await.expect("a database");
    reader.close().await;
    writer.close().await.expect("closed");
    let connection = Connection::open(&path).expect("the database");
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRIGGER_EQP, true).expect("the plans of triggers too");
    let mut found = BTreeMap::new();
    for statement in statements() {
        let walks = walks(&connection, &statement);
        if !walks.is_empty() {
            found.insert(statement, walks);
        }
    }
    let allowed = |statement: &str| WALKS.iter().any(|(beginning, _)| statement.starts_with(beginning));
    let wrong: Vec<_> = found.iter().filter(|(statement, _)| !allowed(statement)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (beginning, _) in WALKS {
        assert!(found.keys().any(|statement| statement.starts_with(beginning)), "{beginning} walks no more");
    }
}
