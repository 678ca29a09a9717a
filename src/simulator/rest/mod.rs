//! Owns Twilio's REST API (Twilio docs: REST API, version 2010-04-01) as a function from request to
//! reply: credentials, routes, injected faults and the log. The resources are in `calls`, `update`,
//! `lists`, `recordings`, `messages`, `conferences` and `numbers`. Must not touch sockets.

mod calls;
mod conferences;
mod lists;
mod messages;
mod numbers;
mod recordings;
mod reply;
mod update;

pub(super) use reply::{Answer, refused};
pub use reply::{Delivery, RestReply};

use super::engine::{RestEntry, World};
use super::faults::RestTrouble;
use super::problem::ProblemKind;
use base64::Engine as _;
use std::time::Duration;
use url::form_urlencoded;

/// A request to the API.
#[derive(Debug, Clone)]
pub struct RestRequest {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// Path and query, as on the request line.
    pub target: String,
    /// The Authorization header.
    pub authorization: Option<String>,
    /// The Content-Type header.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request with its parts taken apart.
pub(super) struct Parsed<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
}

impl Parsed<'_> {
    /// The first value of a form parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }

    /// The first value of a query parameter.
    pub fn asked(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }
}

fn first<'p>(list: &'p [(String, String)], name: &str) -> Option<&'p str> {
    list.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

impl World {
    /// Answers a REST request at virtual time `now`.
    pub fn handle_rest(&mut self, request: &RestRequest, now: Duration) -> RestReply {
        self.catch_up(now);
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let parsed = Parsed {
            method: &request.method,
            path,
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            form: form_urlencoded::parse(&request.body).into_owned().collect(),
        };
        let plain: String =
            parsed.query.iter().chain(&parsed.form).map(|(name, value)| format!("{name}={value}&")).collect();
        let trouble = self.rest_trouble(&parsed, &plain);
        let took_effect = trouble.as_ref().is_none_or(|(_, took_effect)| *took_effect);
        let answer = took_effect.then(|| self.answer_rest(request, &parsed));
        self.rest_log.push(RestEntry {
            at: self.now(),
            method: request.method.clone(),
            path: request.target.clone(),
            form: parsed.form.clone(),
            status: answer.as_ref().map_or(0, |a| a.status),
            code: answer.as_ref().map_or(0, |a| a.code),
            trouble: trouble.as_ref().map(|(trouble, _)| format!("{trouble:?}")),
        });
        let trouble: Option<RestTrouble> = trouble.map(|(trouble, _)| trouble);
        let mut reply = reply::deliver(answer, trouble);
        reply.headers.push(("Date", self.date(self.now()).replace("+0000", "GMT")));
        reply
    }

    fn answer_rest(&mut self, request: &RestRequest, parsed: &Parsed<'_>) -> Answer {
        if !self.is_authorised(request) {
            return refused(401, 20003, "Authenticate");
        }
        let form = "application/x-www-form-urlencoded";
        let is_form = request.content_type.as_deref().is_some_and(|kind| kind.starts_with(form));
        if request.method == "POST" && !is_form {
            let text = format!("{}: POST without a form", parsed.path);
            self.problem(ProblemKind::BadRest, text);
        }
        let prefix = format!("/2010-04-01/Accounts/{}", self.settings().account_sid);
        let Some(rest) = parsed.path.strip_prefix(&prefix) else {
            return self.no_such(parsed);
        };
        if rest == ".json" {
            let sid = &self.settings().account_sid;
            let body = serde_json::json!({"sid": sid, "status": "active", "type": "Full"});
            return Answer::ok(200, body);
        }
        let Some(rest) = rest.strip_suffix(".json").and_then(|r| r.strip_prefix('/')) else {
            return self.no_such(parsed);
        };
        let parts: Vec<&str> = rest.split('/').collect();
        self.route(parsed, &parts)
    }

    fn route(&mut self, parsed: &Parsed<'_>, parts: &[&str]) -> Answer {
        match (parsed.method, parts) {
            ("POST", ["Calls"]) => self.create_call(parsed),
            ("GET", ["Calls"]) => self.list_calls(parsed),
            ("GET", ["Calls", sid]) => self.read_call(sid),
            ("POST", ["Calls", sid]) => self.update_call(parsed, sid),
            ("DELETE", ["Calls", sid]) => self.delete_call(sid),
            ("GET", ["Conferences"]) => self.list_conferences(parsed),
            ("GET", ["Conferences", room]) => self.read_conference(room),
            ("POST", ["Conferences", room]) => self.update_conference(parsed, room),
            ("GET", ["Conferences", room, "Participants"]) => self.list_participants(room),
            ("GET", ["Conferences", room, "Participants", who]) => self.participant(room, who),
            ("POST", ["Conferences", room, "Participants", who]) => self.update_participant(parsed, room, who),
            ("DELETE", ["Conferences", room, "Participants", who]) => self.kick_participant(room, who),
            ("GET", ["Recordings"]) => self.list_recordings(parsed),
            ("GET", ["Recordings", sid]) => self.read_recording(sid),
            ("DELETE", ["Recordings", sid]) => self.delete_recording(sid),
            ("POST", ["Messages"]) => self.create_message(parsed),
            ("GET", ["Messages"]) => self.list_messages(parsed),
            ("GET", ["Messages", sid]) => self.read_message(sid),
            ("DELETE", ["Messages", sid]) => self.delete_message(sid),
            ("GET", ["IncomingPhoneNumbers"]) => self.list_numbers(parsed),
            ("GET", ["IncomingPhoneNumbers", sid]) => self.read_number(sid),
            ("POST", ["IncomingPhoneNumbers", sid]) => self.update_number(parsed, sid),
            ("GET", ["Balance"]) => Answer::ok(
                200,
                serde_json::json!({"balance": "100.00", "currency": "USD",
                    "account_sid": self.settings().account_sid}),
            ),
            _ => self.no_such(parsed),
        }
    }

    fn no_such(&mut self, parsed: &Parsed<'_>) -> Answer {
        let text = format!("no such resource here: {} {}", parsed.method, parsed.path);
        self.problem(ProblemKind::BadRest, text);
        refused(404, 20404, "The requested resource was not found")
    }

    fn is_authorised(&self, request: &RestRequest) -> bool {
        let settings = self.settings();
        let pair = format!("{}:{}", settings.account_sid, settings.auth_token);
        let expected = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        request.authorization.as_deref() == Some(expected.as_str())
    }

    /// Complains about each form parameter that isn't in `known` (words separated by spaces).
    pub(super) fn only_parameters(&mut self, parsed: &Parsed<'_>, known: &str) {
        for (name, _) in &parsed.form {
            if !known.split_whitespace().any(|k| k == name) {
                let text = format!("{} has no parameter {name:?}", parsed.path);
                self.problem(ProblemKind::BadRest, text);
            }
        }
    }
}
