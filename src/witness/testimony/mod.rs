//! What a set of witness files says about one record. Pure: lines in, testimony out; the comparison
//! with the database is the verifier's.
//!
//! A line counts if the key that signed it was the valid one at that place (`signers`), and if the
//! record that it speaks of was not given up later for an older copy (`branches`). What does not
//! count is a [`Problem`], each with where it is.

mod branches;
mod problem;
mod signers;

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

pub use self::problem::{Problem, Trouble};

use self::branches::{Heard, Restores, contradictions, in_order};
use self::problem::Problems;
use self::signers::Signers;
use super::file::Numbered;
use super::ids::{EventHash, LogId};
use super::line::{Line, Statement, What};
use super::public_key::PublicKey;
use super::wire::BadLine;
use crate::domain::ids::CallSid;
use crate::domain::privacy::DataClass;
use crate::domain::time::Timestamp;

/// A file of witnesses as it was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, for people; no two are the same.
    pub name: String,
    /// Its lines in order.
    pub lines: Vec<Numbered>,
}

impl Source {
    /// Without its checkpoints, except for the last few: a signature takes about 0.1 ms to check, and
    /// a service that starts has no time for years of them. Enough to see whether the database is
    /// behind its witnesses and what had been erased; not enough to verify the record.
    pub fn shortened(mut self, last: usize) -> Self {
        let is_checkpoint = |line: &Result<Line, BadLine>| match line {
            Ok(line) => match line.statement.what {
                What::Checkpoint => true,
                What::Key { .. } | What::Erasure { .. } | What::Restored { .. } => false,
            },
            Err(_) => false,
        };
        let all = self.lines.iter().filter(|(_, line)| is_checkpoint(line)).count();
        let mut older = all.saturating_sub(last);
        self.lines.retain(|(_, line)| {
            let leave_out = older > 0 && is_checkpoint(line);
            older -= usize::from(leave_out);
            !leave_out
        });
        self
    }
}

/// Where a line is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file's name.
    pub file: Arc<str>,
    /// The number of the line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of {}", self.line, self.file)
    }
}

/// An event that is vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its number.
    pub seq: i64,
    /// Its hash as it was then.
    pub hash: EventHash,
    /// When the line was written.
    pub at: Timestamp,
    /// Which line says so.
    pub place: Place,
}

/// An erasure that was witnessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The line, and the event that says so or a later one.
    pub point: Point,
    /// Whose data it was.
    pub call_sid: CallSid,
    /// What of it.
    pub classes: BTreeSet<DataClass>,
}

/// The acceptance of an older copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// The line, and the first event after the copy's last.
    pub point: Point,
    /// The newest event of the former record that was witnessed.
    pub lost_to: i64,
}

/// What the files say, in order of seq.
#[derive(Debug, Default)]
pub struct Testimony {
    /// What the present record must agree with.
    pub points: Vec<Point>,
    /// What former records had before an older copy was accepted: nothing to compare.
    pub lost: Vec<Point>,
    /// Every erasure once, also those of former records: what must be gone from any copy.
    pub erasures: Vec<Erasure>,
    /// Every acceptance of an older copy once.
    pub restores: Vec<Restore>,
    /// The keys that signed what counts; a reviewer compares them with what they were given.
    pub keys: Vec<PublicKey>,
    /// What does not count, and what contradicts itself.
    pub problems: Vec<Problem>,
}

/// Hears these files about this record. With `pinned` keys, only those count and what they vouch
/// for; without, the first key that a file announces is believed.
pub fn hear(log: LogId, files: Vec<Source>, pinned: &[PublicKey]) -> Testimony {
    let names: Vec<Arc<str>> = files.iter().map(|file| file.name.as_str().into()).collect();
    let mut problems = Problems::default();
    let (mut heard, mut keys) = (Vec::new(), Vec::new());
    for (file, Source { lines, .. }) in files.into_iter().enumerate() {
        let mut signers = Signers::new(log, &lines, pinned);
        for (number, line) in lines {
            match admit(&mut signers, number, line) {
                Ok(Some((signer, statement))) => heard.push(Heard { file, line: number, signer, statement }),
                Ok(None) => {}
                Err(trouble) => problems.add(&names[file], number, trouble),
            }
        }
        keys.push(signers.accepted());
    }

    let restores = Restores::among(&heard, &keys);
    let (mut lost, present): (Vec<_>, Vec<_>) = heard.iter().partition(|heard| restores.gave_up(heard));
    let (mut present, moved) = in_order(present);
    for heard in moved {
        problems.add(&names[heard.file], heard.line, Trouble::OutOfOrder);
    }
    lost.sort_by_key(|heard| heard.statement.seq);
    present.sort_by_key(|heard| heard.statement.seq);
    for (first, second) in contradictions(&present) {
        let trouble = Trouble::Contradiction { seq: second.statement.seq, other: place(first, &names) };
        problems.add(&names[second.file], second.line, trouble);
    }
    let points = |heard: Vec<&Heard>| heard.into_iter().map(|heard| point(heard, &names)).collect();
    let (erasures, restores) = retold(&heard, &names);
    let mut told = HashSet::new();
    let keys = keys.concat().into_iter().filter(|key| told.insert(*key)).collect();
    Testimony { points: points(present), lost: points(lost), erasures, restores, keys, problems: problems.found() }
}

/// The key that signed a line, and what it states; nothing if the line was torn.
fn admit(
    signers: &mut Signers<'_>,
    number: usize,
    line: Result<Line, BadLine>,
) -> Result<Option<(PublicKey, Statement)>, Trouble> {
    match line {
        Ok(line) => Ok(Some((signers.admit(number, &line)?, line.statement))),
        Err(BadLine::Torn) => Ok(None),
        Err(bad @ (BadLine::TooLong | BadLine::Unreadable(_))) => Err(Trouble::NotALine(bad)),
    }
}

/// The erasures and restores, each once: a copy in another file says the same.
fn retold(heard: &[Heard], names: &[Arc<str>]) -> (Vec<Erasure>, Vec<Restore>) {
    let (mut erasures, mut restores, mut told) = (Vec::new(), Vec::new(), HashSet::new());
    for heard in heard {
        let point = point(heard, names);
        match &heard.statement.what {
            What::Key { .. } | What::Checkpoint => {}
            What::Erasure { .. } | What::Restored { .. } if !told.insert(&heard.statement) => {}
            What::Restored { lost_to } => restores.push(Restore { point, lost_to: *lost_to }),
            What::Erasure { call_sid, classes } => {
                erasures.push(Erasure { point, call_sid: call_sid.clone(), classes: classes.clone() });
            }
        }
    }
    erasures.sort_by_key(|erasure| erasure.point.seq);
    restores.sort_by_key(|restore| restore.point.seq);
    (erasures, restores)
}

fn point(heard: &Heard, names: &[Arc<str>]) -> Point {
    let Statement { seq, hash, at, .. } = heard.statement;
    Point { seq, hash, at, place: place(heard, names) }
}

fn place(heard: &Heard, names: &[Arc<str>]) -> Place {
    Place { file: names[heard.file].clone(), line: heard.line }
}
