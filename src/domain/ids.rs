//! Identifiers: Twilio's SIDs and our own random ids, each a type of its own, and the source of
//! new ones, which is handed in so that a test or a replay gets the same ids again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::time::Timestamp;

/// A text that was given as an id and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a {0}")]
pub struct InvalidId(pub &'static str);

/// Two letters and 32 hex digits: kept in place, since every row and every map of the house has some.
const SID_LENGTH: usize = 34;

macro_rules! twilio_sid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name([u8; SID_LENGTH]);

        impl $name {
            /// The SID as Twilio writes it.
            pub fn as_str(&self) -> &str {
                // Always: it was text when it came.
                std::str::from_utf8(&self.0).unwrap_or_default()
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let hex = text.strip_prefix($prefix).ok_or(InvalidId($what))?;
                let sid = text.as_bytes().try_into().map_err(|_| InvalidId($what))?;
                if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) { Ok(Self(sid)) } else { Err(InvalidId($what)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

twilio_sid!(
    /// Twilio's id of one call, the caller's or an organiser's: `CA` and 32 hex digits.
    CallSid,
    "CA",
    "call SID"
);
twilio_sid!(
    /// Twilio's id of an account: `AC` and 32 hex digits.
    AccountSid,
    "AC",
    "account SID"
);

macro_rules! own_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id.
            pub fn new(ids: &mut dyn IdSource, now: Timestamp) -> Self {
                Self(ids.next(now))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId($what))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

own_id!(
    /// Our id of one attempt to ring one organiser; it travels in the leg's URLs.
    LegId,
    "leg id"
);
own_id!(
    /// Our id of an organiser; stable when their name or number changes.
    OrganiserId,
    "organiser id"
);
own_id!(
    /// Our id of a command in the outbox.
    CommandId,
    "command id"
);

own_id!(
    /// Our id of one time in which the database could not be written.
    SpoolId,
    "spool id"
);

/// The name of a conference room at Twilio: random, new each round, without meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomName(String);

impl RoomName {
    /// A room that nobody has been in.
    pub fn new(ids: &mut dyn IdSource, now: Timestamp) -> Self {
        Self(format!("hl-{}", ids.next(now).simple()))
    }

    /// A room by the name that the database has.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name as Twilio gets it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where new ids come from.
pub trait IdSource: Send {
    /// A fresh UUIDv7 that carries `now`.
    fn next(&mut self, now: Timestamp) -> Uuid;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_sid_is_ca_and_32_hex_digits() {
        let good = "CA0123456789abcdef0123456789ABCDEF";
        assert_eq!(good.parse::<CallSid>().map(|sid| sid.to_string()), Ok(good.to_owned()));
        for bad in ["", "CA", "CA123", "AC0123456789abcdef0123456789abcdef", "CA0123456789abcdef0123456789abcdeg"] {
            assert!(bad.parse::<CallSid>().is_err(), "{bad}");
        }
    }
}
