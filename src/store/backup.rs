//! A copy of the whole database while it is in use: one consistent state, compacted, complete or not
//! there at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::beside::beside;

/// How long somebody else may be in the way.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target is taken.
    #[error("{0} exists already; a backup never writes over anything, so name another file")]
    Exists(String),
    /// A copy that was cut off, or somebody else's file.
    #[error(
        "{0} is in the way: a backup that was cut off left it, or one is being written now; if no other backup runs \
         and it is nothing of yours, remove it and try again"
    )]
    Unfinished(String),
    /// The database can't be read, or the copy can't be written.
    #[error("{path}: {why}")]
    Database {
        /// Which file.
        path: String,
        /// What SQLite said.
        why: rusqlite::Error,
    },
    /// The file system refuses.
    #[error("{path}: {why}; does the folder exist, is there space, and may this user write there?")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        why: io::Error,
    },
}

/// A copy that has not got its name yet; dropped, it is removed.
#[derive(Debug)]
pub struct Copy {
    temporary: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Copies the database to a temporary file beside `target`, for this user's eyes only.
    pub fn make(database: &Path, target: &Path) -> Result<Self, BackupError> {
        // A link that leads nowhere is in the way, too.
        if target.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(target.display().to_string()));
        }
        let temporary = beside(target, ".unfinished");
        // An empty file of ours, which SQLite accepts: nobody else can read what it gets. One that is there
        // already stays as it is: another backup may be writing it, and nothing shows that it is ours.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary);
        made.map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Unfinished(temporary.display().to_string()),
            _ => BackupError::File { path: target.display().to_string(), why },
        })?;
        let copy = Self { temporary, target: target.to_owned() };
        copy.fill(database)?;
        Ok(copy)
    }

    /// Where it is until it has its name.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Puts it on the disk for certain and gives it its name.
    pub fn keep(self) -> Result<(), BackupError> {
        let file = |result: io::Result<()>| result.map_err(|why| self.file_error(why));
        file(File::open(&self.temporary).and_then(|copy| copy.sync_all()))?;
        // Unlike renaming, linking never replaces what somebody else has put there meanwhile.
        fs::hard_link(&self.temporary, &self.target).map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(self.target.display().to_string()),
            _ => self.file_error(why),
        })?;
        let folder = self.target.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        file(File::open(folder).and_then(|folder| folder.sync_all()))
    }

    fn fill(&self, database: &Path) -> Result<(), BackupError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |path: &Path, why| BackupError::Database { path: path.display().to_string(), why };
        let connection = Connection::open_with_flags(database, flags).map_err(|why| failed(database, why))?;
        connection.busy_timeout(PATIENCE).map_err(|why| failed(database, why))?;
        let target = self.temporary.to_string_lossy();
        connection.execute("VACUUM INTO ?1", [&target]).map_err(|why| failed(database, why))?;
        Ok(())
    }

    fn file_error(&self, why: io::Error) -> BackupError {
        BackupError::File { path: self.target.display().to_string(), why }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.temporary) {
            tracing::debug!(%error, "an unfinished copy was gone already");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with a database.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("hotline.db");
        Connection::open(&database).and_then(|made| made.execute_batch("CREATE TABLE t (a)")).expect("a database");
        (folder, database)
    }

    #[test]
    fn what_is_in_the_way_stays_as_it_is() {
        let (folder, database) = folder();
        let target = folder.path().join("copy.db");
        let unfinished = folder.path().join("copy.db.unfinished");
        let somebodys = folder.path().join("somebodys");
        fs::write(&somebodys, "theirs").expect("a file");
        symlink(&somebodys, &unfinished).expect("a link");
        let error = Copy::make(&database, &target).expect_err("it is in the way");
        assert!(matches!(error, BackupError::Unfinished(_)), "{error}");
        assert!(error.to_string().contains("remove it"), "{error}");
        assert_eq!(fs::read_to_string(&unfinished).expect("it is there still"), "theirs");
        fs::remove_file(&unfinished).expect("it goes");
        Copy::make(&database, &target).and_then(Copy::keep).expect("a copy");
        assert!(!unfinished.exists());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_written_through() {
        let (folder, database) = folder();
        let (target, nowhere) = (folder.path().join("copy.db"), folder.path().join("nowhere"));
        symlink(&nowhere, &target).expect("a link");
        let error = Copy::make(&database, &target).expect_err("it is in the way");
        assert!(matches!(error, BackupError::Exists(_)), "{error}");
        assert!(!nowhere.exists());
    }
}
