//! What a verification says: what was checked, what is wrong and what is worth knowing; and why
//! nothing could be checked at all. Holds no names, numbers or free text.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::open::Trouble;

/// The most problems that are told one by one; the others are counted.
const MOST_PROBLEMS: usize = 100;

/// What came of a verification.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Which record it is, as its first event says.
    pub log_id: Option<String>,
    /// How many events it has.
    pub events: u64,
    /// How many calls the events tell of.
    pub calls: u64,
    /// How many of these calls were expunged, so that only their events are left.
    pub expunged: u64,
    /// Its last event.
    pub head: Option<Head>,
    /// When its first event was, as the database has it.
    pub first_at: Option<String>,
    /// When its last event was.
    pub last_at: Option<String>,
    /// How many points agree that were witnessed.
    pub witnesses: u64,
    /// The last event that is vouched for.
    pub last_witnessed: Option<i64>,
    /// Older copies that were accepted in place of the record, on record.
    pub restores: Vec<Restore>,
    /// What is wrong; nothing in an intact record.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub more_problems: u64,
    /// What is not wrong and still worth knowing.
    pub remarks: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many events came after the last one that is vouched for.
    pub fn unwitnessed(&self) -> i64 {
        self.head.as_ref().map_or(0, |head| head.seq) - self.last_witnessed.unwrap_or(0)
    }
}

/// The end of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The number of its last event.
    pub seq: i64,
    /// That event's hash.
    pub hash: String,
}

/// An older copy took the record's place, and somebody answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restore {
    /// The event that says so.
    pub seq: i64,
    /// The event up to which the lost part was witnessed, as the record says.
    pub lost_to: i64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The event concerned, if it is about one.
    pub event: Option<i64>,
    /// What is wrong, in words.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            Some(seq) => write!(f, "event {seq}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Problems as they are found; the first ones are kept.
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    more: u64,
}

impl Problems {
    /// Something is wrong with the record as a whole, or with a row of a table.
    pub(super) fn say(&mut self, what: fmt::Arguments<'_>) {
        self.push(None, what);
    }

    /// Something is wrong with an event.
    pub(super) fn say_of(&mut self, event: i64, what: fmt::Arguments<'_>) {
        self.push(Some(event), what);
    }

    fn push(&mut self, event: Option<i64>, what: fmt::Arguments<'_>) {
        if self.kept.len() < MOST_PROBLEMS {
            self.kept.push(Problem { event, what: what.to_string() });
        } else {
            self.more += 1;
        }
    }

    /// What SQLite could read of it is damaged: that is a problem. That we are kept from reading is not.
    pub(super) fn unless_damaged<T>(&mut self, what: &str, read: Result<T, Trouble>) -> Result<Option<T>, CannotCheck> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Trouble::Damage(error)) => {
                self.say(format_args!("{what} can't be read to the end: {error}"));
                Ok(None)
            }
            Err(Trouble::Cannot(why)) => Err(why),
        }
    }

    /// Puts them into the report, behind those that are there.
    pub(super) fn report(self, report: &mut Report) {
        let room = MOST_PROBLEMS.saturating_sub(report.problems.len());
        report.more_problems += self.more + self.kept.len().saturating_sub(room) as u64;
        report.problems.extend(self.kept.into_iter().take(room));
    }
}

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Events whose place in the chain was checked.
    pub linked: u64,
    /// Events that were played back.
    pub replayed: u64,
    /// Events that there are.
    pub events: u64,
}

/// Why nothing could be said about the record.
#[derive(Debug, thiserror::Error)]
pub enum CannotCheck {
    /// There is nothing.
    #[error("there is no file {}; name the database with --database, or in [database] path", .0.display())]
    NoFile(PathBuf),
    /// There is a folder.
    #[error("{} is a folder; name the database's file in it", .0.display())]
    Folder(PathBuf),
    /// The system does not let us read it.
    #[error("{} can't be read ({source}); run this as the user who owns it", path.display())]
    Unreadable {
        /// The database.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is something else.
    #[error("{} is not an SQLite database, or its first bytes are damaged; restore a backup of it", .0.display())]
    NotADatabase(PathBuf),
    /// It is somebody else's.
    #[error("{} is a database, but not one of SharedPhone; name another one with --database", .0.display())]
    NotOurs(PathBuf),
    /// It was made by a later version.
    #[error("{} was made by a later version of SharedPhone (migration {version}); verify it with that version", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// The migration that this version doesn't know.
        version: i64,
    },
    /// Somebody holds it.
    #[error("{} is locked by another program; end that program, or verify a copy", .0.display())]
    Locked(PathBuf),
    /// Its write-ahead log can't be read along with it.
    #[error(
        "{path}-wal belongs to {path}, and SQLite can't read it here ({why}); copy both files to a folder where you may \
         write, and verify the copy",
        path = path.display()
    )]
    LogUnreadable {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// SQLite can't go on, for a reason that is not the record's.
    #[error("{} can't be read to its end ({source}); try again, or verify a copy on another disk", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}
