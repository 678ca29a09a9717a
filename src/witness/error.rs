//! What can go wrong when a line is to be written. None of it stops the service.

use super::file::FileError;
use super::key::KeyError;
use crate::domain::ids::InvalidId;

/// Why a line was not written, or not surely.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The file can't be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is no event to vouch for, or it was handed over without a proper hash.
    #[error("there is no event that a witness could vouch for ({0}); this is a fault of the program, please report it")]
    NoEvent(InvalidId),
    /// The thread that writes has ended.
    #[error("nobody writes witnesses any more after a fault that was logged before this; restart the service")]
    Stopped,
    /// The system gives no thread.
    #[error("witnesses can't be written: the system gives no thread ({0}); end other programs, or raise its limit")]
    NoThread(std::io::Error),
    /// Lines can't be sent anywhere.
    #[error("[record] checkpoint_url can't be used: {0}; remove it, or install the system's root certificates")]
    NoClient(reqwest::Error),
}
