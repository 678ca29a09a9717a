//! What commands tell people: all that is held under a number, who was on the roster, what Twilio has
//! still; and what goes on record of the configuration.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use sharedphone::simulator::faults::{RestFault, RestTrouble, Which};
use sharedphone::simulator::phone::Behaviour;
use sharedphone::urls;

use crate::client::{Params, call_sid};
use crate::erasure::{command, good};
use crate::serve::process::{Place, Process};
use crate::stage::Setting;

const CALLER: &str = "+15558880000";
const ADA: &str = "+15550000001";
const BEN: &str = "+15550000002";

fn setting() -> Setting {
    Setting::with([("Ada", Behaviour::Ignores), ("Ben", Behaviour::Ignores)])
}

/// Somebody has called, both organisers were rung, and it is over.
async fn after_a_call(setting: Setting) -> (Place, Process) {
    let place = Place::of(setting).await;
    let service = place.serve().await;
    let call = Params::of_line(&call_sid(0)).with("From", CALLER);
    assert_eq!(place.twilio().post(urls::INCOMING, &call).send().await.status, 200);
    let over = Params::of_line(&call_sid(0)).with("CallStatus", "completed");
    place.twilio().post(urls::UPDATES, &over).send().await.is_noted();
    place.until("SELECT count(*) FROM calls WHERE status <> 'ended'", &["0"]).await;
    place.until("SELECT count(*) FROM legs WHERE ended_at IS NULL", &["0"]).await;
    (place, service)
}

async fn stops(mut service: Process) {
    service.terminate();
    assert_eq!(service.ends_within(Duration::from_secs(10)).await.code(), Some(0));
}

fn refused(place: &Place, arguments: &[&str], parts: &[&str]) {
    let output = command(place, arguments);
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {complained}");
    for part in parts {
        assert!(complained.contains(part), "{arguments:?} does not say {part:?}: {complained}");
    }
}

fn json_of(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&good(place, arguments)).expect("JSON")
}

