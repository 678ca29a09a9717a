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
use sharedphone::store::{ChainLink, event_hash};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};

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
        ("INSERT OR REPLACE INTO outbox SELECT * FROM outbox", "a command is added once"),
        (
            "INSERT INTO outbox SELECT 'another', 'hang_up_stranger', call_sid, leg_id, 'CA', 'pending', 0,
             created_at, due_at, deadline, NULL, event_seq FROM outbox LIMIT 1",
            "a command is added once, with the event of its call that orders it",
        ),
        ("UPDATE outbox SET status = 'pending'", "a command that is done, failed or dropped stays so"),
        ("UPDATE outbox SET tries = 0", "a command that is done, failed or dropped stays so"),
        ("DELETE FROM outbox", "a command cannot be removed"),
        ("INSERT OR REPLACE INTO salts SELECT * FROM salts", "a call has one salt a class"),
        ("DELETE FROM salts", "a salt is removed by sharedphone calls erase"),
        (
            "INSERT OR REPLACE INTO spoken_texts (rowid, version, prompt, language, words, event_seq)
             SELECT rowid, '0123456789abcdef', prompt, language, words, event_seq FROM spoken_texts LIMIT 1",
            "a spoken text is added once",
        ),
    ];
    for (statement, why) in refused {
        is_refused(&mut shell, statement, why).await;
    }
    stage.curtain().await;
}

async fn is_refused(shell: &mut SqliteConnection, statement: &str, why: &str) {
    let error = sqlx::query(AssertSqlSafe(statement)).execute(shell).await.expect_err(statement);
    assert!(error.to_string().contains(why), "{statement}: {error}");
}

async fn is_done(shell: &mut SqliteConnection, statement: &str) {
    sqlx::query(AssertSqlSafe(statement)).execute(shell).await.expect(statement);
}

/// An event as somebody puts it in who knows how the chain is made: subject, leg, status before and
/// after, cause, particulars.
type MadeUp<'a> = (&'a str, Option<&'a str>, [Option<&'a str>; 2], &'a str, &'a str);

/// Adds an event about the call. Returns its number.
async fn tells(shell: &mut SqliteConnection, call_sid: &str, event: MadeUp<'_>) -> i64 {
    let (subject, leg_id, [from_status, to_status], cause, detail) = event;
    let last = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1";
    let (last, previous): (i64, String) = sqlx::query_as(last).fetch_one(&mut *shell).await.expect("an event");
    let (seq, at, source) = (last + 1, "2026-11-24T00:00:00.000Z", "cli");
    let ids_and_statuses = [Some(call_sid), leg_id, None, from_status, to_status];
    let link = ChainLink { seq, at, subject, ids_and_statuses, cause, source, detail };
    let hash = event_hash(&previous, &link);
    let event = "INSERT INTO events VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?)";
    let event = sqlx::query(event).bind(seq).bind(at).bind(subject).bind(call_sid).bind(leg_id);
    let event = event.bind(from_status).bind(to_status).bind(cause).bind(source).bind(detail).bind(previous).bind(hash);
    event.execute(shell).await.expect("an event");
    seq
}

