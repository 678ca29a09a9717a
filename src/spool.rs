//! The spool: what came in while the database could not be written. A file of lines, each on disk before
//! anybody is answered, which is taken into the database as soon as that can be written again. Its
//! room is reserved at the start: a full disk is the likeliest reason to need it. Knows nothing of what the
//! inputs mean, nor when it is needed.

mod file;
pub mod lines;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::file::SpoolFile;
use crate::domain::contact::Contact;
use crate::domain::ids::SpoolId;
use crate::domain::input::Input;
use crate::domain::time::Timestamp;

/// One thing that happened, with all that was needed to decide what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The ids that were drawn for what followed.
    pub ids: Vec<Uuid>,
    /// What.
    pub input: Input,
}

/// How a spool begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Which time without a database it is of.
    #[serde(rename = "spool")]
    pub id: SpoolId,
    /// Who had been heard of when, as that time began: with the same, the same is decided again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<(Contact, Timestamp)>,
}

/// What is in the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spooled {
    /// How it begins.
    pub head: Head,
    /// In the order in which they came.
    pub entries: Vec<Entry>,
}

/// The file. Cheap to clone; used by one at a time.
#[derive(Debug, Clone)]
pub struct Spool(Arc<Mutex<io::Result<SpoolFile>>>);

impl Spool {
    /// Opens the spool at `path`, or makes it and reserves its room. One that can't be opened refuses what is
    /// put into it, which is early enough to be told.
    pub fn open(path: &Path) -> Self {
        Self(Arc::new(Mutex::new(SpoolFile::open(path))))
    }

    /// Why nothing can be put into it, or only as long as there is room on the disk.
    pub fn trouble(&self) -> Option<String> {
        self.with(|file| match file {
            Ok(file) => file.unreserved().map(ToString::to_string),
            Err(error) => Some(error.to_string()),
        })
    }

    /// Whether it waits to be taken into the database.
    pub fn is_empty(&self) -> bool {
        self.with(|file| file.as_ref().map_or(true, SpoolFile::is_empty))
    }

    /// Puts entries on disk, all or none; `head` before them, if it begins with them.
    pub async fn append(&self, head: Head, entries: Vec<Entry>) -> io::Result<()> {
        self.work(move |file| file.append(&head, &entries)).await
    }

    /// All that is in it.
    pub async fn read(&self) -> io::Result<Option<Spooled>> {
        self.work(|file| file.read()).await
    }

    /// Empties it, and overwrites what was there: it may hold numbers.
    pub async fn clear(&self) -> io::Result<()> {
        self.work(SpoolFile::clear).await
    }

    /// A disk in trouble may take its time: nobody else is to wait for it.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SpoolFile) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let spool = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            spool.with(|file| match file {
                Ok(file) => work(file),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            })
        });
        done.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
    }

    fn with<T>(&self, work: impl FnOnce(&mut io::Result<SpoolFile>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
