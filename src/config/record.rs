//! `[record]`: what keeps the record honest. Opens neither the file of witnesses nor the key.

use std::path::{Path, PathBuf};

use url::Url;

use super::keys::Keys;
use super::values::{path, web_address};
use crate::beside::beside;

/// Where the witnesses are unless it is said.
const CHECKPOINTS: &str = "checkpoints.jsonl";

/// The `[record]` section.
#[derive(Debug, Clone)]
pub struct RecordSection {
    /// The file of witnesses; best on another disk, owned by somebody else.
    pub checkpoints: PathBuf,
    /// Where each witness is sent as well.
    pub checkpoint_url: Option<Url>,
    signing_key: Option<PathBuf>,
}

impl RecordSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            checkpoints: keys.or("checkpoints", PathBuf::from(CHECKPOINTS), path),
            signing_key: keys.maybe("signing_key", path),
            checkpoint_url: keys.maybe("checkpoint_url", web_address),
        }
    }

    /// Whether the file of witnesses is another one than by default.
    pub fn names_checkpoints(&self) -> bool {
        self.checkpoints != Path::new(CHECKPOINTS)
    }

    /// Whether the file of the key was named.
    pub fn names_signing_key(&self) -> bool {
        self.signing_key.is_some()
    }

    /// The file of the key that signs the witnesses; beside the database if it was not named.
    pub fn signing_key(&self, database: &Path) -> PathBuf {
        self.signing_key.clone().unwrap_or_else(|| beside(database, ".key"))
    }
}
