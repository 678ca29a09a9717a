//! Why a question was not answered, in words, with what to do about it.

use std::path::Path;

use rusqlite::ErrorCode;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such file.
    #[error(
        "there is no database {0}; name it with --database FILE, or the service's configuration with --config FILE"
    )]
    Missing(String),
    /// The file can't be read.
    #[error(
        "{path} can't be read ({why}); run this as the user that the service runs as, who may also write in its folder"
    )]
    Unreadable {
        /// The database.
        path: String,
        /// What SQLite said.
        why: String,
    },
    /// It is no database, or not one of ours.
    #[error("{0} is not a database of SharedPhone; name another one with --database FILE")]
    NotOurs(String),
    /// It is from before there were views for analysts.
    #[error("{0} is from an older version; start the service of this version once, which brings it up to date")]
    Old(String),
    /// It was more than reading.
    #[error(
        "this only reads the record, and {0} is more than that; notes, tags and erasures are made with: sharedphone calls"
    )]
    Refused(String),
    /// It took longer than whoever asked wants to wait.
    #[error("no answer within the time limit; ask for less, or allow more with --timeout SECONDS")]
    TooLong,
    /// The answer is too long.
    #[error("the answer is longer than {0} MB; ask for less, with WHERE or LIMIT")]
    TooMuch(usize),
    /// A parameter has no value.
    #[error("{} has no value; give it one with --set NAME=VALUE, in the shell with .set NAME VALUE", .0.join(", "))]
    Unset(Vec<String>),
    /// There is no such table or column.
    #[error("{0}; .tables shows what there is, .schema NAME its columns")]
    Unknown(String),
    /// SQLite does not understand it, or can't do it.
    #[error("{0}")]
    Sql(String),
}

impl AskError {
    pub(super) fn of_opening(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.display().to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotOurs(path),
            _ => Self::Unreadable { path, why: said(&error) },
        }
    }
}

impl From<rusqlite::Error> for AskError {
    fn from(error: rusqlite::Error) -> Self {
        let said = said(&error);
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::TooLong,
            // What SQLite refuses without asking us.
            Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => Self::Refused(said),
            _ if said.starts_with("no such table") || said.starts_with("no such column") => Self::Unknown(said),
            _ => Self::Sql(said),
        }
    }
}

/// What SQLite said, without the statement.
fn said(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(said)) => said.clone(),
        other => other.to_string(),
    }
}
