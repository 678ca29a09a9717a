//! The desk: where people's errands come in while the service runs. A Unix socket beside the database
//! takes one errand a connection, as a line of JSON, and gives one line back; the system vouches
//! for who is asking. Other processes never write to the database themselves.
//!
//! Owns the socket and its lines. Decides nothing: an errand goes to the switchboard like every input.

mod client;
mod server;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use client::{DeskError, answers, hand_in, own_uid};
pub use server::Desk;

use crate::beside::beside;
use crate::domain::errand::Refusal;

/// The longest line: a note with every field full, and room to spare.
pub(crate) const LONGEST_LINE: u64 = 1 << 20;

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// It is done and durable.
    Done,
    /// It can't be done.
    Refused(Refusal),
    /// It could not be tried.
    Failed(String),
}

/// Where the desk of the service on this database is.
pub fn socket_path(database: &Path) -> PathBuf {
    beside(database, ".sock")
}
