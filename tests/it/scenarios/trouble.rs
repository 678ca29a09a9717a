//! Twilio's bad days, as far as one call feels them.

use std::time::Duration;

use sharedphone::simulator::faults::{RestFault, RestTrouble, WebhookFault, WebhookTrouble, Which};

use crate::stage::{Setting, Stage};

async fn is_taken_by_ada(stage: Stage) {
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").is_connected_to("Ada").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    stage.until("SELECT outcome, organiser FROM call_history", &["connected|Ada"]).await;
    stage.until("SELECT count(*) FROM leg_history WHERE ended_at IS NULL", &["0"]).await;
    stage.curtain().await;
}

fn with_rest(trouble: RestTrouble, which: Which, took_effect: bool) -> Setting {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.faults.rest.push(RestFault::placing(which, trouble, took_effect));
    setting
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_is_busy_and_is_asked_again() {
    is_taken_by_ada(with_rest(RestTrouble::TooManyRequests(None), Which::First(3), false).play().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_lost_after_the_phone_began_to_ring() {
    is_taken_by_ada(with_rest(RestTrouble::Reset, Which::Nth(1), true).play().await).await;
    is_taken_by_ada(with_rest(RestTrouble::Hang, Which::Nth(1), true).play().await).await;
    is_taken_by_ada(with_rest(RestTrouble::Truncated, Which::Nth(1), true).play().await).await;
    is_taken_by_ada(with_rest(RestTrouble::WrongJson, Which::Nth(1), true).play().await).await;
}

/// Twilio's times are by another clock than the leg's: a phone that rings is not absent for that.
#[tokio::test(flavor = "multi_thread")]
async fn the_answer_and_all_callbacks_are_lost_and_the_clock_is_an_hour_ahead() {
    let mut setting = with_rest(RestTrouble::Reset, Which::Nth(1), true);
    setting.faults.webhooks.push(WebhookFault::callback("", Which::All, WebhookTrouble::Lost));
    setting.clock_ahead = Duration::from_secs(3600);
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().await;
    stage.until("SELECT status FROM legs", &["ringing"]).await;
    sim.phone("Ada").answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    stage.curtain().await;
}

/// The service goes on from the time of what is on record; what Twilio says is by the wall's clock.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_when_the_clock_was_set_back_by_an_hour_before_the_service_started_again() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.faults.rest.push(RestFault::placing(Which::Nth(3), RestTrouble::Reset, true));
    setting.faults.webhooks.push(WebhookFault::callback("", Which::All, WebhookTrouble::Lost));
    setting.clock_ahead = Duration::from_secs(3600);
    let mut stage = setting.play().await;
    stage.sim.caller("Cleo").calls().await;
    stage.sim.phone("Ben").rings().await;
    stage.sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    stage.sim.phone("Ben").stops_ringing().await;
    stage.stop_service().await;
    stage.start_service().await;
    let sim = &stage.sim;
    sim.caller("Kim").calls().await;
    sim.phone("Ben").rings().await;
    stage.until("SELECT status FROM legs WHERE status = 'ringing' OR reason = 'absent'", &["ringing"]).await;
    sim.phone("Ben").answers().hears("press 1").presses("1").is_connected_to("Kim").await;
    for caller in ["Cleo", "Kim"] {
        sim.caller(caller).hangs_up().await;
    }
    sim.phone("Ada").call_ends().await;
    sim.phone("Ben").call_ends().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclear_placement_that_never_was_is_replaced_once() {
    let mut setting = with_rest(RestTrouble::Gateway, Which::Nth(1), false);
    setting.second_ring = true;
    // From the room nobody is fetched for a <Dial>, which could be sooner.
    setting.waiting = "ringback";
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    let legs = "SELECT status, reason FROM leg_history ORDER BY started_at";
    stage.until(legs, &["failed|absent", "completed|"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_come_twice_late_or_out_of_order() {
    for trouble in [
        WebhookTrouble::Doubled(Duration::from_millis(300)),
        WebhookTrouble::Delayed(Duration::from_secs(3)),
        WebhookTrouble::BehindTheNext,
    ] {
        let mut setting = Setting::by_hand(&["Ada"]);
        setting.faults.webhooks.push(WebhookFault::callback("", Which::All, trouble));
        is_taken_by_ada(setting.play().await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_callback_is_lost_and_the_sweep_finds_out() {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.speed = 20.0;
    setting.faults.webhooks.push(WebhookFault::callback("", Which::All, WebhookTrouble::Lost));
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    sim.sleep(Duration::from_secs(75)).await;
    stage.until("SELECT status, outcome FROM call_history", &["ended|connected"]).await;
    stage.until("SELECT status FROM leg_history WHERE ended_at IS NOT NULL", &["completed"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_twilio_does_not_get_is_asked_for_again() {
    for part in ["/join", "/twilio/leg/key", "/twilio/caller/next"] {
        let mut setting = Setting::by_hand(&["Ada"]);
        setting.faults.webhooks.push(WebhookFault::document(part, Which::Nth(1), WebhookTrouble::AnswerLost));
        is_taken_by_ada(setting.play().await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_number_does_not_stop_the_others() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.faults.rest.push(RestFault::placing(Which::Nth(1), RestTrouble::Error(400, 21215), false));
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    stage.until("SELECT status, reason FROM leg_history WHERE organiser = 'Ada'", &["failed|twilio_21215"]).await;
    stage.curtain().await;
}
