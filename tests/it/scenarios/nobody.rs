//! Nobody comes: the caller is told, and nothing keeps ringing.

use sharedphone::simulator::phone::{BadNumber, Behaviour};

use crate::stage::Setting;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_fails_in_a_way_of_their_own() {
    let stage = Setting::with([
        ("Ada", Behaviour::Busy),
        ("Ben", Behaviour::Declines(std::time::Duration::from_secs(1))),
        ("Eve", Behaviour::Bad(BadNumber::Refused(21211))),
        ("Fay", Behaviour::Bad(BadNumber::Fails)),
        ("Gus", Behaviour::voicemail(2.0)),
        (
            "Hal",
            Behaviour::AnswersThenHangsUp {
                answers_after: std::time::Duration::from_secs(1),
                hangs_up_after: std::time::Duration::from_secs(1),
            },
        ),
        ("Ida", Behaviour::Ignores),
    ]);
    let stage = stage.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears("Nobody of the team could take your call").within(40.0).call_ends().await;
    stage.until("SELECT outcome FROM call_history", &["unanswered"]).await;
    let legs = "SELECT organiser, status, reason FROM leg_history ORDER BY organiser";
    let ends = [
        "Ada|busy|",
        "Ben|busy|",
        "Eve|failed|twilio_21211",
        "Fay|failed|sip_404",
        "Gus|declined|no_key",
        "Hal|declined|no_key",
        "Ida|no_answer|",
    ];
    stage.until(legs, &ends).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_is_over_while_phones_still_ring() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    (setting.give_up_seconds, setting.ring_seconds) = (8, 30);
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().await;
    sim.phone("Ben").rings().waits(5.5).answers().hears("press 1").await;
    sim.caller("Cleo").hears("Nobody of the team could take your call").within(12.0).call_ends().await;
    sim.phone("Ada").stops_ringing().await;
    sim.phone("Ben").hears("could not wait any longer").call_ends().await;
    let ben = "SELECT status, reason FROM leg_history WHERE organiser = 'Ben'";
    stage.until(ben, &["lost|gave_up"]).await;
    stage.curtain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_organiser_is_the_caller() {
    let stage = Setting::by_hand(&["Ada"]).play().await;
    let sim = &stage.sim;
    sim.caller("Ada").calls().hears("Nobody of the team could take your call").call_ends().await;
    stage
        .until("SELECT cause FROM event_log WHERE subject = 'organiser' AND call_sid IS NOT NULL", &["not_rung"])
        .await;
    stage.curtain().await;
}
