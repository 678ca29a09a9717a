//! The database defends itself: its words are those of the code, and what must never be is
//! refused in any SQL shell, with a message that says why.

use std::fmt::Debug;
use std::path::Path;

use sharedphone::domain::call::{self, CallStatus};
use sharedphone::domain::command::{CommandKind, CommandStatus};
use sharedphone::domain::event::SubjectKind;
use sharedphone::domain::leg::LegStatus;
use sharedphone::domain::line::LineStatus;
use sharedphone::domain::note::CaseStatus;
use sharedphone::domain::privacy::Field;
use sharedphone::simulator::engine::Outcome;
use sharedphone::simulator::twiml::Method;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use crate::stage::{Setting, Stage};

const SCHEMA: &str = include_str!("../../migrations/20261124000000_create_record.sql");

/// The words that a table's column may have, from its CHECK.
fn words(table: &str, column: &str) -> Vec<String> {
    let table = SCHEMA.split(&format!("CREATE TABLE {table} (")).nth(1).expect("the table");
    let table = table.split(") STRICT").next().expect("its end");
    let list = table.split(&format!("({column} IN (")).nth(1).expect("the column's CHECK");
    let list = list.split(')').next().expect("its end");
    list.split(',').map(|word| word.trim().trim_matches('\'').to_owned()).collect()
}

fn same<T: Copy + Debug>(table: &str, column: &str, all: &[T], word: impl Fn(T) -> &'static str) {
    let of_code: Vec<&str> = all.iter().map(|value| word(*value)).collect();
    assert_eq!(words(table, column), of_code, "{table}.{column}");
}

#[test]
fn the_words_of_the_schema_are_those_of_the_code() {
    same("calls", "status", CallStatus::ALL, CallStatus::as_str);
    same("calls", "outcome", call::Outcome::ALL, call::Outcome::as_str);
    same("calls", "case_status", CaseStatus::ALL, CaseStatus::as_str);
    same("personal", "field", Field::ALL, Field::as_str);
    same("legs", "status", LegStatus::ALL, LegStatus::as_str);
    same("legs", "line", LineStatus::ALL, LineStatus::as_str);
    same("outbox", "kind", CommandKind::ALL, CommandKind::as_str);
    same("outbox", "status", CommandStatus::ALL, CommandStatus::as_str);
    same("events", "subject", SubjectKind::ALL, SubjectKind::as_str);
}

fn status(outcome: &Outcome) -> u16 {
    match outcome {
        Outcome::Answered { status, .. } => *status,
        other => panic!("no answer: {other:?}"),
    }
}

/// A connection that may write, and has none of the service's pragmas.
async fn shell(database: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(database).foreign_keys(false);
    options.connect().await.expect("the database opens")
}

async fn after_a_call() -> Stage {
    let stage = Setting::by_hand(&["Ada", "Ben"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    stage.until("SELECT count(*) FROM legs WHERE ended_at IS NULL", &["0"]).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn any_sql_shell_is_refused_what_must_never_be() {
    let stage = after_a_call().await;
    let mut shell = shell(&stage.database()).await;
    let refused = [
        ("UPDATE events SET cause = 'x' WHERE seq = 2", "an event cannot be changed"),
        ("DELETE FROM events WHERE seq = 2", "an event cannot be removed"),
        ("DELETE FROM events", "an event cannot be removed"),
        ("INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 2", "events is append-only"),
        (
            "INSERT INTO events SELECT seq + 1, at, subject, call_sid, leg_id, organiser_id, from_status, to_status,
             cause, source, detail, previous_hash, hash FROM events ORDER BY seq DESC LIMIT 1",
            "events is append-only",
        ),
        ("UPDATE calls SET status = 'pending'", "a call that has ended stays ended"),
        ("UPDATE calls SET event_seq = event_seq + 1", "only together with a new event"),
        ("UPDATE calls SET started_at = '2026'", "only together with a new event"),
        ("DELETE FROM calls", "a call cannot be removed"),
        ("INSERT OR REPLACE INTO calls SELECT * FROM calls", "a call is added once"),
        ("UPDATE legs SET status = 'joined'", "a leg with a terminal status keeps it"),
        ("UPDATE legs SET event_seq = event_seq + 1", "only together with a new event"),
        ("UPDATE legs SET call_sid = 'CA'", "only together with a new event"),
        ("UPDATE OR REPLACE legs SET joined_at = '2026' WHERE status = 'canceled'", "only together with a new event"),
        ("DELETE FROM legs", "a leg cannot be removed"),
        ("INSERT OR REPLACE INTO legs SELECT * FROM legs", "a leg is added once"),
    ];
    for (statement, why) in refused {
        let error = sqlx::query(statement).execute(&mut shell).await.expect_err(statement);
        assert!(error.to_string().contains(why), "{statement}: {error}");
    }
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_call_changes_only_together_with_its_event() {
    let stage = Setting::by_hand(&["Ada"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().await;
    let mut shell = shell(&stage.database()).await;
    for statement in [
        "UPDATE calls SET status = 'active'",
        "UPDATE calls SET status = 'active', event_seq = (SELECT max(seq) FROM events)",
        "UPDATE legs SET status = 'answered'",
        "UPDATE legs SET status = 'answered', event_seq = (SELECT max(seq) FROM events)",
    ] {
        let error = sqlx::query(statement).execute(&mut shell).await.expect_err(statement);
        assert!(error.to_string().contains("only together with a new event"), "{statement}: {error}");
    }
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").stops_ringing().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_refused_does_not_cost_its_batch_mates_theirs() {
    let stage = Setting::by_hand(&["Ada"]).play().await;
    let mut shell = shell(&stage.database()).await;
    let trap = "CREATE TRIGGER trap BEFORE INSERT ON personal WHEN NEW.value = '+15559990003'
                BEGIN SELECT RAISE(ABORT, 'refused for the test'); END";
    sqlx::query(trap).execute(&mut shell).await.expect("a trap");
    let call = |index: usize| {
        let sim = &stage.sim;
        let url = format!("{}/", stage.base);
        let form = [
            ("CallSid", format!("CA{index:032x}")),
            ("AccountSid", "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned()),
            ("From", format!("+1555999000{index}")),
            ("CallStatus", "in-progress".to_owned()),
        ];
        let form: Vec<(String, String)> = form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        async move { sim.send_webhook(&url, Method::Post, &form).await }
    };
    let answers = futures_util::future::join_all((0..8).map(call)).await;
    let statuses: Vec<u16> = answers.iter().map(status).collect();
    assert_eq!(statuses, [200, 200, 200, 503, 200, 200, 200, 200]);
    stage.until("SELECT count(*) FROM calls", &["7"]).await;
}
