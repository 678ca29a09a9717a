//! Which record a line speaks of: after an older copy was accepted, the same numbers stand for
//! other events. Within a file, what stands before the acceptance speaks of the former record; in
//! another file, what was written earlier, under a key that led to the one which signed the
//! acceptance: else anybody could make a file that silences all others.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::witness::line::{Statement, What};
use crate::witness::public_key::PublicKey;

/// A line that counts.
#[derive(Debug)]
pub(super) struct Heard {
    /// Which file, by its place among them.
    pub(super) file: usize,
    pub(super) line: usize,
    pub(super) signer: PublicKey,
    pub(super) statement: Statement,
}

/// All acceptances of older copies.
pub(super) struct Restores<'a> {
    all: Vec<Restored<'a>>,
    /// The keys that were valid in each file, in order.
    keys: &'a [Vec<PublicKey>],
}

struct Restored<'a> {
    statement: &'a Statement,
    /// The events that were given up.
    lost: RangeInclusive<i64>,
    signer: PublicKey,
    /// The file and line of each of its copies.
    copies: Vec<(usize, usize)>,
}

impl<'a> Restores<'a> {
    pub(super) fn among(heard: &'a [Heard], keys: &'a [Vec<PublicKey>]) -> Self {
        let mut all: Vec<Restored<'_>> = Vec::new();
        for Heard { file, line, signer, statement } in heard {
            let lost = match statement.what {
                What::Restored { lost_from, lost_to } => lost_from..=lost_to,
                What::Key { .. } | What::Checkpoint | What::Erasure(_) => continue,
            };
            match all.iter_mut().find(|known| known.statement == statement && known.signer == *signer) {
                Some(known) => known.copies.push((*file, *line)),
                None => all.push(Restored { statement, lost, signer: *signer, copies: vec![(*file, *line)] }),
            }
        }
        Self { all, keys }
    }

    /// Whether the record that this line speaks of was given up at that event.
    pub(super) fn gave_up(&self, heard: &Heard) -> bool {
        self.all.iter().any(|restored| restored.lost.contains(&heard.statement.seq) && self.is_before(heard, restored))
    }

    fn is_before(&self, heard: &Heard, restored: &Restored<'_>) -> bool {
        if let Some((_, line)) = restored.copies.iter().find(|(file, _)| *file == heard.file) {
            return heard.line < *line;
        }
        let led_to = |file: usize| {
            let place = |key: PublicKey| self.keys[file].iter().position(|known| *known == key);
            place(heard.signer).is_some_and(|former| Some(former) <= place(restored.signer))
        };
        heard.statement.at < restored.statement.at && restored.copies.iter().any(|(file, _)| led_to(*file))
    }
}

/// Those lines that follow each other in their file as events do, and those that don't: a line that
/// was moved could stand under another key than the one that was valid when it was written.
pub(super) fn in_order(heard: Vec<&Heard>) -> (Vec<&Heard>, Vec<&Heard>) {
    let (mut file, mut newest) = (0, 0);
    heard.into_iter().partition(|heard| {
        let statement = &heard.statement;
        let goes_back = match statement.what {
            What::Restored { .. } => false,
            What::Key { .. } | What::Checkpoint | What::Erasure(_) => heard.file == file && statement.seq < newest,
        };
        if !goes_back {
            (file, newest) = (heard.file, statement.seq);
        }
        !goes_back
    })
}

/// The first two lines of each pair of files that give one event different hashes; all that follow
/// can't agree either. The lines are in order of seq.
pub(super) fn contradictions<'a>(present: &[&'a Heard]) -> Vec<(&'a Heard, &'a Heard)> {
    let mut told = HashSet::new();
    let mut found = Vec::new();
    for same in present.chunk_by(|a, b| a.statement.seq == b.statement.seq) {
        let Some((first, others)) = same.split_first() else { continue };
        for other in others.iter().filter(|other| other.statement.hash != first.statement.hash) {
            if told.insert((first.file, other.file)) {
                found.push((*first, *other));
            }
        }
    }
    found
}
