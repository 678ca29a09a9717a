//! The spool's file: opened once, written at its end, overwritten when it is taken over. What is appended
//! is on disk when that returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tracing::{error, warn};

use super::lines::{self, Sum};
use super::{Entry, Head, Spooled};
use crate::beside::beside;

/// The room that is reserved: some thousand inputs, those of about a hundred calls.
const RESERVED: u64 = 4 << 20;

/// How much is overwritten at once.
const PIECE: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct SpoolFile {
    path: PathBuf,
    file: File,
    /// Where the last line ends, and its sum; nothing while the spool is empty.
    last: Option<(u64, Sum)>,
    /// Whether there is something behind it that can't be read, and that no copy has been made of.
    is_damaged: bool,
    /// Why its room could not be reserved, if it could not.
    unreserved: Option<io::Error>,
}

impl SpoolFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = opening().create(true).truncate(false).open(path)?;
        let mut spool = Self { path: path.to_owned(), file, last: None, is_damaged: false, unreserved: None };
        spool.look()?;
        // What is in it counts for more than the room behind it.
        spool.unreserved = spool.reserve().err();
        Ok(spool)
    }

    pub(super) fn unreserved(&self) -> Option<&io::Error> {
        self.unreserved.as_ref()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    pub(super) fn append(&mut self, head: &Head, entries: &[Entry]) -> io::Result<()> {
        self.put_back()?;
        if self.last.as_ref().is_some_and(|(end, _)| self.file.metadata().is_ok_and(|file| file.len() < *end)) {
            // Somebody has emptied it, perhaps to make room.
            self.look()?;
        }
        self.copy_damaged()?;
        let (end, mut sum, mut text) = match &self.last {
            Some((end, sum)) => (*end, sum.clone(), String::new()),
            None => {
                let (sum, head) = lines::head(head)?;
                (0, sum, head)
            }
        };
        for entry in entries {
            let line;
            (sum, line) = lines::line(&sum, entry)?;
            text.push_str(&line);
        }
        let after = end + text.len() as u64;
        let written = self.file.write_all_at(text.as_bytes(), end).and_then(|()| self.file.sync_data());
        if written.is_err()
            && let Err(error) = self.wipe(end, after)
        {
            warn!(%error, "the spool's disk is in trouble");
        }
        written?;
        self.last = Some((after, sum));
        Ok(())
    }

    pub(super) fn read(&mut self) -> io::Result<Option<Spooled>> {
        if self.last.is_none() {
            return Ok(None);
        }
        if let Err(error) = self.put_back() {
            warn!(%error, "the spool was removed and can't be put back; what was in it is read from the file that is still open");
        }
        self.look()
    }

    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.copy_damaged()?;
        // Should that fail half-way, what is left of it is no spool to go on with.
        let Some((end, _)) = self.last.take() else { return Ok(()) };
        self.wipe(0, end)?;
        if end > RESERVED {
            self.file.set_len(RESERVED)?;
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// Reads what is there, which may be less than what was written.
    fn look(&mut self) -> io::Result<Option<Spooled>> {
        // Behind what this process has written there is nothing.
        let end = self.last.as_ref().map_or(u64::MAX, |(end, _)| *end);
        let lines::Read { whole, is_damaged } = lines::read(&self.bytes(end)?)?;
        let (spooled, last) = whole.map(|whole| (whole.spooled, (whole.end as u64, whole.sum))).unzip();
        if self.last.is_some() && self.last != last {
            error!(
                "what was written to the spool has been removed or damaged while the service runs: of what came in while the \
                 database could not be written, some is not on record"
            );
        }
        self.last = last;
        self.is_damaged |= is_damaged;
        if let Err(error) = self.copy_damaged() {
            error!(
                %error,
                "part of the spool is damaged and can't be read, and there is no copy of it yet; until one can be made, \
                 nothing is put into it: make room"
            );
        }
        Ok(spooled)
    }

    /// Copies all of a damaged spool, and overwrites what can't be read of it.
    fn copy_damaged(&mut self) -> io::Result<()> {
        if !self.is_damaged {
            return Ok(());
        }
        let bytes = self.bytes(u64::MAX)?;
        let copy = |number: u32| beside(&self.path, &format!(".damaged-{number}"));
        let path = (1..).map(copy).find(|path| !path.exists()).unwrap_or_default();
        make(&path, &bytes)?;
        self.wipe(self.last.as_ref().map_or(0, |(end, _)| *end), bytes.len() as u64)?;
        self.is_damaged = false;
        error!(
            copy = %path.display(),
            "part of the spool is damaged and can't be read: of what came in while the database could not be written, \
             some may not be on record. What can be read is taken in; a copy of all of it was kept"
        );
        Ok(())
    }

    /// From the end, so that what a crash leaves of it is the beginning of a spool with nothing behind it.
    fn wipe(&mut self, from: u64, to: u64) -> io::Result<()> {
        let zeros = vec![0; PIECE];
        let mut to = to.min(self.file.metadata()?.len());
        while to > from {
            let piece = (to - from).min(PIECE as u64);
            to -= piece;
            self.file.write_all_at(&zeros[..piece as usize], to)?;
        }
        self.file.sync_data()
    }

    /// Who has removed the file, perhaps to make room, did not mean the calls in it: they are put back in its place.
    fn put_back(&mut self) -> io::Result<()> {
        let own = self.file.metadata()?;
        match fs::metadata(&self.path) {
            Ok(there) if (there.dev(), there.ino()) == (own.dev(), own.ino()) => return Ok(()),
            Ok(_) => return Err(io::Error::new(ErrorKind::AlreadyExists, "another file is in its place")),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let bytes = self.bytes(u64::MAX)?;
        self.file = make(&self.path, &bytes)?;
        self.unreserved = self.reserve().err();
        warn!("the spool was removed while the service runs; it is there again, with all that was in it");
        Ok(())
    }

    /// What is in it up to `end`, without the room behind it, which is all zeros.
    fn bytes(&mut self, end: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        (&self.file).take(end).read_to_end(&mut bytes)?;
        while bytes.ends_with(&[0; 4096]) {
            bytes.truncate(bytes.len() - 4096);
        }
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        Ok(bytes)
    }

    /// Zeros and not a hole: only what was written has its place on the disk.
    fn reserve(&mut self) -> io::Result<()> {
        let length = self.file.seek(SeekFrom::End(0))?;
        if length >= RESERVED {
            return Ok(());
        }
        let reserved = self.file.write_all(&vec![0; (RESERVED - length) as usize]).and_then(|()| self.file.sync_all());
        if reserved.is_err() {
            // Part of its room is of little use, and the database may need it.
            self.file.set_len(length)?;
        }
        reserved
    }
}

/// A new file with this in it, on disk under its name; none if that can't be done.
fn make(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = opening().create_new(true).open(path)?;
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    match written.and_then(|()| File::open(folder)?.sync_all()) {
        Ok(()) => Ok(file),
        Err(error) => Err(fs::remove_file(path).err().unwrap_or(error)),
    }
}

/// Its numbers are nobody else's business.
fn opening() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}
