//! Owns what can be made to go wrong between Twilio and the application, in either direction:
//! rules that match a message, and what then happens to it. Counts its own matches; knows nothing
//! of calls.

use super::random::Chance;
use std::time::Duration;

/// Which of the matching messages are hit.
#[derive(Debug, Clone)]
pub enum Which {
    /// All of them.
    All,
    /// The nth (from 1) and no other.
    Nth(u32),
    /// The first n.
    First(u32),
    /// Each with this probability.
    Chance(f64),
}

/// What happens to a webhook or a status callback.
#[derive(Debug, Clone)]
pub enum WebhookTrouble {
    /// Never arrives. A document request then counts as a failed connection.
    Lost,
    /// Arrives, but Twilio never sees the answer.
    AnswerLost,
    /// Is sent this much later.
    Delayed(Duration),
    /// Is sent a second time this much later; the second answer is ignored.
    Doubled(Duration),
    /// Comes twice, first signed by us but in another account's name; that answer is ignored.
    FromAnotherAccountToo,
    /// Is held back until the next status callback of the same call has been sent, or for 5 s.
    BehindTheNext,
}

/// A fault of messages from Twilio to the application.
#[derive(Debug, Clone)]
pub struct WebhookFault {
    /// Only URLs that contain this; empty for all.
    pub url_contains: String,
    /// Only messages with this `CallStatus`, or of this conference event; empty for all.
    pub event: String,
    /// Only status callbacks (`Some(true)`), only document requests (`Some(false)`), or both.
    pub callbacks: Option<bool>,
    /// Which of those.
    pub which: Which,
    /// What happens.
    pub trouble: WebhookTrouble,
}

impl WebhookFault {
    /// This trouble for every status callback whose `CallStatus` (or conference event) is `event`.
    pub fn callback(event: &str, which: Which, trouble: WebhookTrouble) -> Self {
        Self { url_contains: String::new(), event: event.to_owned(), callbacks: Some(true), which, trouble }
    }

    /// This trouble for document requests whose URL contains `part`.
    pub fn document(part: &str, which: Which, trouble: WebhookTrouble) -> Self {
        Self { url_contains: part.to_owned(), event: String::new(), callbacks: Some(false), which, trouble }
    }
}

/// How a REST answer goes wrong.
#[derive(Debug, Clone)]
pub enum RestTrouble {
    /// 429 with code 20429, with or without `Retry-After` in seconds.
    TooManyRequests(Option<u32>),
    /// An error answer with Twilio's JSON body: HTTP status, code.
    Error(u16, u32),
    /// 502 with an HTML body, as gateways give.
    Gateway,
    /// No answer: the connection stays open and silent.
    Hang,
    /// The connection is closed without an answer.
    Reset,
    /// The answer breaks off in its middle.
    Truncated,
    /// Status 200 or 201, and a body that isn't what was promised.
    WrongJson,
    /// A good answer, this much later.
    Slow(Duration),
    /// The request never leaves, as that long no connection came about. Over sockets, where there is
    /// one already, it is closed instead.
    NoConnection(Duration),
}

/// A fault of REST requests from the application to Twilio.
#[derive(Debug, Clone)]
pub struct RestFault {
    /// Only this method; empty for all.
    pub method: String,
    /// Only paths that contain this; empty for all.
    pub path_contains: String,
    /// Only requests whose decoded query and form contain `name=value` with this text; empty for all.
    pub form_contains: String,
    /// Which of those.
    pub which: Which,
    /// What happens.
    pub trouble: RestTrouble,
    /// Whether Twilio carried the request out all the same.
    pub took_effect: bool,
}

impl RestFault {
    /// This trouble for `POST Calls.json`.
    pub fn placing(which: Which, trouble: RestTrouble, took_effect: bool) -> Self {
        Self {
            method: "POST".to_owned(),
            path_contains: "/Calls.json".to_owned(),
            form_contains: String::new(),
            which,
            trouble,
            took_effect,
        }
    }
}

/// All that goes wrong in this world.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// From Twilio to the application.
    pub webhooks: Vec<WebhookFault>,
    /// From the application to Twilio.
    pub rest: Vec<RestFault>,
    webhook_matches: Vec<u32>,
    rest_matches: Vec<u32>,
    struck: (Vec<u32>, Vec<u32>),
}

impl Faults {
    /// These faults.
    pub fn new(webhooks: Vec<WebhookFault>, rest: Vec<RestFault>) -> Self {
        Self { webhooks, rest, ..Self::default() }
    }

    /// How often each fault has struck: those of webhooks, those of requests.
    pub fn struck(&self) -> (&[u32], &[u32]) {
        (&self.struck.0, &self.struck.1)
    }

    /// What happens to a webhook to `url`, if anything. The first fault that hits decides.
    pub(super) fn webhook(
        &mut self,
        url: &str,
        event: &str,
        callback: bool,
        chance: &mut Chance,
    ) -> Option<WebhookTrouble> {
        self.webhook_matches.resize(self.webhooks.len(), 0);
        self.struck.0.resize(self.webhooks.len(), 0);
        let counts = self.webhook_matches.iter_mut().zip(&mut self.struck.0);
        for (fault, (seen, struck)) in self.webhooks.iter().zip(counts) {
            let matches = url.contains(&fault.url_contains)
                && (fault.event.is_empty() || fault.event == event)
                && fault.callbacks.is_none_or(|only| only == callback);
            if matches && hits(&fault.which, seen, chance) {
                *struck += 1;
                return Some(fault.trouble.clone());
            }
        }
        None
    }

    /// What happens to a REST request, if anything, and whether it took effect.
    pub(super) fn rest(
        &mut self,
        method: &str,
        path: &str,
        form: &str,
        chance: &mut Chance,
    ) -> Option<(RestTrouble, bool)> {
        self.rest_matches.resize(self.rest.len(), 0);
        self.struck.1.resize(self.rest.len(), 0);
        let counts = self.rest_matches.iter_mut().zip(&mut self.struck.1);
        for (fault, (seen, struck)) in self.rest.iter().zip(counts) {
            let matches = (fault.method.is_empty() || fault.method == method)
                && path.contains(&fault.path_contains)
                && form.contains(&fault.form_contains);
            if matches && hits(&fault.which, seen, chance) {
                *struck += 1;
                return Some((fault.trouble.clone(), fault.took_effect));
            }
        }
        None
    }
}

fn hits(which: &Which, seen: &mut u32, chance: &mut Chance) -> bool {
    *seen += 1;
    match which {
        Which::All => true,
        Which::Nth(n) => seen == n,
        Which::First(n) => *seen <= *n,
        Which::Chance(probability) => chance.happens(*probability),
    }
}
