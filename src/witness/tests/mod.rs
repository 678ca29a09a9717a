//! Witnesses as they are written and heard, with keys that anybody can make.

mod branches;
mod key;
mod line;
mod post;
mod signers;
mod worker;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::hex;
use super::line::{Line, Statement, What};
use super::testimony::{Problem, Source, Testimony, hear};
use super::{BadLine, EventHash, LogId, PublicKey, SigningKey};
use crate::domain::erased::{Erased, ErasedData};
use crate::domain::ids::CallSid;
use crate::domain::privacy::DataClass;
use crate::domain::time::Timestamp;

const LOG: &str = "01938f4e-7d5c-7000-8000-00000000000a";

fn log() -> LogId {
    LOG.parse().expect("an id")
}

fn call() -> CallSid {
    "CA0123456789abcdef0123456789abcdef".parse().expect("a SID")
}

fn time(seconds: u64) -> Timestamp {
    let midnight: Timestamp = "2026-11-24T00:00:00.000Z".parse().expect("a time");
    midnight + Duration::from_secs(seconds)
}

/// The same number gives the same key.
fn key(number: u8) -> SigningKey {
    SigningKey::from_secret(&[number; 32])
}

/// A file in `folder` that has the key of that number.
fn key_file(folder: &Path, number: u8) -> PathBuf {
    let path = folder.join(format!("key-{number}"));
    fs::write(&path, hex::encode(&[number; 32])).expect("a key");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("private");
    path
}

/// The hash of an event in the record's first, second, … life.
fn hash_in(life: u8, seq: i64) -> EventHash {
    format!("{life:02x}{seq:062x}").parse().expect("a hash")
}

/// A line that vouches for this event of the first life, a second after the one before.
fn line(seq: i64, what: What, key: &SigningKey) -> Line {
    line_in(1, seq, what, key)
}

fn line_in(life: u8, seq: i64, what: What, key: &SigningKey) -> Line {
    let at = time(u64::from(life) * 1000 + seq.unsigned_abs());
    Line::sign(Statement { log: log(), seq, hash: hash_in(life, seq), at, what }, key)
}

fn erased(class: DataClass, seconds: u64) -> What {
    let data = ErasedData::Call { call_sid: call(), classes: BTreeSet::from([class]) };
    What::Erasure(Erased { data, at: time(seconds) })
}

fn checkpoint(seq: i64, key: &SigningKey) -> Line {
    line(seq, What::Checkpoint, key)
}

/// The announcement of `new`, signed by `by`.
fn announcement(seq: i64, new: &SigningKey, by: &SigningKey) -> Line {
    line(seq, What::Key { public_key: new.public_key() }, by)
}

fn file(name: &str, lines: impl IntoIterator<Item = Line>) -> Source {
    raw_file(name, lines.into_iter().map(Ok))
}

fn raw_file(name: &str, lines: impl IntoIterator<Item = Result<Line, BadLine>>) -> Source {
    let lines = lines.into_iter().enumerate().map(|(index, line)| (index + 1, line));
    Source { name: name.to_owned(), lines: lines.collect() }
}

/// What one file says without pinned keys.
fn heard(lines: impl IntoIterator<Item = Line>) -> Testimony {
    hear(log(), vec![file("a", lines)], &[])
}

fn pins<const N: usize>(keys: [&SigningKey; N]) -> Vec<PublicKey> {
    keys.map(SigningKey::public_key).to_vec()
}

/// The events that count.
fn seqs(testimony: &Testimony) -> Vec<i64> {
    testimony.points.iter().map(|point| point.seq).collect()
}

/// The lines that don't.
fn troubled(testimony: &Testimony) -> Vec<Vec<usize>> {
    testimony.problems.iter().map(|problem| problem.lines.clone()).collect()
}

fn only(testimony: &Testimony) -> &Problem {
    match testimony.problems.as_slice() {
        [problem] => problem,
        problems => panic!("{problems:?}"),
    }
}
