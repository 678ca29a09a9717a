//! The organiser's line ends in mid-call and the caller's does not.

use crate::stage::Setting;

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_has_the_team_rung_again_by_key() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.second_ring = true;
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").hangs_up().await;
    sim.phone("Ben").stops_ringing().await;
    sim.caller("Cleo").hears("If you were cut off, press 1").presses("1").hears_audio("ringback").await;
    sim.phone("Ada").rings().await;
    sim.phone("Ben").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ada").stops_ringing().await;
    sim.caller("Cleo").is_connected_to("Ben").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    stage.until("SELECT outcome, organiser FROM call_history", &["connected|Ada"]).await;
    stage.until("SELECT round FROM calls", &["2"]).await;
    stage.until("SELECT count(DISTINCT room) FROM calls", &["1"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_the_call_kindly() {
    let stage = Setting::by_hand(&["Ada"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").hangs_up().await;
    sim.caller("Cleo").hears("If you were cut off, press 1").hears("goodbye").call_ends().await;
    stage.until("SELECT status, outcome FROM call_history", &["ended|connected"]).await;
    stage.curtain().await;
}
