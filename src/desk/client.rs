//! The visitor's side of the desk.

use std::io;
use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::{Answer, LONGEST_LINE, socket_path};
use crate::domain::errand::{Errand, Refusal};

/// Why an errand could not be handed in.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Nobody is there.
    #[error(
        "no service answers at {database}.sock ({why}), and yet another process has the database: another command \
         that takes long, or a service that starts or stops; try again when it is done. To find it: fuser {database}.lock"
    )]
    Absent {
        /// The database.
        database: String,
        /// What the system said.
        why: io::Error,
    },
    /// This user may not go there.
    #[error("{path}: {why}; the service has the database, so its desk is needed: run this as the service's user")]
    Closed {
        /// The socket.
        path: String,
        /// What the system said.
        why: io::Error,
    },
    /// The service went away, or speaks another language.
    #[error("the service did not answer as expected ({0}); is it another version? Restart it and try again")]
    Garbled(String),
    /// The service could not do it.
    #[error("the service could not do it: {0}")]
    Failed(String),
}

/// Hands an errand in and waits until it is done.
pub async fn hand_in(database: &Path, errand: &Errand) -> Result<Result<(), Refusal>, DeskError> {
    let path = socket_path(database);
    let closed = |why: io::Error| match is_absent(&why) {
        true => DeskError::Absent { database: database.display().to_string(), why },
        false => DeskError::Closed { path: path.display().to_string(), why },
    };
    let mut stream = UnixStream::connect(&path).await.map_err(closed)?;
    let garbled = |error: &dyn std::fmt::Display| DeskError::Garbled(error.to_string());
    let mut line = serde_json::to_string(errand).map_err(|error| garbled(&error))?;
    line.push('\n');
    stream.write_all(line.as_bytes()).await.map_err(|error| garbled(&error))?;
    let mut answer = String::new();
    let mut reader = BufReader::new(stream.take(LONGEST_LINE));
    reader.read_line(&mut answer).await.map_err(|error| garbled(&error))?;
    match serde_json::from_str(&answer).map_err(|error| garbled(&error))? {
        Answer::Done => Ok(Ok(())),
        Answer::Refused(refusal) => Ok(Err(refusal)),
        Answer::Failed(why) => Err(DeskError::Failed(why)),
    }
}

/// Whether a service has its desk open there, for whomever.
pub async fn answers(database: &Path) -> bool {
    match UnixStream::connect(socket_path(database)).await {
        Ok(_) => true,
        Err(error) => !is_absent(&error),
    }
}

/// A socket that is not there, or that somebody who died has left.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Who runs this process, asked in the way in which the desk asks.
pub fn own_uid() -> io::Result<u32> {
    let (ourselves, _other) = UnixStream::pair()?;
    Ok(ourselves.peer_cred()?.uid())
}
