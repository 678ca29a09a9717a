//! What may have to be forgotten, and how the record vouches for it without holding it: an event has
//! a sealed digest of the value; the value itself and the salt of the seal lie in rows that can be
//! erased. Without the salt nobody can try out numbers until a digest fits.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::ids::{IdSource, InvalidId};
use super::phone::CallerId;
use super::time::Timestamp;
use super::words::words;

words! {
    /// What is kept and forgotten together.
    DataClass, "class of data" {
        /// The caller's number and the numbers that were rung.
        Numbers = "numbers",
        /// Notes, tags and reasons.
        Notes = "notes",
        /// What Twilio keeps of the call: recordings.
        Recordings = "recordings",
        /// The bare timeline of a call: who was rung when, without numbers.
        Timeline = "timeline",
    }
}

words! {
    /// A personal value, as the table `personal` has it.
    Field, "field" {
        /// The caller's number, or what the carrier sent instead.
        Caller = "caller",
        /// The number at which an organiser was rung.
        Number = "number",
        /// A revision of a note.
        Note = "note",
        /// All tags of a call.
        Tags = "tags",
        /// Why a call is on hold.
        HoldReason = "hold_reason",
    }
}

impl Field {
    /// With what it is forgotten.
    pub fn class(self) -> DataClass {
        match self {
            Self::Caller | Self::Number => DataClass::Numbers,
            Self::Note | Self::Tags | Self::HoldReason => DataClass::Notes,
        }
    }
}

/// A value that may be erased, with the digest that stays.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal {
    /// What it is.
    pub field: Field,
    /// The value.
    pub value: String,
    /// Its digest under the salt of its call and class.
    pub sealed: String,
    /// What calls of the same caller have in common, for a caller's number.
    pub link: Option<String>,
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Personal({})", self.field)
    }
}

/// The salt of what may be forgotten together: 16 random bytes in hex.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt(String);

impl Salt {
    /// A salt that nobody can guess.
    pub fn new(ids: &mut dyn IdSource, now: Timestamp) -> Self {
        Self(random(ids, now)[..32].to_owned())
    }

    /// The salt as the database has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest of `value` under this salt: 32 hex digits.
    pub fn seal(&self, field: &str, value: &str) -> String {
        keyed(&self.0, field, value)
    }
}

impl FromStr for Salt {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let good = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if good { Ok(Self(text.to_owned())) } else { Err(InvalidId("salt")) }
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// Which record this is.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The record's id, which its witnesses name.
    pub log_id: String,
    /// The key of case names and of the links between calls of one caller.
    pub secret: String,
}

impl Identity {
    /// The identity of a new record.
    pub fn new(ids: &mut dyn IdSource, now: Timestamp) -> Self {
        Self { log_id: ids.next(now).to_string(), secret: random(ids, now) }
    }

    /// What the first event says of the secret, so that it cannot be changed unnoticed.
    pub fn secret_digest(&self) -> String {
        digest(&self.secret)
    }

    /// What calls of this caller have in common; nothing for a number that is withheld.
    pub fn link(&self, caller: &CallerId) -> Option<String> {
        caller.is_a_number().then(|| keyed(&self.secret, "caller", caller.as_str()))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.log_id)
    }
}

/// 32 bytes in hex that nobody can guess: two ids have 148 random bits.
fn random(ids: &mut dyn IdSource, now: Timestamp) -> String {
    let mut hasher = Sha256::new();
    hasher.update(ids.next(now).as_bytes());
    hasher.update(ids.next(now).as_bytes());
    hex(&hasher.finalize())
}

/// HMAC-SHA-256, the first half of it, in hex.
fn keyed(key: &str, field: &str, value: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(field.as_bytes());
    mac.update(&[0]);
    mac.update(value.as_bytes());
    hex(&mac.finalize().into_bytes()[..16])
}

/// SHA-256 in hex, for what can't be guessed or is no secret.
pub fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The version of a spoken text: a digest of what is said, for which prompt, in which language.
pub fn text_version(prompt: &str, language: &str, words: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [prompt, language, words] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hex(&hasher.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salt(digit: &str) -> Salt {
        digit.repeat(32).parse().expect("a salt")
    }

    #[test]
    fn a_digest_depends_on_salt_field_and_value() {
        let digest = salt("a").seal("caller", "+15550000001");
        assert_eq!(digest, salt("a").seal("caller", "+15550000001"), "the same again");
        assert_ne!(digest, salt("b").seal("caller", "+15550000001"));
        assert_ne!(digest, salt("a").seal("number", "+15550000001"));
        assert_ne!(digest, salt("a").seal("caller", "+15550000002"));
        assert_eq!(digest.len(), 32);
    }

    #[test]
    fn a_caller_is_linked_and_a_withheld_number_is_not() {
        let identity = Identity { log_id: "one".into(), secret: "k".repeat(64) };
        let other = Identity { log_id: "one".into(), secret: "m".repeat(64) };
        let caller = CallerId::new("+15550000001");
        assert_eq!(identity.link(&caller), identity.link(&CallerId::new("+15550000001")));
        assert_ne!(identity.link(&caller), other.link(&caller));
        assert_eq!(identity.link(&CallerId::new("anonymous")), None);
        assert_eq!(identity.link(&CallerId::new("")), None);
    }

    #[test]
    fn secrets_do_not_show_themselves_in_debug_output() {
        let personal = Personal { field: Field::Caller, value: "+1555".into(), sealed: String::new(), link: None };
        let identity = Identity { log_id: "one".into(), secret: "key".into() };
        assert_eq!(format!("{personal:?} {identity:?} {:?}", salt("a")), "Personal(caller) Identity(one) Salt(…)");
    }
}
