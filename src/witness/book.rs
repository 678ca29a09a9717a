//! What goes into the file, and in what order: the announcement of the key first, and never a line
//! that vouches for less than the one before, unless an older copy of the record was accepted.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tracing::{error, info};

use super::error::WitnessError;
use super::file::{self, WitnessFile};
use super::ids::{EventHash, LogId};
use super::key::SigningKey;
use super::line::{Line, Statement, What};
use super::post::Post;
use super::public_key::PublicKey;
use crate::clock::Clock;
use crate::domain::erased::Erased;

/// A line that somebody wants, with the event that it is to vouch for.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) seq: i64,
    pub(super) hash: EventHash,
    pub(super) wish: Wish,
}

/// What the line is for.
#[derive(Debug)]
pub(super) enum Wish {
    Checkpoint,
    Erasure(Erased),
    Restored { lost_from: i64, lost_to: i64 },
}

/// The file with the key that signs it.
#[derive(Debug)]
pub(super) struct Book {
    log: LogId,
    key_path: PathBuf,
    /// Read with the first line, and again with each until it can be: the service starts without.
    key: Option<SigningKey>,
    file: WitnessFile,
    clock: Clock,
    post: Option<Post>,
    /// Whether the file surely says that this key signs.
    announced: bool,
    /// The newest event that a line of ours vouches for.
    last: Option<(i64, EventHash)>,
    witnessed: Arc<AtomicI64>,
}

impl Book {
    pub(super) fn new(log: LogId, key_path: PathBuf, file: WitnessFile, clock: Clock, post: Option<Post>) -> Self {
        let witnessed = Arc::new(AtomicI64::new(0));
        Self { log, key_path, key: None, file, clock, post, announced: false, last: None, witnessed }
    }

    /// The number of the newest event that is durably vouched for; 0 before the first.
    pub(super) fn witnessed(&self) -> Arc<AtomicI64> {
        self.witnessed.clone()
    }

    /// Writes a line, and before it the announcement of the key if the file does not have it.
    pub(super) fn enter(&mut self, entry: Entry) -> Result<(), WitnessError> {
        // Whoever wants a line may have looked at the record before somebody else did.
        let newer = match entry.wish {
            Wish::Checkpoint | Wish::Erasure(_) => self.last.filter(|(last, _)| *last > entry.seq),
            Wish::Restored { .. } => None,
        };
        let (seq, hash) = newer.unwrap_or((entry.seq, entry.hash));
        let key = match self.key.take() {
            Some(key) => key,
            None => SigningKey::load_or_create(&self.key_path)?,
        };
        let entered = self.sign(&key, seq, hash, entry.wish);
        self.key = Some(key);
        entered
    }

    fn sign(&mut self, key: &SigningKey, seq: i64, hash: EventHash, wish: Wish) -> Result<(), WitnessError> {
        if !self.announced || self.file.is_new()? {
            self.announce(key, seq, hash)?;
        }
        match wish {
            Wish::Checkpoint if self.last == Some((seq, hash)) => Ok(()),
            Wish::Checkpoint => {
                self.write(key, seq, hash, What::Checkpoint)?;
                info!(seq, %hash, key = %key.key_id(), "checkpoint");
                Ok(())
            }
            Wish::Erasure(erased) => self.write(key, seq, hash, What::Erasure(erased)),
            Wish::Restored { lost_from, lost_to } => self.write(key, seq, hash, What::Restored { lost_from, lost_to }),
        }
    }

    fn announce(&mut self, key: &SigningKey, seq: i64, hash: EventHash) -> Result<(), WitnessError> {
        let public_key = key.public_key();
        let former = if self.file.is_new()? { None } else { self.last_announced()? };
        if former != Some(public_key) {
            if let Some(former) = former {
                error!(
                    former = %former.key_id(),
                    key = %public_key.key_id(),
                    file = %self.file.path().display(),
                    "another key has signed this record's witnesses so far, and nothing vouches for this one; if the \
                     former still exists, name its file with [record] signing_key; if it is lost, give the new public \
                     key to whoever reviews the record"
                );
            }
            self.write(key, seq, hash, What::Key { public_key })?;
            info!(seq, %hash, key = %public_key.key_id(), %public_key, "witnesses are signed with this key from here on");
        }
        self.announced = true;
        Ok(())
    }

    /// The key that the file's last announcement for this record names, rightly or wrongly.
    fn last_announced(&self) -> Result<Option<PublicKey>, WitnessError> {
        let mut last = None;
        for line in file::lines(self.file.path())? {
            let (_, Ok(line)) = line? else { continue };
            if line.statement.log != self.log {
                continue;
            }
            match line.statement.what {
                What::Key { public_key } => last = Some(public_key),
                What::Checkpoint | What::Erasure(_) | What::Restored { .. } => {}
            }
        }
        Ok(last)
    }

    fn write(&mut self, key: &SigningKey, seq: i64, hash: EventHash, what: What) -> Result<(), WitnessError> {
        let statement = Statement { log: self.log, seq, hash, at: self.clock.now(), what };
        let line = Line::sign(statement, key);
        self.file.append(&line)?;
        self.last = Some((seq, hash));
        self.witnessed.store(seq, Ordering::Relaxed);
        if let Some(post) = &self.post {
            post.hand_over(line.to_string());
        }
        Ok(())
    }
}
