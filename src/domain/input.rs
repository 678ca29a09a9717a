//! Everything that can happen: the one way into the switchboard.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::command::CommandResult;
use super::errand::{Actor, Errand, ReadKind};
use super::ids::{CallSid, CommandId, LegId, SpoolId};
use super::leg::Reason;
use super::line::{AnsweredBy, LineStatus};
use super::organiser::RosterEntry;
use super::phone::{CallerId, PhoneNumber};
use super::texts::SpokenText;
use super::time::Timestamp;

/// One thing that happened. What can be written to the spool can be (de)serialised; the rest has to wait for the
/// database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Twilio asks what to do with a caller's line.
    Caller(CallerRequest),
    /// The caller's line changed, by the number's status callback.
    CallerStatus {
        /// The call.
        call_sid: CallSid,
        /// How the line is now.
        line: LineStatus,
    },
    /// Nothing could be made durable in time, and Twilio rings the team for this caller by itself.
    LeftToTwilio {
        /// The call.
        call_sid: CallSid,
    },
    /// Twilio asks what to do with a leg's line.
    Leg(LegRequest),
    /// A leg's line changed, by its status callback.
    LegStatus(LegReport),
    /// The outbox can send this many commands now.
    Claim {
        /// How many of them may ring a phone.
        placements: usize,
        /// How many in all.
        total: usize,
    },
    /// What came of a command.
    CommandDone {
        /// Which command.
        id: CommandId,
        /// What came of it.
        result: CommandResult,
    },
    /// What rings or talks at Twilio, called from the hotline's number.
    #[serde(skip)]
    LinesUp(Vec<LineUp>),
    /// Time has passed; what is overdue?
    Tick,
    /// A person wants something done to the record.
    #[serde(skip)]
    Errand {
        /// What.
        errand: Errand,
        /// Who.
        by: Actor,
    },
    /// The service has started with this configuration.
    Started(Start),
    /// The database could not be written for a while; what came in meanwhile is in it now.
    #[serde(skip)]
    CaughtUp(Absence),
    /// The service is about to stop.
    Stopping,
}

/// With what the service starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The organisers of the configuration.
    pub roster: Vec<RosterEntry>,
    /// The rest of the configuration, as far as it bears on calls; no secrets, names or numbers.
    pub configuration: Map<String, Value>,
    /// What is said for each prompt.
    pub texts: Vec<SpokenText>,
}

/// How long the database could not be written, and what was decided from memory meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// When the first of it came in.
    pub from: Timestamp,
    /// In which spool it was kept.
    pub spool: SpoolId,
    /// How many inputs there were.
    pub inputs: u64,
}

/// A line that is up at Twilio and was placed from the hotline's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineUp {
    /// Twilio's id.
    pub sid: CallSid,
    /// Who was called.
    pub to: PhoneNumber,
    /// When Twilio made it.
    pub created_at: Timestamp,
}

/// Twilio asks what to do with a caller's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerRequest {
    /// The caller's line.
    pub call_sid: CallSid,
    /// Who calls.
    pub caller: CallerId,
    /// Whose phone has forwarded the call, if it was and the carrier says so.
    pub forwarded_from: Option<CallerId>,
    /// How the line is: answered by Twilio or not.
    pub line: LineStatus,
    /// What the line comes from.
    pub moment: CallerMoment,
}

/// Where a caller's line is when Twilio asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallerMoment {
    /// The call comes in, or goes on: what is next?
    Next,
    /// Waiting in the room: what is to be heard?
    InRoom {
        /// Whether they have just come in.
        greet: bool,
    },
    /// The room of this round has closed, or the caller has fallen out of it.
    AfterRoom {
        /// Which round, as the address says it.
        round: Option<u32>,
    },
    /// A key was pressed when asked whether to ring the team again.
    Key {
        /// Which round had ended, as the address says it.
        round: Option<u32>,
        /// The key.
        key: String,
    },
}

/// Twilio asks what to do with a leg's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegRequest {
    /// The leg that the URL names.
    pub leg_id: LegId,
    /// The line that asks.
    pub sid: CallSid,
    /// How it is.
    pub line: LineStatus,
    /// What the line comes from.
    pub moment: LegMoment,
    /// Whether the caller's `<Dial>` rings it.
    #[serde(default)]
    pub by_dial: bool,
}

