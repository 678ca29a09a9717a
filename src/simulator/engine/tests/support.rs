//! A world with an application that is a function, and time that jumps.

use crate::simulator::engine::{Action, Outcome, Outgoing, Settings, Status, World};
use crate::simulator::faults::Faults;
use crate::simulator::observation::What;
use crate::simulator::phone::{Behaviour, Phone};
use crate::simulator::rest::{RestReply, RestRequest};
use crate::simulator::rules::Rules;
use base64::Engine as _;
use std::collections::HashMap;
use std::time::Duration;

pub const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub const HOTLINE: &str = "+15550006666";

/// A world and how the application answers, by path.
pub struct Play {
    pub world: World,
    pub answers: HashMap<&'static str, Outcome>,
    /// Every request that was sent: when, path, parameters.
    pub sent: Vec<(Duration, String, HashMap<String, String>)>,
    pub requests: Vec<Outgoing>,
    now: Duration,
}

pub fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

pub fn xml(body: &str) -> Outcome {
    let body = format!("<Response>{body}</Response>").into_bytes();
    Outcome::Answered { status: 200, content_type: Some("text/xml".to_owned()), body }
}

pub fn status(status: u16) -> Outcome {
    Outcome::Answered { status, content_type: None, body: Vec::new() }
}

impl Play {
    pub fn new(phones: &[(&str, &str, Behaviour)], rules: Rules) -> Self {
        let phones = phones.iter().map(|(n, number, b)| Phone::new(n, number, b.clone())).collect();
        let mut world = World::new(Settings {
            account_sid: ACCOUNT.to_owned(),
            auth_token: "token".to_owned(),
            hotline: HOTLINE.to_owned(),
            phones,
            calls_per_second: 1,
            seed: 1,
            epoch: 1_795_000_000,
            rules,
            faults: Faults::default(),
        });
        world.set_line("voice_url", "http://app.test/voice");
        world.set_line("status_callback", "http://app.test/updates");
        let answers = HashMap::from([("/updates", status(204))]);
        Self { world, answers, sent: Vec::new(), requests: Vec::new(), now: Duration::ZERO }
    }

    pub fn answer(mut self, path: &'static str, outcome: Outcome) -> Self {
        self.answers.insert(path, outcome);
        self
    }

    /// Lets this much time pass; the application answers at once, or never if it has no answer.
    pub fn pass(&mut self, seconds: f64) {
        let end = self.now + s(seconds);
        loop {
            for action in self.world.advance(self.now) {
                if let Action::Send(outgoing) = action {
                    self.deliver(outgoing);
                }
            }
            match self.world.next_due() {
                Some(at) if at <= end => self.now = self.now.max(at),
                _ => break,
            }
        }
        self.now = end;
        self.world.advance(end);
    }

    fn deliver(&mut self, outgoing: Outgoing) {
        let url = url::Url::parse(&outgoing.url).expect("a URL");
        let text = outgoing.body.clone().unwrap_or(url.query().unwrap_or_default().to_owned());
        let params = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        self.sent.push((self.now, url.path().to_owned(), params));
        self.requests.push(outgoing.clone());
        if let Some(outcome) = self.answers.get(url.path()) {
            self.world.webhook_answered(outgoing.id, outcome.clone(), self.now);
        }
    }

    pub fn call(&mut self, name: &str) -> String {
        self.world.start_call(name, None, self.now)
    }

    pub fn press(&mut self, name: &str, keys: &str) {
        assert!(self.world.press(name, keys, self.now), "{name} is in no call");
    }

    pub fn hang_up(&mut self, name: &str) {
        assert!(self.world.hang_up(name, self.now), "{name} is in no call");
    }

    pub fn rest(&mut self, method: &str, path: &str, form: &[(&str, &str)]) -> RestReply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{ACCOUNT}:token"));
        let request = RestRequest {
            method: method.to_owned(),
            target: format!("/2010-04-01/Accounts/{ACCOUNT}/{path}"),
            authorization: Some(format!("Basic {pair}")),
            content_type: Some("application/x-www-form-urlencoded".to_owned()),
            body: body.into_bytes(),
        };
        self.world.handle_rest(&request, self.now)
    }

    /// Places a call and gives its SID.
    pub fn place(&mut self, to: &str, url: &str) -> String {
        let reply = self.rest(
            "POST",
            "Calls.json",
            &[
                ("To", to),
                ("From", HOTLINE),
                ("Url", url),
                ("Timeout", "20"),
                ("StatusCallback", "http://app.test/updates"),
                ("StatusCallbackEvent", "initiated"),
                ("StatusCallbackEvent", "ringing"),
                ("StatusCallbackEvent", "answered"),
                ("StatusCallbackEvent", "completed"),
            ],
        );
        assert_eq!(reply.status, 201, "{}", reply.body);
        json(&reply)["sid"].as_str().expect("a sid").to_owned()
    }

    pub fn status_of(&self, sid: &str) -> Status {
        self.world.calls().iter().find(|c| c.sid == sid).expect("the call").status
    }

    /// What somebody went through, in words.
    pub fn story(&self, name: &str) -> Vec<String> {
        let mine = self.world.observations().iter().filter(|o| o.party == name);
        mine.map(|o| o.what.to_string()).collect()
    }

    pub fn saw(&self, name: &str, fits: impl Fn(&What) -> bool) -> Option<Duration> {
        let found = self.world.observations().iter().find(|o| o.party == name && fits(&o.what));
        found.map(|o| o.at)
    }

    /// The `CallStatus` of the callbacks sent so far for a call.
    pub fn told(&self, sid: &str) -> Vec<String> {
        let about = |p: &&(Duration, String, HashMap<String, String>)| {
            p.1 == "/updates" && p.2.get("CallSid").is_some_and(|s| s == sid)
        };
        self.sent.iter().filter(about).map(|p| p.2["CallStatus"].clone()).collect()
    }
}

pub fn json(reply: &RestReply) -> serde_json::Value {
    serde_json::from_str(&reply.body).expect("JSON")
}
