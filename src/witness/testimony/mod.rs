//! What a set of witness files says about one record. Pure: lines in, testimony out; the comparison
//! with the database is the verifier's.
//!
//! A line counts if the key that signed it was the valid one at that place (`signers`), and if the
//! record that it speaks of was not given up later for an older copy (`branches`). What does not
//! count is a [`Problem`], each with where it is.

mod branches;
mod problem;
mod signers;

use std::collections::HashSet;
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
use crate::domain::erased::Erased;
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
    /// Without its checkpoints and erasures, except for the last few: a signature takes about 0.1 ms to
    /// check, and a service that starts has no time for years of them. Enough to see whether the
    /// database is behind its witnesses; not enough to verify the record.
    pub fn recent(mut self, last: usize) -> Self {
        let goes =
            |line: &Result<Line, BadLine>| says(line, |what| matches!(what, What::Checkpoint | What::Erasure(_)));
        let all = self.lines.iter().filter(|(_, line)| goes(line)).count();
        let mut older = all.saturating_sub(last);
        self.lines.retain(|(_, line)| {
            let leave_out = older > 0 && goes(line);
            older -= usize::from(leave_out);
            !leave_out
        });
        self
    }

    /// Without its checkpoints: enough to know what was erased.
    pub fn erasures(mut self) -> Self {
        self.lines.retain(|(_, line)| !says(line, |what| matches!(what, What::Checkpoint)));
        self
    }
}

fn says(line: &Result<Line, BadLine>, what: impl Fn(&What) -> bool) -> bool {
    line.as_ref().is_ok_and(|line| what(&line.statement.what))
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
    /// The line, and the newest event when it was written.
    pub point: Point,
    /// What was erased, and when.
    pub erased: Erased,
}

/// The acceptance of an older copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// The line, and the first event after the copy's last.
    pub point: Point,
    /// The first event that the copy and the former record do not share.
    pub lost_from: i64,
    /// The newest event of the former record that was witnessed.
    pub lost_to: i64,
}

/// What the files say, in order of seq; erasures in order of time.
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

impl Testimony {
    /// The erasures after which an older copy was accepted, each with the first event after the copy that
    /// was accepted last. By where the lines stand in their file: clocks may be wrong.
    pub fn before_a_restore(&self) -> impl Iterator<Item = (&Erased, i64)> {
        self.erasures.iter().filter_map(|Erasure { point, erased }| {
            let later = |other: &Place| other.file == point.place.file && other.line > point.place.line;
            let restores = self.restores.iter().filter(|restore| later(&restore.point.place));
            let last = restores.max_by_key(|restore| restore.point.place.line)?;
            Some((erased, last.point.seq))
        })
    }
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
            What::Erasure(_) | What::Restored { .. } if !told.insert(&heard.statement) => {}
            What::Restored { lost_from, lost_to } => {
                restores.push(Restore { point, lost_from: *lost_from, lost_to: *lost_to });
            }
            What::Erasure(erased) => erasures.push(Erasure { point, erased: erased.clone() }),
        }
    }
    erasures.sort_by_key(|erasure| erasure.erased.at);
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
