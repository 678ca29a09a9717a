//! The spool's lines: each is its sum and its JSON, and each sum covers the sum before, so that neither
//! half a line nor what is left of an older spool behind the last line is taken for an entry. Knows no file.

use std::io::{self, ErrorKind};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{Head, Spooled};

/// What the first sum covers instead of one before.
const BEGIN: &str = "sharedphone spool 1";

/// How long a sum is, in hexadecimal digits.
const SUM: usize = 16;

/// The sum of the last line that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum(String);

/// The first line of a spool.
pub fn head(head: &Head) -> serde_json::Result<(Sum, String)> {
    line(&Sum(BEGIN.to_owned()), head)
}

/// The line that follows the one of that sum.
pub fn line(before: &Sum, content: &impl Serialize) -> serde_json::Result<(Sum, String)> {
    let json = serde_json::to_string(content)?;
    let sum = sum(before, &json);
    let line = format!("{} {json}\n", sum.0);
    Ok((sum, line))
}

/// What was read.
#[derive(Debug)]
pub struct Read {
    /// The lines that are whole and in their place.
    pub whole: Option<Whole>,
    /// Whether there is more behind them than the beginning of a line, which a crash has cut off: that was not acknowledged.
    pub is_damaged: bool,
}

/// A spool.
#[derive(Debug)]
pub struct Whole {
    /// The spool.
    pub spooled: Spooled,
    /// Where its last line ends.
    pub end: usize,
    /// That line's sum.
    pub sum: Sum,
}

/// Reads up to the first line that is none of this spool's. What does not even begin like a line is somebody's file, and a
/// line that can't be understood was acknowledged: both are errors, so that they are not overwritten.
pub fn read(bytes: &[u8]) -> io::Result<Read> {
    let mut sum = Sum(BEGIN.to_owned());
    let Some((json, mut end)) = next(bytes, 0, &mut sum) else {
        return if begins_a_line(bytes) {
            Ok(Read { whole: None, is_damaged: is_more_than_cut_off(bytes) })
        } else {
            Err(foreign())
        };
    };
    let head = understood(json)?;
    let mut entries = Vec::new();
    let mut newest = sum.clone();
    while let Some((json, after)) = next(bytes, end, &mut newest) {
        entries.push(understood(json)?);
        (sum, end) = (newest.clone(), after);
    }
    let is_damaged = is_more_than_cut_off(&bytes[end..]);
    Ok(Read { whole: Some(Whole { spooled: Spooled { head, entries }, end, sum }), is_damaged })
}

/// A line that was cut off has no end. No line has a zero in it: the disk has lost what was there.
fn is_more_than_cut_off(tail: &[u8]) -> bool {
    tail.iter().any(|byte| matches!(byte, b'\n' | 0))
}

fn begins_a_line(bytes: &[u8]) -> bool {
    let is_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    bytes.iter().take(SUM).all(is_hex) && bytes.iter().skip(SUM).zip(b" {").all(|(is, shall)| is == shall)
}

fn foreign() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        "what is there is no spool, or a damaged one; it stays as it is: put it aside, or name another file",
    )
}

fn understood<T: DeserializeOwned>(json: &str) -> io::Result<T> {
    serde_json::from_str(json).map_err(|error| {
        let (line, kind) = (error.line(), error.classify());
        io::Error::new(
            ErrorKind::InvalidData,
            format!(
                "the spool has a line that this version does not understand ({kind:?}, line {line}); start the version that wrote \
                 it once, or put the spool aside"
            ),
        )
    })
}

/// The JSON of the line at `from`, and where the next begins.
fn next<'a>(bytes: &'a [u8], from: usize, sum: &mut Sum) -> Option<(&'a str, usize)> {
    let rest = bytes.get(from..)?;
    let length = rest.iter().position(|byte| *byte == b'\n')?;
    let (claimed, json) = std::str::from_utf8(&rest[..length]).ok()?.split_once(' ')?;
    let computed = self::sum(sum, json);
    if computed.0 != claimed {
        return None;
    }
    *sum = computed;
    Some((json, from + length + 1))
}

fn sum(before: &Sum, json: &str) -> Sum {
    let digest = Sha256::new().chain_update(&before.0).chain_update(json).finalize();
    Sum(digest[..SUM / 2].iter().map(|byte| format!("{byte:02x}")).collect())
}
