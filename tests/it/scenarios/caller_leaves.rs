//! The caller leaves first, at any moment: nothing keeps ringing and nobody is left alone.

use sharedphone::simulator::phone::Behaviour;

use crate::stage::Setting;

const OUTCOME: &str = "SELECT status, outcome FROM call_history";

#[tokio::test(flavor = "multi_thread")]
async fn while_phones_ring() {
    let stage = Setting::by_hand(&["Ada", "Ben"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().await;
    sim.phone("Ben").rings().await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").stops_ringing().within(2.0).await;
    sim.phone("Ben").stops_ringing().within(2.0).await;
    stage.until(OUTCOME, &["ended|abandoned"]).await;
    stage.until("SELECT DISTINCT status, reason FROM leg_history", &["canceled|caller_left"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_once_before_any_phone_rings() {
    let mut setting = Setting::by_hand(&["Ada", "Ben", "Eve", "Fay"]);
    setting.calls_per_second = 1;
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().waits(0.2).hangs_up().await;
    stage.until(OUTCOME, &["ended|abandoned"]).await;
    sim.phone("Fay").does_not_ring_for(8.0).await;
    stage.until("SELECT count(*) FROM leg_history WHERE ended_at IS NULL", &["0"]).await;
    let dropped = "SELECT count(*) > 1 FROM outbox WHERE kind = 'place' AND status = 'dropped'";
    stage.until(dropped, &["1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_organiser_is_being_screened() {
    let stage = Setting::by_hand(&["Ada"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").hears("the caller has hung up").call_ends().await;
    stage.until("SELECT status, reason FROM leg_history", &["lost|caller_left"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_moment_in_which_the_call_is_taken() {
    // The status callback is lost: only the winner's empty room shows that the caller has gone.
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.faults.webhooks.push(crate::stage::lost("/updates", "no-answer"));
    setting.faults.webhooks.push(crate::stage::lost("/updates", "canceled"));
    setting.faults.webhooks.push(crate::stage::lost("/updates", "completed"));
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").presses("1").hears("connecting").hears("the caller has hung up").within(6.0).call_ends().await;
    stage.until(OUTCOME, &["ended|abandoned"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_waiting_in_the_room() {
    let mut setting = Setting::with([("Ada", Behaviour::Ignores), ("Ben", Behaviour::Manual)]);
    setting.waiting = "music";
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears_audio("music").await;
    sim.phone("Ben").rings().await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ben").stops_ringing().within(2.0).await;
    stage.until(OUTCOME, &["ended|abandoned"]).await;
    stage.curtain().await;
}
