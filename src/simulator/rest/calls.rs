//! Owns placing, reading and deleting calls (Twilio docs: Call resource).

use super::{Answer, Parsed, refused};
use crate::simulator::engine::{Call, Order, World};
use crate::simulator::phone::{BadNumber, Behaviour};
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml::{Hook, Method};
use serde_json::{Value, json};
use std::time::Duration;

/// Parameters of `POST Calls.json`.
const CREATE: &str = "To From Url Method Twiml ApplicationSid FallbackUrl FallbackMethod \
    StatusCallback StatusCallbackMethod StatusCallbackEvent Timeout TimeLimit MachineDetection \
    AsyncAmd AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod MachineDetectionTimeout \
    MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold \
    MachineDetectionSilenceTimeout CallerId CallReason CallToken Record RecordingChannels \
    RecordingTrack RecordingStatusCallback RecordingStatusCallbackEvent \
    RecordingStatusCallbackMethod Trim SendDigits SipAuthUsername SipAuthPassword Byoc \
    ClientNotificationUrl";

impl World {
    pub(super) fn create_call(&mut self, parsed: &Parsed<'_>) -> Answer {
        self.only_parameters(parsed, CREATE);
        if let Err((code, message)) = self.check_placement(parsed) {
            return refused(400, code, &message);
        }
        let order = match self.order(parsed) {
            Ok(order) => order,
            Err((code, message)) => {
                self.problem(ProblemKind::BadRest, format!("{code}: {message}"));
                return refused(400, code, &message);
            }
        };
        if let Some(hook) = &order.url {
            let url = hook.url.clone();
            if !self.remember_url(&url) {
                let text = format!("a second call with the Url {url}");
                self.problem(ProblemKind::PlacedTwice, text);
            }
        }
        let from = parsed.get("From").unwrap_or_default().to_owned();
        let to = parsed.get("To").unwrap_or_default().to_owned();
        let call = self.queue_call(from, to, order);
        let body = self.call_json(&self.calls[call]);
        Answer::ok(201, body)
    }

    fn check_placement(&mut self, parsed: &Parsed<'_>) -> Result<(), (u32, String)> {
        let to = parsed.get("To").ok_or((21201, "No 'To' number is specified".to_owned()))?;
        let from = parsed.get("From").unwrap_or_default();
        if from != self.line().number {
            return Err((21210, format!("Source phone number {from} not verified")));
        }
        if !is_number(to) {
            return Err((21211, format!("The phone number {to} is not valid")));
        }
        if to == from {
            return Err((21217, "Phone number does not appear to be valid".to_owned()));
        }
        match self.behaviour_of_number(to) {
            Some(Behaviour::Bad(BadNumber::Refused(code))) => {
                Err((*code, format!("Calling this number is refused ({code})")))
            }
            _ => Ok(()),
        }
    }

    fn order(&mut self, parsed: &Parsed<'_>) -> Result<Order, (u32, String)> {
        let url = self.hook(parsed, "Url", "Method")?;
        let twiml = parsed.get("Twiml").filter(|_| url.is_none()).map(str::to_owned);
        if url.is_none() && twiml.is_none() {
            return Err((21205, "Url parameter is required".to_owned()));
        }
        if twiml.as_ref().is_some_and(|text| text.chars().count() > 4000) {
            return Err((21605, "Twiml is longer than 4000 characters".to_owned()));
        }
        let events = self.events(parsed);
        Ok(Order {
            url,
            twiml,
            fallback: self.hook(parsed, "FallbackUrl", "FallbackMethod")?,
            status_callback: self.hook(parsed, "StatusCallback", "StatusCallbackMethod")?,
            events,
            timeout: seconds(parsed, "Timeout", 1..=600)?.unwrap_or(Duration::from_secs(60)),
            time_limit: seconds(parsed, "TimeLimit", 1..=86_400)?,
            machine_detection: self.detection(parsed)?,
            async_amd: parsed.get("AsyncAmd") == Some("true"),
            amd_callback: self.hook(parsed, "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod")?,
        })
    }

    fn events(&mut self, parsed: &Parsed<'_>) -> Vec<String> {
        let given = parsed.form.iter().filter(|(name, _)| name == "StatusCallbackEvent");
        let events: Vec<String> = given.map(|(_, value)| value.clone()).collect();
        for event in &events {
            if !["initiated", "ringing", "answered", "completed"].contains(&event.as_str()) {
                self.problem(ProblemKind::BadRest, format!("no StatusCallbackEvent {event:?}"));
            }
        }
        events
    }

