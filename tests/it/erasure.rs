//! Forgetting: after an erasure nothing of what was erased is found in any file of the service, in its
//! logs or in a new export, and the record still proves itself.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::simulator::Options;
use sharedphone::simulator::phone::Behaviour;
use sharedphone::urls;
use zip::ZipArchive;

use crate::client::{Params, call_sid};
use crate::serve::process::{Place, Process, path};
use crate::stage::Setting;

/// A command on this place's database, as its user types it.
pub fn command(place: &Place, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sharedphone"));
    command.args(arguments).args(["--config", path(&place.config())]).env_clear();
    command.output().expect("the binary starts")
}

/// The same; it must go well.
pub fn good(place: &Place, arguments: &[&str]) -> String {
    let output = command(place, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The number of the caller of call `index`.
fn caller(index: usize) -> String {
    format!("+1555888{index:04}")
}

/// What is written about call `index`; found nowhere else.
fn words(index: usize) -> String {
    format!("canary {index:04} in the hall")
}

/// A service with so many calls that are over.
async fn after_calls(count: usize) -> (Place, Process) {
    let place = Place::of(Setting::with([("Ada", Behaviour::Ignores)])).await;
    let service = place.serve().await;
    let twilio = place.twilio();
    for index in 0..count {
        let call = Params::of_line(&call_sid(index)).with("From", caller(index));
        assert_eq!(twilio.post(urls::INCOMING, &call).send().await.status, 200);
    }
    for index in 0..count {
        let over = Params::of_line(&call_sid(index)).with("CallStatus", "completed");
        twilio.post(urls::UPDATES, &over).send().await.is_noted();
    }
    place.until("SELECT count(*) FROM calls WHERE status <> 'ended'", &["0"]).await;
    place.until("SELECT count(*) FROM legs WHERE ended_at IS NULL", &["0"]).await;
    (place, service)
}

/// Every file in the folder of the service, and everything inside exports, as (name, bytes).
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let Ok(bytes) = fs::read(&path) else { continue };
        if name.ends_with(".zip") {
            let mut zip = ZipArchive::new(Cursor::new(bytes)).expect("a ZIP file");
            for index in 0..zip.len() {
                let mut file = zip.by_index(index).expect("a file in it");
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).expect("its bytes");
                let inside = file.name().expect("a name").into_owned();
                all.push((format!("{name}/{inside}"), bytes));
            }
        } else {
            all.push((name, bytes));
        }
    }
    all
}

