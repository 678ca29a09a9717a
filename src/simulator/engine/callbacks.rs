//! Owns the parameters of webhooks about calls, and which progress is reported to whom (Twilio
//! docs: TwiML for Programmable Voice; Call resource, status callback).

use super::call::Activity;
use super::webhooks::Purpose;
use super::{CallId, Direction, World};
use crate::simulator::twiml::Hook;
use std::time::Duration;

/// A list of parameters from literals.
pub(super) fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl World {
    /// The parameters of every request about a call.
    pub(super) fn call_parameters(&self, call: CallId) -> Vec<(String, String)> {
        let c = &self.calls[call];
        let mut list = pairs(&[
            ("AccountSid", &self.settings.account_sid),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", &c.sid),
            ("CallStatus", c.status.word()),
            ("Called", &c.to),
            ("Caller", &c.from),
            ("Direction", c.direction.word()),
            ("From", &c.from),
            ("To", &c.to),
        ]);
        if c.direction == Direction::Inbound {
            list.extend(pairs(&[("FromCity", ""), ("FromCountry", ""), ("ToCity", "")]));
            let token = format!("{{\"parentCallInfoToken\":\"{}\"}}", c.sid);
            list.extend(pairs(&[("CallToken", &token)]));
            let by = c.forward.as_ref().and_then(|forward| forward.by.as_deref());
            list.extend(by.map(|by| ("ForwardedFrom".to_owned(), by.to_owned())));
        }
        if let Some(parent) = c.parent {
            list.extend(pairs(&[("ParentCallSid", &self.calls[parent].sid)]));
        }
        list
    }

    /// Tells of one of the four progress events, if it was asked for (Twilio docs: Call resource,
    /// StatusCallbackEvent; only `completed` by default).
    pub(super) fn progress(&mut self, call: CallId, event: &str) {
        let order = &self.calls[call].order;
        let asked =
            if order.events.is_empty() { event == "completed" } else { order.events.iter().any(|e| e == event) };
        let hook = order.status_callback.clone().filter(|_| asked);
        let status = match event {
            "initiated" | "ringing" => event,
            "answered" => "in-progress",
            _ => self.calls[call].status.word(),
        };
        match hook {
            Some(hook) => self.report_progress(call, hook, status),
            // Events that nobody asked for are numbered too.
            None => self.calls[call].sequence += 1,
        }
    }

    pub(super) fn report_progress(&mut self, call: CallId, hook: Hook, status: &str) {
        let mut params = self.call_parameters(call);
        for (name, value) in &mut params {
            if name == "CallStatus" {
                *value = status.to_owned();
            }
        }
        let c = &self.calls[call];
        let sequence = c.sequence.to_string();
        params.extend(pairs(&[
            ("Timestamp", &self.date(self.now)),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", &sequence),
        ]));
        if let Some(seconds) = c.seconds() {
            let minutes = seconds.div_ceil(60).to_string();
            params.extend(pairs(&[
                ("CallDuration", &seconds.to_string()),
                ("Duration", &minutes),
                ("SipResponseCode", &c.sip_code.to_string()),
            ]));
        }
        if let (Some(verdict), true) = (&c.answered_by, c.status.is_over()) {
            params.extend(pairs(&[("AnsweredBy", verdict)]));
        }
        self.calls[call].sequence += 1;
        self.post(Purpose::Callback, hook, params, Some(call), status);
    }

    /// Tells that a text message was sent and delivered (Twilio docs: Message resource).
    pub(crate) fn report_message(&mut self, sid: &str, to: &str, hook: &Hook) {
        for status in ["sent", "delivered"] {
            let params = pairs(&[
                ("AccountSid", &self.settings.account_sid),
                ("ApiVersion", "2010-04-01"),
                ("From", &self.line.number),
                ("MessageSid", sid),
                ("MessageStatus", status),
                ("To", to),
            ]);
            self.post(Purpose::Callback, hook.clone(), params, None, status);
        }
    }

    /// A virtual time as Twilio writes dates.
    pub(crate) fn date(&self, at: Duration) -> String {
        let seconds = self.settings.epoch + i64::try_from(at.as_secs()).unwrap_or(0);
        chrono::DateTime::from_timestamp(seconds, 0)
            .map(|date| date.format("%a, %d %b %Y %H:%M:%S +0000").to_string())
            .unwrap_or_default()
    }

    /// Twilio requests the `action` of a `<Record>`, and of a `<Dial>`, even when the party itself
    /// has hung up; the answer has no effect.
    pub(super) fn request_after_end(&mut self, call: CallId, activity: &Activity) {
        let asked = match activity {
            Activity::Recording { record, began } => Some((record.action.clone(), self.recorded(call, record, *began))),
            Activity::InRoom(room) if self.settings.rules.dial_action_after_hangup => {
                let status = pairs(&[("DialCallStatus", "answered")]);
                room.dial.action.clone().map(|action| (action, status))
            }
            Activity::Dialling(d) if self.settings.rules.dial_action_after_hangup => {
                let status = if d.connected.is_some() { "completed" } else { "canceled" };
                d.dial.action.clone().map(|action| (action, pairs(&[("DialCallStatus", status)])))
            }
            _ => None,
        };
        if let Some((hook, extra)) = asked {
            let mut params = self.call_parameters(call);
            params.extend(extra);
            let status = self.calls[call].status.word();
            self.post(Purpose::AfterEnd, hook, params, Some(call), status);
        }
    }
}
