//! Opening a database to look at it and nothing else: while the service writes to it, on a disk
//! where nothing may be written, and as a copy without the files that SQLite keeps beside it.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::report::CannotCheck;

/// In an address of a file, these stand for themselves.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// Pages are kept in 16 MB a connection, however long the record is. Nothing of the schema is
/// trusted with functions that reach out of the database.
const PRAGMAS: &str = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -16384; PRAGMA mmap_size = 0;";

/// A service that is busy commits a thousand times a second.
const TRIES: usize = 10_000;

const PATIENCE: Duration = Duration::from_secs(5);

/// A database that is looked at.
pub(super) struct Opened {
    path: PathBuf,
    /// Nobody is expected to write, and no lock can be taken.
    immutable: bool,
}

/// What an error of SQLite's says about the record.
pub(super) enum Trouble {
    /// The file is not as SQLite or we wrote it.
    Damage(rusqlite::Error),
    /// Nothing; we are kept from reading.
    Cannot(CannotCheck),
}

impl From<CannotCheck> for Trouble {
    fn from(why: CannotCheck) -> Self {
        Self::Cannot(why)
    }
}

impl Opened {
    /// Finds out how the file can be read. Returns the first connection, too.
    pub(super) fn open(path: &Path) -> Result<(Self, Result<Connection, Trouble>), CannotCheck> {
        look(path)?;
        let opened = |immutable| Self { path: path.to_owned(), immutable };
        let normal = opened(false);
        let error = match normal.connect() {
            Ok(connection) => return Ok((normal, Ok(connection))),
            Err(error) => error,
        };
        if !kept_out(&error) {
            let trouble = normal.trouble(error);
            return Ok((normal, Err(trouble)));
        }
        if log_of(path).is_some_and(|log| std::fs::metadata(log).is_ok_and(|log| log.len() > 0)) {
            return Err(CannotCheck::LogUnreadable { path: path.to_owned(), why: error.to_string() });
        }
        let alone = opened(true);
        let connection = alone.connect().map_err(|error| alone.trouble(error));
        Ok((alone, connection))
    }

    /// A connection that has begun to read: from here on it sees one state of the database.
    pub(super) fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if self.immutable {
            let path = percent_encode(self.path.as_os_str().as_bytes(), PLAIN);
            Connection::open_with_flags(format!("file:{path}?immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)
        } else {
            Connection::open_with_flags(&self.path, flags)
        }?;
        connection.busy_timeout(PATIENCE)?;
        connection.execute_batch(PRAGMAS)?;
        begin(&connection)?;
        Ok(connection)
    }

    /// Has both connections see the same state of a database that may be written to meanwhile:
    /// nothing that is compared changes without a new event. Returns that event's number.
    pub(super) fn agree(&self, one: &Connection, other: &Connection) -> Result<u64, Trouble> {
        for _ in 0..TRIES {
            let ends = newest(one).and_then(|end| Ok((end, newest(other)?)));
            let (end, other_end) = ends.map_err(|error| self.trouble(error))?;
            let behind = match end.cmp(&other_end) {
                std::cmp::Ordering::Equal => return Ok(end.unwrap_or(0).unsigned_abs()),
                std::cmp::Ordering::Less => one,
                std::cmp::Ordering::Greater => other,
            };
            behind.execute_batch("ROLLBACK").and_then(|()| begin(behind)).map_err(|error| self.trouble(error))?;
        }
        Err(Trouble::Cannot(CannotCheck::Locked(self.path.clone())))
    }

    /// Whether it is read as a file that nobody changes.
    pub(super) fn is_immutable(&self) -> bool {
        self.immutable
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Tells damage from being kept out.
    pub(super) fn trouble(&self, error: rusqlite::Error) -> Trouble {
        let path = self.path.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Trouble::Cannot(CannotCheck::NotADatabase(path)),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Trouble::Cannot(CannotCheck::Locked(path)),
            Some(ErrorCode::SystemIoFailure) if is_damage(&error) => Trouble::Damage(error),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::OutOfMemory
                | ErrorCode::DiskFull
                | ErrorCode::OperationInterrupted
                | ErrorCode::NoLargeFileSupport,
            ) => Trouble::Cannot(CannotCheck::Sqlite { path, source: error }),
            _ => Trouble::Damage(error),
        }
    }
}

fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// The number of the newest event. A database without events has none, and no table for them
/// either if somebody took it away; that is found elsewhere.
fn newest(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    match connection.query_row("SELECT max(seq) FROM events", [], |row| row.get(0)) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::Unknown) => Ok(None),
        newest => newest,
    }
}

/// Reading beyond the end of the file, or the file system's own checksums: the content is wrong.
fn is_damage(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    [rusqlite::ffi::SQLITE_IOERR_SHORT_READ, rusqlite::ffi::SQLITE_IOERR_CORRUPTFS].map(Some).contains(&extended)
}

/// Whether SQLite could not make or read the files that it keeps beside the database.
fn kept_out(error: &rusqlite::Error) -> bool {
    let codes = [ErrorCode::CannotOpen, ErrorCode::ReadOnly, ErrorCode::PermissionDenied].map(Some);
    let io = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) && !is_damage(error);
    io || codes.contains(&error.sqlite_error_code())
}

/// What the system says, before SQLite says less.
fn look(path: &Path) -> Result<(), CannotCheck> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(CannotCheck::Folder(path.to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(CannotCheck::NoFile(path.to_owned())),
        Err(source) => return Err(CannotCheck::Unreadable { path: path.to_owned(), source }),
    }
    let read = File::open(path).map(drop);
    read.map_err(|source| CannotCheck::Unreadable { path: path.to_owned(), source })
}

/// The write-ahead log of this database.
fn log_of(path: &Path) -> Option<PathBuf> {
    let mut name = path.file_name()?.to_owned();
    name.push("-wal");
    Some(path.with_file_name(name))
}
