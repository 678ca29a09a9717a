//! What the caller hears until somebody takes the call.

use std::time::Duration;

use sharedphone::simulator::observation::{Sound, What, heard};

use crate::stage::{Setting, Stage};

/// Stretches of what the caller heard, with their lengths in seconds.
fn heard_by_caller(stage: &Stage) -> Vec<(Sound, f64)> {
    let observations = stage.sim.observations();
    let call = observations.iter().find(|seen| seen.what == What::Calls).expect("a call").call_sid.clone();
    let stretches = heard(&observations, &call, stage.sim.now());
    stretches.into_iter().map(|stretch| (stretch.sound, (stretch.to - stretch.from).as_secs_f64())).collect()
}

fn called_at(stage: &Stage) -> Duration {
    let observations = stage.sim.observations();
    observations.iter().find(|seen| seen.what == What::Calls).expect("a call").at
}

/// Silence that somebody would notice, in seconds.
const A_GAP: f64 = 1.5;

async fn a_long_wait(pause_answers: bool) {
    let mut setting = Setting::by_hand(&["Ada"]);
    (setting.ring_seconds, setting.give_up_seconds) = (110, 120);
    setting.rules.pause_answers = pause_answers;
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().waits(94.0).answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").is_connected_to("Ada").await;
    let waited = (sim.now() - called_at(&stage)).as_secs_f64();
    assert!((94.0..=99.0).contains(&waited), "connected after {waited} s");
    for (sound, seconds) in heard_by_caller(&stage) {
        match sound {
            Sound::NetworkRinging | Sound::Voice(_) | Sound::Beep => {}
            Sound::Play(url) if url.contains("ringback") => {}
            Sound::Silence if seconds < A_GAP => {}
            other => panic!("{other} for {seconds} s\n{}", sim.ladder()),
        }
    }
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_hears_ringing_for_95_seconds_and_is_connected() {
    a_long_wait(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_if_a_pause_answers_the_call() {
    a_long_wait(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_ringback_the_line_says_what_it_is_and_rings() {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.waiting = "ringback";
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears("This is the PyExample hotline").hears_audio("ringback").await;
    sim.caller("Cleo").hears("still calling the team").await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").is_connected_to("Ada").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_music_there_is_music_and_the_fallback_comes_in_time() {
    let mut setting = Setting::by_hand(&["Ada"]);
    (setting.waiting, setting.give_up_seconds) = ("music", 20);
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears("This is the PyExample hotline").hears_audio("music").await;
    sim.phone("Ada").rings().await;
    sim.caller("Cleo").hears("Nobody of the team could take your call").within(24.0).call_ends().await;
    assert!(sim.now() - called_at(&stage) < Duration::from_secs(40));
    sim.phone("Ada").stops_ringing().await;
    stage.until("SELECT outcome, organiser FROM call_history", &["unanswered|"]).await;
    stage.curtain().await;
}
