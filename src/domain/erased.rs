//! What was erased and when, as the witnesses are told of it: so that it can be erased again if an older
//! copy of the record, which still has it, comes back.

use std::collections::BTreeSet;

use super::errand::{Basis, Errand};
use super::ids::{CallSid, OrganiserId};
use super::privacy::DataClass;
use super::time::Timestamp;

/// An erasure that is on record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Erased {
    /// What.
    pub data: ErasedData,
    /// When: the time of the event that says so.
    pub at: Timestamp,
}

/// Data that was erased.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ErasedData {
    /// What was known of a call.
    Call {
        /// Which call.
        call_sid: CallSid,
        /// What of it.
        classes: BTreeSet<DataClass>,
    },
    /// The name and number of somebody who had left the roster.
    Organiser {
        /// Who.
        organiser_id: OrganiserId,
    },
}

impl ErasedData {
    /// What the service does in a copy that still has it.
    pub fn again(&self) -> Errand {
        match self {
            Self::Call { call_sid, classes } => Errand::Erase {
                call_sid: call_sid.clone(),
                classes: classes.iter().copied().collect(),
                basis: Basis::Restore,
            },
            Self::Organiser { organiser_id } => Errand::Forget { organiser_id: *organiser_id, basis: Basis::Restore },
        }
    }
}
