//! The first organiser who takes the call has it; all others stop ringing, or hear the truth.

use sharedphone::simulator::phone::Behaviour;

use crate::stage::Setting;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_to_press_one_talks_to_the_caller() {
    let stage = Setting::by_hand(&["Ada", "Ben", "Eve"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears_ringing().await;
    sim.phone("Ada").rings().await;
    sim.phone("Eve").rings().await;
    sim.phone("Ben").rings().answers().hears("PyExample hotline").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ada").stops_ringing().within(2.0).await;
    sim.phone("Eve").stops_ringing().within(2.0).await;
    sim.caller("Cleo").is_connected_to("Ben").hangs_up().await;
    sim.phone("Ben").hears("the call has ended").call_ends().await;
    stage.until("SELECT outcome, organiser FROM call_history", &["connected|Ben"]).await;
    let legs = "SELECT organiser, status, reason FROM leg_history ORDER BY organiser";
    stage.until(legs, &["Ada|canceled|taken", "Ben|completed|", "Eve|canceled|taken"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_being_screened_hears_who_took_it() {
    let stage = Setting::by_hand(&["Ada", "Ben"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").await;
    sim.phone("Ben").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ada").hears("Ben has taken this call").call_ends().await;
    let legs = "SELECT organiser, status, reason FROM leg_history ORDER BY organiser";
    stage.until(legs, &["Ada|lost|taken", "Ben|joined|"]).await;
    sim.phone("Ben").hangs_up().await;
    sim.caller("Cleo").hears("your call has ended").hears("goodbye").call_ends().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_presses_one_too_late_hears_who_took_it() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    // The redirect that would tell Ada never succeeds: her own key has to.
    setting.faults.rest.push(crate::stage::redirects_fail());
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").await;
    sim.phone("Ben").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ada").presses("1").hears("Ben has taken this call").call_ends().await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_take_it_within_a_second_are_never_both_connected() {
    let both = |delay| Behaviour::takes_the_call(delay);
    let stage = Setting::with([("Ada", both(2.0)), ("Ben", both(1.9)), ("Eve", Behaviour::Ignores)]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    stage.until("SELECT status FROM calls", &["active"]).await;
    stage.until("SELECT count(*) FROM legs WHERE joined_at IS NOT NULL", &["1"]).await;
    stage.until("SELECT count(*) FROM legs WHERE ended_at IS NULL", &["1"]).await;
    sim.caller("Cleo").hangs_up().await;
    stage.until("SELECT count(*) FROM legs WHERE ended_at IS NULL", &["0"]).await;
    stage.curtain().await;
}
