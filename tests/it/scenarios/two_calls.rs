//! Several calls at once: an organiser who is occupied by one waits for the next.

use crate::stage::Setting;

#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_who_is_freed_goes_to_the_oldest_waiting_call() {
    let stage = Setting::by_hand(&["Ada", "Ben"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().await;
    sim.phone("Ben").rings().await;
    sim.caller("Dora").calls().waits(1.0).await;
    stage.until("SELECT status, reason FROM legs ORDER BY planned_at DESC LIMIT 1", &["planned|occupied"]).await;
    sim.phone("Ada").answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().rings().answers().hears("press 1").presses("1").is_connected_to("Dora").await;
    sim.caller("Cleo").is_connected_to("Ada").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    sim.caller("Dora").is_connected_to("Ben").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    stage
        .until("SELECT outcome, organiser FROM call_history ORDER BY started_at", &["connected|Ada", "connected|Ben"])
        .await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_for_an_occupied_organiser_has_not_failed() {
    let stage = Setting::by_hand(&["Ada"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Dora").calls().hears_ringing().waits(5.0).hears_only_ringing().await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().rings().answers().hears("press 1").presses("1").is_connected_to("Dora").await;
    sim.caller("Dora").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    stage.curtain().await;
}
