//! Events: what the record says happened. They hold ids and words of ours, never names, numbers
//! or free text, so that the record can outlive the personal data.

use serde_json::{Map, Value};

use super::ids::{CallSid, LegId, OrganiserId};
use super::privacy::Personal;
use super::words::words;

words! {
    /// What an event is about.
    SubjectKind, "subject" {
        /// A call.
        Call = "call",
        /// A leg.
        Leg = "leg",
        /// The roster, or why an organiser was not rung.
        Organiser = "organiser",
        /// The service itself.
        Service = "service",
        /// Somebody who read or annotated the record.
        Review = "review",
    }
}

words! {
    /// Who told us.
    Source, "source" {
        /// Twilio asked or reported.
        Webhook = "webhook",
        /// Twilio's answer to a command, or the command's being sent.
        Outbox = "outbox",
        /// A deadline passed.
        Timer = "timer",
        /// We asked Twilio how things are.
        Reconcile = "reconcile",
        /// A person at the command line; starting the service is one.
        Cli = "cli",
    }
}

/// Whom or what an event is about, with the ids that lead there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A call.
    Call(CallSid),
    /// A leg of a call.
    Leg(CallSid, LegId),
    /// An organiser, in the matter of a call or in general.
    Organiser(Option<CallSid>, OrganiserId),
    /// The service itself.
    Service,
    /// Somebody who read or annotated the record, of a call or as a whole.
    Review(Option<CallSid>),
}

impl Subject {
    /// The kind, as the record's column `subject` has it.
    pub fn kind(&self) -> SubjectKind {
        match self {
            Self::Call(_) => SubjectKind::Call,
            Self::Leg(..) => SubjectKind::Leg,
            Self::Organiser(..) => SubjectKind::Organiser,
            Self::Service => SubjectKind::Service,
            Self::Review(_) => SubjectKind::Review,
        }
    }

    /// The call concerned, if any.
    pub fn call_sid(&self) -> Option<&CallSid> {
        match self {
            Self::Call(sid) | Self::Leg(sid, _) => Some(sid),
            Self::Organiser(sid, _) | Self::Review(sid) => sid.as_ref(),
            Self::Service => None,
        }
    }

    /// The leg concerned, if any.
    pub fn leg_id(&self) -> Option<LegId> {
        match self {
            Self::Leg(_, id) => Some(*id),
            Self::Call(_) | Self::Organiser(..) | Self::Service | Self::Review(_) => None,
        }
    }

    /// The organiser concerned, if the event is about one.
    pub fn organiser_id(&self) -> Option<OrganiserId> {
        match self {
            Self::Organiser(_, id) => Some(*id),
            Self::Call(_) | Self::Leg(..) | Self::Service | Self::Review(_) => None,
        }
    }
}

/// The newest event that is durable, for whoever vouches for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 while there is none.
    pub seq: i64,
    /// Its hash, 64 hex digits.
    pub hash: String,
    /// Counts up whenever it should be witnessed at once, as when a call has ended.
    pub urgent: u64,
}

/// One entry of the record, before it has its number and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is about.
    pub subject: Subject,
    /// The status before; `None` if there was none, or if no status changed.
    pub from_status: Option<&'static str>,
    /// The status since; `None` if no status changed.
    pub to_status: Option<&'static str>,
    /// What happened, such as `twilio.ringing`, `key.1` or `timer.give_up`.
    pub cause: String,
    /// Who told us.
    pub source: Source,
    /// Particulars: ids, counts and words of ours.
    pub detail: Map<String, Value>,
    /// What it vouches for and does not hold: kept apart, so that it can be erased.
    pub personal: Vec<Personal>,
}
