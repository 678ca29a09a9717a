//! Backups, and what happens when one comes back.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use sharedphone::simulator::phone::Behaviour;
use sharedphone::urls;

use crate::client::{Params, call_sid};
use crate::erasure::{command, good};
use crate::serve::process::{Place, Process, path};
use crate::stage::Setting;

async fn place() -> Place {
    Place::of(Setting::with([("Ada", Behaviour::Ignores)])).await
}

/// Somebody calls and leaves.
async fn a_call(place: &Place, index: usize) {
    let twilio = place.twilio();
    let call = Params::of_line(&call_sid(index)).with("From", format!("+1555888{index:04}"));
    assert_eq!(twilio.post(urls::INCOMING, &call).send().await.status, 200);
    let over = Params::of_line(&call_sid(index)).with("CallStatus", "completed");
    twilio.post(urls::UPDATES, &over).send().await.is_noted();
    place.until("SELECT status FROM calls ORDER BY started_at DESC LIMIT 1", &["ended"]).await;
}

async fn stops(mut service: Process) {
    service.terminate();
    assert_eq!(service.ends_within(Duration::from_secs(10)).await.code(), Some(0));
}

/// Starts the service on a database that is older than its witnesses know.
fn accepting(place: &Place, reason: &str) -> Process {
    let listen = place.base.trim_start_matches("http://");
    let config = place.config();
    let arguments = ["serve", "--config", path(&config), "--accept-restore", reason];
    Process::start(&arguments, &[("SHAREDPHONE__SERVER__LISTEN", listen)])
}

/// A copy of the database in the same folder.
fn backup(place: &Place, name: &str) -> String {
    let copy = format!("{}/{name}.db", place.database().parent().expect("a folder").display());
    assert!(good(place, &["backup", &copy]).contains("verified"));
    copy
}

/// Whether the database's file has all of it, so that a copy of it alone is whole.
fn is_one_file(place: &Place) -> bool {
    !place.database().with_extension("db-wal").exists()
}

