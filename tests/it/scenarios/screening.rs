//! How a human is told from a machine.

use sharedphone::simulator::phone::Behaviour;

use crate::stage::Setting;

const LEGS: &str = "SELECT organiser, status, reason FROM leg_history ORDER BY organiser";

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_presses_nothing_and_is_let_go() {
    let phones = [("Ada", Behaviour::voicemail(1.0)), ("Ben", Behaviour::Manual)];
    let mut setting = Setting::with(phones);
    setting.ring_seconds = 40;
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").call_ends().await;
    stage.until("SELECT status, reason FROM leg_history WHERE organiser = 'Ada'", &["declined|no_key"]).await;
    sim.phone("Ben").answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_leaves_the_call_to_the_others() {
    let stage = Setting::by_hand(&["Ada", "Ben"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("5").hears("leave this call to the others").await;
    sim.phone("Ben").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    stage.until(LEGS, &["Ada|declined|other_key", "Ben|completed|"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_screening_robot_hears_at_once_what_this_is() {
    let human = sharedphone::simulator::phone::Human {
        answers_after: std::time::Duration::from_secs(4),
        presses: vec![sharedphone::simulator::phone::Press {
            cue: sharedphone::simulator::phone::Cue::Hears("press 1".into(), std::time::Duration::from_secs(1)),
            keys: "1".into(),
        }],
        talks_for: None,
    };
    let stage = Setting::with([("Ada", Behaviour::CallScreener(Some(human)))]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().is_connected_to("Ada").hangs_up().await;
    stage.until(LEGS, &["Ada|completed|"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_amd_a_human_has_the_call_at_once_and_a_machine_is_let_go() {
    let phones = [("Ada", Behaviour::voicemail(0.5)), ("Ben", Behaviour::Manual)];
    let mut setting = Setting::with(phones);
    setting.screening = "amd";
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    stage.until("SELECT status FROM leg_history WHERE organiser = 'Ada'", &["machine"]).await;
    sim.phone("Ben").answers().is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    stage.until(LEGS, &["Ada|machine|", "Ben|completed|"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_screening_whoever_picks_up_has_the_call() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.screening = "none";
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().await;
    sim.caller("Cleo").hangs_up().await;
    stage.until(LEGS, &["Ada|completed|", "Ben|canceled|taken"]).await;
    stage.curtain().await;
}
