//! Errands: what a person wants done to the record, at the command line or on a page. They go the
//! way of every input, so that each is on record with who did it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::{CallSid, OrganiserId};
use super::note::{CaseStatus, Note};
use super::privacy::DataClass;
use super::words::words;

/// Who wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// A user of this machine, by the number that the system vouches for.
    Uid(u32),
    /// The service itself, by the rules of `[retention]`.
    Service,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(f, "uid:{uid}"),
            Self::Service => f.write_str("service"),
        }
    }
}

words! {
    /// What somebody has looked at.
    ReadKind, "way of reading" {
        /// A list of calls.
        Listed = "listed",
        /// One call, with all that is held about it.
        Shown = "shown",
        /// Calls written to a file that leaves this place.
        Exported = "exported",
        /// What is held about a number.
        LookedUp = "looked_up",
        /// Questions in SQL through our own command.
        Queried = "queried",
        /// Counts.
        Counted = "counted",
        /// A copy of everything.
        BackedUp = "backed_up",
    }
}

words! {
    /// Why something is erased.
    Basis, "basis" {
        /// The person asked for it.
        Request = "request",
        /// The time for which it may be kept is over.
        Retention = "retention",
        /// Consent was withdrawn.
        Consent = "consent",
        /// It should not have been kept.
        Unlawful = "unlawful",
        /// A court or an authority ordered it.
        Order = "order",
        /// A test call, or a wrong number.
        Mistake = "mistake",
        /// It had been erased already when an older copy was restored.
        Restore = "restore",
    }
}

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Put on record that somebody reads.
    Read {
        /// In which way.
        kind: ReadKind,
        /// Which calls, where they are few; none is all of them.
        calls: Vec<CallSid>,
    },
    /// Write a note, or a further revision of one.
    Note {
        /// The call it is about.
        call_sid: CallSid,
        /// Which note is revised; none for a new one.
        number: Option<u32>,
        /// What it says.
        note: Box<Note>,
    },
    /// Replace the tags of a call.
    Tag {
        /// The call.
        call_sid: CallSid,
        /// All its tags from now on.
        tags: Vec<String>,
    },
    /// Set how far the review has come.
    SetStatus {
        /// The call.
        call_sid: CallSid,
        /// How far.
        status: CaseStatus,
    },
    /// Keep a call whatever `[retention]` says.
    Hold {
        /// The call.
        call_sid: CallSid,
        /// Why.
        reason: String,
    },
    /// End a hold.
    Release {
        /// The call.
        call_sid: CallSid,
    },
    /// Have everything of a call removed on a day, or no longer on a day of its own.
    ExpungeOn {
        /// The call.
        call_sid: CallSid,
        /// The day, as `2027-01-31`.
        on: Option<String>,
    },
    /// Erase personal data of a call, here and at Twilio.
    Erase {
        /// The call.
        call_sid: CallSid,
        /// What of it.
        classes: Vec<DataClass>,
        /// On which ground.
        basis: Basis,
    },
    /// Forget the name and number of an organiser who has left.
    Forget {
        /// Who.
        organiser_id: OrganiserId,
        /// On which ground.
        basis: Basis,
    },
    /// Put on record that the record was verified and found intact.
    Verified {
        /// Its last event then.
        seq: i64,
        /// That event's hash.
        hash: String,
        /// How many witnesses agreed.
        witnesses: u64,
    },
    /// Put on record that an older copy was accepted.
    Restored {
        /// The event up to which the former record was witnessed.
        lost_to: i64,
        /// Why, in the words of whoever accepted it.
        reason: String,
    },
}

impl Errand {
    /// The call it is about, if it is about one.
    pub fn call_sid(&self) -> Option<&CallSid> {
        match self {
            Self::Note { call_sid, .. }
            | Self::Tag { call_sid, .. }
            | Self::SetStatus { call_sid, .. }
            | Self::Hold { call_sid, .. }
            | Self::Release { call_sid }
            | Self::ExpungeOn { call_sid, .. }
            | Self::Erase { call_sid, .. } => Some(call_sid),
            Self::Read { .. } | Self::Forget { .. } | Self::Verified { .. } | Self::Restored { .. } => None,
        }
    }
}

/// Why an errand was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nobody knows the organiser, or they are still on the roster.
    #[error("only somebody who has left the roster can be forgotten; take them out of [[organisers]] first")]
    NotRetired,
    /// Nobody knows the call.
    #[error("there is no such call; sharedphone calls list shows those that there are")]
    UnknownCall,
    /// The call is not over.
    #[error("this call is still going on; try again when it has ended")]
    Live,
    /// The call is on hold.
    #[error("this call is on hold; end the hold first with: sharedphone calls release CALL")]
    OnHold,
    /// There is no such note.
    #[error("this call has no such note; sharedphone calls show CALL has their numbers")]
    UnknownNote,
    /// Nothing is said in it.
    #[error("the note is empty; say at least one thing")]
    EmptyNote,
    /// Twilio was not told everything yet.
    #[error("Twilio has not confirmed yet that its data of this call is deleted; try again in a minute")]
    TwilioFirst,
    /// What is given is too long or not of its form.
    #[error("{0}")]
    Malformed(String),
}