    fn detection(&mut self, parsed: &Parsed<'_>) -> Result<Option<String>, (u32, String)> {
        match parsed.get("MachineDetection") {
            None => Ok(None),
            // Ignored together with SendDigits.
            Some(_) if parsed.get("SendDigits").is_some() => Ok(None),
            Some(mode @ ("Enable" | "DetectMessageEnd")) => Ok(Some(mode.to_owned())),
            Some(other) => Err((21200, format!("MachineDetection {other:?} is not supported"))),
        }
    }

    pub(super) fn hook(&mut self, parsed: &Parsed<'_>, url: &str, method: &str) -> Result<Option<Hook>, (u32, String)> {
        let method = match parsed.get(method) {
            None | Some("POST") => Method::Post,
            Some("GET") => Method::Get,
            Some(other) => return Err((21207, format!("{method} {other:?} is not a method"))),
        };
        let Some(address) = parsed.get(url) else { return Ok(None) };
        if !(address.starts_with("http://") || address.starts_with("https://")) {
            return Err((21205, format!("{url} is not a valid URL: {address:?}")));
        }
        self.check_url(address);
        Ok(Some(Hook { url: address.to_owned(), method }))
    }

    pub(super) fn find_call(&self, sid: &str) -> Option<usize> {
        self.calls.iter().position(|c| c.sid == sid && !c.deleted)
    }

    pub(super) fn read_call(&mut self, sid: &str) -> Answer {
        match self.find_call(sid) {
            Some(call) => Answer::ok(200, self.call_json(&self.calls[call])),
            None => refused(404, 20404, "The requested resource was not found"),
        }
    }

    /// Takes the resource away. The call's story stays, for those who check it.
    pub(super) fn delete_call(&mut self, sid: &str) -> Answer {
        let Some(call) = self.find_call(sid) else {
            return refused(404, 20404, "The requested resource was not found");
        };
        let is = self.calls[call].status;
        let answer = if is.is_over() {
            self.calls[call].deleted = true;
            Answer::deleted()
        } else {
            refused(400, 20009, "Cannot delete this resource before it is complete")
        };
        self.calls[call].requests.push(format!("delete while {}: {}", is.word(), answer.status));
        answer
    }

    /// The call resource as JSON: numbers as strings, dates in RFC 2822 form.
    pub(super) fn call_json(&self, call: &Call) -> Value {
        let account = &self.settings().account_sid;
        let uri = format!("/2010-04-01/Accounts/{account}/Calls/{}.json", call.sid);
        let date = |at: Option<Duration>| at.map(|at| self.date(at));
        let over = call.status.is_over();
        json!({
            "sid": call.sid, "account_sid": account, "parent_call_sid": self.parent_sid(call),
            "to": call.to, "to_formatted": call.to, "from": call.from,
            "from_formatted": call.from, "phone_number_sid": self.line().sid,
            "status": call.status.word(), "start_time": date(call.rang),
            "end_time": date(call.ended),
            "duration": call.seconds().map(|s| s.to_string()),
            "price": over.then_some("-0.01300"), "price_unit": "USD",
            "direction": call.direction.word(), "answered_by": call.answered_by,
            "api_version": "2010-04-01", "forwarded_from": null, "group_sid": null,
            "caller_name": null, "queue_time": call.queue_time.as_millis().to_string(),
            "trunk_sid": null, "uri": uri, "date_created": date(Some(call.created)),
            "date_updated": date(Some(call.updated)), "annotation": null,
            "subresource_uris": {
                "notifications": uri.replace(".json", "/Notifications.json"),
                "recordings": uri.replace(".json", "/Recordings.json"),
            },
        })
    }
}

/// Whether this has the shape of a number in E.164 form.
pub(super) fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

fn seconds(
    parsed: &Parsed<'_>,
    name: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Option<Duration>, (u32, String)> {
    let Some(text) = parsed.get(name) else { return Ok(None) };
    match text.parse().ok().filter(|n| range.contains(n)) {
        Some(seconds) => Ok(Some(Duration::from_secs(seconds))),
        None => Err((21208, format!("{name} {text:?} is out of range"))),
    }
}
