//! Twilio asks us what to do with a caller, but can't be told to ring anybody: the caller's own `<Dial>` does it.

use std::time::Duration;

use sharedphone::simulator::faults::{RestFault, RestTrouble, WebhookFault, WebhookTrouble, Which};
use sharedphone::simulator::phone::Behaviour;

use crate::stage::{Setting, Stage};

const LEGS: &str = "SELECT organiser, status, reason FROM leg_history ORDER BY organiser";
const DIALS: &str = "SELECT count(*) FROM events WHERE cause = 'caller.dial'";
const OPEN: &str = "SELECT count(*) FROM leg_history WHERE ended_at IS NULL";

/// Every way in which Twilio can't be had to ring.
fn troubles() -> [RestTrouble; 5] {
    [
        RestTrouble::NoConnection(Duration::from_millis(200)),
        RestTrouble::Error(503, 20503),
        RestTrouble::Reset,
        RestTrouble::TooManyRequests(None),
        // Its token is not ours.
        RestTrouble::Error(401, 20003),
    ]
}

fn out_of_order(setting: &mut Setting, trouble: RestTrouble) {
    let all = RestFault {
        method: String::new(),
        path_contains: String::new(),
        ..RestFault::placing(Which::All, trouble, false)
    };
    setting.faults.rest.push(all);
}

fn ada_and_ben(trouble: RestTrouble) -> Setting {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    out_of_order(&mut setting, trouble);
    setting
}

async fn ends(stage: Stage, outcome: &str) {
    stage.until("SELECT outcome, organiser FROM call_history", &[outcome]).await;
    stage.until(OPEN, &["0"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_own_dial_rings_the_team_and_the_first_who_presses_1_has_them() {
    for trouble in troubles() {
        let stage = ada_and_ben(trouble).play().await;
        let sim = &stage.sim;
        sim.caller("Cleo").calls().hears_ringing().await;
        sim.phone("Ben").rings().within(8.0).await;
        sim.phone("Ada").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
        sim.phone("Ben").stops_ringing().within(3.0).await;
        sim.caller("Cleo").is_connected_to("Ada").hangs_up().await;
        sim.phone("Ada").call_ends().await;
        stage.until(LEGS, &["Ada|completed|", "Ben|no_answer|"]).await;
        ends(stage, "connected|Ada").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_waits_in_a_room_is_connected_once_it_is_known() {
    let mut setting = ada_and_ben(RestTrouble::Error(503, 20503));
    setting.waiting = "ringback";
    setting.give_up_seconds = 10;
    let stage = setting.play().await;
    let sim = &stage.sim;
    // Nothing fetches them out of the room; the room tells them.
    sim.caller("Cleo").calls().hears("Nobody of the team could take your call").within(20.0).hangs_up().await;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().within(2.0).await;
    sim.phone("Ben").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    // Whether the first call's legs were ever placed, Twilio can't say yet: that keeps nobody from being dialled.
    stage.until(DIALS, &["2"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_or_is_given_up_leaves_no_phone_ringing() {
    let stage = ada_and_ben(RestTrouble::Reset).play().await;
    stage.sim.caller("Cleo").calls().await;
    stage.sim.phone("Ben").rings().within(8.0).await;
    stage.sim.phone("Ada").rings().await;
    stage.sim.caller("Cleo").hangs_up().await;
    stage.sim.phone("Ada").stops_ringing().within(1.0).await;
    ends(stage, "abandoned|").await;

    let mut setting = ada_and_ben(RestTrouble::Reset);
    setting.give_up_seconds = 20;
    let stage = setting.play().await;
    stage.sim.caller("Cleo").calls().await;
    stage.sim.phone("Ben").rings().within(8.0).await;
    stage.sim.phone("Ada").rings().await;
    stage.sim.caller("Cleo").hears("Nobody of the team could take your call").within(25.0).call_ends().await;
    ends(stage, "unanswered|").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_cut_off_has_the_team_rung_again() {
    let mut setting = ada_and_ben(RestTrouble::Reset);
    setting.second_ring = true;
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().within(8.0).await;
    sim.phone("Ada").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().await;
    sim.phone("Ada").hangs_up().await;
    sim.caller("Cleo").hears("If you were cut off, press 1").presses("1").await;
    sim.phone("Ada").rings().await;
    sim.phone("Ben").rings().within(2.0).answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    stage.until(OPEN, &["0"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_connects_nobody_whatever_becomes_of_the_other_phones() {
    for rings_on in [true, false] {
        let mut setting = ada_and_ben(RestTrouble::Reset);
        setting.phones[0].behaviour = Behaviour::voicemail(2.0);
        setting.rules.screened_dial_rings_on = rings_on;
        let stage = setting.play().await;
        let sim = &stage.sim;
        sim.caller("Cleo").calls().await;
        if rings_on {
            sim.phone("Ben").rings().within(8.0).waits(4.0).answers().hears("Press 1").presses("1").await;
            sim.phone("Ben").is_connected_to("Cleo").hangs_up().await;
            sim.caller("Cleo").hears("If you were cut off").hangs_up().await;
            ends(stage, "connected|Ben").await;
        } else {
            sim.phone("Ben").rings().within(8.0).stops_ringing().within(4.0).await;
            sim.caller("Cleo").hears("Nobody of the team could take your call").within(40.0).call_ends().await;
            ends(stage, "unanswered|").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_given_again() {
    let mut setting = ada_and_ben(RestTrouble::Reset);
    setting.phones[1].behaviour = Behaviour::Declines(Duration::from_secs(1));
    // The held first one, those that the failures wake, and the one with the <Dial>.
    setting.faults.webhooks.push(WebhookFault::document(
        "/twilio/caller/next",
        Which::Chance(0.5),
        WebhookTrouble::AnswerLost,
    ));
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().within(20.0).answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ada").hangs_up().await;
    sim.caller("Cleo").hears("If you were cut off").hangs_up().await;
    ends(stage, "connected|Ada").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dial_needs_no_callbacks() {
    let mut setting = ada_and_ben(RestTrouble::Reset);
    setting.ring_seconds = 8;
    setting.faults.webhooks.push(WebhookFault::callback("", Which::All, WebhookTrouble::Lost));
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().within(8.0).await;
    sim.phone("Ada").rings().await;
    sim.caller("Cleo").hears("Nobody of the team could take your call").within(25.0).call_ends().await;
    stage.until(LEGS, &["Ada|no_answer|", "Ben|no_answer|"]).await;
    stage.curtain().await;
}
