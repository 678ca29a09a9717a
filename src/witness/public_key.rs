//! The public half of a signing key, which reviewers hold: it tells whether a signature is right.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};

use super::hex;
use super::ids::KeyId;

/// A text that was given as a public key and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a public key; write its 64 hex digits, as the witnesses have them under \"public_key\"")]
pub struct InvalidPublicKey;

/// The public half of a signing key: 64 hex digits, small letters. Kept as its 32 bytes, since each
/// of very many lines may hold one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    pub(super) fn new(key: VerifyingKey) -> Self {
        Self(key.to_bytes())
    }

    /// Its short name, by which lines say who signed them.
    pub fn key_id(&self) -> KeyId {
        KeyId::of(&self.0)
    }

    /// Whether the other half has signed just this.
    pub(super) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        // The strict way: no key and no signature for which more than one message would do.
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(message, signature).is_ok())
    }
}

impl FromStr for PublicKey {
    type Err = InvalidPublicKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = hex::decode(text).ok_or(InvalidPublicKey)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| InvalidPublicKey)?;
        if key.is_weak() { Err(InvalidPublicKey) } else { Ok(Self::new(key)) }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
