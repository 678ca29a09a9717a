//! No token and nobody's number is in the logs, however much is logged (promise 12).

use std::time::Duration;

use sharedphone::simulator::Options;
use sharedphone::simulator::faults::{RestFault, RestTrouble, Which};
use sharedphone::simulator::problem::ProblemKind;
use sharedphone::urls;

use super::process::Place;
use crate::client::{Params, call_sid};
use crate::stage::{Setting, number};

const EVERYTHING: &str = "sharedphone=trace,tower_http=trace,reqwest=debug,sqlx=debug";

/// Cleo calls, Ada takes the call, and somebody tries a forgery.
async fn has_no_secrets_in_its_logs(setting: Setting) {
    let place = Place::of(setting).await;
    let mut service = place.serve_with(&[("RUST_LOG", EVERYTHING)]);
    service.is_ready().await;
    let sim = &place.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    let mut forged = place.twilio().get(urls::INCOMING, &Params::of_line(&call_sid(1)));
    forged.sign("guessed");
    assert_eq!(forged.send().await.status, 403);
    sim.caller("Cleo").is_connected_to("Ada").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    place.until("SELECT outcome FROM call_history", &["connected"]).await;
    place.until("SELECT count(*) FROM leg_history WHERE ended_at IS NULL", &["0"]).await;
    let caller = crate::record::rows(&place.database(), "SELECT caller FROM call_history").await.remove(0);
    service.terminate();
    let (code, stdout, stderr) = service.end().await;
    assert_eq!(code, Some(0));
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    for layer in ["DEBUG", "tower_http", "sqlx::query"] {
        assert!(stderr.contains(layer), "nothing of {layer} was logged, so that this test shows nothing");
    }
    let token = Options::default().auth_token;
    let basic = base64_of(&format!("{}:{token}", Options::default().account_sid));
    for secret in [token, basic, digits(&number(0)), digits(&number(1)), digits(&caller), "15557770000".to_owned()] {
        let line = stderr.lines().chain(stdout.lines()).find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret}");
    }
}

/// A number as it is found in any encoding.
fn digits(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    assert!(digits.len() > 7, "{number}");
    digits
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_whole_call() {
    has_no_secrets_in_its_logs(Setting::by_hand(&["Ada", "Ben"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_call_on_a_bad_day_of_twilios() {
    for trouble in [RestTrouble::Reset, RestTrouble::Gateway, RestTrouble::Error(400, 21211)] {
        let mut setting = Setting::by_hand(&["Ben", "Ada"]);
        setting.calls_per_second = 1;
        // The leg to Ben is lost, and Twilio fails when it is asked for it.
        setting.faults.rest.push(RestFault::placing(Which::Nth(1), trouble.clone(), false));
        setting.faults.rest.push(RestFault {
            method: "GET".into(),
            path_contains: String::new(),
            form_contains: String::new(),
            which: Which::First(3),
            trouble,
            took_effect: false,
        });
        has_no_secrets_in_its_logs(setting).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_service_that_cannot_reach_twilio() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let nowhere = format!("http://127.0.0.1:{}", super::free_port());
    let env = [("RUST_LOG", EVERYTHING), ("SHAREDPHONE__TWILIO__API_URL", nowhere.as_str())];
    let mut service = place.serve_with(&env);
    service.is_ready().await;
    place.sim.caller("Cleo").calls().await;
    place.until("SELECT tries > 2 FROM outbox WHERE kind = 'place'", &["1"]).await;
    service.terminate();
    service.ends_within(Duration::from_secs(10)).await;
    let (_, _, stderr) = service.end().await;
    let caller = crate::record::rows(&place.database(), "SELECT caller FROM call_history").await.remove(0);
    for secret in [Options::default().auth_token, digits(&number(0)), digits(&caller)] {
        assert_eq!(stderr.lines().find(|line| line.contains(&secret)), None, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_service_that_can_write_nothing() {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.env.push(("SHAREDPHONE__DATABASE__SPOOL", "/proc/no/such/spool".to_owned()));
    setting.tolerate = vec![ProblemKind::BadStatus];
    let place = Place::of(setting).await;
    // The start is on record, and from then on the disk is full.
    let env = [("RUST_LOG", EVERYTHING), ("SHAREDPHONE_DISK_FULL", "1:1000000")];
    let mut service = place.serve_with(&env);
    service.is_ready().await;
    place.sim.caller("Cleo").calls().await;
    place.sim.phone("Ada").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    place.until_said(&service, "served without a record").await;
    service.kill();
    let stderr = service.stderr();
    let caller = place.sim.calls().remove(0).from;
    for secret in [Options::default().auth_token, digits(&number(0)), digits(&caller)] {
        assert_eq!(stderr.lines().find(|line| line.contains(&secret)), None, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_is_not_understood_is_said_and_the_usual_one_holds() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let mut service = place.serve_with(&[("RUST_LOG", "sharedphone=loudly")]);
    service.is_ready().await;
    service.terminate();
    let (code, _, stderr) = service.end().await;
    assert_eq!(code, Some(0));
    assert!(stderr.contains("RUST_LOG is not understood") && stderr.contains("info,sharedphone=debug"), "{stderr}");
    assert!(stderr.contains("INFO") && !stderr.contains("DEBUG"), "{stderr}");
}
