//! One process a database: a lock file beside it, held as long as the process lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{StoreError, is_of_the_disk};
use crate::beside::beside;

/// The lock; dropping it lets the next process in. The kernel drops it when the process dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// How long whoever finds it taken by another than a running service goes on trying: a service that
    /// stops takes up to ten seconds.
    pub const PATIENCE: Duration = Duration::from_secs(15);

    /// How long they wait between two tries.
    pub const AGAIN: Duration = Duration::from_millis(100);

    /// Takes the lock of the database at `path`, or says who has it.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let lock_path = Self::file(path);
        let shown = lock_path.display().to_string();
        let failed = |why| StoreError::LockFile { path: shown.clone(), why };
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let file = match opened {
            Ok(file) => {
                hand_over(&file, path).map_err(failed)?;
                file
            }
            // A disk that takes nothing is no reason to leave callers alone, and a lock needs nothing written.
            Err(why) if is_of_the_disk(&why) => {
                File::open(&lock_path).or_else(|_| File::open(folder(path))).map_err(failed)?
            }
            Err(why) => return Err(failed(why)),
        };
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.display().to_string() }),
            Err(TryLockError::Error(why)) => Err(failed(why)),
        }
    }

    /// The lock's file.
    pub fn file(path: &Path) -> PathBuf {
        beside(path, ".lock")
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Whoever owns the database must be able to take the lock, also after somebody else, such as root, has
/// made its file.
fn hand_over(lock: &File, database: &Path) -> io::Result<()> {
    let Ok(owned) = database.metadata() else { return Ok(()) };
    if lock.metadata()?.uid() == owned.uid() {
        return Ok(());
    }
    match fchown(lock, Some(owned.uid()), Some(owned.gid())) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        done => done,
    }
}