/// What is left of these, and in which file.
fn left(folder: &Path, secrets: &[&str]) -> Option<(String, String)> {
    files(folder).into_iter().find_map(|(name, bytes)| {
        let secret = secrets.iter().find(|secret| holds(&bytes, secret))?;
        Some(((*secret).to_owned(), name))
    })
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn nothing_is_left(erasures: usize) {
    let (place, service) = after_calls(erasures + 2).await;
    let folder = place.config().parent().expect("a folder").to_owned();
    for index in 0..erasures {
        let call = call_sid(index);
        let (words, number) = (words(index), caller(index));
        // Notes of all lengths: long ones are moved between pages.
        let note = format!("{words} {}", "x".repeat(index * 7919 % 9000));
        good(&place, &["calls", "note", &call, "--description", &note, "--author", "Dora Mond"]);
        good(&place, &["calls", "tag", &call, "zebra-crossing"]);
        let before = files(&folder);
        assert!(before.iter().any(|(_, bytes)| holds(bytes, &words)), "the search finds what is there");
        assert!(before.iter().any(|(_, bytes)| holds(bytes, &number)), "the search finds what is there");
        drop(before);

        good(&place, &["calls", "erase", &call, "--basis", "request"]);
        // The number stays until Twilio has deleted the messages with it.
        place.until("SELECT count(*) FROM outbox_numbers", &["0"]).await;
        place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
        let export = format!("{}/after-{index}.zip", folder.display());
        good(&place, &["calls", "export", &call, "--out", &export]);
        let secrets = [words.as_str(), &number, &number[1..], "Dora Mond", "zebra-crossing"];
        // Somebody who reads at the moment keeps the log from being emptied until they have finished.
        let clock = Clock::system();
        let gone = async {
            while left(&folder, &secrets).is_some() {
                clock.sleep(Duration::from_millis(50)).await;
            }
        };
        let in_time = clock.timeout(Duration::from_secs(20), gone).await.is_ok();
        assert!(in_time, "after erasure {index}: {:?}", left(&folder, &secrets));
        for secret in [words.as_str(), &number[1..], "Dora Mond", "zebra-crossing"] {
            let logged = service.stderr().contains(secret) || service.stdout().contains(secret);
            assert!(!logged, "{secret} is in the logs");
        }
        fs::remove_file(export).expect("the export goes");
        good(&place, &["audit", "verify"]);
    }
    // The others are all there.
    let shown = good(&place, &["calls", "of", &caller(erasures), "--json"]);
    assert!(shown.contains(&call_sid(erasures)), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_after_an_erasure() {
    nothing_is_left(20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: 200 erasures"]
async fn nothing_is_left_after_two_hundred_erasures() {
    nothing_is_left(200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_forgets_too() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let mut service = place.serve().await;
    let sim = &place.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    place.until("SELECT count(*) FROM legs WHERE ended_at IS NULL", &["0"]).await;
    let rows = crate::record::rows(&place.database(), "SELECT call_sid, caller FROM call_history").await;
    let (sid, number) = rows[0].split_once('|').expect("two columns");
    sim.has_recording(sid);
    sim.has_message(number, &Options::default().hotline, "please call me back");
    good(&place, &["calls", "erase", sid, "--basis", "consent"]);
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    let kept = sim.kept();
    assert!(kept.recordings.is_empty() && kept.messages.is_empty() && kept.calls.is_empty(), "{kept:?}");
    assert!(good(&place, &["audit", "verify"]).contains("intact"));
    service.terminate();
    service.ends_within(Duration::from_secs(10)).await;
    place.curtain(Duration::from_millis(500)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_service_the_command_does_it_itself_and_the_next_service_tells_twilio() {
    let (place, mut service) = after_calls(1).await;
    service.terminate();
    service.ends_within(Duration::from_secs(10)).await;
    let call = call_sid(0);
    good(&place, &["calls", "note", &call, "--place", "hall 2"]);
    good(&place, &["calls", "erase", &call, "--basis", "request"]);
    let open = "SELECT count(*) > 0 FROM outbox WHERE status = 'pending' AND kind = 'delete_call'";
    place.until(open, &["1"]).await;
    good(&place, &["audit", "verify"]);
    let _service = place.serve().await;
    place.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    good(&place, &["audit", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_why() {
    let (place, _service) = after_calls(1).await;
    let call = call_sid(0);
    let refused = |arguments: &[&str], why: &str| {
        let output = command(&place, arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text.contains(why), "{arguments:?}: {text}");
    };
    good(&place, &["calls", "hold", &call, "--reason", "a court asks"]);
    refused(&["calls", "erase", &call, "--basis", "request"], "calls release");
    good(&place, &["calls", "release", &call]);
    refused(&["calls", "note", &call], "empty");
    refused(&["calls", "show", "nobodys-call"], "calls list");
    refused(&["calls", "expunge", &call, "--on", "tomorrow"], "2027-01-31");
    refused(&["calls", "expunge", &call, "--on", "2020-01-01"], "in the past");
    refused(&["calls", "list", "--from", "2026-11-20", "--to", "2026-11-10"], "must be the later one");
    refused(&["calls", "export", &call, "--out", "/nowhere/x.zip"], "make its folder first");
    refused(&["calls", "erase", &call, "--basis", "request", "--what", "timeline"], "try again");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_removed_only_when_that_is_said() {
    let (place, _service) = after_calls(1).await;
    let call = call_sid(0);
    let tags = "SELECT coalesce(tags, '[]') FROM cases";
    good(&place, &["calls", "tag", &call, "lost-child", "hall-2"]);
    place.until(tags, &[r#"["lost-child","hall-2"]"#]).await;
    let forgotten = command(&place, &["calls", "tag", &call]);
    assert_eq!(forgotten.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&forgotten.stderr).contains("--none"));
    place.until(tags, &[r#"["lost-child","hall-2"]"#]).await;
    good(&place, &["calls", "tag", &call, "--none"]);
    place.until(tags, &["[]"]).await;
}
