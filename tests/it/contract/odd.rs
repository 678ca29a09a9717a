//! What is signed and strange: it is answered politely and takes nobody's call.

use sharedphone::urls;

use super::{LEG_ROUTES, Scene, leg_url};
use crate::client::{Params, call_sid};
use crate::stage::Setting;

#[tokio::test(flavor = "multi_thread")]
async fn invalid_utf8_in_a_value() {
    let scene = Scene::with(&["Ada"]).await;
    for mut webhook in scene.all_webhooks() {
        webhook.params.set("From", b"\xff\xfe+15557770000");
        webhook.params.set("ApiVersion", b"\xc3\x28");
        webhook.params.set("Digits", b"\xff");
        webhook.sign_again();
        assert!(webhook.send().await.status < 300, "{webhook}");
    }
    let status = Params::of_line(&scene.caller).with("CallStatus", b"\xff");
    scene.twilio.post(urls::UPDATES, &status).send().await.is_noted();
    let from_bytes = "SELECT DISTINCT caller FROM call_history WHERE caller NOT LIKE '+1555777%'";
    assert_eq!(scene.stage.sql(from_bytes).await, ["\u{fffd}\u{fffd}+15557770000"]);
    assert_eq!(scene.stage.sql("SELECT count(*) FROM legs WHERE joined_at IS NOT NULL").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_a_value() {
    let scene = Scene::with(&["Ada", "Ben"]).await;
    let ada = &scene.legs[0];
    let join = Params::of_line(&ada.sid);
    assert!(scene.twilio.post(&leg_url(urls::JOIN, &ada.id), &join).send().await.twiml().contains("Press 1"));
    let pressed = join.with("Digits", "1\0");
    scene.twilio.post(&leg_url(urls::LEG_KEY, &ada.id), &pressed).send().await.twiml();
    assert_eq!(scene.stage.sql("SELECT status FROM call_history").await, ["pending"], "1 and a NUL is not 1");
    let call = Params::of_line(&call_sid(1)).with("From", "+1555\0");
    scene.twilio.get(urls::INCOMING, &call).send().await.twiml();
    assert_eq!(scene.stage.sql("SELECT caller FROM call_history ORDER BY started_at DESC LIMIT 1").await, ["+1555"]);
    let status = Params::of_line(&scene.caller).with("CallStatus", "completed\0");
    scene.twilio.post(urls::UPDATES, &status).send().await.is_noted();
    assert_eq!(scene.stage.sql("SELECT count(*) FROM calls WHERE status = 'ended'").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_parameters_are_answered_within_a_second() {
    let scene = Scene::with(&["Ada"]).await;
    let mut many = Params::of_line(&call_sid(1));
    many.add_empty((0..10_000).map(|number| format!("{number:x}")));
    for mut webhook in [scene.twilio.post(urls::INCOMING, &many), scene.twilio.get(urls::INCOMING, &many)] {
        let asked = scene.stage.sim.now();
        webhook.send().await.twiml();
        let took = scene.stage.sim.now() - asked;
        assert!(took.as_secs_f64() < 1.0, "{}: {took:?}", webhook.method);
        webhook.signature = None;
        assert_eq!(webhook.send().await.status, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_at_the_limit_is_read() {
    let scene = Scene::with(&["Ada"]).await;
    let mut webhook = scene.twilio.post(urls::INCOMING, &Params::of_line(&call_sid(1)).with("Filling", ""));
    let rest = 64 * 1024 - webhook.params.encoded().len();
    webhook.params.set("Filling", "x".repeat(rest));
    webhook.sign_again();
    webhook.send().await.twiml();
    webhook.params.set("Filling", "x".repeat(rest + 1));
    webhook.sign_again();
    assert_eq!(webhook.send().await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_that_nobody_knows_or_that_is_none() {
    let scene = Scene::with(&["Ada"]).await;
    let before = scene.record().await;
    let unknown = "019a9f6e-0000-7000-8000-000000000000";
    let cut = &scene.legs[0].id[..35];
    for leg in [unknown, cut, "", "1", "%00", "%ff", "..%2F..", "%27%20OR%201=1", &"a".repeat(5000)] {
        for path in LEG_ROUTES {
            let (path, params) = (leg_url(path, leg), Params::of_line(&scene.legs[0].sid));
            scene.twilio.post(&path, &params).send().await.is_a_hang_up();
            scene.twilio.get(&path, &params).send().await.is_a_hang_up();
        }
        let (path, params) = (leg_url(urls::UPDATES, leg), Params::of_line(&scene.legs[0].sid));
        scene.twilio.post(&path, &params).send().await.is_noted();
        scene.twilio.get(&path, &params).send().await.is_noted();
    }
    assert_eq!(scene.record().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legs_address_that_names_no_leg() {
    let scene = Scene::with(&["Ada"]).await;
    let before = scene.record().await;
    for path in LEG_ROUTES.into_iter().filter(|path| *path != urls::FALLBACK) {
        scene.twilio.post(path, &Params::of_line(&scene.legs[0].sid)).send().await.is_a_hang_up();
        scene.twilio.get(path, &Params::of_line(&scene.legs[0].sid)).send().await.is_a_hang_up();
    }
    assert_eq!(scene.record().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_line_does_not_get_the_legs_call() {
    let scene = Scene::with(&["Ada"]).await;
    let stranger = Params::of_line(&call_sid(7));
    for path in LEG_ROUTES {
        scene.twilio.post(&leg_url(path, &scene.legs[0].id), &stranger).send().await.is_a_hang_up();
    }
    assert_eq!(scene.stage.sql("SELECT status FROM leg_history").await, ["ringing"]);
    assert_eq!(scene.stage.sql("SELECT status FROM call_history").await, ["pending"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_of_an_unknown_call() {
    let scene = Scene::with(&["Ada"]).await;
    let before = scene.record().await;
    for status in ["queued", "initiated", "ringing", "in-progress", "completed", "no-answer", "failed", "dreaming", ""]
    {
        let params = Params::of_line(&call_sid(1)).with("CallStatus", status);
        scene.twilio.post(urls::UPDATES, &params).send().await.is_noted();
        scene.twilio.get(urls::UPDATES, &params).send().await.is_noted();
    }
    assert_eq!(scene.record().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn last_weeks_webhooks_come_again() {
    let mut stage = Setting::by_hand(&["Ada", "Ben"]).play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    stage.until("SELECT count(*) FROM leg_history WHERE ended_at IS NULL", &["0"]).await;
    stage.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    // A week later nothing of it is in memory.
    stage.stop_service().await;
    stage.start_service().await;
    let scene = Scene::of(stage).await;
    let before = scene.rows().await;
    for mut webhook in scene.all_webhooks() {
        if !webhook.path.contains("leg=") {
            webhook.params.set("CallSid", &scene.caller);
        }
        for status in ["ringing", "in-progress", "completed"] {
            webhook.params.set("CallStatus", status);
            webhook.sign_again();
            let answer = webhook.send().await;
            if webhook.path.starts_with(urls::UPDATES) {
                answer.is_noted();
            } else {
                let text = answer.twiml();
                assert!(text.ends_with("<Hangup/></Response>") || text.contains("<Redirect"), "{webhook}: {text}");
                assert!(!text.contains("<Dial"), "{webhook}: {text}");
            }
        }
    }
    assert_eq!(scene.rows().await, before);
}