async fn text(shell: &mut SqliteConnection, query: &'static str) -> String {
    sqlx::query_scalar(query).fetch_one(shell).await.expect(query)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_command_changes_only_as_an_event_tells() {
    let stage = after_a_call().await;
    let mut shell = shell(&stage.database()).await;
    let shell = &mut shell;
    let call = text(shell, "SELECT call_sid FROM calls").await;
    let commands = |step: &str| {
        format!(r#"{{"commands":[{{"id":"one","kind":"delete_call","due_at":"2099-01-01T00:00:00.000Z",{step}}}]}}"#)
    };
    let order = commands(r#""status":"pending","tries":0,"deadline":"2099-02-01","target":"CA1""#);
    let seq = tells(shell, &call, ("call", None, [None; 2], "x", &order)).await;
    let row = |target: &str, deadline: &str| {
        format!(
            "INSERT INTO outbox VALUES ('one', 'delete_call', '{call}', NULL, '{target}', 'pending', 0,
             '2026-11-24T00:00:00.000Z', '2099-01-01T00:00:00.000Z', '{deadline}', NULL, {seq})"
        )
    };
    let why = "a command is added once, with the event of its call that orders it";
    is_refused(shell, &row("CA2", "2099-02-01"), why).await;
    is_refused(shell, &row("CA1", "2099-03-01"), why).await;
    is_done(shell, &row("CA1", "2099-02-01")).await;

    let why = "a command changes only together with a new event";
    for column in [
        "status = 'sending', tries = 1",
        "due_at = '2026-11-24T00:00:00.000Z'",
        "deadline = '2026'",
        "target = 'CA2'",
        "kind = 'ask_caller'",
        "leg_id = (SELECT leg_id FROM legs LIMIT 1)",
    ] {
        is_refused(shell, &format!("UPDATE outbox SET {column} WHERE command_id = 'one'"), why).await;
    }
    let sent = commands(r#""status":"sending","tries":1"#);
    let seq = tells(shell, &call, ("call", None, [None; 2], "x", &sent)).await;
    let step = |changes: &str| format!("UPDATE outbox SET event_seq = {seq}, {changes} WHERE command_id = 'one'");
    for changes in [
        "status = 'done', tries = 1",
        "status = 'sending', tries = 2",
        "status = 'sending', tries = 1, result = 'deleted'",
        "status = 'sending', tries = 1, due_at = '2026-11-24T00:00:00.000Z'",
        "status = 'sending', tries = 1, target = 'CA2'",
        "status = 'sending', tries = 1, deadline = '2026'",
        "status = 'sending', tries = 1, rowid = (SELECT min(rowid) FROM outbox)",
    ] {
        is_refused(shell, &step(changes).replace("UPDATE", "UPDATE OR REPLACE"), why).await;
    }
    is_done(shell, &step("status = 'sending', tries = 1")).await;

    // With an event about it a command is still not removed, until its call is expunged.
    tells(shell, &call, ("review", None, [None; 2], "record.erased", r#"{"classes":["numbers"]}"#)).await;
    is_refused(shell, "DELETE FROM outbox", "a command cannot be removed").await;
    tells(shell, &call, ("review", None, [None; 2], "record.expunged", "{}")).await;
    is_done(shell, "DELETE FROM outbox").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_a_deletion_stays_as_long_as_that_is_open() {
    let stage = after_a_call().await;
    let mut shell = shell(&stage.database()).await;
    let shell = &mut shell;
    let call = text(shell, "SELECT call_sid FROM calls").await;
    let step = |step: &str| {
        format!(
            r#"{{"commands":[{{"id":"one","kind":"delete_messages","due_at":"2099-01-01T00:00:00.000Z","tries":0,{step}}}]}}"#
        )
    };
    let order = step(r#""status":"pending","deadline":"2099-02-01","target":"a digest""#);
    let seq = tells(shell, &call, ("call", None, [None; 2], "x", &order)).await;
    let command = format!(
        "INSERT INTO outbox VALUES ('one', 'delete_messages', '{call}', NULL, NULL, 'pending', 0,
         '2026-11-24T00:00:00.000Z', '2099-01-01T00:00:00.000Z', '2099-02-01', NULL, {seq})"
    );
    is_done(shell, &command).await;
    let number =
        |number: &str| format!("INSERT OR REPLACE INTO outbox_numbers VALUES ('one', '{number}', hex(zeroblob(16)))");
    let other = "INSERT INTO outbox_numbers SELECT command_id, '+15550001111', hex(zeroblob(16)) FROM outbox LIMIT 1";
    let why = "a number is kept for a deletion at Twilio that was ordered just now, and only one";
    is_refused(shell, other, why).await;
    is_done(shell, &number("+15550001111")).await;
    is_refused(shell, &number("+15550002222"), why).await;
    let changed = "UPDATE outbox_numbers SET number = '+15550002222'";
    is_refused(shell, changed, "the number of a deletion at Twilio cannot be changed").await;
    let why = "the number of a deletion at Twilio goes when that is done or given up";
    is_refused(shell, "DELETE FROM outbox_numbers", why).await;
    let seq = tells(shell, &call, ("call", None, [None; 2], "x", &step(r#""status":"dropped""#))).await;
    is_done(shell, &format!("UPDATE outbox SET status = 'dropped', event_seq = {seq} WHERE command_id = 'one'")).await;
    is_done(shell, "DELETE FROM outbox_numbers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_of_long_ago_removes_no_later_salt() {
    let stage = after_a_call().await;
    let mut shell = shell(&stage.database()).await;
    let shell = &mut shell;
    let call = text(shell, "SELECT call_sid FROM calls").await;
    let salt = |seq: i64| format!("INSERT INTO salts VALUES ('{call}', 'notes', hex(zeroblob(16)), {seq})");
    let came_in = "SELECT CAST(event_seq AS TEXT) FROM salts WHERE class = 'notes'";
    let came_in = text(shell, came_in).await.parse().expect("a number");
    let seq = tells(shell, &call, ("review", None, [None; 2], "record.erased", r#"{"classes":["notes"]}"#)).await;
    is_done(shell, "DELETE FROM salts WHERE class = 'notes'").await;

    let why = "added with the event that first needs it";
    is_refused(shell, &salt(came_in), why).await;
    is_refused(shell, &salt(seq), why).await;
    let seq = tells(shell, &call, ("review", None, [None; 2], "note.written", r#"{"sealed":{"note":"?"}}"#)).await;
    is_done(shell, &salt(seq)).await;
    is_refused(shell, "DELETE FROM salts WHERE class = 'notes'", "a salt is removed by").await;
}

/// That they were not rung for their own call is told of an organiser, and changes nothing about them.
#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_changes_only_with_an_event_of_the_roster() {
    let stage = Setting::by_hand(&["Ada", "Ben"]).play().await;
    stage.sim.caller("Ada").calls().await;
    stage.sim.phone("Ben").rings().await;
    stage.until("SELECT count(*) FROM events WHERE cause = 'not_rung'", &["1"]).await;
    let mut shell = shell(&stage.database()).await;
    let changed = "UPDATE organisers SET number = '+19990000000',
                          event_seq = (SELECT seq FROM events WHERE cause = 'not_rung') WHERE name = 'Ada'";
    is_refused(&mut shell, changed, "an organiser changes only together with a new event about them").await;
    stage.sim.caller("Ada").hangs_up().await;
    stage.sim.phone("Ben").stops_ringing().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_or_expunged_does_not_come_back_under_its_old_event() {
    let stage = after_a_call().await;
    let mut shell = shell(&stage.database()).await;
    let shell = &mut shell;
    let call = text(shell, "SELECT call_sid FROM calls").await;
    let erased = r#"{"classes":["numbers","notes"]}"#;
    for table in ["personal", "salts", "calls", "legs"] {
        is_done(shell, &format!("CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM main.{table}")).await;
    }
    tells(shell, &call, ("review", None, [None; 2], "record.erased", erased)).await;
    for table in ["personal", "salts"] {
        is_done(shell, &format!("DELETE FROM main.{table}")).await;
    }
    let again = |table: &str| format!("INSERT INTO main.{table} SELECT * FROM temp.kept_{table}");
    is_refused(shell, &again("personal"), "personal data is added with the event that seals it").await;
    tells(shell, &call, ("review", None, [None; 2], "record.expunged", "{}")).await;
    for table in ["outbox", "legs", "calls"] {
        is_done(shell, &format!("DELETE FROM main.{table}")).await;
    }
    is_refused(shell, &again("calls"), "a call is added once").await;
    is_done(shell, "PRAGMA foreign_keys = OFF").await;
    is_refused(shell, &again("legs"), "a leg is added once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_leg_pushes_another_out_of_its_round() {
    let stage = after_a_call().await;
    let mut shell = shell(&stage.database()).await;
    let shell = &mut shell;
    let call = text(shell, "SELECT call_sid FROM calls").await;
    let seq = tells(shell, &call, ("leg", Some("another"), [None, Some("failed")], "x", "{}")).await;
    let absent = format!(
        "INSERT INTO legs SELECT 'another', call_sid, round, organiser_id, 'failed', 'absent', NULL, NULL, 0, planned_at,
         NULL, NULL, NULL, NULL, NULL, NULL, ended_at, {seq} FROM legs WHERE status = 'completed'"
    );
    is_done(shell, &absent).await;
    let seq = tells(shell, &call, ("leg", Some("another"), [None; 2], "x", r#"{"set":{"reason":null}}"#)).await;
    let why = "a leg changes only together with a new event";
    for change in ["reason = NULL", "rowid = (SELECT rowid FROM legs WHERE status = 'completed')"] {
        let push = format!("UPDATE OR REPLACE legs SET event_seq = {seq}, {change} WHERE leg_id = 'another'");
        is_refused(shell, &push, why).await;
    }
    assert_eq!(text(shell, "SELECT leg_id FROM legs WHERE status = 'completed'").await.len(), 36);
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
        is_refused(&mut shell, statement, "only together with a new event").await;
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
    assert_eq!(statuses, [200; 8]);
    // Whom the record can't take, Twilio connects.
    let rings_by_itself = |outcome: &Outcome| matches!(outcome, Outcome::Answered { body, .. } if String::from_utf8_lossy(body).contains("<Number "));
    let connected_by_twilio: Vec<bool> = answers.iter().map(rings_by_itself).collect();
    assert_eq!(connected_by_twilio, [false, false, false, true, false, false, false, false]);
    stage.until("SELECT count(*) FROM calls", &["7"]).await;
}
