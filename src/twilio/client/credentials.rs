//! The account and its tokens: the one in use, and the one that it is being changed to. Owns which of them goes with a
//! request; the words of a secret leave it only in that header.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::ids::AccountSid;

/// With what an account's requests are authorised. Clones turn to the other token together.
#[derive(Clone)]
pub struct Credentials {
    account_sid: AccountSid,
    tokens: Vec<SecretString>,
    used: Arc<AtomicUsize>,
}

/// One of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Which(usize);

impl Credentials {
    /// The account's; of the tokens, the first is used until Twilio refuses it.
    pub fn new<'a>(account_sid: AccountSid, tokens: impl IntoIterator<Item = &'a SecretString>) -> Self {
        Self { account_sid, tokens: tokens.into_iter().cloned().collect(), used: Arc::default() }
    }

    pub(super) fn account_sid(&self) -> &AccountSid {
        &self.account_sid
    }

    /// The token in use.
    pub(super) fn used(&self) -> Which {
        Which(self.used.load(Ordering::Relaxed))
    }

    /// What may be tried when that one is refused.
    pub(super) fn instead_of(&self, refused: Which) -> Option<Which> {
        (0..self.tokens.len()).map(Which).find(|other| *other != refused)
    }

    /// From now on this one is used.
    pub(super) fn use_from_now_on(&self, which: Which) {
        self.used.store(which.0, Ordering::Relaxed);
    }

    /// The header that authorises a request.
    pub(super) fn basic(&self, which: Which) -> String {
        let token = self.tokens.get(which.0).map_or("", |token| token.expose_secret());
        format!("Basic {}", STANDARD.encode(format!("{}:{token}", self.account_sid)))
    }
}

/// Leaves out the tokens.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.account_sid)
    }
}
