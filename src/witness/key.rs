//! The signing key and its file: made at the first start, and never replaced by us, since whoever
//! reviews the record holds the public half.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use ed25519_dalek::{Signature, Signer};
use secrecy::zeroize::Zeroizing;

use super::file::sync_folder;
use super::hex;
use super::ids::KeyId;
use super::public_key::PublicKey;
use crate::beside::beside;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Others could sign in our name.
    #[error("the signing key {path} may be used by others, who could forge witnesses; run: chmod 600 {path}")]
    Exposed {
        /// The key's file.
        path: String,
    },
    /// It is something else.
    #[error(
        "{path} is not a signing key, which is 64 hex digits; put the right file back from a copy, or name another \
         file with [record] signing_key (a new key is made where there is none, and reviewers must be told of it)"
    )]
    NotAKey {
        /// The key's file.
        path: String,
    },
    /// The system has no random numbers.
    #[error("no signing key can be made, since the system gives no random numbers ({0}); restart the machine")]
    NoRandomness(getrandom::Error),
    /// The disk says no.
    #[error("the signing key {path} can't be read or made ({why}); does the folder exist, and may this user use it?")]
    Disk {
        /// The key's file.
        path: String,
        /// What the system said.
        why: io::Error,
    },
}

/// The key that signs witnesses. Its secret half is in no debug output, and overwritten in memory
/// when it is dropped.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key in the file at `path`; a new one is written there if there is no such file.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match File::open(path) {
            Ok(file) => load(path, file),
            Err(error) if error.kind() == ErrorKind::NotFound => create(path),
            Err(why) => Err(disk(path, why)),
        }
    }

    /// The key in the file at `path`, if there is a usable one.
    pub fn existing(path: &Path) -> Option<Self> {
        load(path, File::open(path).ok()?).ok()
    }

    pub(super) fn from_secret(secret: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(secret))
    }

    /// The short name of its public half.
    pub fn key_id(&self) -> KeyId {
        self.public_key().key_id()
    }

    /// The half that reviewers hold.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::new(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        self.0.sign(message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, …)", self.key_id())
    }
}

fn load(path: &Path, mut file: File) -> Result<SigningKey, KeyError> {
    let metadata = file.metadata().map_err(|why| disk(path, why))?;
    if !metadata.is_file() {
        return Err(KeyError::NotAKey { path: shown(path) });
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Exposed { path: shown(path) });
    }
    // A key and a line break; one byte more, to see that there is nothing else.
    let mut text = Zeroizing::new([0; 66]);
    let mut length = 0;
    while length < text.len() {
        match file.read(&mut text[length..]).map_err(|why| disk(path, why))? {
            0 => break,
            read => length += read,
        }
    }
    let text = std::str::from_utf8(&text[..length]).map(|text| text.strip_suffix('\n').unwrap_or(text));
    let secret = text.ok().and_then(hex::decode).map(Zeroizing::new);
    secret.map(|secret| SigningKey::from_secret(&secret)).ok_or_else(|| KeyError::NotAKey { path: shown(path) })
}

/// Writes the key under another name first, so that a crash leaves a whole one or none, and gives
/// it its name by a link, which never replaces a file.
fn create(path: &Path) -> Result<SigningKey, KeyError> {
    let mut secret = Zeroizing::new([0; 32]);
    let mut suffix = [0; 8];
    getrandom::fill(&mut *secret).and_then(|()| getrandom::fill(&mut suffix)).map_err(KeyError::NoRandomness)?;
    let draft = beside(path, &format!(".new-{}", hex::encode(&suffix)));

    let linked = write(&draft, &secret).and_then(|()| std::fs::hard_link(&draft, path));
    let removed = match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    match linked {
        // Another process was faster: its key is the key.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            load(path, File::open(path).map_err(|why| disk(path, why))?)
        }
        linked => {
            linked.and(removed).and_then(|()| sync_folder(path)).map_err(|why| disk(path, why))?;
            Ok(SigningKey::from_secret(&secret))
        }
    }
}

fn write(draft: &Path, secret: &[u8; 32]) -> io::Result<()> {
    let digits = Zeroizing::new(hex::encode(secret));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    // Whatever the process's mask is.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(digits.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn disk(path: &Path, why: io::Error) -> KeyError {
    KeyError::Disk { path: shown(path), why }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
