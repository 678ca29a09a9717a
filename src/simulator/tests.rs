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
}

impl Twilio {
    async fn place(&self) -> Result<reqwest::Response, reqwest::Error> {
        let form = [
            ("To", ADA),
            ("From", "+15550006666"),
            ("Url", &format!("{}/join", self.own)),
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
    };
    let screen =
        "<Response><Gather numDigits=\"1\" action=\"OWN/accept\"><Say>Press 1</Say></Gather><Hangup/></Response>"
            .replace("OWN", &own);
    let router = Router::new()
        .route(
            "/",
            post(|State(twilio): State<Arc<Twilio>>, headers: HeaderMap| async move {
                assert!(headers.contains_key("x-twilio-signature"));
                assert!(twilio.place().await.is_ok_and(|r| r.status() == StatusCode::CREATED));
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
        let answer = async { twilio.place().await?.text().await };
        let answer = sim.clock().within(Duration::from_secs(10), answer).await;
        assert!(!matches!(answer, Some(Ok(_))), "{trouble:?}");
        assert_eq!(sim.calls().len(), before + 1, "{trouble:?} took effect");
    }
}
