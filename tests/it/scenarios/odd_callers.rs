//! Callers who are organisers, withhold their number, or are ourselves.

use crate::stage::Setting;

#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_who_calls_is_not_rung_for_their_own_call() {
    let stage = Setting::by_hand(&["Ada", "Ben"]).play().await;
    let sim = &stage.sim;
    sim.caller("Ada").calls().await;
    sim.phone("Ben").rings().answers().hears("press 1").presses("1").is_connected_to("Ada").await;
    stage.until("SELECT organiser FROM leg_history", &["Ben"]).await;
    sim.phone("Ada").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn withheld_and_odd_numbers_are_callers_like_all_others() {
    for shown in ["anonymous", "+266696687", "", "sip:somebody@example.org", "Ünbekannt <b>"] {
        let stage = Setting::by_hand(&["Ada"]).play().await;
        let sim = &stage.sim;
        sim.caller("Cleo").calls_showing(shown).await;
        sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
        stage.until("SELECT caller FROM call_history", &[shown]).await;
        sim.caller("Cleo").hangs_up().await;
        sim.phone("Ada").call_ends().await;
        stage.curtain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_from_ourselves_is_refused_before_it_rings_everybody() {
    let stage = Setting::by_hand(&["Ada"]).play().await;
    let sim = &stage.sim;
    sim.caller("Echo").calls_showing("+15550006666").call_ends().await;
    sim.phone("Ada").does_not_ring_for(5.0).await;
    stage.until("SELECT outcome FROM call_history", &["refused"]).await;
    // Not the curtain: there is nobody here to whom a person or a spoken word was promised.
    sim.finish().await;
}
