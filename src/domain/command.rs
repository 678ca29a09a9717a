//! Commands: what Twilio must be told or asked. A command is written in the transaction that
//! wants it and stays open until its result is known.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::Subject;
use super::ids::{CallSid, CommandId, LegId};
use super::line::{AnsweredBy, LineStatus};
use super::phone::{CallerId, PhoneNumber};
use super::privacy::Salt;
use super::time::Timestamp;
use super::words::words;

words! {
    /// What is to be done. Old kinds stay readable for ever.
    CommandKind, "command kind" {
        /// Ring a leg's organiser. Carried out at most once a leg.
        Place = "place",
        /// End a leg's line.
        HangUp = "hang_up",
        /// Send a leg's line to the document that says where the call stands.
        TellLeg = "tell_leg",
        /// Send the caller's line to the document that says where the call stands.
        TellCaller = "tell_caller",
        /// Ask how a leg's line is.
        AskLeg = "ask_leg",
        /// Ask how the caller's line is.
        AskCaller = "ask_caller",
        /// Look for the line of a leg whose placing was unclear.
        FindLeg = "find_leg",
        /// End a line that claims to be a leg's and isn't.
        HangUpStranger = "hang_up_stranger",
        /// Delete the messages between the caller and the hotline.
        DeleteMessages = "delete_messages",
        /// Delete the recordings of a line.
        DeleteRecordings = "delete_recordings",
        /// Delete Twilio's record of a line.
        DeleteCall = "delete_call",
    }
}

impl CommandKind {
    /// Whether sending it twice does no harm.
    pub fn is_repeatable(self) -> bool {
        self != Self::Place
    }

    /// Questions stay out of the way of deeds.
    pub fn urgency(self) -> u8 {
        match self {
            Self::HangUp | Self::HangUpStranger | Self::TellLeg | Self::TellCaller => 0,
            Self::Place => 1,
            Self::AskLeg | Self::AskCaller | Self::FindLeg => 2,
            Self::DeleteMessages | Self::DeleteRecordings | Self::DeleteCall => 3,
        }
    }

    /// Whether Twilio is only asked how things are.
    pub fn is_question(self) -> bool {
        matches!(self, Self::AskLeg | Self::AskCaller | Self::FindLeg)
    }

    /// Whether Twilio is to delete something: nobody waits for that.
    pub fn is_deletion(self) -> bool {
        matches!(self, Self::DeleteMessages | Self::DeleteRecordings | Self::DeleteCall)
    }
}

words! {
    /// How far a command has come.
    CommandStatus, "command status" {
        /// To be sent when due.
        Pending = "pending",
        /// Claimed by the outbox; on its way.
        Sending = "sending",
        /// Carried out, or answered.
        Done = "done",
        /// Refused, or given up.
        Failed = "failed",
        /// No longer wanted; not sent.
        Dropped = "dropped",
    }
}

impl CommandStatus {
    /// Whether it still wants something.
    pub fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::Sending => true,
            Self::Done | Self::Failed | Self::Dropped => false,
        }
    }
}

/// One row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Our id.
    pub id: CommandId,
    /// What is to be done.
    pub kind: CommandKind,
    /// The call it is done for.
    pub call_sid: CallSid,
    /// The leg it is done to, if any.
    pub leg_id: Option<LegId>,
    /// What it is done to, where that is not the leg's or the call's own line: another line, or
    /// the number whose messages are deleted.
    pub target: Option<String>,
    /// With what the target is sealed in the record, where it is a number.
    pub salt: Option<Salt>,
    /// How far it has come.
    pub status: CommandStatus,
    /// How often it was sent.
    pub tries: u32,
    /// When it was intended.
    pub created_at: Timestamp,
    /// When it is to be sent next.
    pub due_at: Timestamp,
    /// When it is no longer worth trying.
    pub deadline: Timestamp,
    /// What came of it, in a word.
    pub result: Option<String>,
}

impl Command {
    /// Whom it is for.
    pub fn about(&self) -> Subject {
        match self.leg_id {
            Some(leg_id) => Subject::Leg(self.call_sid.clone(), leg_id),
            None => Subject::Call(self.call_sid.clone()),
        }
    }

