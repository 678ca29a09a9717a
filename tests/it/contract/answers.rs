//! What a good webhook gets, and that it may come twice, by GET, or signed with the next token.

use futures_util::future::join_all;
use reqwest::Method;
use sharedphone::simulator::twiml::Method as Word;
use sharedphone::urls;

use super::{LEG_ROUTES, Scene, another_token, leg_url};
use crate::client::{Params, Twilio, call_sid};
use crate::stage::Setting;

const MODES: [&str; 3] = ["ringing", "ringback", "music"];

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_xml_and_status_callbacks_get_nothing() {
    for method in [Method::GET, Method::POST] {
        let scene = Scene::with(&["Ada", "Ben"]).await;
        for webhook in scene.webhooks(&method) {
            let answer = webhook.send().await;
            if webhook.path.starts_with(urls::UPDATES) {
                answer.is_noted();
            } else {
                answer.twiml();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_picked_up_is_asked_for_a_key_and_who_presses_it_has_the_call() {
    for method in [Method::GET, Method::POST] {
        let scene = Scene::with(&["Ada"]).await;
        let ask = |path: String, params: &Params| scene.twilio.webhook(method.clone(), &path, params);
        let (leg, params) = (&scene.legs[0], Params::of_line(&scene.legs[0].sid));
        let asked = ask(leg_url(urls::JOIN, &leg.id), &params).send().await.twiml();
        assert!(asked.contains("<Gather") && asked.contains("Press 1"), "{asked}");
        let joined = ask(leg_url(urls::LEG_KEY, &leg.id), &params).send().await.twiml();
        assert!(joined.contains("<Conference") && joined.contains("maxParticipants=\"2\""), "{joined}");
        assert_eq!(scene.stage.sql("SELECT status, organiser FROM call_history").await, ["active|Ada"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_comes_in_twice_rings_nobody_twice_and_gets_an_equal_answer() {
    for waiting in MODES {
        let mut setting = Setting::by_hand(&["Ada", "Ben"]);
        setting.waiting = waiting;
        let stage = setting.play().await;
        let params = Params::of_line(&call_sid(1)).with("CallStatus", "ringing");
        let mut webhook = Twilio::calling(&stage.base).post(urls::INCOMING, &params);
        webhook.token = Some("the same for every try".to_owned());
        let answers = join_all([webhook.send(), webhook.send(), webhook.send()]).await;
        let again = webhook.send().await;
        for answer in answers {
            assert_eq!(answer.twiml(), again.twiml());
        }
        assert_eq!(stage.sql("SELECT status FROM call_history").await, ["pending"]);
        let legs = "SELECT organiser, count(*) FROM leg_history GROUP BY 1 ORDER BY 1";
        assert_eq!(stage.sql(legs).await, ["Ada|1", "Ben|1"]);
        assert_eq!(stage.sql("SELECT count(*) FROM outbox WHERE kind = 'place'").await, ["2"]);
        stage.sim.phone("Ada").rings().does_not_ring_for(3.0).await;
        assert_eq!(stage.sim.calls().iter().filter(|call| call.to == crate::stage::number(0)).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_twilio_asks_again_is_not_held_back_a_second_time() {
    let scene = Scene::with(&["Ada"]).await;
    let params = Params::of_line(&call_sid(1)).with("CallStatus", "ringing");
    let mut webhook = scene.twilio.post(urls::INCOMING, &params);
    webhook.token = Some("the same for every try".to_owned());
    let held = webhook.clone();
    let held = tokio::spawn(async move { held.send().await });
    scene.stage.until("SELECT count(*) FROM calls", &["2"]).await;
    let again = webhook.send().await.twiml();
    assert!(again.contains("<Redirect"), "{again}");
    assert!(!held.is_finished(), "the first try waits for somebody to take the call");
    held.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_configured_for_the_node_application_works_unchanged() {
    for waiting in MODES {
        let mut setting = Setting::by_hand(&["Ada", "Ben"]);
        (setting.waiting, setting.speed) = (waiting, 3.0);
        let stage = setting.play().await;
        let sim = &stage.sim;
        let (voice, updates) = (format!("{}/", stage.base), format!("{}/updates", stage.base));
        sim.point_number_at(&voice, Word::Get, None, Some(&updates));
        sim.caller("Cleo").calls().await;
        sim.phone("Ben").rings().await;
        sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
        sim.phone("Ben").stops_ringing().within(2.0).await;
        sim.caller("Cleo").is_connected_to("Ada").hangs_up().await;
        sim.phone("Ada").call_ends().await;
        stage.until("SELECT outcome, organiser FROM call_history", &["connected|Ada"]).await;
        sim.caller("Dora").calls().await;
        sim.phone("Ada").rings().await;
        sim.phone("Ben").rings().await;
        sim.caller("Dora").hangs_up().await;
        sim.phone("Ada").stops_ringing().within(2.0).await;
        sim.phone("Ben").stops_ringing().within(2.0).await;
        let last = "SELECT outcome FROM call_history ORDER BY started_at DESC LIMIT 1";
        stage.until(last, &["abandoned"]).await;
        stage.curtain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_tokens_sign_while_the_token_is_being_changed() {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.env.push(("SHAREDPHONE__TWILIO__NEXT_AUTH_TOKEN", another_token()));
    let scene = Scene::set(setting).await;
    for mut webhook in scene.all_webhooks() {
        webhook.sign(&another_token());
        assert!(webhook.send().await.status < 300, "{webhook}: signed with the next token");
        webhook.sign_again();
        assert!(webhook.send().await.status < 300, "{webhook}: signed with the present token");
    }
    // A phone that is being rung because of these has its own webhooks.
    scene.stage.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
    scene.stage.until("SELECT count(*) FROM legs WHERE status = 'dialing'", &["0"]).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.sign("a third")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn monitors_and_sounds_need_no_signature() {
    let scene = Scene::with(&["Ada"]).await;
    let before = scene.record().await;
    let ask = |path| {
        let mut request = scene.twilio.get(path, &Params::default());
        request.signature = None;
        async move { request.send().await }
    };
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(path).await.status, 200, "{path}");
    }
    for path in [urls::RINGBACK, urls::MUSIC] {
        let sound = ask(path).await;
        assert_eq!((sound.status, sound.content_type.as_str()), (200, "audio/wav"), "{path}");
        assert!(sound.body.starts_with(b"RIFF") && sound.body.len() > 8000, "{path}");
    }
    for path in ["/nothing", "/twilio", "/twilio/", "/twilio/audio/../../Cargo.toml", "/metrics", "/.env"] {
        assert!((400..500).contains(&ask(path).await.status), "{path}");
    }
    assert_eq!(scene.record().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_picks_up_after_the_caller_left_is_told_on_every_route() {
    let scene = Scene::with(&["Ada"]).await;
    let left = Params::of_line(&scene.caller).with("CallStatus", "completed");
    scene.twilio.post(urls::UPDATES, &left).send().await.is_noted();
    for path in LEG_ROUTES.into_iter().filter(|path| *path != urls::LEG_ROOM) {
        let params = Params::of_line(&scene.legs[0].sid);
        let text = scene.twilio.post(&leg_url(path, &scene.legs[0].id), &params).send().await.twiml();
        assert!(text.contains("The caller has hung up") && text.ends_with("<Hangup/></Response>"), "{path}: {text}");
    }
}
