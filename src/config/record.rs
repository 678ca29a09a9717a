//! `[record]`: what keeps the record honest.

use std::path::PathBuf;

use super::keys::Keys;
use super::values::path;

/// The `[record]` section.
#[derive(Debug, Clone)]
pub struct RecordSection {
    /// The file of witnesses; best on another disk, owned by somebody else.
    pub checkpoints: PathBuf,
}

impl RecordSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        Self { checkpoints: keys.or("checkpoints", PathBuf::from("checkpoints.jsonl"), path) }
    }
}
