//! The spool's file: opened once, written at its end, overwritten when it is taken over. What is appended
//! is on disk when that returns.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::lines::{self, Sum};
use super::{Entry, Head, Spooled};

/// The room that is reserved: some thousand inputs, those of about a hundred calls.
const RESERVED: u64 = 4 << 20;

#[derive(Debug)]
pub(super) struct SpoolFile {
    file: File,
    /// Where the last line ends, and its sum; nothing while the spool is empty.
    last: Option<(u64, Sum)>,
    /// Why its room could not be reserved, if it could not.
    unreserved: Option<io::Error>,
}

impl SpoolFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut spool = Self { file, last: None, unreserved: None };
        spool.last = lines::read(&spool.bytes()?)?.map(|read| (read.end as u64, read.sum));
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
        let read = lines::read(&self.bytes()?)?.ok_or_else(|| io::Error::other("what was written to it is gone"))?;
        Ok(Some(read.spooled))
    }

    pub(super) fn clear(&mut self) -> io::Result<()> {
        // Should that fail half-way, what is left of it is no spool to go on with.
        let Some((end, _)) = self.last.take() else { return Ok(()) };
        self.file.seek(SeekFrom::Start(0))?;
        io::copy(&mut io::repeat(0).take(end), &mut self.file)?;
        if end > RESERVED {
            self.file.set_len(RESERVED)?;
        }
        self.file.sync_data()
    }

    /// What may be lines. No line has a zero in it; the reserved room, which is long, is all zeros.
    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        BufReader::new(&self.file).read_until(0, &mut bytes)?;
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
