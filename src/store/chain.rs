//! The hash chain over the events: each event's hash covers all its columns and the hash of the
//! event before, so that no row can be changed, removed or slipped in unnoticed.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The previous hash of the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Names what is hashed, and the way it is laid out.
const LAYOUT: &[u8] = b"sharedphone-event-v1";

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The columns of an event that its hash covers, as the database has them: text, or the bytes of a
/// text that nobody has looked at yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink<'a, T: ?Sized = str> {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: &'a T,
    /// What it is about.
    pub subject: &'a T,
    /// Ids and statuses in the order of the table: call, leg, organiser, from, to.
    pub ids_and_statuses: [Option<&'a T>; 5],
    /// What happened.
    pub cause: &'a T,
    /// Who told us.
    pub source: &'a T,
    /// Particulars, as stored.
    pub detail: &'a T,
}

/// The hash of an event; written as 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventHash([u8; 32]);

/// A text that is not 64 hex digits in small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hash of an event is 64 hex digits, in small letters")]
pub struct NotAHash;

/// Hashes events one after the other, in memory that is asked for once.
#[derive(Debug, Default)]
pub struct EventHasher {
    laid_out: Vec<u8>,
}

impl EventHasher {
    /// SHA-256 over the layout's name, the previous hash (64 hex digits) and each column: a zero
    /// byte for NULL, else a one, the length in bytes (4 bytes, big end first) and the bytes.
    pub fn hash<T: AsRef<[u8]> + ?Sized>(&mut self, previous_hash: &[u8], link: &ChainLink<'_, T>) -> EventHash {
        let mut digits = [0; 20];
        self.laid_out.clear();
        self.laid_out.extend_from_slice(LAYOUT);
        self.lay_out(Some(previous_hash));
        self.lay_out(Some(decimal(link.seq, &mut digits)));
        for column in [link.at, link.subject] {
            self.lay_out(Some(column.as_ref()));
        }
        for column in link.ids_and_statuses {
            self.lay_out(column.map(AsRef::as_ref));
        }
        for column in [link.cause, link.source, link.detail] {
            self.lay_out(Some(column.as_ref()));
        }
        EventHash(Sha256::digest(&self.laid_out).into())
    }

    fn lay_out(&mut self, column: Option<&[u8]>) {
        let Some(bytes) = column else {
            self.laid_out.push(0);
            return;
        };
        self.laid_out.push(1);
        self.laid_out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.laid_out.extend_from_slice(bytes);
    }
}

/// The number in decimal digits, at the end of `room`.
fn decimal(number: i64, room: &mut [u8; 20]) -> &[u8] {
    let mut rest = number.unsigned_abs();
    let mut start = room.len();
    for place in room.iter_mut().rev() {
        *place = DIGITS[(rest % 10) as usize];
        rest /= 10;
        start -= 1;
        if rest == 0 {
            break;
        }
    }
    if number < 0 && start > 0 {
        start -= 1;
        room[start] = b'-';
    }
    &room[start..]
}

impl EventHash {
    /// The hash as the database has it.
    pub fn hex(&self) -> [u8; 64] {
        let mut hex = [0; 64];
        for (place, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            place[0] = DIGITS[usize::from(byte >> 4)];
            place[1] = DIGITS[usize::from(byte & 15)];
        }
        hex
    }
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for EventHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let value = |digit: u8| DIGITS.iter().position(|known| *known == digit);
        let mut hash = [0; 32];
        if text.len() != 64 {
            return Err(NotAHash);
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (high, low) = (value(pair[0]).ok_or(NotAHash)?, value(pair[1]).ok_or(NotAHash)?);
            *byte = u8::try_from(high << 4 | low).map_err(|_| NotAHash)?;
        }
        Ok(Self(hash))
    }
}

/// The hash of one event, in hex; see [`EventHasher::hash`].
pub fn event_hash(previous_hash: &str, link: &ChainLink<'_>) -> String {
    EventHasher::default().hash(previous_hash.as_bytes(), link).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> ChainLink<'static> {
        ChainLink {
            seq: 1,
            at: "2026-11-22T13:16:59.123Z",
            subject: "call",
            ids_and_statuses: [Some("CA1"), None, None, None, Some("pending")],
            cause: "call.comes_in",
            source: "webhook",
            detail: "{}",
        }
    }

    #[test]
    fn the_hash_covers_every_column_and_where_it_ends() {
        let base = event_hash(GENESIS, &link());
        let variants = [
            event_hash(&base, &link()),
            event_hash(GENESIS, &ChainLink { seq: 2, ..link() }),
            event_hash(GENESIS, &ChainLink { at: "2026-11-22T13:16:59.124Z", ..link() }),
            event_hash(GENESIS, &ChainLink { subject: "leg", ..link() }),
            event_hash(GENESIS, &ChainLink { cause: "x", ..link() }),
            event_hash(GENESIS, &ChainLink { source: "cli", ..link() }),
            event_hash(GENESIS, &ChainLink { detail: "{\"a\":1}", ..link() }),
            event_hash(
                GENESIS,
                &ChainLink { ids_and_statuses: [Some("CA"), Some("1"), None, None, Some("pending")], ..link() },
            ),
            event_hash(
                GENESIS,
                &ChainLink { ids_and_statuses: [Some("CA1"), Some(""), None, None, Some("pending")], ..link() },
            ),
        ];
        for (index, variant) in variants.iter().enumerate() {
            assert_ne!(&base, variant, "variant {index}");
        }
        assert_eq!(base, event_hash(GENESIS, &link()), "the same again");
    }

    #[test]
    fn the_layout_is_what_it_was_from_the_first_event_on() {
        // Worked out apart from this program.
        assert_eq!(event_hash(GENESIS, &link()), "5def7b8b2993e923bf160c5d3e25f68f887d463f8a95a03b1f2f12f38c24077c");
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 7, 10, 1_234_567_890, i64::MAX, -1, i64::MIN] {
            assert_eq!(decimal(number, &mut [0; 20]), number.to_string().as_bytes());
        }
    }

    #[test]
    fn a_hash_is_written_and_read_in_hex() {
        let hash: EventHash = "0123456789abcdef".repeat(4).parse().expect("a hash");
        assert_eq!(hash.to_string(), "0123456789abcdef".repeat(4));
        assert_eq!(hash.hex().as_slice(), hash.to_string().as_bytes());
        for bad in ["", "0123", &"0123456789abcdeF".repeat(4), &"0123456789abcdeg".repeat(4)] {
            assert_eq!(bad.parse::<EventHash>(), Err(NotAHash));
        }
    }
}
