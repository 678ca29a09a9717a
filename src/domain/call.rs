//! A call: one caller, from the first ring until they have left.

use super::case_name::CaseName;
use super::ids::{CallSid, RoomName};
use super::note::CaseStatus;
use super::phone::CallerId;
use super::privacy::Salt;
use super::time::Timestamp;
use super::words::words;

words! {
    /// How far a call has come. `Ended` is terminal.
    CallStatus, "call status" {
        /// Organisers are being rung.
        Pending = "pending",
        /// A winner exists.
        Active = "active",
        /// We gave up; the caller hears the fallback.
        Unanswered = "unanswered",
        /// The caller's line is down.
        Ended = "ended",
    }
}

words! {
    /// What came of a call; known once it has ended.
    Outcome, "outcome" {
        /// The caller spoke with an organiser.
        Connected = "connected",
        /// The caller left before anybody came.
        Abandoned = "abandoned",
        /// Nobody came and the caller was told so.
        Unanswered = "unanswered",
        /// The caller left a message.
        MessageLeft = "message_left",
        /// We did not take the call.
        Refused = "refused",
        /// It broke on a technical fault.
        Failed = "failed",
    }
}

/// One inbound call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Twilio's id of the caller's line.
    pub sid: CallSid,
    /// Which call of this record it is, from 1; never shown.
    pub case_number: u64,
    /// What people call it.
    pub case_name: CaseName,
    /// How far it has come.
    pub status: CallStatus,
    /// What came of it; set exactly when it has ended.
    pub outcome: Option<Outcome>,
    /// Who calls; nothing once that is erased.
    pub caller: Option<CallerId>,
    /// Seals what is kept of the call, until it is erased.
    pub salts: Salts,
    /// Which ringing of the team this is, from 1.
    pub round: u32,
    /// Where caller and winner of this round meet.
    pub room: RoomName,
    /// Whether the caller was sent to that room.
    pub caller_in_room: bool,
    /// When the call reached us.
    pub started_at: Timestamp,
    /// When this round is given up.
    pub give_up_at: Timestamp,
    /// When caller and an organiser were first together.
    pub connected_at: Option<Timestamp>,
    /// When the caller's line was known to be down.
    pub ended_at: Option<Timestamp>,
    /// How far its review has come.
    pub case_status: CaseStatus,
    /// Since when it is kept whatever the rules of retention say.
    pub held_since: Option<Timestamp>,
    /// The day on which everything of it is to be removed, as `2027-01-31`.
    pub expunge_on: Option<String>,
}

/// The salts of a call, one a class of data; gone with what they sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Salts {
    /// Of the numbers.
    pub numbers: Option<Salt>,
    /// Of notes, tags and reasons.
    pub notes: Option<Salt>,
}

impl Call {
    /// Whether organisers may still take it.
    pub fn is_open(&self) -> bool {
        self.status == CallStatus::Pending
    }

    /// What has come of it if the caller's line goes down now.
    pub fn outcome_on_leaving(&self) -> Outcome {
        match (self.connected_at, self.status) {
            (Some(_), _) => Outcome::Connected,
            (None, CallStatus::Unanswered) => Outcome::Unanswered,
            (None, CallStatus::Pending | CallStatus::Active | CallStatus::Ended) => Outcome::Abandoned,
        }
    }
}
