//! An organiser: a person with a phone who may be rung.

use serde::{Deserialize, Serialize};

use super::ids::OrganiserId;
use super::phone::PhoneNumber;
use super::privacy::Salt;
use super::time::Timestamp;

/// One person on the roster, or one who was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organiser {
    /// Our id; stays when name or number change.
    pub id: OrganiserId,
    /// What other organisers hear and reviewers read.
    pub name: String,
    /// Where they are rung.
    pub number: PhoneNumber,
    /// Seals name and number in the record.
    pub salt: Salt,
    /// When they left the roster.
    pub retired_at: Option<Timestamp>,
}

/// One line of the roster as the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// The person's name.
    pub name: String,
    /// The person's number.
    pub number: PhoneNumber,
}
