//! A database that can't be opened when the service starts: callers are connected all the same, and as soon as it
//! can be opened all is as ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sharedphone::simulator::problem::ProblemKind;

use super::process::{Place, Process};
use crate::stage::{Setting, number};

/// Ada is in charge.
async fn place() -> Place {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.in_charge = Some("Ada");
    // Status callbacks can't be taken in meanwhile.
    setting.tolerate = vec![ProblemKind::BadStatus, ProblemKind::Unreachable];
    Place::of(setting).await
}

/// A service that has begun a record, and stopped.
async fn has_a_record(place: &Place) {
    let service = place.serve().await;
    service.terminate();
    let (code, _, stderr) = service.end().await;
    assert_eq!(code, Some(0), "{stderr}");
}

fn beside(database: &Path) -> PathBuf {
    database.with_extension("good")
}

/// Puts a copy aside, and damages the first page.
fn damage(database: &Path) {
    fs::copy(database, beside(database)).expect("a copy");
    let mut bytes = fs::read(database).expect("a database");
    bytes[..4096].fill(0xa5);
    fs::write(database, bytes).expect("a damaged database");
}

/// Starts the service, which does not get as far as to be ready.
async fn starts_on_it(place: &Place) -> Process {
    let service = place.serve_with(&[("RUST_LOG", "info")]);
    place.until_said(&service, "can't be opened").await;
    for cure in ["sharedphone.db", "NOTHING IS ON RECORD", "backup"] {
        assert!(service.stderr().contains(cure), "{cure}: {}", service.stderr());
    }
    assert_eq!(readiness(place).await, (503, "the database can't be written\n".to_owned()));
    service
}

async fn readiness(place: &Place) -> (u16, String) {
    let mut request = place.twilio().get("/readyz", &crate::client::Params::default());
    request.signature = None;
    let answer = request.try_send().await;
    (answer.status, answer.text())
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_connected_and_ada_is_texted_until_a_backup_is_in_its_place() {
    let place = place().await;
    has_a_record(&place).await;
    damage(&place.database());
    let mut service = starts_on_it(&place).await;
    let sim = &place.sim;
    sim.caller("Cleo").calls().hears_ringing().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("Press 1 to take the call").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().within(3.0).await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    sim.sleep(Duration::from_secs(6)).await;
    let texts: Vec<_> = sim.messages().into_iter().filter(|message| message.body.contains("NOTHING IS ON")).collect();
    assert_eq!(texts.iter().map(|text| text.to.as_str()).collect::<Vec<_>>(), [number(0)]);

    fs::copy(beside(&place.database()), place.database()).expect("a backup in its place");
    service.is_ready().await;
    assert_eq!(readiness(&place).await.0, 200);
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    place.until("SELECT outcome, organiser FROM call_history", &["connected|Ada"]).await;
    place.curtain(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_stopped_meanwhile() {
    let place = place().await;
    has_a_record(&place).await;
    damage(&place.database());
    let mut service = starts_on_it(&place).await;
    service.terminate();
    assert_eq!(service.ends_within(Duration::from_secs(5)).await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_that_is_put_in_its_place_ends_nothing() {
    let place = place().await;
    has_a_record(&place).await;
    let older = fs::read(place.database()).expect("a copy");
    has_a_record(&place).await;
    damage(&place.database());
    let mut service = starts_on_it(&place).await;
    fs::write(place.database(), older).expect("an older copy in its place");
    place.until_said(&service, "this database is an older copy").await;
    let sim = &place.sim;
    sim.caller("Cleo").calls().hears_ringing().await;
    sim.phone("Ada").rings().answers().hears("Press 1 to take the call").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    service.terminate();
    assert_eq!(service.ends_within(Duration::from_secs(5)).await.code(), Some(0));
}
