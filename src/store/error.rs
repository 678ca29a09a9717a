//! What can go wrong with the database.

use std::io::{self, ErrorKind};

use sqlx::migrate::MigrateError;

/// What a broken disk says; the standard library has no name for it.
const EIO: i32 = 5;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite or the disk says no.
    #[error("the database: {0}")]
    Driver(#[from] sqlx::Error),
    /// The disk says no.
    #[error("the disk: {0}")]
    Disk(#[from] io::Error),
    /// The schema could not be brought up to date.
    #[error("the database could not be brought up to this version: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// It was made by a version that was never released.
    #[error(
        "this database was made by another version of SharedPhone, and not by a released one ({0}); \
         move it aside and start with a new one"
    )]
    Unreleased(sqlx::migrate::MigrateError),
    /// It belongs to another version.
    #[error(
        "this database has schema {applied}, and this program reads {newest}; use the program that runs the service, \
         or start the service once with this one"
    )]
    OtherVersion {
        /// The database's.
        applied: i64,
        /// This program's.
        newest: i64,
    },
    /// A row can't be what it is.
    #[error("the database has {value:?} in {table}.{column}, which this version does not understand")]
    Inconsistent {
        /// Where.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// What was found.
        value: String,
    },
    /// A row was no longer as it had been loaded.
    #[error("rows of {table} are not as they were loaded: {expected} to save, {saved} saved")]
    Changed {
        /// Where.
        table: &'static str,
        /// How many rows were to be saved.
        expected: usize,
        /// How many were.
        saved: u64,
    },
    /// SQLite is older than the first one without the WAL-reset fault.
    #[error("SQLite {0} can lose committed data; at least 3.51.3 is needed")]
    TooOld(String),
    /// The file belongs to something else.
    #[error("this file is a database, but not one of SharedPhone (application id {0})")]
    NotOurs(i64),
    /// Another process has the database.
    #[error("another SharedPhone is running on {path}; stop it first, or give this one its own [database] path")]
    Locked {
        /// The lock file.
        path: String,
    },
    /// Another process writes to the database too.
    #[error(
        "another process has written to the database; this one stops, because only one may decide who talks to whom. Was \
         the lock file removed, or is the database on a network's disk? Find the other one: fuser the database's file"
    )]
    NotAlone,
    /// The lock's or the database's file can't be made.
    #[error("{path}: {why}; does the folder exist, and may this user write there?")]
    LockFile {
        /// Which file.
        path: String,
        /// What the system said.
        why: io::Error,
    },
}

impl StoreError {
    /// Whether SQLite or the disk is to blame, so that it may be mended without a change of ours or of the
    /// configuration.
    pub fn is_of_the_disk(&self) -> bool {
        match self {
            Self::Driver(_)
            | Self::Disk(_)
            | Self::Migrate(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) => true,
            Self::LockFile { why, .. } => is_of_the_disk(why),
            Self::Migrate(_)
            | Self::Unreleased(_)
            | Self::OtherVersion { .. }
            | Self::Inconsistent { .. }
            | Self::Changed { .. }
            | Self::TooOld(_)
            | Self::NotOurs(_)
            | Self::Locked { .. }
            | Self::NotAlone => false,
        }
    }

    /// Whether one input of the batch is to blame, so that the others may be tried without it.
    pub fn blames_an_input(&self) -> bool {
        match self {
            Self::Changed { .. } => true,
            Self::Driver(sqlx::Error::Database(error)) => {
                // SQLITE_CONSTRAINT and its extended codes, which triggers raise too.
                let code = error.code().and_then(|code| code.parse::<i64>().ok());
                code.is_some_and(|code| code & 0xff == 19)
            }
            Self::Driver(_)
            | Self::Disk(_)
            | Self::Migrate(_)
            | Self::Unreleased(_)
            | Self::OtherVersion { .. }
            | Self::Inconsistent { .. }
            | Self::TooOld(_)
            | Self::NotOurs(_)
            | Self::Locked { .. }
            | Self::NotAlone
            | Self::LockFile { .. } => false,
        }
    }
}

/// Whether a disk takes nothing: it is full, broken, or was made read-only because it is.
pub(super) fn is_of_the_disk(why: &io::Error) -> bool {
    let kinds = [ErrorKind::ReadOnlyFilesystem, ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
    kinds.contains(&why.kind()) || why.raw_os_error() == Some(EIO)
}
