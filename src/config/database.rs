//! `[database]`: where the database is, and whether it can be there. Opens no database.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::keys::Keys;
use super::problem::Problem;
use super::values::path;
use crate::beside::beside;

/// The `[database]` section.
#[derive(Debug, Clone)]
pub struct DatabaseSection {
    /// The database's file, relative to where the service is started.
    pub path: PathBuf,
    /// Where what comes in is kept while the database can't be written.
    pub spool: PathBuf,
    given_in: String,
}

impl DatabaseSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let given_in = keys.place("path");
        let database = keys.or("path", PathBuf::from("sharedphone.db"), path);
        let spool = keys.or("spool", beside(&database, ".spool"), path);
        Self { path: database, spool, given_in }
    }

    /// Whether the file's folder exists and takes new files: SQLite keeps two more beside the
    /// database. Tries it with an empty file, since permissions alone do not tell.
    pub fn check_folder(&self) -> Result<(), Problem> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let shown = folder.display();
        if self.path.is_dir() {
            return Err(self.problem(format!("{} is a folder", self.path.display()), "name a file in it".to_owned()));
        }
        if !folder.is_dir() {
            return Err(self.problem(format!("there is no folder {shown}"), format!("make it: mkdir -p {shown}")));
        }
        let probe = folder.join(format!(".sharedphone-probe-{}", std::process::id()));
        let tried = OpenOptions::new().write(true).create(true).truncate(true).open(&probe);
        match tried.and_then(|_| std::fs::remove_file(&probe)) {
            // Anything else is a matter of the disk, with which callers can still be served.
            Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::NotFound) => {
                let cure = "let the user that runs the service write there, or name another folder";
                Err(self.problem(format!("no file can be made in the folder {shown} ({error})"), cure.to_owned()))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn problem(&self, wrong: String, cure: String) -> Problem {
        Problem::new(&self.given_in, "[database] path", wrong, cure)
    }
}
