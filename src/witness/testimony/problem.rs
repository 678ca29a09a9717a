//! Why a line does not count, in words. Lines of one file with the same trouble are one problem.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::Place;
use crate::witness::ids::{KeyId, LogId};
use crate::witness::public_key::PublicKey;
use crate::witness::wire::BadLine;

/// How many lines a problem names one by one.
const NAMED: usize = 5;

/// Lines of one file that do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name.
    pub file: Arc<str>,
    /// Their numbers, in order; at least one.
    pub lines: Vec<usize>,
    /// Why.
    pub trouble: Trouble,
}

/// Why a line does not count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Trouble {
    /// It is no line of ours.
    #[error("this is no witness: {0}; somebody has changed it, or it was never one")]
    NotALine(BadLine),
    /// It is about something else.
    #[error(
        "this is about another record ({0}); if that one was ended on purpose, move its lines to a file of their own, \
         else the whole record was exchanged"
    )]
    AnotherLog(LogId),
    /// The signature does not fit what is signed.
    #[error("the signature is wrong: somebody has changed what was written there")]
    WrongSignature,
    /// Nobody knows the key.
    #[error("this is signed with key {0}, which no line announces; if you hold that key, pin it with --key")]
    UnknownKey(KeyId),
    /// The key was announced only later.
    #[error(
        "this is signed with key {key}, which was not valid before line {announced} announced it; \
         somebody who has that key has written this afterwards"
    )]
    TooEarly {
        /// Whose signature it is.
        key: KeyId,
        /// In which line it is announced.
        announced: usize,
    },
    /// The key had been replaced.
    #[error(
        "this is signed with key {key}, which is not valid since another took its place in line {since}; \
         somebody still has the old key"
    )]
    Replaced {
        /// Whose signature it is.
        key: KeyId,
        /// From which line on another was valid.
        since: usize,
    },
    /// The key's announcement does not count.
    #[error("this is signed with key {key}, whose announcement in line {announced} does not count")]
    Refused {
        /// Whose signature it is.
        key: KeyId,
        /// In which line it is announced.
        announced: usize,
    },
    /// A change of key that the former key does not confirm.
    #[error(
        "a new key is announced, and the key before it does not vouch for it; if the former key was lost and you know \
         the new one to be right, pin the new key with --key, and the former with it: --key {former} --key {new}"
    )]
    NotVouchedFor {
        /// The key that was valid until then, and still is.
        former: PublicKey,
        /// The key that does not count.
        new: PublicKey,
    },
    /// None of the reviewer's keys.
    #[error("key {key} is announced, which is none of those that you have pinned; if it is right, add --key {key}")]
    NotPinned {
        /// The key that does not count.
        key: PublicKey,
    },
    /// It stands after a line that vouches for more.
    #[error(
        "an event is vouched for after a later one has been; lines were moved, or an older copy of the record was in \
         use that nobody had accepted"
    )]
    OutOfOrder,
    /// Two lines that can't both be true. Both are among the points.
    #[error(
        "event {seq} has another hash here than in {other}; one of the two speaks of a record that was made anew, from \
         this event or an earlier one on"
    )]
    Contradiction {
        /// The first event on which the two files differ.
        seq: i64,
        /// The other line.
        other: Place,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<_> = self.lines.iter().take(NAMED).map(usize::to_string).collect();
        let word = if self.lines.len() == 1 { "line" } else { "lines" };
        write!(f, "{word} {}", named.join(", "))?;
        if self.lines.len() > NAMED {
            write!(f, " and {} more", self.lines.len() - NAMED)?;
        }
        write!(f, " of {}: {}", self.file, self.trouble)
    }
}

/// Collects problems.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    known: HashMap<(Arc<str>, Trouble), usize>,
}

impl Problems {
    pub(super) fn add(&mut self, file: &Arc<str>, line: usize, trouble: Trouble) {
        let index = *self.known.entry((file.clone(), trouble.clone())).or_insert(self.found.len());
        match self.found.get_mut(index) {
            Some(problem) => problem.lines.push(line),
            None => self.found.push(Problem { file: file.clone(), lines: vec![line], trouble }),
        }
    }

    /// All of them, in the order in which they were found.
    pub(super) fn found(self) -> Vec<Problem> {
        self.found
    }
}
