//! Taking the database's lock for a service. A command has it for a moment only, so it is tried again;
//! another service keeps it, so nobody waits for that.

use std::path::Path;

use anyhow::{Result, bail};
use tracing::warn;

use crate::clock::Clock;
use crate::desk;
use crate::store::{Lock, StoreError};

/// Takes the lock, or says what has it.
pub(super) async fn take(database: &Path, clock: &Clock) -> Result<Lock> {
    let until = clock.now() + Lock::PATIENCE;
    let mut told = false;
    loop {
        let error = match Lock::take(database) {
            Ok(lock) => return Ok(lock),
            Err(error @ StoreError::Locked { .. }) => error,
            Err(error) => return Err(error.into()),
        };
        if desk::answers(database).await {
            return Err(error.into());
        }
        let seconds = Lock::PATIENCE.as_secs();
        if clock.now() >= until {
            bail!(
                "another process has {}, and did not let go of it for {seconds} s: a command that takes long, or another \
                 SharedPhone whose desk does not answer; find it, and wait for it or stop it: fuser {}",
                database.display(),
                Lock::file(database).display()
            );
        }
        if !told {
            warn!(
                seconds,
                "another process has the database: a command, or a service that starts or stops; waiting for it"
            );
            told = true;
        }
        clock.sleep(Lock::AGAIN).await;
    }
}
