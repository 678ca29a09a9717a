//! A leg: one attempt to ring one organiser for one call.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{CallSid, LegId, OrganiserId};
use super::line::LineStatus;
use super::phone::PhoneNumber;
use super::time::Timestamp;
use super::words::{UnknownWord, words};

words! {
    /// How far a leg has come.
    LegStatus, "leg status" {
        /// Intended; Twilio was not asked yet.
        Planned = "planned",
        /// Twilio is being asked, or was and has not said that it rings.
        Dialing = "dialing",
        /// The phone rings.
        Ringing = "ringing",
        /// Somebody or something picked up and is being screened.
        Answered = "answered",
        /// The winner.
        Joined = "joined",
        /// The winner's line has ended.
        Completed = "completed",
        /// Answered too late.
        Lost = "lost",
        /// Another key than 1, or none.
        Declined = "declined",
        /// A voicemail or fax picked up.
        Machine = "machine",
        /// The line was busy, or the organiser pushed the call away.
        Busy = "busy",
        /// It rang until the time was up.
        NoAnswer = "no_answer",
        /// It could not be rung.
        Failed = "failed",
        /// We took it back before anybody picked up.
        Canceled = "canceled",
        /// Twilio may or may not have carried out the request to ring.
        Unclear = "unclear",
    }
}

impl LegStatus {
    /// A terminal status never changes.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Planned | Self::Dialing | Self::Ringing | Self::Answered | Self::Joined | Self::Unclear => false,
            Self::Completed
            | Self::Lost
            | Self::Declined
            | Self::Machine
            | Self::Busy
            | Self::NoAnswer
            | Self::Failed
            | Self::Canceled => true,
        }
    }
}

/// Why a leg has the status it has, where the status alone doesn't say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Reason {
    /// Waits until the organiser's phone is free.
    Occupied,
    /// Another organiser took the call.
    Taken,
    /// The caller left.
    CallerLeft,
    /// The wait was over.
    GaveUp,
    /// No key was pressed.
    NoKey,
    /// A key other than 1 was pressed.
    OtherKey,
    /// Twilio knows nothing of it.
    Absent,
    /// Twilio could not be reached in time, or took none of our credentials.
    Unreachable,
    /// They are no longer on the roster, or not with this number.
    OffRoster,
    /// Twilio's error code.
    Twilio(u32),
    /// The carrier's SIP response.
    Sip(u32),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Occupied => "occupied",
            Self::Taken => "taken",
            Self::CallerLeft => "caller_left",
            Self::GaveUp => "gave_up",
            Self::NoKey => "no_key",
            Self::OtherKey => "other_key",
            Self::Absent => "absent",
            Self::Unreachable => "unreachable",
            Self::OffRoster => "off_roster",
            Self::Twilio(code) => return write!(f, "twilio_{code}"),
            Self::Sip(code) => return write!(f, "sip_{code}"),
        })
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.to_string()
    }
}

impl TryFrom<String> for Reason {
    type Error = UnknownWord;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The words for reasons.
const KNOWN: &[&str] = &[
    "occupied",
    "taken",
    "caller_left",
    "gave_up",
    "no_key",
    "other_key",
    "absent",
    "unreachable",
    "off_roster",
    "twilio_ and a number",
    "sip_ and a number",
];

impl FromStr for Reason {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "occupied" => Self::Occupied,
            "taken" => Self::Taken,
            "caller_left" => Self::CallerLeft,
            "gave_up" => Self::GaveUp,
            "no_key" => Self::NoKey,
            "other_key" => Self::OtherKey,
            "absent" => Self::Absent,
            "unreachable" => Self::Unreachable,
            "off_roster" => Self::OffRoster,
            other => {
                let code = |prefix| other.strip_prefix(prefix).and_then(|code| code.parse().ok());
                let unknown = || UnknownWord { what: "reason", text: other.to_owned(), known: KNOWN };
                code("twilio_").map(Self::Twilio).or_else(|| code("sip_").map(Self::Sip)).ok_or_else(unknown)?
            }
        })
    }
}

/// One attempt to ring one organiser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Our id, which its URLs carry.
    pub id: LegId,
    /// The call it belongs to.
    pub call_sid: CallSid,
    /// The round it belongs to.
    pub round: u32,
    /// Who is rung.
    pub organiser_id: OrganiserId,
    /// Where they are rung; nothing once that is erased.
    pub number: Option<PhoneNumber>,
    /// How far it has come.
    pub status: LegStatus,
    /// Why, where the status alone doesn't say it.
    pub reason: Option<Reason>,
    /// Twilio's id of the line, once it is known.
    pub sid: Option<CallSid>,
    /// The last that Twilio said of the line.
    pub line: Option<LineStatus>,
    /// How often Twilio was asked about it in vain while `Unclear`.
    pub lookups: u32,
    /// When it became unclear whether Twilio rings it.
    pub unclear_at: Option<Timestamp>,
    /// When it was intended.
    pub planned_at: Timestamp,
    /// When Twilio was asked to ring.
    pub dialed_at: Option<Timestamp>,
    /// When somebody or something picked up.
    pub answered_at: Option<Timestamp>,
    /// When they took the call; set for the winner only.
    pub joined_at: Option<Timestamp>,
    /// When caller and winner were together.
    pub connected_at: Option<Timestamp>,
    /// When caller and winner were no longer together.
    pub disconnected_at: Option<Timestamp>,
    /// When the line was known to be down, or known never to be opened.
    pub ended_at: Option<Timestamp>,
}

impl Leg {
    /// Whether a phone may be ringing or talking because of this leg, or is about to.
    pub fn occupies_phone(&self) -> bool {
        self.ended_at.is_none() && self.reason != Some(Reason::Occupied)
    }

    /// The phone that it occupies, if any.
    pub fn occupied_phone(&self) -> Option<&PhoneNumber> {
        self.number.as_ref().filter(|_| self.occupies_phone())
    }

    /// Whether it waits for its organiser's phone to be free.
    pub fn waits_for_phone(&self) -> bool {
        self.status == LegStatus::Planned && self.reason == Some(Reason::Occupied)
    }

    /// Whether Twilio was asked to ring, and did not as far as we know.
    pub fn was_dialled_in_vain(&self) -> bool {
        matches!(self.status, LegStatus::Planned | LegStatus::Unclear) && self.dialed_at.is_some()
    }

    /// Whether the phone was picked up, as far as we know: then only `completed` ends the line.
    pub fn is_picked_up(&self) -> bool {
        self.answered_at.is_some() || self.line == Some(LineStatus::InProgress)
    }

    /// Whether the caller can still get this organiser.
    pub fn may_still_win(&self) -> bool {
        !self.status.is_terminal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_as_they_are_written() {
        let all = [
            Reason::Occupied,
            Reason::Taken,
            Reason::CallerLeft,
            Reason::GaveUp,
            Reason::NoKey,
            Reason::OtherKey,
            Reason::Absent,
            Reason::Unreachable,
            Reason::OffRoster,
            Reason::Twilio(21211),
            Reason::Sip(404),
        ];
        for reason in all {
            assert_eq!(reason.to_string().parse(), Ok(reason));
        }
        assert!("twilio_x".parse::<Reason>().is_err());
    }
}
