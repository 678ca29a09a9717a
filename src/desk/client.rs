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
    /// Nobody is there, or this user may not go there.
    #[error("{path}: {source}; the service has the database, so its desk is needed: run this as the service's user")]
    Closed {
        /// The socket.
        path: String,
        /// What the system said.
        source: io::Error,
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
    let closed = |source| DeskError::Closed { path: path.display().to_string(), source };
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

/// Who runs this process, asked in the way in which the desk asks.
pub fn own_uid() -> io::Result<u32> {
    let (ourselves, _other) = UnixStream::pair()?;
    Ok(ourselves.peer_cred()?.uid())
}
