//! Owns how REST answers look, and how they go wrong on purpose (Twilio docs: REST API, errors).

use crate::simulator::faults::RestTrouble;
use serde_json::{Value, json};
use std::time::Duration;

/// What the API means to answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    /// Twilio's error code, or 0.
    pub code: u32,
    pub body: Option<Value>,
}

impl Answer {
    pub fn ok(status: u16, body: Value) -> Self {
        Self { status, code: 0, body: Some(body) }
    }

    /// What was to be deleted is gone.
    pub fn deleted() -> Self {
        Self { status: 204, code: 0, body: None }
    }
}

/// An error with Twilio's body.
pub(crate) fn refused(status: u16, code: u32, message: &str) -> Answer {
    let body = json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status,
    });
    Answer { status, code, body: Some(body) }
}

/// How a reply travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Normally.
    Whole,
    /// This much later, virtual time.
    Late(Duration),
    /// Never; the connection stays open.
    Never,
    /// The connection is closed instead.
    Reset,
    /// It breaks off in the middle of the body.
    Half,
    /// There was never a connection, which is known after this much virtual time.
    NoConnection(Duration),
}

/// What goes back to the application.
#[derive(Debug, Clone)]
pub struct RestReply {
    /// HTTP status.
    pub status: u16,
    /// Headers besides the usual.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// How it travels.
    pub delivery: Delivery,
}

/// Makes the reply from the answer and the trouble. Without an answer the request had no effect.
pub(super) fn deliver(answer: Option<Answer>, trouble: Option<RestTrouble>) -> RestReply {
    match trouble {
        None => whole(answer),
        Some(RestTrouble::TooManyRequests(retry_after)) => {
            let mut reply = whole(Some(refused(429, 20429, "Too Many Requests")));
            reply.headers.extend(retry_after.map(|s| ("Retry-After", s.to_string())));
            reply
        }
        Some(RestTrouble::Error(status, code)) => {
            whole(Some(refused(status, code, "Refused by a fault of the simulation")))
        }
        Some(RestTrouble::Gateway) => RestReply {
            status: 502,
            headers: vec![("Content-Type", "text/html".to_owned())],
            body: "<html><body><h1>502 Bad Gateway</h1></body></html>".to_owned(),
            delivery: Delivery::Whole,
        },
        Some(RestTrouble::Hang) => RestReply { delivery: Delivery::Never, ..whole(answer) },
        Some(RestTrouble::Reset) => RestReply { delivery: Delivery::Reset, ..whole(answer) },
        Some(RestTrouble::Truncated) => truncated(whole(answer)),
        Some(RestTrouble::WrongJson) => wrong_json(whole(answer)),
        Some(RestTrouble::NoConnection(after)) => {
            RestReply { delivery: Delivery::NoConnection(after), ..whole(answer) }
        }
        Some(RestTrouble::Slow(by)) => RestReply { delivery: Delivery::Late(by), ..whole(answer) },
    }
}

fn whole(answer: Option<Answer>) -> RestReply {
    // Without effect there is nothing true to say; what is said must still look like a success.
    let answer = answer.unwrap_or_else(|| Answer::ok(200, json!({"sid": null})));
    RestReply {
        status: answer.status,
        headers: vec![("Content-Type", "application/json".to_owned())],
        body: answer.body.map(|body| body.to_string()).unwrap_or_default(),
        delivery: Delivery::Whole,
    }
}

/// Without a body there is only the head to break off in, and half a head is no answer.
fn truncated(reply: RestReply) -> RestReply {
    let delivery = if reply.body.is_empty() { Delivery::Reset } else { Delivery::Half };
    RestReply { delivery, ..reply }
}

/// 204 allows no body.
fn wrong_json(reply: RestReply) -> RestReply {
    let status = if reply.status == 204 { 200 } else { reply.status };
    RestReply { status, body: "{\"sid\": 42, \"calls\": tr".to_owned(), ..reply }
}
