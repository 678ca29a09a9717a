//! The service's side of the desk.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{Answer, LONGEST_LINE, socket_path};
use crate::clock::Clock;
use crate::domain::errand::{Actor, Errand};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::switchboard::Switchboard;

/// How many visitors are served at once; the others wait.
const VISITORS: usize = 8;

/// How long a visitor may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(10);

/// The socket; its file goes when this is dropped.
#[derive(Debug)]
pub struct Desk {
    listener: UnixListener,
    path: PathBuf,
}

impl Desk {
    /// Opens the desk of the service that has this database, to the service's own user and to root. What
    /// a service that died has left there is removed: the database's lock says that it is dead.
    pub fn open(database: &Path) -> io::Result<Self> {
        let path = socket_path(database);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Serves visitors until the service stops.
    pub async fn run(self, switchboard: Switchboard, clock: Clock, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(VISITORS));
        loop {
            let place = tokio::select! {
                () = stop.cancelled() => return,
                place = places.clone().acquire_owned() => place,
            };
            let visitor = tokio::select! {
                () = stop.cancelled() => return,
                visitor = self.listener.accept() => visitor,
            };
            let (stream, switchboard, clock) = match visitor {
                Ok((stream, _)) => (stream, switchboard.clone(), clock.clone()),
                Err(error) => {
                    warn!(%error, "a visitor to the desk could not be let in");
                    clock.sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            tokio::spawn(async move {
                let _place = place;
                if let Err(error) = serve(stream, &switchboard, &clock).await {
                    debug!(%error, "a visitor left the desk early");
                }
            });
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            debug!(%error, "the desk's socket was gone already");
        }
    }
}

/// One errand of one visitor.
async fn serve(mut stream: UnixStream, switchboard: &Switchboard, clock: &Clock) -> io::Result<()> {
    let by = Actor::Uid(stream.peer_cred()?.uid());
    let (reading, mut writing) = stream.split();
    let mut line = String::new();
    let mut reader = BufReader::new(reading.take(LONGEST_LINE));
    let answer = match clock.timeout(PATIENCE, reader.read_line(&mut line)).await {
        Ok(read) => {
            read?;
            match serde_json::from_str(&line) {
                Ok(errand) => run(switchboard, errand, by).await,
                Err(_) => Answer::Failed("the errand could not be understood; is this another version?".to_owned()),
            }
        }
        Err(_) => Answer::Failed("no errand came".to_owned()),
    };
    let mut answer = serde_json::to_string(&answer)?;
    answer.push('\n');
    writing.write_all(answer.as_bytes()).await
}

async fn run(switchboard: &Switchboard, errand: Errand, by: Actor) -> Answer {
    match switchboard.submit(Input::Errand { errand, by }).await {
        Ok(Reply::Errand(Ok(()))) => Answer::Done,
        Ok(Reply::Errand(Err(refusal))) => Answer::Refused(refusal),
        Ok(Reply::Noted | Reply::Caller(_) | Reply::Leg(_) | Reply::Claimed(_) | Reply::Orphans(_)) => {
            Answer::Failed("the switchboard gave a strange answer".to_owned())
        }
        Err(error) => Answer::Failed(error.to_string()),
    }
}
