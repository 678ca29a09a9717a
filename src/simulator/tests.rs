//! The adapter over real sockets: an application of a few lines answers static documents, places
//! one call, and two people talk.

use super::faults::{Faults, RestFault, RestTrouble, Which};
use super::observation::{Sound, What, heard};
use super::phone::{Behaviour, Phone};
use super::twiml::Method;
use super::{Options, Simulator};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

const ADA: &str = "+15550000001";
const ROOM: &str = "<Response><Dial><Conference beep=\"false\">room</Conference></Dial><Hangup/></Response>";

/// Where the application's REST requests go.
#[derive(Clone)]
struct Twilio {
    client: reqwest::Client,
    calls: String,
    own: String,
    legs: Arc<AtomicU32>,
}

impl Twilio {
    async fn place(&self, to: &str) -> Result<reqwest::Response, reqwest::Error> {
        let form = [
            ("To", to),
            ("From", "+15550006666"),
            ("Url", &format!("{}/join?{}", self.own, self.legs.fetch_add(1, Ordering::SeqCst))),
            ("StatusCallback", &format!("{}/updates", self.own)),
            ("StatusCallbackEvent", "ringing"),
        ];
        let options = Options::default();
        self.client.post(&self.calls).basic_auth(options.account_sid, Some(options.auth_token)).form(&form).send().await
    }
}

fn xml(body: &str) -> ([(&'static str, &'static str); 1], String) {
    ([("content-type", "text/xml")], body.to_owned())
}

async fn application(sim: &Simulator) -> Twilio {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let own = format!("http://{}", listener.local_addr().expect("an address"));
    let account = Options::default().account_sid;
    let twilio = Twilio {
        client: reqwest::Client::builder().no_proxy().build().expect("a client"),
        calls: format!("{}/2010-04-01/Accounts/{account}/Calls.json", sim.api_url()),
        own: own.clone(),
        legs: Arc::default(),
    };
    let screen =
        "<Response><Gather numDigits=\"1\" action=\"OWN/accept\"><Say>Press 1</Say></Gather><Hangup/></Response>"
            .replace("OWN", &own);
    let router = Router::new()
        .route(
            "/",
            post(|State(twilio): State<Arc<Twilio>>, headers: HeaderMap| async move {
                assert!(headers.contains_key("x-twilio-signature"));
                assert!(twilio.place(ADA).await.is_ok_and(|r| r.status() == StatusCode::CREATED));
                xml(ROOM)
            }),
        )
        .route("/join", post(move || async move { xml(&screen) }))
        .route("/accept", post(|| async { xml(ROOM) }))
        .route("/updates", post(|| async { StatusCode::NO_CONTENT }))
        .with_state(Arc::new(twilio.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    twilio
}

async fn world(behaviour: Behaviour) -> (Simulator, Twilio) {
    let phones = vec![Phone::new("Ada", ADA, behaviour)];
    let options = Options { phones, speed: 20.0, ..Options::default() };
    let sim = Simulator::start(options).await.expect("a simulator");
    let twilio = application(&sim).await;
    sim.point_number_at(&format!("{}/", twilio.own), Method::Post, None, None);
    (sim, twilio)
}

#[tokio::test]
async fn a_caller_and_a_phone_are_connected() {
    let (sim, _twilio) = world(Behaviour::Manual).await;
    sim.caller("Cleo").calls().hears_ringing().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").is_connected_to("Ada").hangs_up().call_ends().await;
    sim.phone("Ada").is_left_alone().hangs_up().call_ends().await;
    sim.finish().await;
    let cleo = sim.calls()[0].sid.clone();
    let sounds = heard(&sim.observations(), &cleo, sim.now());
    assert_eq!(sounds[0].sound, Sound::NetworkRinging);
    assert!(sounds.windows(2).all(|pair| pair[0].to == pair[1].from));
}

#[tokio::test]
async fn people_who_act_by_themselves() {
    let (sim, _twilio) = world(Behaviour::takes_the_call(2.0).talking_for(5.0)).await;
    sim.caller("Cleo").calls().is_connected_to("Ada").await;
    sim.phone("Ada").sees("hangs up", |what| matches!(what, What::HungUp { .. })).await;
    sim.finish().await;
}

#[tokio::test]
async fn rest_answers_get_lost() {
    let (sim, twilio) = world(Behaviour::Manual).await;
    for trouble in [RestTrouble::Reset, RestTrouble::Truncated, RestTrouble::Hang] {
        let before = sim.calls().len();
        let fault = RestFault::placing(Which::All, trouble.clone(), true);
        sim.set_faults(Faults::new(vec![], vec![fault]));
        let answer = async { twilio.place(ADA).await?.text().await };
        let answer = sim.clock().within(Duration::from_secs(10), answer).await;
        assert!(!matches!(answer, Some(Ok(_))), "{trouble:?}");
        assert_eq!(sim.calls().len(), before + 1, "{trouble:?} took effect");
    }
}

#[tokio::test]
#[should_panic(expected = "then should: hears \"Press 9\"")]
async fn a_story_that_does_not_come_true() {
    let (sim, _twilio) = world(Behaviour::takes_the_call(1.0)).await;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().hears("Press 9").within(5.0).await;
}

#[tokio::test]
#[should_panic(expected = "Ada rang unexpectedly")]
async fn a_ring_that_nobody_told_of() {
    let (sim, twilio) = world(Behaviour::Manual).await;
    twilio.place(ADA).await.expect("placed");
    sim.sleep(Duration::from_secs(70)).await;
    sim.finish().await;
}

#[tokio::test]
async fn sixty_phones_at_once() {
    let (sim, twilio) = world(Behaviour::Manual).await;
    let numbers: Vec<String> = (10..70).map(|n| format!("+155500010{n}")).collect();
    for (n, number) in numbers.iter().enumerate() {
        let behaviour = Behaviour::takes_the_call(1.0 + n as f64 / 100.0);
        sim.set_phone(&format!("Phone {n}"), number, behaviour);
    }
    for number in &numbers {
        twilio.place(number).await.expect("placed");
    }
    for n in 0..60 {
        let pressed = |what: &What| matches!(what, What::PressedKey(_));
        sim.phone(&format!("Phone {n}")).rings().sees("presses", pressed).within(90.0).await;
    }
    assert_eq!(sim.problems(), []);
}
