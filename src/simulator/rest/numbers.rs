//! Owns the account's number over REST (Twilio docs: IncomingPhoneNumber resource).

use super::{Answer, Parsed, refused};
use crate::simulator::engine::World;
use serde_json::{Value, json};

/// Parameter of an update, and the JSON field it sets.
const FIELDS: [(&str, &str); 14] = [
    ("FriendlyName", "friendly_name"),
    ("VoiceUrl", "voice_url"),
    ("VoiceMethod", "voice_method"),
    ("VoiceFallbackUrl", "voice_fallback_url"),
    ("VoiceFallbackMethod", "voice_fallback_method"),
    ("StatusCallback", "status_callback"),
    ("StatusCallbackMethod", "status_callback_method"),
    ("VoiceApplicationSid", "voice_application_sid"),
    ("TrunkSid", "trunk_sid"),
    ("VoiceReceiveMode", "voice_receive_mode"),
    ("SmsUrl", "sms_url"),
    ("SmsMethod", "sms_method"),
    ("SmsFallbackUrl", "sms_fallback_url"),
    ("SmsFallbackMethod", "sms_fallback_method"),
];

impl World {
    pub(super) fn list_numbers(&mut self, parsed: &Parsed<'_>) -> Answer {
        let wanted = parsed.asked("PhoneNumber").is_none_or(|n| self.line().number == n);
        let found: Vec<Value> = wanted.then(|| self.number_json()).into_iter().collect();
        self.page(parsed, "incoming_phone_numbers", &found)
    }

    pub(super) fn read_number(&mut self, sid: &str) -> Answer {
        if sid == self.line().sid {
            Answer::ok(200, self.number_json())
        } else {
            refused(404, 20404, "The requested resource was not found")
        }
    }

    pub(super) fn update_number(&mut self, parsed: &Parsed<'_>, sid: &str) -> Answer {
        let mut known: Vec<&str> = FIELDS.iter().map(|(parameter, _)| *parameter).collect();
        known.push("VoiceCallerIdLookup");
        self.only_parameters(parsed, &known.join(" "));
        if sid != self.line().sid {
            return refused(404, 20404, "The requested resource was not found");
        }
        let would_be = |name: &str, field: &str| parsed.get(name).map_or(self.field(field), str::to_owned);
        let fallback_only = would_be("VoiceUrl", "voice_url").is_empty()
            && !would_be("VoiceFallbackUrl", "voice_fallback_url").is_empty();
        if fallback_only {
            return refused(400, 21405, "A fallback needs a primary URL");
        }
        for (parameter, field) in FIELDS {
            if let Some(value) = parsed.get(parameter) {
                if parameter.ends_with("Url") || parameter == "StatusCallback" {
                    self.check_line_url(value);
                }
                self.set_line(field, value);
            }
        }
        Answer::ok(200, self.number_json())
    }

    fn check_line_url(&mut self, url: &str) {
        if !url.is_empty() {
            self.check_url(url);
        }
    }

    fn field(&self, name: &str) -> String {
        self.line().fields.get(name).cloned().unwrap_or_default()
    }

    fn number_json(&self) -> Value {
        let account = &self.settings().account_sid;
        let line = self.line();
        let mut body = json!({
            "sid": line.sid, "account_sid": account, "phone_number": line.number,
            "capabilities": {"voice": true, "sms": true, "mms": false, "fax": false},
            "api_version": "2010-04-01", "status": "in-use", "voice_caller_id_lookup": false,
            "emergency_status": "Inactive", "beta": false, "origin": "twilio",
            "uri": format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{}.json", line.sid),
        });
        for (_, field) in FIELDS {
            let value = line.fields.get(field).filter(|value| !value.is_empty());
            body[field] = json!(value);
        }
        body
    }
}
