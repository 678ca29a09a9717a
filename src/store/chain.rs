//! The hash chain over the events: each event's hash covers all its columns and the hash of the
//! event before, so that no row can be changed, removed or slipped in unnoticed.

use sha2::{Digest, Sha256};

/// The previous hash of the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Names what is hashed, and the way it is laid out.
const LAYOUT: &[u8] = b"sharedphone-event-v1";

/// The columns of an event that its hash covers, as the database has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink<'a> {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// Ids and statuses in the order of the table: call, leg, organiser, from, to.
    pub ids_and_statuses: [Option<&'a str>; 5],
    /// What happened.
    pub cause: &'a str,
    /// Who told us.
    pub source: &'a str,
    /// Particulars, as stored.
    pub detail: &'a str,
}

/// SHA-256, in hex, over the layout's name, the previous hash and each column: a zero byte for
/// NULL, else a one, the length in bytes (4 bytes, big end first) and the bytes.
pub fn event_hash(previous_hash: &str, link: &ChainLink<'_>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(LAYOUT);
    let seq = link.seq.to_string();
    let [call, leg, organiser, from, to] = link.ids_and_statuses;
    let head = [Some(previous_hash), Some(seq.as_str()), Some(link.at), Some(link.subject)];
    let tail = [Some(link.cause), Some(link.source), Some(link.detail)];
    for column in head.into_iter().chain([call, leg, organiser, from, to]).chain(tail) {
        match column {
            None => hasher.update([0]),
            Some(text) => {
                hasher.update([1]);
                hasher.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
                hasher.update(text.as_bytes());
            }
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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
}
