//! `sql` and `stats` as a person uses them: they read whatever is asked, and nothing that is asked
//! makes them write.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sharedphone::store::ask::{AskError, Cell, Shell};
use tempfile::TempDir;

use crate::erasure;
use crate::queries::seed;
use crate::serve::process::{Place, path};
use crate::stage::Setting;

/// How a command ended: its code, what it said and what it complained of.
struct End {
    code: Option<i32>,
    said: String,
    complained: String,
}

/// Runs a command on a database.
fn run(database: &Path, args: &[&str], input: &str) -> End {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sharedphone"));
    command.args(args).arg("--database").arg(database).env_remove("SHAREDPHONE_CONFIG");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a process");
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("an end");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    End { code: output.status.code(), said: text(output.stdout), complained: text(output.stderr) }
}

async fn seeded() -> (TempDir, PathBuf) {
    seed::database().await
}

fn good(database: &Path, args: &[&str], input: &str) -> String {
    let end = run(database, args, input);
    assert_eq!((end.code, end.complained.as_str()), (Some(0), ""), "{args:?}");
    end.said
}

fn bad(database: &Path, args: &[&str], input: &str) -> String {
    let end = run(database, args, input);
    assert_eq!(end.code, Some(1), "{args:?}: {}", end.complained);
    end.complained
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_has_one_answer_in_three_forms() {
    let (_folder, database) = seeded().await;
    let question = "SELECT organiser, conversations, NULL AS none FROM (
        SELECT organiser, count(*) AS conversations FROM conversations GROUP BY 1) ORDER BY 2 DESC, 1 LIMIT 2";
    let table = good(&database, &["sql", question], "");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "organiser  conversations  none");
    assert_eq!(lines[2..], ["Ben                    5     ·", "Eve                    4     ·", "(2 rows)"]);
    let list: Value = serde_json::from_str(&good(&database, &["sql", question, "--json"], "")).expect("JSON");
    assert_eq!(list[0], json!({ "organiser": "Ben", "conversations": 5, "none": null }));
    let rows = good(&database, &["sql", question, "--csv"], "");
    assert_eq!(rows, "organiser,conversations,none\r\nBen,5,\r\nEve,4,\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_character_of_a_note_acts_on_a_terminal_or_a_spreadsheet() {
    let (_folder, database) = seeded().await;
    let question = "SELECT description, description AS description FROM notes WHERE note = 2";
    for form in [&["sql", question][..], &["sql", question, "--json"], &["sql", question, "--csv"]] {
        let said = good(&database, form, "");
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
        assert!(said.contains("<script>") && said.contains("u{1b}") || said.contains("\\u001b"), "{said}");
    }
    let list: Value = serde_json::from_str(&good(&database, &["sql", question, "--json"], "")).expect("JSON");
    assert_eq!((&list[0]["description"], &list[0]["description:2"]), (&json!(seed::HOSTILE), &json!(seed::HOSTILE)));
    assert!(good(&database, &["sql", question, "--csv"], "").contains("\n'=cmd"));
    // Numbers of callers begin like formulas, too.
    let callers = good(&database, &["sql", "SELECT caller FROM call_history LIMIT 1", "--csv"], "");
    assert_eq!(callers, "caller\r\n'+15557770001\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_asked_writes() {
    let (folder, database) = seeded().await;
    let elsewhere = folder.path().join("copy.db");
    let before = fs::read(&database).expect("a file");
    let shell = Shell::open(&database).expect("a shell");
    let copy = format!("VACUUM INTO '{}'", elsewhere.display());
    let attach = format!("ATTACH '{}' AS other", elsewhere.display());
    for (statement, what) in [
        ("INSERT INTO spoken_texts SELECT * FROM spoken_texts", "adding to spoken_texts"),
        ("UPDATE calls SET status = 'ended'", "changing calls"),
        ("DELETE FROM events", "removing from events"),
        ("WITH gone AS (SELECT 1) DELETE FROM personal", "removing from personal"),
        ("REPLACE INTO calls SELECT * FROM calls", "adding to calls"),
        ("EXPLAIN DELETE FROM legs", "removing from legs"),
        ("CREATE TEMP TABLE mine (a)", "changing the schema"),
        ("CREATE VIEW mine AS SELECT 1", "changing the schema"),
        ("DROP TRIGGER events_no_update", "changing the schema"),
        ("ALTER TABLE calls ADD COLUMN mine", "changing the schema"),
        ("CREATE VIRTUAL TABLE mine USING fts5(a)", "changing the schema"),
        ("ANALYZE", "changing the schema"),
        ("REINDEX", "changing the schema"),
        (&copy, "attaching or detaching a database"),
        (&attach, "attaching or detaching a database"),
        ("DETACH main", "attaching or detaching a database"),
        ("BEGIN", "a transaction"),
        ("SAVEPOINT mine", "a transaction"),
        ("PRAGMA query_only = OFF", "PRAGMA query_only"),
        ("PRAGMA writable_schema = ON", "PRAGMA writable_schema"),
        ("PRAGMA journal_mode = DELETE", "PRAGMA journal_mode"),
        ("PRAGMA user_version = 7", "PRAGMA user_version"),
        ("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA wal_checkpoint"),
        ("PRAGMA optimize", "PRAGMA optimize"),
        ("SELECT load_extension('mine')", "loading an extension"),
    ] {
        match shell.ask(statement, &[], || false) {
            Err(AskError::Refused(refused)) => assert_eq!(refused, what, "{statement}"),
            other => panic!("{statement}: {other:?}"),
        }
        let complained = bad(&database, &["sql", statement], "");
        assert!(complained.contains("only reads") && complained.contains(what), "{statement}: {complained}");
    }
    assert!(!elsewhere.exists());
    assert!(before == fs::read(&database).expect("a file"), "the file has changed");
    // What only tells something is allowed, to the shell and to what it is made of.
    for statement in ["PRAGMA user_version", "PRAGMA table_info(cases)", "PRAGMA integrity_check", "EXPLAIN SELECT 1"] {
        shell.ask(statement, &[], || false).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_the_record_read_as_nothing() {
    let (_folder, database) = seeded().await;
    let shell = Shell::open(&database).expect("a shell");
    for keys in ["SELECT secret FROM identity", "SELECT max(salt) FROM salts", "SELECT SALT FROM organisers LIMIT 1"] {
        assert_eq!(shell.ask(keys, &[], || false).expect(keys).rows, [[Cell::Null]], "{keys}");
    }
    let names = shell.ask("SELECT count(name), count(salt) FROM organisers", &[], || false).expect("names").rows;
    assert_eq!(names, [[Cell::Integer(5), Cell::Integer(0)]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_without_end_ends_with_the_patience_of_who_asks() {
    let (_folder, database) = seeded().await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let shell = Shell::open(&database).expect("a shell");
    let mut looks = 0;
    let answer = shell.ask(endless, &[], move || {
        looks += 1;
        looks > 3
    });
    assert!(matches!(answer, Err(AskError::TooLong)), "{answer:?}");
    assert!(shell.ask("SELECT 1", &[], || false).is_ok(), "the next question is answered");
    assert!(bad(&database, &["sql", endless, "--timeout", "1"], "").contains("--timeout SECONDS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_database_is_on_record_by_whatever_name_it_is_read() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let _service = place.serve().await;
    let other = place.database().with_file_name("link.db");
    std::os::unix::fs::symlink(place.database(), &other).expect("a link");
    let copy = place.database().with_file_name("copy.db");
    erasure::good(&place, &["backup", path(&copy)]);
    let read = "SELECT group_concat(cause) FROM event_log WHERE subject = 'review' AND cause <> 'read.backed_up'";
    for (database, asks, reads) in [
        (&copy, &["sql", "SELECT 1"][..], ""),
        (&copy, &["stats"], ""),
        (&copy, &["audit", "verify"], ""),
        (&other, &["sql", "SELECT 1"], "read.queried"),
        (&place.database(), &["stats"], "read.queried,read.counted"),
        (&other, &["audit", "verify"], "read.queried,read.counted,record.verified"),
    ] {
        erasure::good(&place, &[asks, &["--database", path(database)]].concat());
        place.until(read, &[reads]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_takes_questions_over_several_lines() {
    let (_folder, database) = seeded().await;
    let said = good(
        &database,
        &["sql"],
        ".set call CA00000000000000000000000000000001\n.mode csv\nSELECT count(*) AS revisions -- of them all;\n\
         FROM note_revisions\nWHERE call_sid = :call; SELECT ';' AS\nsemicolon;\n-- the end needs none\nSELECT 2 AS two\n",
    );
    assert_eq!(said, "revisions\r\n3\r\nsemicolon\r\n;\r\ntwo\r\n2\r\n");
    let tables = good(&database, &["sql"], ".tables\n.quit\nSELECT 1;\n");
    assert!(tables.contains("Views") && tables.contains("call_history  cases") && tables.contains("calls  events"));
    assert!(!tables.contains("(1 row)") && !tables.contains("_sqlx"), "{tables}");
    let schema = good(&database, &["sql", ".schema cases"], "");
    assert!(schema.starts_with("CREATE VIEW cases AS") && schema.contains("-- open, in_review, closed"), "{schema}");
    assert!(good(&database, &["sql", ".help"], "").contains("docs/QUERIES.md"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_is_said_with_its_cure() {
    let (folder, database) = seeded().await;
    for (args, parts) in [
        (&["sql", "SELECT * FROM cals"][..], ["no such table: cals", ".tables"]),
        (&["sql", "SELECT caler FROM call_history"], ["no such column: caler", ".schema NAME"]),
        (&["sql", "SELEC 1"], ["syntax error", "SELEC"]),
        (&["sql", "SELECT :case, :day"], [":case, :day", "--set NAME=VALUE"]),
        (&["sql", ".schema nothing"], ["no table or view nothing", ".tables"]),
        (&["sql", ".dump"], [".dump", ".help"]),
    ] {
        let complained = bad(&database, args, "");
        assert!(parts.iter().all(|part| complained.contains(part)), "{args:?}: {complained}");
    }
    let set = &["sql", "SELECT upper(:case) AS name", "--set", "case=a=b", "--csv"];
    assert_eq!(good(&database, set, ""), "name\r\nA=B\r\n");
    let script = run(&database, &["sql"], "SELECT 1;\nSELECT x;\nSELECT 3;\n");
    assert!(script.code == Some(1) && !script.said.contains('3'), "a script stops: {}", script.said);
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path
    };
    for (path, parts) in [
        (folder.path().join("nowhere.db"), ["there is no database", "--database FILE"]),
        (file("text.db", &[b'x'; 4096]), ["not a database of SharedPhone", "--database FILE"]),
        (file("empty.db", b""), ["not a database of SharedPhone", "--database FILE"]),
    ] {
        let complained = bad(&path, &["sql", "SELECT 1"], "");
        assert!(parts.iter().all(|part| complained.contains(part)), "{}: {complained}", path.display());
    }
    let old = folder.path().join("old.db");
    let connection = rusqlite::Connection::open(&old).expect("a database");
    connection.execute_batch("PRAGMA application_id = 1397778542; CREATE TABLE calls (a)").expect("an old one");
    assert!(bad(&old, &["sql", "SELECT 1"], "").contains("start the service of this version once"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_counts_calls_and_hides_the_few() {
    let (_folder, database) = seeded().await;
    let all: Value = serde_json::from_str(&good(&database, &["stats", "--json"], "")).expect("JSON");
    assert_eq!((&all["calls"], &all["suppress"], &all["time_zone"]), (&json!(20), &json!(5), &json!("UTC")));
    // 12, 7 and 1 of 20 calls: with both of the others, the one that was unanswered would be known.
    assert_eq!(all["outcomes"][0], json!({ "name": "connected", "calls": 12 }));
    assert_eq!(all["outcomes"][1], json!({ "name": "abandoned", "calls": "not shown" }));
    assert_eq!(all["outcomes"][2], json!({ "name": "unanswered", "calls": "fewer than 5" }));
    assert_eq!(all["outcomes"][3], json!({ "name": "message_left", "calls": 0 }));
    assert_eq!((&all["connected_percent"], &all["median_wait_seconds"]), (&json!(60), &json!(7)));
    let plain: Value =
        serde_json::from_str(&good(&database, &["stats", "--json", "--suppress", "1"], "")).expect("JSON");
    assert_eq!(plain["outcomes"][1], json!({ "name": "abandoned", "calls": 7 }));
    assert_eq!(plain["rounds"][1], json!({ "name": "2", "calls": 1 }));
    assert_eq!(plain["notes"][0], json!({ "name": "with", "calls": 2 }), "one of them erased");
    assert_eq!(plain["cases"][1], json!({ "name": "in_review", "calls": 1 }));
    assert_eq!(plain["days"][0], json!({ "name": "2026-11-20", "calls": 2 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_has_a_period_in_somebodys_time() {
    let (_folder, database) = seeded().await;
    let night = ["stats", "--from", "2026-11-21", "--to", "2026-11-21", "--suppress", "0", "--json"];
    let utc: Value = serde_json::from_str(&good(&database, &night, "")).expect("JSON");
    assert_eq!((&utc["calls"], &utc["hours"][0]["calls"]), (&json!(3), &json!(1)));
    let berlin = [&night[..], &["--time-zone", "Europe/Berlin"]].concat();
    let berlin: Value = serde_json::from_str(&good(&database, &berlin, "")).expect("JSON");
    assert_eq!((&berlin["calls"], &berlin["hours"][0]["calls"]), (&json!(4), &json!(2)), "23:40 UTC is past midnight");
    let few = good(&database, &["stats", "--to", "2026-11-20"], "");
    assert!(
        few.contains("All calls") && few.contains("fewer than 5") && few.contains("not shown: too few calls"),
        "{few}"
    );
    let backwards = bad(&database, &["stats", "--from", "2026-11-22", "--to", "2026-11-21"], "");
    assert!(backwards.contains("the earlier day"), "{backwards}");
    assert_eq!(run(&database, &["stats", "--from", "yesterday"], "").code, Some(2));
}
