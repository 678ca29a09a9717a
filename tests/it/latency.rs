//! How long it takes from the winner's key until caller and winner are together.

use std::time::Duration;

use sharedphone::simulator::Simulator;
use sharedphone::simulator::observation::What;

use crate::stage::Setting;

/// Calls in one series.
const CALLS: usize = 15;

/// A series whose median is this long is too slow.
const TOO_SLOW: Duration = Duration::from_millis(100);

/// A busy machine may spoil a series, but not every one of so many.
const SERIES: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn in_ringing_mode_they_are_together_at_once() {
    are_together_at_once("ringing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_ringback_mode_they_are_together_at_once() {
    are_together_at_once("ringback").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_music_mode_they_are_together_at_once() {
    are_together_at_once("music").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_the_call_during_the_ringback_greeting_does_not_wait_for_its_end() {
    is_not_kept_waiting_by_the_greeting("ringback").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_the_call_during_the_music_greeting_does_not_wait_for_its_end() {
    is_not_kept_waiting_by_the_greeting("music").await;
}

async fn are_together_at_once(waiting: &'static str) {
    let mut medians = Vec::new();
    while medians.len() < SERIES {
        medians.push(median_of_a_series(waiting).await);
        println!("{waiting}: median of {CALLS} calls from key to conversation {:?}", medians[medians.len() - 1]);
        if medians[medians.len() - 1] < TOO_SLOW {
            return;
        }
    }
    panic!("{waiting}: {medians:?}, none below {TOO_SLOW:?}");
}

async fn median_of_a_series(waiting: &'static str) -> Duration {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    (setting.waiting, setting.speed, setting.calls_per_second) = (waiting, 1.0, 100);
    // Nobody is kept waiting for the end of the greeting here.
    setting.rules.speech_per_character = Duration::from_millis(1);
    let stage = setting.without_limits().play().await;
    let sim = &stage.sim;
    let mut took = Vec::new();
    for _ in 0..CALLS {
        let before = sim.observations().len();
        sim.caller("Cleo").calls().await;
        if waiting != "ringing" {
            sim.caller("Cleo").hears_audio("/twilio/audio/").await;
        }
        sim.phone("Ben").rings().await;
        sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
        sim.caller("Cleo").is_connected_to("Ada").hangs_up().await;
        sim.phone("Ben").stops_ringing().await;
        sim.phone("Ada").call_ends().await;
        took.push(from_key_to_conversation(sim, before));
    }
    stage.curtain().await;
    took.sort();
    took[CALLS / 2]
}

/// From the key in the observations after `before` until the last of the two was connected.
fn from_key_to_conversation(sim: &Simulator, before: usize) -> Duration {
    let observations = &sim.observations()[before..];
    let key = observations.iter().find(|seen| matches!(seen.what, What::PressedKey(_))).expect("a key");
    let together = observations.iter().filter(|seen| matches!(seen.what, What::Bridged { .. }));
    assert_eq!(together.clone().count(), 2, "{}", sim.ladder());
    together.map(|seen| seen.at).max().expect("both") - key.at
}

async fn is_not_kept_waiting_by_the_greeting(waiting: &'static str) {
    let mut setting = Setting::by_hand(&["Ada"]);
    (setting.waiting, setting.speed) = (waiting, 2.0);
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears("This is the PyExample hotline").await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").within(2.0).await;
    // And nobody takes the winner for alone later on.
    sim.caller("Cleo").is_connected_to("Ada").waits(10.0).is_connected_to("Ada").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    stage.until("SELECT outcome, organiser, talk_seconds > 8 FROM call_history", &["connected|Ada|1"]).await;
    stage.curtain().await;
}
