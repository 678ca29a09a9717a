//! One line of the file of witnesses: what it states, and the signature over that. Each vouches for
//! one event, by its number and hash, and so for all before it. How it is written is in `wire.rs`.

use std::collections::BTreeSet;

use ed25519_dalek::Signature;

use super::ids::{EventHash, KeyId, LogId};
use super::key::SigningKey;
use super::public_key::PublicKey;
use crate::domain::erased::{Erased, ErasedData};
use crate::domain::privacy::DataClass;
use crate::domain::time::Timestamp;

/// Names what is signed, and the way it is laid out.
const LAYOUT: &[u8] = b"sharedphone-witness-v1";

/// What a line states.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statement {
    /// About which record.
    pub log: LogId,
    /// The number of the event that it vouches for.
    pub seq: i64,
    /// The hash of that event.
    pub hash: EventHash,
    /// When.
    pub at: Timestamp,
    /// What more it says.
    pub what: What,
}

/// What a line says besides vouching for an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum What {
    /// From here on, this key signs.
    Key {
        /// The key; its own signature begins a file, the former key's a change.
        public_key: PublicKey,
    },
    /// Nothing.
    Checkpoint,
    /// Something was erased, and has to be erased again in any restored copy.
    Erasure(Erased),
    /// An older copy of the record was accepted; the event vouched for is the first after it.
    Restored {
        /// From which event on the copy is another record than the former.
        lost_from: i64,
        /// Up to which event the former record was witnessed.
        lost_to: i64,
    },
}

impl What {
    /// The word for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Key { .. } => "key",
            Self::Checkpoint => "checkpoint",
            Self::Erasure(_) => "erasure",
            Self::Restored { .. } => "restored",
        }
    }
}

/// A signed statement. That there is one does not mean that the signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it states.
    pub statement: Statement,
    /// Who says to have signed it.
    pub key: KeyId,
    pub(super) signature: Signature,
}

impl Line {
    /// Signs a statement.
    pub fn sign(statement: Statement, key: &SigningKey) -> Self {
        let key_id = key.key_id();
        let signature = key.sign(&layout(&statement, key_id));
        Self { statement, key: key_id, signature }
    }

    /// Whether this key has signed just this.
    pub fn is_signed_by(&self, public_key: &PublicKey) -> bool {
        public_key.verifies(&layout(&self.statement, self.key), &self.signature)
    }
}

/// The words of these classes in alphabetical order, which never changes.
pub(super) fn words(classes: &BTreeSet<DataClass>) -> Vec<&'static str> {
    let mut words: Vec<_> = classes.iter().map(|class| class.as_str()).collect();
    words.sort_unstable();
    words
}

/// The bytes that are signed: the layout's name, then each field in the order of the line, as a
/// length in bytes (4 bytes, big end first) and its text; a list as the count of its texts, and these.
fn layout(statement: &Statement, key: KeyId) -> Vec<u8> {
    let Statement { log, seq, hash, at, what } = statement;
    let mut bytes = LAYOUT.to_vec();
    add(&mut bytes, what.kind());
    for field in [log.to_string(), seq.to_string(), hash.to_string(), at.to_string(), key.to_string()] {
        add(&mut bytes, &field);
    }
    match what {
        What::Checkpoint => {}
        What::Key { public_key } => add(&mut bytes, &public_key.to_string()),
        What::Restored { lost_from, lost_to } => {
            add(&mut bytes, &lost_from.to_string());
            add(&mut bytes, &lost_to.to_string());
        }
        What::Erasure(erased) => add_erased(&mut bytes, erased),
    }
    bytes
}

/// The fields of one kind of erasure only; the name of the first tells which kind it is.
fn add_erased(bytes: &mut Vec<u8>, Erased { data, at }: &Erased) {
    match data {
        ErasedData::Call { call_sid, classes } => {
            add(bytes, "call_sid");
            add(bytes, call_sid.as_str());
            let words = words(classes);
            add_length(bytes, words.len());
            for word in words {
                add(bytes, word);
            }
        }
        ErasedData::Organiser { organiser_id } => {
            add(bytes, "organiser_id");
            add(bytes, &organiser_id.to_string());
        }
    }
    add(bytes, &at.to_string());
}

fn add(bytes: &mut Vec<u8>, text: &str) {
    add_length(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

fn add_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}
