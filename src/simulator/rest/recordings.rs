//! Owns recordings over REST: listing, reading, deleting (Twilio docs: Recording resource). They are
//! the account's, not the call's: they stay, and are found, when the call's record is deleted.

use super::{Answer, Parsed, refused};
use crate::simulator::engine::{Recording, World};
use serde_json::{Value, json};

const FILTERS: &str = "CallSid ConferenceSid DateCreated DateCreated< DateCreated> IncludeSoftDeleted \
    PageSize Page PageToken";

impl World {
    pub(super) fn list_recordings(&mut self, parsed: &Parsed<'_>) -> Answer {
        self.only_filters(parsed, FILTERS);
        let listed = |recording: &&Recording| {
            self.is_visible(recording.at, recording.deleted)
                && parsed.asked("CallSid").is_none_or(|sid| sid == recording.call_sid)
                && parsed.asked("ConferenceSid").is_none()
                && self.in_days(parsed, "DateCreated", Some(recording.at))
        };
        let found: Vec<Value> =
            self.recordings.iter().rev().filter(listed).map(|recording| self.recording_json(recording)).collect();
        self.page(parsed, "recordings", &found)
    }

    pub(super) fn read_recording(&mut self, sid: &str) -> Answer {
        match self.find_recording(sid) {
            Some(recording) => Answer::ok(200, self.recording_json(&self.recordings[recording])),
            None => refused(404, 20404, "The requested resource was not found"),
        }
    }

    pub(super) fn delete_recording(&mut self, sid: &str) -> Answer {
        match self.find_recording(sid) {
            Some(recording) => {
                self.recordings[recording].deleted = Some(self.now());
                Answer::deleted()
            }
            None => refused(404, 20404, "The requested resource was not found"),
        }
    }

    fn find_recording(&self, sid: &str) -> Option<usize> {
        self.recordings.iter().position(|recording| recording.sid == sid && recording.deleted.is_none())
    }

    fn recording_json(&self, recording: &Recording) -> Value {
        let account = &self.settings().account_sid;
        let path = format!("/2010-04-01/Accounts/{account}/Recordings/{}", recording.sid);
        let date = self.date(recording.at);
        json!({
            "sid": recording.sid, "account_sid": account, "call_sid": recording.call_sid,
            "conference_sid": null, "status": "completed", "source": "RecordVerb", "channels": 1,
            "duration": recording.length.as_secs().to_string(),
            "start_time": self.date(recording.at.saturating_sub(recording.length)),
            "date_created": date, "date_updated": date, "price": null, "price_unit": "USD",
            "error_code": null, "encryption_details": null, "api_version": "2010-04-01",
            "media_url": format!("https://api.twilio.com{path}"), "uri": format!("{path}.json"),
            "subresource_uris": {"transcriptions": format!("{path}/Transcriptions.json")},
        })
    }
}