/// Takes Ben out of the configuration.
fn leaves_the_team(place: &Place) {
    let all = fs::read_to_string(place.config()).expect("a configuration");
    let (others, _) = all.split_once("[[organisers]]\nname = \"Ben\"").expect("Ben is the last one");
    fs::write(place.config(), others).expect("a configuration");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_told_all_that_is_held_under_their_number() {
    let (place, service) = after_a_call(setting()).await;
    let caller = good(&place, &["calls", "of", CALLER]);
    assert!(caller.contains("1 call holds this number, 1 of them as the caller's"), "{caller}");
    assert!(!caller.contains("organiser"), "{caller}");
    let rung = good(&place, &["calls", "of", BEN]);
    assert!(rung.contains("1 call holds this number, 0 of them as the caller's"), "{rung}");
    assert!(rung.contains("As an organiser's: Ben, on the roster since 20"), "{rung}");
    assert!(
        rung.contains("to be rung once, and the number of that is held once") && rung.contains("in the configuration"),
        "{rung}"
    );
    stops(service).await;

    // Erased while nobody can tell Twilio: the number is held for that, and nowhere else.
    good(&place, &["calls", "erase", &call_sid(0), "--basis", "request"]);
    let kept = good(&place, &["calls", "of", CALLER]);
    assert!(kept.contains("0 calls hold this number"), "{kept}");
    assert!(kept.contains("until Twilio has deleted the messages with it"), "{kept}");
    let kept = json_of(&place, &["calls", "of", CALLER, "--json"]);
    assert_eq!(kept["pending_deletions"][0]["call_sid"], json!(call_sid(0)));
    let _service = place.serve().await;
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    let gone = json_of(&place, &["calls", "of", CALLER, "--json"]);
    assert_eq!(
        (&gone["calls"], &gone["pending_deletions"], &gone["as_organiser"]),
        (&json!([]), &json!([]), &json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_who_has_left_is_shown_and_forgotten() {
    let (place, service) = after_a_call(setting()).await;
    refused(
        &place,
        &["organisers", "forget", "Ben", "--basis", "request"],
        &["still on the roster", "[[organisers]]", "sharedphone.toml"],
    );
    refused(&place, &["organisers", "forget", "Zoe", "--basis", "request"], &["nobody", "organisers list"]);
    leaves_the_team(&place);
    refused(&place, &["organisers", "forget", "Ben", "--basis", "request"], &["start the service again"]);
    stops(service).await;
    let service = place.serve().await;

    let all = json_of(&place, &["organisers", "list", "--json"]);
    let [ada, ben] = all.as_array().expect("a list").as_slice() else { panic!("{all}") };
    assert_eq!((&ada["name"], &ada["number"], &ada["retired_at"]), (&json!("Ada"), &json!(ADA), &Value::Null));
    assert_eq!((&ben["name"], &ben["legs"], &ben["numbers_held"]), (&json!("Ben"), &json!(1), &json!(1)));
    assert!(ben["retired_at"].is_string(), "{ben}");
    let held = good(&place, &["calls", "of", BEN]);
    assert!(held.contains("Ben, was on the roster since") && held.contains("retired on 20"), "{held}");

    let said = good(&place, &["organisers", "forget", "Ben", "--basis", "request"]);
    assert!(said.contains("still held once in calls"), "{said}");
    let id = ben["organiser_id"].as_str().expect("an id");
    refused(&place, &["organisers", "forget", id, "--basis", "request"], &["forgotten already"]);
    let listed = good(&place, &["organisers", "list"]);
    assert!(listed.contains(ADA) && !listed.contains("Ben") && !listed.contains(BEN), "{listed}");
    // Until the calls forget it, too.
    let held = good(&place, &["calls", "of", BEN]);
    assert!(held.contains("1 call holds this number") && held.contains("somebody whose name is forgotten"), "{held}");
    place.until("SELECT detail->>'$.basis' FROM events WHERE cause = 'roster.forgotten'", &["request"]).await;
    good(&place, &["audit", "verify"]);
    stops(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_twilio_would_not_delete_is_told_until_it_is_gone() {
    let mut setting = setting();
    setting.faults.rest.push(RestFault {
        method: "GET".into(),
        path_contains: "/Recordings".into(),
        form_contains: String::new(),
        which: Which::All,
        trouble: RestTrouble::Error(403, 20003),
        took_effect: false,
    });
    let (place, service) = after_a_call(setting).await;
    stops(service).await;
    let call = call_sid(0);
    good(&place, &["calls", "erase", &call, "--basis", "request"]);
    let shown = good(&place, &["calls", "show", &call]);
    assert!(
        shown.contains("At Twilio") && shown.contains("recordings are to be deleted, and not confirmed"),
        "{shown}"
    );
    // It was tried for so long that the next try would be too late.
    let database = rusqlite::Connection::open(place.database()).expect("a database");
    let guard = "SELECT sql FROM sqlite_schema WHERE name = 'outbox_update'";
    let guard: String = database.query_row(guard, [], |row| row.get(0)).expect("a guard");
    database.execute_batch("DROP TRIGGER outbox_update").expect("no guard");
    let changed = database.execute("UPDATE outbox SET tries = 25 WHERE kind = 'delete_recordings'", []);
    assert!(changed.expect("an update") > 0);
    let soon = "UPDATE outbox SET deadline = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+1 hour') WHERE status = 'pending'";
    database.execute(soon, []).expect("an update");
    database.execute_batch(&guard).expect("a guard");
    drop(database);
    stops_when_given_up(&place).await;

    let mut service = place.serve_with(&[]);
    service.is_ready().await;
    place.until_said(&service, "Twilio still has data").await;
    let log = service.stderr();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains(&call) && told[0].contains("delete_recordings twilio_20003"), "{log}");
    assert!(!log.contains(&CALLER[1..]) && !log.contains(&BEN[1..]), "{log}");
    let shown = good(&place, &["calls", "show", &call]);
    assert!(shown.contains("recordings are still there: given up; the last try: twilio_20003"), "{shown}");
    let listed = json_of(&place, &["calls", "list", "--json"]);
    let kept = json!([{ "what": "recordings", "being_asked": false, "answer": "twilio_20003" }]);
    assert_eq!(listed[0]["call"]["at_twilio"], kept, "{listed}");

    // Twilio has come to its senses.
    place.sim.set_faults(sharedphone::simulator::faults::Faults::default());
    let said = good(&place, &["calls", "erase", &call, "--basis", "request", "--what", "recordings"]);
    assert!(said.contains("given up"), "{said}");
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    let listed = json_of(&place, &["calls", "list", "--json"]);
    assert_eq!(listed[0]["call"]["at_twilio"], json!([]), "{listed}");
}

/// The service tries once more and gives up.
async fn stops_when_given_up(place: &Place) {
    let service = place.serve().await;
    place.until("SELECT count(*) > 0 FROM outbox WHERE status = 'failed'", &["1"]).await;
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    stops(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_retention_and_what_is_set_of_the_record_are_on_record() {
    let place = Place::of(setting()).await;
    stops(place.serve().await).await;
    let all = fs::read_to_string(place.config()).expect("a configuration");
    fs::write(place.config(), format!("{all}\n[retention]\nnotes_days = 7\n")).expect("a configuration");
    stops(place.serve().await).await;
    let changed = "SELECT key, value_before, value FROM configuration_history
                    WHERE changed AND value_before IS NOT NULL";
    place.until(changed, &["retention.notes_days|1095|7"]).await;
    let set =
        "SELECT key, value FROM configuration_history WHERE key GLOB 'record.*' AND until_at IS NULL ORDER BY key";
    place.until(set, &["record.checkpoint_url|0", "record.checkpoints|1", "record.signing_key|0"]).await;
    let path = "SELECT count(*) FROM events WHERE instr(detail, 'checkpoints.jsonl') > 0";
    place.until(path, &["0"]).await;
}