/// Where a leg's line is when Twilio asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegMoment {
    /// Picked up; Twilio may have listened for who answered.
    PickedUp(Option<AnsweredBy>),
    /// A key was pressed.
    Key(String),
    /// The time for pressing a key is over.
    NoKey,
    /// Sent on, or fallen back: what is next?
    Next,
    /// Waiting in the room: what is to be heard?
    InRoom,
    /// The room has closed.
    AfterRoom,
}

/// How a leg's line is, from its status callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegReport {
    /// The leg that the URL names.
    pub leg_id: LegId,
    /// The line that is reported.
    pub sid: CallSid,
    /// How it is.
    pub line: LineStatus,
    /// Why it failed, if it did and somebody said so.
    pub reason: Option<Reason>,
    /// Whether the caller's `<Dial>` rings it.
    #[serde(default)]
    pub by_dial: bool,
}

impl Input {
    /// Whether somebody's line waits for the reply.
    pub fn is_a_question(&self) -> bool {
        matches!(self, Self::Caller(_) | Self::Leg(_))
    }

    /// The call it concerns, where it names one.
    pub fn call_sid(&self) -> Option<&CallSid> {
        match self {
            Self::Caller(request) => Some(&request.call_sid),
            Self::CallerStatus { call_sid, .. } | Self::LeftToTwilio { call_sid } => Some(call_sid),
            Self::Errand { errand, .. } => errand.call_sid(),
            Self::Leg(_)
            | Self::LegStatus(_)
            | Self::Claim { .. }
            | Self::CommandDone { .. }
            | Self::LinesUp(_)
            | Self::Tick
            | Self::Started(_)
            | Self::CaughtUp(_)
            | Self::Stopping => None,
        }
    }

    /// Whether it can wait in the spool until the database can be written. What people do to the record can't, nor
    /// what is only asked again if it gets no answer.
    pub fn can_wait_in_the_spool(&self) -> bool {
        match self {
            Self::Caller(_)
            | Self::CallerStatus { .. }
            | Self::LeftToTwilio { .. }
            | Self::Leg(_)
            | Self::LegStatus(_)
            | Self::Claim { .. }
            | Self::CommandDone { .. }
            | Self::Tick
            | Self::Started(_)
            | Self::Stopping => true,
            Self::LinesUp(_) | Self::Errand { .. } | Self::CaughtUp(_) => false,
        }
    }

    /// The call for which a note is written.
    pub fn notes_of(&self) -> Option<&CallSid> {
        match self {
            Self::Errand { errand: Errand::Note { call_sid, .. }, .. } => Some(call_sid),
            _ => None,
        }
    }

    /// Whether somebody is about to hand out part of the record, which a witness is to vouch for.
    pub fn is_an_export(&self) -> bool {
        matches!(self, Self::Errand { errand: Errand::Read { kind: ReadKind::Exported, .. }, .. })
    }

    /// Whether it may erase something, or begin the record: what the house can't take back by itself.
    pub fn may_be_final(&self) -> bool {
        matches!(self, Self::Errand { .. } | Self::Started(_))
    }

    /// The lines that it says are a leg's: another leg may have them.
    pub fn lines(&self) -> Vec<&CallSid> {
        match self {
            Self::Leg(request) => vec![&request.sid],
            Self::LegStatus(report) => vec![&report.sid],
            Self::CommandDone { result: CommandResult::Line(fact), .. } => vec![&fact.sid],
            Self::CommandDone { result: CommandResult::Listed(facts), .. } => {
                facts.iter().map(|fact| &fact.sid).collect()
            }
            Self::LinesUp(lines) => lines.iter().map(|line| &line.sid).collect(),
            Self::Caller(_)
            | Self::CallerStatus { .. }
            | Self::LeftToTwilio { .. }
            | Self::Claim { .. }
            | Self::CommandDone { .. }
            | Self::Tick
            | Self::Errand { .. }
            | Self::Started(_)
            | Self::CaughtUp(_)
            | Self::Stopping => Vec::new(),
        }
    }

    /// The leg it concerns, where it names one.
    pub fn leg_id(&self) -> Option<LegId> {
        match self {
            Self::Leg(request) => Some(request.leg_id),
            Self::LegStatus(report) => Some(report.leg_id),
            Self::Caller(_)
            | Self::CallerStatus { .. }
            | Self::LeftToTwilio { .. }
            | Self::Claim { .. }
            | Self::CommandDone { .. }
            | Self::LinesUp(_)
            | Self::Tick
            | Self::Errand { .. }
            | Self::Started(_)
            | Self::CaughtUp(_)
            | Self::Stopping => None,
        }
    }
}
