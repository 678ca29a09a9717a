//! What people write about a call, in the form that code-of-conduct teams use. All of it is free
//! text, all of it is optional, and all of it can be erased; events hold only its sealed digest.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// How far the review of a call has come.
    CaseStatus, "case status" {
        /// Nobody has looked at it yet, or it was taken up again.
        Open = "open",
        /// Somebody is at it.
        InReview = "in_review",
        /// Nothing is left to be done.
        Closed = "closed",
    }
}

/// One revision of a note. Nothing is asked that a reporter does not want to say.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// Who writes; nothing for an anonymous note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it happened, if that is not when it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub happened: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Whether it is going on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ongoing: Option<String>,
    /// What happened, in neutral words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What identifies the person it is about: name, looks, clothing, badge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifying: Option<String>,
    /// Whether the reporter is safe now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_now: Option<String>,
    /// Whether and how the reporter wants to hear from the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<String>,
    /// Who of the team has a conflict of interest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// Who else saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<String>,
}

impl Note {
    /// Whether nothing is said in it.
    pub fn is_empty(&self) -> bool {
        Self { author: None, ..self.clone() } == Self::default()
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note(…)")
    }
}

/// One revision of a note as it is kept: which note, which revision, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteRevision {
    /// The note, counted from 1 within its call.
    pub number: u32,
    /// The revision, counted from 1; the highest one counts.
    pub revision: u32,
    /// What it says.
    #[serde(flatten)]
    pub note: Note,
}
