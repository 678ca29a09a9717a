//! The file of witnesses on its disk: lines are added at its end, durably, and read back. Owns no
//! key and knows nothing of what the lines mean. Never rewrites what is there, so that the file
//! may be one that can only grow (`chattr +a`).

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::line::Line;
use super::wire::{BadLine, parse};

/// Longer than any line of ours, in bytes.
const LONGEST: u64 = 16_384;

/// A line by its number in the file, from 1, or what is there instead.
pub type Numbered = (usize, Result<Line, BadLine>);

/// Why the file can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the file of witnesses {path} can't be {tried} ({why}); {}", cure(.why))]
pub struct FileError {
    path: String,
    tried: &'static str,
    why: io::Error,
}

impl FileError {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        self.why.kind() == ErrorKind::NotFound
    }
}

fn cure(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "make its folder, or name another file with [record] checkpoints",
        ErrorKind::PermissionDenied => "let the user that runs the service read it and add to it",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on its disk",
        _ => "look after its disk, or name another file with [record] checkpoints",
    }
}

/// The file's lines in order. A file of any size can be read; a missing one is an error.
pub fn read(path: &Path) -> Result<Vec<Numbered>, FileError> {
    lines(path)?.collect()
}

/// The same, one by one.
pub(super) fn lines(path: &Path) -> Result<Lines, FileError> {
    let path = path.to_owned();
    match File::open(&path) {
        Ok(file) => Ok(Lines { reader: BufReader::new(file), number: 0, path }),
        Err(why) => Err(failed(&path, "read", why)),
    }
}

/// See [`lines`].
pub(super) struct Lines {
    reader: BufReader<File>,
    number: usize,
    path: PathBuf,
}

impl Iterator for Lines {
    type Item = Result<Numbered, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = next_line(&mut self.reader).transpose()?;
        self.number += 1;
        Some(read.map(|line| (self.number, line)).map_err(|why| failed(&self.path, "read", why)))
    }
}

fn next_line(reader: &mut impl BufRead) -> io::Result<Option<Result<Line, BadLine>>> {
    let mut bytes = Vec::new();
    if reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    match bytes.strip_suffix(b"\n") {
        Some(line) => Ok(Some(parse(line))),
        None if reader.skip_until(b'\n')? == 0 => Ok(Some(parse(&bytes))),
        None => Ok(Some(Err(BadLine::TooLong))),
    }
}

/// A file of witnesses to which lines are added.
#[derive(Debug)]
pub(super) struct WitnessFile {
    path: PathBuf,
    /// Whether the folder surely has the file after a loss of power.
    in_folder: bool,
}

impl WitnessFile {
    /// Opens nothing yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, in_folder: false }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing was ever written to it; true as well if it is gone.
    pub(super) fn is_new(&self) -> Result<bool, FileError> {
        match std::fs::metadata(&self.path) {
            Ok(metadata) => Ok(metadata.len() == 0),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(why) => Err(failed(&self.path, "read", why)),
        }
    }

    /// Adds a line. It is durable when this returns.
    pub(super) fn append(&mut self, line: &Line) -> Result<(), FileError> {
        self.add(line).map_err(|why| failed(&self.path, "written", why))
    }

    /// Opens the file for each line: whoever moves it away while we run gets a new one, and no line
    /// goes to a file that has no name any more.
    fn add(&mut self, line: &Line) -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        let text = match last_byte(&mut file)? {
            None => {
                self.in_folder = false;
                format!("{line}\n")
            }
            Some(b'\n') => format!("{line}\n"),
            // What was torn stays torn, and does not spoil this line.
            Some(_) => format!("\n{line}\n"),
        };
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        if !self.in_folder {
            sync_folder(&self.path)?;
            self.in_folder = true;
        }
        Ok(())
    }
}

fn last_byte(file: &mut File) -> io::Result<Option<u8>> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(None);
    }
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(Some(byte[0]))
}

/// Makes the name of a new file durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn failed(path: &Path, tried: &'static str, why: io::Error) -> FileError {
    FileError { path: path.display().to_string(), tried, why }
}
