//! Owns how a file is named that lies beside another one. Must not touch the disk.

use std::path::{Path, PathBuf};

/// The path with this at its end, whatever extension it has already.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
