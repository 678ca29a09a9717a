//! Too many calls: fewer phones ring, nobody in need is turned away without a word, and no phone rings
//! for our own ringing that comes back.

use sharedphone::simulator::phone::{Behaviour, Shows};

use crate::stage::{Setting, Stage};

const NOT_RUNG: &str = "SELECT organiser, reason FROM not_rung
    WHERE call_sid = (SELECT call_sid FROM call_history ORDER BY started_at DESC LIMIT 1) ORDER BY 1";

const LIMITS: &str = "SELECT detail->>'$.limit' FROM events WHERE cause = 'call.limited' ORDER BY seq";

/// Ada talks to Cleo, which is as many calls as may ring the whole team.
async fn one_call_is_the_limit() -> Stage {
    let mut setting = Setting::by_hand(&["Ada", "Ben", "Cal"]);
    setting.env.push(("SHAREDPHONE__LIMITS__CONCURRENT_CALLS", "1".into()));
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Cal").rings().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().await;
    sim.phone("Cal").stops_ringing().await;
    let down = "SELECT count(*) FROM legs WHERE ended_at IS NULL";
    stage.until(down, &["1"]).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_above_a_limit_has_one_organiser_who_takes_it() {
    let stage = one_call_is_the_limit().await;
    let sim = &stage.sim;
    sim.caller("Dora").calls().await;
    sim.phone("Ben").rings().answers().hears("press 1").presses("1").is_connected_to("Dora").await;
    sim.phone("Cal").does_not_ring_for(1.0).await;
    assert_eq!(stage.sql(NOT_RUNG).await, ["Ada|limited", "Cal|limited"]);
    assert_eq!(stage.sql(LIMITS).await, ["concurrent_calls"]);
    for (caller, organiser) in [("Cleo", "Ada"), ("Dora", "Ben")] {
        sim.caller(caller).hangs_up().await;
        sim.phone(organiser).call_ends().await;
    }
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_above_a_limit_whom_nobody_takes_hears_a_way_on() {
    let stage = one_call_is_the_limit().await;
    let sim = &stage.sim;
    sim.caller("Dora").calls().await;
    sim.phone("Ben").rings().declines().await;
    sim.caller("Dora").hears("speak to somebody of the team in person").call_ends().await;
    sim.phone("Cal").does_not_ring_for(1.0).await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_hours_phones_are_rung_a_caller_hears_so_at_once_also_after_a_restart() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.env.push(("SHAREDPHONE__LIMITS__LEGS_PER_HOUR", "2".into()));
    let mut stage = setting.play().await;
    stage.sim.caller("Cleo").calls().await;
    stage.sim.phone("Ben").rings().await;
    stage.sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").hangs_up().await;
    stage.sim.caller("Cleo").hears("press 1").presses("1").hears("we can't ring the team now").call_ends().await;
    // What Twilio still has to tell is told before the service stops.
    stage.until("SELECT count(*) FROM calls WHERE ended_at IS NULL", &["0"]).await;
    stage.until("SELECT count(*) FROM legs WHERE ended_at IS NULL", &["0"]).await;
    stage.stop_service().await;
    stage.start_service().await;
    stage.sim.caller("Dora").calls().hears("we can't ring the team now").within(3.0).call_ends().await;
    stage.sim.phone("Ada").does_not_ring_for(1.0).await;
    stage.sim.phone("Ben").does_not_ring_for(1.0).await;
    let not_rung = "SELECT organiser, reason, count(*) FROM not_rung GROUP BY 1, 2 ORDER BY 1";
    assert_eq!(stage.sql(not_rung).await, ["Ada|spent|2", "Ben|spent|2"]);
    assert_eq!(stage.sql(LIMITS).await, ["legs_per_hour", "legs_per_hour"]);
    stage.until("SELECT outcome FROM call_history ORDER BY 1", &["connected", "unanswered"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_forwards_to_the_hotline_is_busy_and_the_others_ring_once() {
    for (shows, says_so) in [(Shows::WhoRang, false), (Shows::Itself, false), (Shows::Nobody, true)] {
        let forwards = Behaviour::Forwards { shows, says_so };
        let stage = Setting::with([("Ada", forwards), ("Ben", Behaviour::Manual)]).play().await;
        let sim = &stage.sim;
        sim.caller("Cleo").calls().await;
        sim.phone("Ada").rings().stops_ringing().await;
        sim.phone("Ben").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
        sim.caller("Cleo").hangs_up().await;
        sim.phone("Ben").call_ends().await;
        stage.until("SELECT outcome FROM call_history ORDER BY 1", &["connected", "refused"]).await;
        let legs = "SELECT organiser, status FROM leg_history ORDER BY organiser";
        stage.until(legs, &["Ada|busy", "Ben|completed"]).await;
        stage.curtain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forward_that_nothing_tells_from_a_person_rings_no_phone_twice() {
    let forwards = Behaviour::Forwards { shows: Shows::Nobody, says_so: false };
    let stage = Setting::with([("Ada", forwards), ("Ben", Behaviour::Manual)]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    stage.until("SELECT count(*) FROM calls", &["2"]).await;
    sim.phone("Ben").answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    stage.until("SELECT count(*), max(status) FROM calls", &["2|ended"]).await;
    assert_eq!(stage.sql("SELECT count(*) FROM leg_history WHERE started_at IS NOT NULL").await, ["2"]);
    stage.curtain().await;
}