/// Puts a copy in the place of the database.
fn put_back(place: &Place, copy: &str) {
    for suffix in ["-wal", "-shm"] {
        let mut name = place.database().into_os_string();
        name.push(suffix);
        if fs::exists(&name).expect("an answer") {
            fs::remove_file(name).expect("it goes");
        }
    }
    fs::copy(copy, place.database()).expect("the copy comes back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_comes_back_is_refused_unless_somebody_says_why() {
    let place = place().await;
    let service = place.serve().await;
    a_call(&place, 0).await;
    a_call(&place, 1).await;
    let copy = backup(&place, "backup");
    let again = command(&place, &["backup", &copy]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("never writes over"), "{again:?}");
    good(&place, &["calls", "erase", &call_sid(0), "--basis", "request"]);
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    a_call(&place, 2).await;
    stops(service).await;
    assert!(is_one_file(&place), "after the service");
    good(&place, &["audit", "verify"]);
    assert!(is_one_file(&place), "after a command without a service");

    put_back(&place, &copy);
    let tampered = command(&place, &["audit", "verify"]);
    assert_eq!(tampered.status.code(), Some(1), "{tampered:?}");
    let (code, _, why) = place.serve_with(&[]).end().await;
    assert_eq!(code, Some(1));
    assert!(why.contains("--accept-restore"), "{why}");
    let note = command(&place, &["calls", "note", &call_sid(1), "--place", "hall 2"]);
    assert!(String::from_utf8_lossy(&note.stderr).contains("--accept-restore"), "nothing is added to it: {note:?}");

    let mut service = accepting(&place, "the disk broke");
    service.is_ready().await;
    let held = "SELECT count(*) FROM personal WHERE value = '+15558880000'";
    place.until(held, &["0"]).await;
    place.until("SELECT words FROM remarks", &["the disk broke"]).await;
    place.until("SELECT count(*) FROM personal WHERE value = '+15558880001'", &["1"]).await;
    a_call(&place, 3).await;
    stops(service).await;
    let said = good(&place, &["audit", "verify"]);
    assert!(said.contains("older copy"), "{said}");
    let service = place.serve().await;
    stops(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_live_in_a_backup_is_erased_again_when_it_is_over() {
    let place = place().await;
    let service = place.serve().await;
    let twilio = place.twilio();
    let call = Params::of_line(&call_sid(0)).with("From", "+15558880000");
    assert_eq!(twilio.post(urls::INCOMING, &call).send().await.status, 200);
    let copy = backup(&place, "live");
    let over = Params::of_line(&call_sid(0)).with("CallStatus", "completed");
    twilio.post(urls::UPDATES, &over).send().await.is_noted();
    place.until("SELECT count(*) FROM legs WHERE ended_at IS NULL", &["0"]).await;
    good(&place, &["calls", "erase", &call_sid(0), "--basis", "request"]);
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    stops(service).await;

    put_back(&place, &copy);
    let mut service = accepting(&place, "the disk broke");
    service.is_ready().await;
    twilio.post(urls::UPDATES, &over).send().await.is_noted();
    place.until("SELECT count(*) FROM calls WHERE status <> 'ended'", &["0"]).await;
    // That it was erased is known from the witnesses.
    place.until("SELECT count(*) FROM personal", &["0"]).await;
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    stops(service).await;
    good(&place, &["audit", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_backup_may_come_back_and_then_a_newer_one() {
    let place = place().await;
    let service = place.serve().await;
    a_call(&place, 0).await;
    let older = backup(&place, "older");
    a_call(&place, 1).await;
    let newer = backup(&place, "newer");
    a_call(&place, 2).await;
    stops(service).await;
    for (copy, index) in [(&older, 3), (&newer, 4)] {
        put_back(&place, copy);
        let mut service = accepting(&place, "which one was it");
        service.is_ready().await;
        a_call(&place, index).await;
        stops(service).await;
        good(&place, &["audit", "verify"]);
    }
    stops(place.serve().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_taken_whatever_has_become_of_the_witnesses() {
    let place = place().await;
    stops(place.serve().await).await;
    let key = place.database().with_extension("db.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("a key");
    let mut service = place.serve_with(&[]);
    service.is_ready().await;
    a_call(&place, 0).await;
    place.until_said(&service, "chmod 600").await;
    service.terminate();
    service.ends_within(Duration::from_secs(10)).await;

    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a key");
    let folder = place.database().with_extension("gone");
    let elsewhere = format!("{}/checkpoints.jsonl", folder.display());
    let mut service = place.serve_with(&[("SHAREDPHONE__RECORD__CHECKPOINTS", &elsewhere)]);
    service.is_ready().await;
    a_call(&place, 1).await;
    place.until_said(&service, "make its folder").await;
    fs::create_dir(&folder).expect("a folder");
    a_call(&place, 2).await;
    stops(service).await;
    good(&place, &["audit", "verify", "--checkpoints", &elsewhere]);
}

/// A broken disk takes the key as well.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_former_key_the_service_knows_its_own_lines() {
    let place = place().await;
    let key = place.database().with_extension("db.key");
    let service = place.serve().await;
    a_call(&place, 0).await;
    let first = backup(&place, "first");
    a_call(&place, 1).await;
    stops(service).await;

    put_back(&place, &first);
    fs::remove_file(&key).expect("a key");
    let mut service = accepting(&place, "the disk broke");
    service.is_ready().await;
    a_call(&place, 2).await;
    let second = backup(&place, "second");
    good(&place, &["calls", "erase", &call_sid(0), "--basis", "request"]);
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    stops(service).await;
    stops(place.serve().await).await;

    put_back(&place, &second);
    let (code, _, why) = place.serve_with(&[]).end().await;
    assert_eq!(code, Some(1), "what it signed with the new key counts: {why}");
    let mut service = accepting(&place, "once more");
    service.is_ready().await;
    place.until("SELECT count(*) FROM personal WHERE value = '+15558880000'", &["0"]).await;
    stops(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_record_is_refused() {
    let (place, other) = (place().await, place().await);
    for one in [&place, &other] {
        stops(one.serve().await).await;
    }
    fs::copy(other.database(), place.database()).expect("a copy");
    let (code, _, why) = place.serve_with(&[]).end().await;
    assert_eq!(code, Some(1));
    assert!(why.contains("of another record"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_accepted_while_the_witnesses_can_not_be_read() {
    let place = place().await;
    stops(place.serve().await).await;
    let witnesses = place.database().with_file_name("checkpoints.jsonl");
    fs::remove_file(&witnesses).expect("witnesses");
    fs::create_dir(&witnesses).expect("a folder in their place");
    let (code, _, why) = accepting(&place, "the disk broke").end().await;
    assert_eq!(code, Some(1));
    assert!(why.contains("can't be accepted while"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_removed_is_not_intact() {
    let place = place().await;
    stops(place.serve().await).await;
    let empty = place.database().with_file_name("empty.db");
    let database = rusqlite::Connection::open(place.database()).expect("a database");
    let schema = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let mut schema = database.prepare(schema).expect("a schema");
    let statements = schema.query_map([], |row| row.get::<_, String>(0)).expect("a schema");
    let made = rusqlite::Connection::open(&empty).expect("a database");
    made.pragma_update(None, "application_id", 0x5350_686e).expect("a mark");
    for statement in statements {
        made.execute_batch(&statement.expect("a statement")).expect("a part");
    }
    made.execute("ATTACH ?1 AS old", [path(&place.database())]).expect("the old one");
    made.execute("INSERT INTO main._sqlx_migrations SELECT * FROM old._sqlx_migrations", []).expect("a list");
    drop(made);
    let alone = command(&place, &["audit", "verify", "--database", path(&empty), "--checkpoints", "/dev/null"]);
    assert_eq!(alone.status.code(), Some(3), "{alone:?}");
    let beside = command(&place, &["audit", "verify", "--database", path(&empty)]);
    assert_eq!(beside.status.code(), Some(1), "{beside:?}");
    assert!(String::from_utf8_lossy(&beside.stdout).contains("the record was removed"), "{beside:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_record_does_not_begin_beside_the_witnesses_of_a_lost_one() {
    let place = place().await;
    stops(place.serve().await).await;
    fs::remove_file(place.database()).expect("a database");
    let (code, _, why) = place.serve_with(&[]).end().await;
    assert_eq!(code, Some(1));
    assert!(why.contains("copy a backup to"), "{why}");
    assert!(!place.database().exists(), "nothing is in the way of the backup");
    let witnesses = place.database().with_file_name("checkpoints.jsonl");
    fs::rename(&witnesses, witnesses.with_extension("kept")).expect("witnesses");
    stops(place.serve().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_in_the_middle_of_calls_is_whole() {
    let place = place().await;
    let _service = place.serve().await;
    let folder = place.database().parent().expect("a folder").to_owned();
    for index in 0..5 {
        a_call(&place, 2 * index).await;
        let live = Params::of_line(&call_sid(2 * index + 1)).with("From", "+15558889999");
        assert_eq!(place.twilio().post(urls::INCOMING, &live).send().await.status, 200);
        let copy = format!("{}/backup-{index}.db", folder.display());
        good(&place, &["backup", &copy]);
        good(&place, &["audit", "verify", "--database", &copy]);
    }
    let unfinished = fs::read_dir(folder)
        .expect("the folder")
        .filter(|entry| entry.as_ref().expect("an entry").file_name().to_string_lossy().contains("unfinished"));
    assert_eq!(unfinished.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn organisers_may_swap_their_numbers_between_two_starts() {
    let place = Place::of(Setting::with([("Ada", Behaviour::Ignores), ("Ben", Behaviour::Ignores)])).await;
    stops(place.serve().await).await;
    let before = fs::read_to_string(place.config()).expect("a configuration");
    let swapped =
        before.replace("+15550000001", "?").replace("+15550000002", "+15550000001").replace('?', "+15550000002");
    assert_ne!(before, swapped);
    fs::write(place.config(), swapped).expect("a configuration");
    stops(place.serve().await).await;
    let numbers = "SELECT name, number FROM organisers ORDER BY name";
    place.until(numbers, &["Ada|+15550000002", "Ben|+15550000001"]).await;
    good(&place, &["audit", "verify"]);
}
