//! Who was heard of when, as far as it is kept in memory only: after a restart every line is asked
//! after anyway.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::house::House;
use super::ids::{CallSid, LegId};
use super::leg::{Leg, LegStatus};
use super::time::Timestamp;

/// How many callers are remembered who were gone before they came.
const GONE: usize = 256;

/// When we last heard of a line or asked about it.
pub type Contacts = HashMap<Contact, Timestamp>;

/// What we hear of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Contact {
    /// A caller's line.
    Caller(CallSid),
    /// A caller's line that was down before we ever knew the call: its first request is late.
    Gone(CallSid),
    /// A caller's line that Twilio has sent out of the room at our word.
    Fetched(CallSid),
    /// A leg's line.
    Leg(LegId),
    /// A leg that became unclear before the last start: since then its line is looked for.
    Unclear(LegId),
    /// A winner's question for a waiting document, when the caller should have been there.
    AloneInRoom(LegId),
    /// Twilio's word that it has placed a call for us, or will not.
    Placed,
    /// No such word, when it was told to place one, or asked what became of that.
    NotPlaced,
    /// An answer of Twilio's to anything that we wanted of it.
    Reached,
}

impl House {
    /// Since when the line of an unclear leg is looked for: the clock may have been set between two starts.
    pub(super) fn looked_for_since(&self, leg: &Leg) -> Option<Timestamp> {
        let unclear_at = leg.unclear_at.filter(|_| leg.status == LegStatus::Unclear)?;
        Some(self.heard(&Contact::Unclear(leg.id)).unwrap_or(unclear_at))
    }

    /// The contacts to remember: those of lines that are up, and the callers who were gone last.
    pub(super) fn still_of_use(&self, mut contacts: Contacts) -> Contacts {
        let mut gone: Vec<Timestamp> = Vec::new();
        contacts.retain(|contact, heard| match contact {
            Contact::Caller(sid) | Contact::Fetched(sid) => self.call(sid).is_some_and(|call| call.ended_at.is_none()),
            Contact::Leg(id) | Contact::Unclear(id) | Contact::AloneInRoom(id) => {
                self.leg(*id).is_some_and(|leg| leg.ended_at.is_none())
            }
            Contact::Gone(_) => {
                gone.push(*heard);
                true
            }
            Contact::Placed | Contact::NotPlaced | Contact::Reached => true,
        });
        gone.sort_unstable_by(|one, other| other.cmp(one));
        if let Some(last) = gone.get(GONE - 1) {
            contacts.retain(|contact, heard| !matches!(contact, Contact::Gone(_)) || *heard >= *last);
        }
        contacts
    }
}
