//! Owns what Twilio keeps after the event: recordings and text messages as they come about, and
//! what is left of them and of the call records. Deleting is in `rest`; the story of a call, from
//! which promises are checked, stays whole whatever is deleted.

use super::{Kept, Message, Recording, World};
use std::time::Duration;

impl World {
    /// A recording that has just been made; gives its SID.
    pub fn add_recording(&mut self, call_sid: &str, length: Duration) -> String {
        let sid = self.chance.sid("RE");
        let recording =
            Recording { sid: sid.clone(), call_sid: call_sid.to_owned(), at: self.now, length, deleted: None };
        self.recordings.push(recording);
        sid
    }

    /// A text message that has just been taken in, for the hotline or from it; gives its SID.
    pub fn add_message(&mut self, from: &str, to: &str, body: &str) -> String {
        let sid = self.chance.sid("SM");
        let (from, to, body) = (from.to_owned(), to.to_owned(), body.to_owned());
        self.messages.push(Message { sid: sid.clone(), at: self.now, to, from, body, deleted: None });
        sid
    }

    /// What has not been deleted.
    pub fn kept(&self) -> Kept {
        let calls = self.calls.iter().filter(|call| !call.deleted);
        let recordings = self.recordings.iter().filter(|recording| recording.deleted.is_none());
        let messages = self.messages.iter().filter(|message| message.deleted.is_none());
        Kept {
            calls: calls.map(|call| call.sid.clone()).collect(),
            recordings: recordings.map(|recording| recording.sid.clone()).collect(),
            messages: messages.map(|message| message.sid.clone()).collect(),
        }
    }
}
