//! The spool's file: opened once, written at its end, overwritten when it is taken over. What is appended
//! is on disk when that returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tracing::warn;

use super::lines::{self, Sum};
use super::{Entry, Head, Spooled};

use crate::beside::beside;

/// The room that is reserved: some thousand inputs, those of about a hundred calls.
const RESERVED: u64 = 4 << 20;

#[derive(Debug)]
pub(super) struct SpoolFile {
    path: PathBuf,
    file: File,
    /// Where the last line ends, and its sum; nothing while the spool is empty.
    last: Option<(u64, Sum)>,
    /// Why its room could not be reserved, if it could not.
    unreserved: Option<io::Error>,
    /// Where a damaged spool was copied to.
    put_aside: Option<PathBuf>,
}

impl SpoolFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = opening().create(true).truncate(false).open(path)?;
        let mut spool = Self { path: path.to_owned(), file, last: None, unreserved: None, put_aside: None };
        let bytes = spool.bytes()?;
        let read = lines::read(&bytes)?;
        spool.last = read.whole.map(|whole| (whole.end as u64, whole.sum));
        if read.is_damaged {
            spool.put_aside = Some(spool.put_aside(&bytes)?);
        }
        // What is in it counts for more than the room behind it.
        spool.unreserved = spool.reserve().err();
        Ok(spool)
    }

    /// Copies all of a damaged spool, and overwrites what can't be read of it.
    fn put_aside(&mut self, bytes: &[u8]) -> io::Result<PathBuf> {
        let copy = |number: u32| beside(&self.path, &format!(".damaged-{number}"));
        let path = (1..).map(copy).find(|path| !path.exists()).unwrap_or_default();
        let mut aside = opening().create_new(true).open(&path)?;
        aside.write_all(bytes)?;
        aside.sync_all()?;
        let whole = self.last.as_ref().map_or(0, |(end, _)| *end);
        self.wipe(whole, bytes.len() as u64)?;
        Ok(path)
    }

    pub(super) fn damaged(&self) -> Option<&Path> {
        self.put_aside.as_deref()
    }

    pub(super) fn unreserved(&self) -> Option<&io::Error> {
        self.unreserved.as_ref()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    pub(super) fn append(&mut self, head: &Head, entries: &[Entry]) -> io::Result<()> {
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
        self.put_back()?;
        self.file.seek(SeekFrom::Start(end))?;
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.last = Some((end + text.len() as u64, sum));
        Ok(())
    }

    pub(super) fn read(&mut self) -> io::Result<Option<Spooled>> {
        if self.last.is_none() {
            return Ok(None);
        }
        self.put_back()?;
        let whole = lines::read(&self.bytes()?)?.whole;
        Ok(Some(whole.ok_or_else(|| io::Error::other("what was written to it is gone"))?.spooled))
    }

    pub(super) fn clear(&mut self) -> io::Result<()> {
        // Should that fail half-way, what is left of it is no spool to go on with.
        let Some((end, _)) = self.last.take() else { return Ok(()) };
        self.wipe(0, end)?;
        if end > RESERVED {
            self.file.set_len(RESERVED)?;
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn wipe(&mut self, from: u64, to: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(from))?;
        io::copy(&mut io::repeat(0).take(to - from), &mut self.file)?;
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
        let bytes = self.bytes()?;
        let new = beside(&self.path, ".new");
        let mut file = opening().create(true).truncate(true).open(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        self.file = file;
        self.unreserved = self.reserve().err();
        warn!("the spool was removed while the service runs; it is there again, with all that was in it");
        Ok(())
    }

    /// What may be lines. No line has a zero in it; the reserved room, which is long, is all zeros.
    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        BufReader::new(&self.file).read_until(0, &mut bytes)?;
        bytes.pop_if(|byte| *byte == 0);
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

/// Its numbers are nobody else's business.
fn opening() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}
