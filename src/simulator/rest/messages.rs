//! Owns text messages over REST: sending, listing, reading, deleting (Twilio docs: Message resource).

use super::calls::is_number;
use super::{Answer, Parsed, refused};
use crate::simulator::engine::{Message, World};
use serde_json::{Value, json};

const FILTERS: &str = "To From DateSent DateSent< DateSent> PageSize Page PageToken";

impl World {
    pub(super) fn create_message(&mut self, parsed: &Parsed<'_>) -> Answer {
        self.only_parameters(parsed, "To From Body MessagingServiceSid StatusCallback ValidityPeriod MediaUrl");
        let get = |name: &str| parsed.get(name).unwrap_or_default().to_owned();
        let (to, from, body) = (get("To"), get("From"), get("Body"));
        if from != self.line().number && parsed.get("MessagingServiceSid").is_none() {
            return refused(400, 21606, "The From number can't send messages");
        }
        if !is_number(&to) {
            return refused(400, 21211, "Invalid 'To' phone number");
        }
        if body.is_empty() || body.chars().count() > 1600 {
            return refused(400, 21617, "The message body is empty or too long");
        }
        let hook = match self.hook(parsed, "StatusCallback", "StatusCallbackMethod") {
            Ok(hook) => hook,
            Err((code, message)) => return refused(400, code, &message),
        };
        let sid = self.add_message(&from, &to, &body);
        if let Some(hook) = hook {
            self.report_message(&sid, &to, &hook);
        }
        let reply = self.find_message(&sid).map(|at| self.message_json(&self.messages[at], "queued"));
        Answer { status: 201, code: 0, body: reply }
    }

    pub(super) fn list_messages(&mut self, parsed: &Parsed<'_>) -> Answer {
        self.only_filters(parsed, FILTERS);
        let same = |name: &str, value: &str| parsed.asked(name).is_none_or(|asked| asked == value);
        let listed = |message: &&Message| {
            self.is_visible(message.at, message.deleted)
                && same("To", &message.to)
                && same("From", &message.from)
                && self.in_days(parsed, "DateSent", Some(message.at))
        };
        let found: Vec<Value> =
            self.messages.iter().rev().filter(listed).map(|message| self.settled_json(message)).collect();
        self.page(parsed, "messages", &found)
    }

    pub(super) fn read_message(&mut self, sid: &str) -> Answer {
        match self.find_message(sid) {
            Some(message) => Answer::ok(200, self.settled_json(&self.messages[message])),
            None => refused(404, 20404, "The requested resource was not found"),
        }
    }

    pub(super) fn delete_message(&mut self, sid: &str) -> Answer {
        match self.find_message(sid) {
            Some(message) => {
                self.messages[message].deleted = Some(self.now());
                Answer::deleted()
            }
            None => refused(404, 20404, "The requested resource was not found"),
        }
    }

    fn find_message(&self, sid: &str) -> Option<usize> {
        self.messages.iter().position(|message| message.sid == sid && message.deleted.is_none())
    }

    /// A message that has come to its end, as each has that is not being sent this moment.
    fn settled_json(&self, message: &Message) -> Value {
        let inbound = message.to == self.line().number;
        self.message_json(message, if inbound { "received" } else { "delivered" })
    }

    fn message_json(&self, message: &Message, status: &str) -> Value {
        let account = &self.settings().account_sid;
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}.json", message.sid);
        let inbound = message.to == self.line().number;
        let date = self.date(message.at);
        json!({
            "sid": message.sid, "account_sid": account, "to": message.to, "from": message.from,
            "body": message.body, "status": status, "num_segments": "1", "num_media": "0",
            "direction": if inbound { "inbound" } else { "outbound-api" },
            "messaging_service_sid": null, "price": null, "price_unit": "USD",
            "date_created": date, "date_updated": date,
            "date_sent": (status != "queued").then_some(&date),
            "error_code": null, "error_message": null, "api_version": "2010-04-01", "uri": uri,
            "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        })
    }
}