    /// What an event may say of the target: a line as it is, a number only sealed.
    pub fn told_target(&self) -> Option<String> {
        let target = self.target.as_deref()?;
        match self.kind {
            CommandKind::DeleteMessages => self.salt.as_ref().map(|salt| sealed_target(salt, target)),
            CommandKind::Place
            | CommandKind::HangUp
            | CommandKind::TellLeg
            | CommandKind::TellCaller
            | CommandKind::AskLeg
            | CommandKind::AskCaller
            | CommandKind::FindLeg
            | CommandKind::HangUpStranger
            | CommandKind::DeleteRecordings
            | CommandKind::DeleteCall => Some(target.to_owned()),
        }
    }
}

/// The digest of a number that a command is aimed at.
pub fn sealed_target(salt: &Salt, target: &str) -> String {
    salt.seal("target", target)
}

/// A claimed command with all that the outbox needs in order to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The row.
    pub id: CommandId,
    /// What to send.
    pub effect: Effect,
}

impl Claimed {
    /// Whether it rings a phone.
    pub fn is_placement(&self) -> bool {
        matches!(self.effect, Effect::Place { .. })
    }
}

/// What goes to Twilio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ring `to`.
    Place {
        /// The leg, for its URLs.
        leg_id: LegId,
        /// Whom.
        to: PhoneNumber,
        /// How long.
        ring: Duration,
    },
    /// End the line; `picked_up` as far as we know.
    HangUp {
        /// Which line.
        sid: CallSid,
        /// Whether only `completed` can end it.
        picked_up: bool,
    },
    /// Send a leg's line to its next document.
    TellLeg {
        /// Which line.
        sid: CallSid,
        /// The leg, for its URL.
        leg_id: LegId,
    },
    /// Send the caller's line to its next document.
    TellCaller {
        /// Which line.
        sid: CallSid,
    },
    /// Ask how a line is.
    Ask {
        /// Which line.
        sid: CallSid,
    },
    /// Delete the messages between a caller and the hotline.
    DeleteMessages {
        /// The caller.
        with: CallerId,
    },
    /// Delete a line's recordings.
    DeleteRecordings {
        /// Which line.
        sid: CallSid,
    },
    /// Delete what Twilio keeps of a line.
    DeleteCall {
        /// Which line.
        sid: CallSid,
    },
    /// List the lines to `to`.
    Find {
        /// Whose phone.
        to: PhoneNumber,
    },
}

/// A line as Twilio describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineFact {
    /// Twilio's id.
    pub sid: CallSid,
    /// How it is.
    pub status: LineStatus,
    /// Who answered, where Twilio has found out.
    pub answered_by: Option<AnsweredBy>,
    /// When Twilio made it.
    pub created_at: Option<Timestamp>,
    /// When it ended, if Twilio says so.
    pub ended_at: Option<Timestamp>,
    /// Whether the REST API made it.
    pub outbound_api: bool,
}

/// What came of sending a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandResult {
    /// Carried out or answered: the line is now like this.
    Line(LineFact),
    /// The line was sent to its next document.
    Redirected,
    /// The line can't be sent anywhere: it is not in progress.
    NotInProgress,
    /// Twilio no longer has it.
    Deleted,
    /// Twilio knows no such line.
    NotFound,
    /// The lines to a number.
    Listed(Vec<LineFact>),
    /// Twilio refused for good.
    Rejected {
        /// Twilio's code, or else the HTTP status.
        code: u32,
    },
    /// Twilio certainly did not act; try later.
    Busy {
        /// Twilio's wish, if it said one.
        retry_after: Option<Duration>,
    },
    /// Twilio was not reached; certainly did not act.
    Unreachable,
    /// Twilio may or may not have acted.
    Unclear,
}

/// How long to wait before try `tries + 1`: 0.25 s, doubled each time, at most 8 s.
pub fn back_off(tries: u32) -> Duration {
    Duration::from_millis(250) * 2_u32.pow(tries.saturating_sub(1).min(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_eight_seconds() {
        let seconds: Vec<f64> = (1..=8).map(|tries| back_off(tries).as_secs_f64()).collect();
        assert_eq!(seconds, [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
    }
}
