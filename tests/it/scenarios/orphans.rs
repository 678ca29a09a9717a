//! Lines that Twilio has and the record does not know: their phones ring for nobody.

use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::domain::phone::PhoneNumber;
use sharedphone::simulator::Options;
use sharedphone::simulator::phone::Behaviour;
use sharedphone::twilio::client::{Credentials, Placement, Timeouts, TwilioClient};

use crate::stage::{Setting, Stage, number};

/// Somebody else's program, or a service of ours whose database is lost, rings this number.
async fn rings(stage: &Stage, to: &str) {
    let twilio = Options::default();
    let client = TwilioClient::new(
        &stage.sim.api_url().parse().expect("an address"),
        Credentials::new(twilio.account_sid.parse().expect("a SID"), &[twilio.auth_token.into()]),
        Timeouts::default(),
        Clock::system(),
    );
    let placement = Placement {
        to: to.parse::<PhoneNumber>().expect("a number"),
        from: twilio.hotline.parse().expect("a number"),
        url: format!("{}/join?leg=0192f0c1-2345-7abc-8def-0123456789ab&to={}", stage.base, to.len()),
        fallback_url: format!("{}/twilio/fallback", stage.base),
        status_callback: format!("{}/updates?leg=0192f0c1-2345-7abc-8def-0123456789ab", stage.base),
        ring_seconds: 600,
        time_limit_seconds: 600,
        machine_detection: false,
    };
    client.expect("a client").place(&placement).await.expect("placed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_no_call_explains_is_hung_up_and_others_are_left_alone() {
    let mut setting = Setting::with([("Ada", Behaviour::Ignores), ("Zoe", Behaviour::Ignores)]);
    let zoe = setting.phones.pop().expect("Zoe");
    let stage = setting.play().await;
    stage.sim.set_phone("Zoe", &zoe.number, zoe.behaviour);
    rings(&stage, &number(0)).await;
    rings(&stage, &number(1)).await;
    stage.sim.phone("Ada").rings().await;
    // Not by the first look, which finds a line that may be ours.
    stage.sim.sleep(Duration::from_secs(10)).await;
    assert_eq!(stage.sim.ringing(), ["Ada", "Zoe"]);
    stage.sim.phone("Ada").stops_ringing().within(20.0).await;
    stage.until("SELECT cause, source FROM events WHERE cause LIKE 'line%'", &["line.orphaned|reconcile"]).await;
    assert_eq!(stage.sim.ringing(), ["Zoe"]);
    assert_eq!(stage.sql("SELECT count(*) FROM events WHERE cause = 'line.orphaned'").await, ["1"]);
}
