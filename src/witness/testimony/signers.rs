//! Which key was the valid one at which line of a file. A key is valid from its announcement to the
//! announcement of the next, and the next is vouched for by the one before: whoever gets hold of a
//! key, old or new, can't sign anew what another key has signed.

use std::collections::HashMap;

use super::problem::Trouble;
use crate::witness::file::Numbered;
use crate::witness::ids::{KeyId, LogId};
use crate::witness::line::{Line, What};
use crate::witness::public_key::PublicKey;

/// Follows the keys of one record through one file.
pub(super) struct Signers<'a> {
    log: LogId,
    pinned: &'a [PublicKey],
    /// The line in which a key is first announced, rightly or wrongly.
    announced: HashMap<KeyId, usize>,
    /// The valid key.
    current: Option<PublicKey>,
    /// Those before it, with the line in which they were replaced.
    replaced: HashMap<KeyId, usize>,
    accepted: Vec<PublicKey>,
}

impl<'a> Signers<'a> {
    pub(super) fn new(log: LogId, lines: &[Numbered], pinned: &'a [PublicKey]) -> Self {
        let mut announced = HashMap::new();
        for (number, line) in lines {
            let Ok(line) = line else { continue };
            if line.statement.log != log {
                continue;
            }
            match line.statement.what {
                What::Key { public_key } => {
                    announced.entry(public_key.key_id()).or_insert(*number);
                }
                What::Checkpoint | What::Erasure(_) | What::Restored { .. } => {}
            }
        }
        Self { log, pinned, announced, current: None, replaced: HashMap::new(), accepted: Vec::new() }
    }

    /// Takes the next line; gives the key that signed it, or says why it does not count.
    pub(super) fn admit(&mut self, number: usize, line: &Line) -> Result<PublicKey, Trouble> {
        if line.statement.log != self.log {
            return Err(Trouble::AnotherLog(line.statement.log));
        }
        match line.statement.what {
            What::Key { public_key } => self.announcement(number, line, public_key),
            What::Checkpoint | What::Erasure(_) | What::Restored { .. } => {
                let signer = self.entitled(number, line.key)?;
                signed(line, &signer)?;
                self.change_to(signer, number);
                Ok(signer)
            }
        }
    }

    /// All keys that were valid somewhere in the file, in the order in which they were: each was
    /// vouched for by the one before it, or by the reviewer.
    pub(super) fn accepted(self) -> Vec<PublicKey> {
        self.accepted
    }

    fn announcement(&mut self, number: usize, line: &Line, new: PublicKey) -> Result<PublicKey, Trouble> {
        let by_itself = line.key == new.key_id() && self.current != Some(new);
        let signer = if by_itself { new } else { self.entitled(number, line.key)? };
        signed(line, &signer)?;
        if let Some(since) = self.replaced.get(&new.key_id()) {
            return Err(Trouble::Replaced { key: new.key_id(), since: *since });
        }
        if by_itself && !self.pinned.contains(&new) {
            match self.current {
                None if self.pinned.is_empty() => {}
                None => return Err(Trouble::NotPinned { key: new }),
                Some(former) => return Err(Trouble::NotVouchedFor { former, new }),
            }
        }
        self.change_to(signer, number);
        self.change_to(new, number);
        Ok(signer)
    }

    /// The key of that name, if it may sign in this line.
    fn entitled(&self, number: usize, key: KeyId) -> Result<PublicKey, Trouble> {
        if let Some(current) = self.current.filter(|current| current.key_id() == key) {
            return Ok(current);
        }
        if let Some(since) = self.replaced.get(&key) {
            return Err(Trouble::Replaced { key, since: *since });
        }
        let announced = self.announced.get(&key).copied();
        if let Some(announced) = announced.filter(|announced| *announced > number) {
            return Err(Trouble::TooEarly { key, announced });
        }
        // Part of a file, which need not have the announcement.
        if let Some(pinned) = self.pinned.iter().find(|pinned| pinned.key_id() == key) {
            return Ok(*pinned);
        }
        Err(announced.map_or(Trouble::UnknownKey(key), |announced| Trouble::Refused { key, announced }))
    }

    fn change_to(&mut self, key: PublicKey, number: usize) {
        if self.current == Some(key) {
            return;
        }
        if let Some(former) = self.current.replace(key) {
            self.replaced.insert(former.key_id(), number);
        }
        self.accepted.push(key);
    }
}

fn signed(line: &Line, by: &PublicKey) -> Result<(), Trouble> {
    if line.is_signed_by(by) { Ok(()) } else { Err(Trouble::WrongSignature) }
}
