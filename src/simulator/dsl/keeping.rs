//! Owns what a test says and asks of the personal data at Twilio: recordings and texts that are
//! there before its story begins, and what is still there at its end.

use crate::simulator::engine::Kept;
use crate::simulator::handle::Simulator;
use std::time::Duration;

/// How long a recording lasts if nothing is said of it.
const USUAL_LENGTH: Duration = Duration::from_secs(10);

impl Simulator {
    /// The call, live or over, was recorded; gives the recording's SID. Panics if there is no such call.
    #[track_caller]
    pub fn has_recording(&self, call_sid: &str) -> String {
        self.shared.with(|world, now| {
            world.catch_up(now);
            assert!(world.calls().iter().any(|call| call.sid == call_sid), "there is no call {call_sid}");
            world.add_recording(call_sid, USUAL_LENGTH)
        })
    }

    /// A text message was sent, to the hotline or from it; gives its SID.
    pub fn has_message(&self, from: &str, to: &str, body: &str) -> String {
        self.shared.with(|world, now| {
            world.catch_up(now);
            world.add_message(from, to, body)
        })
    }

    /// What Twilio still keeps.
    pub fn kept(&self) -> Kept {
        self.shared.look(|world| world.kept())
    }
}
