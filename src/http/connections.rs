//! Connections: as many as this process can hold, and none for longer than its peer needs to ask. When
//! there is no place left, the stranger who came first makes room;
//! Twilio's, known by a verified webhook, stay.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower_http::add_extension::AddExtension;
use tracing::{debug, warn};

use crate::clock::Clock;

/// How long a peer may take to send a request's head, also the first and the next.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// The most connections at once, where the system allows as many files.
const MOST: u64 = 1024;

/// How soon to try again when the system gives no connection.
const AGAIN: Duration = Duration::from_millis(50);

/// One connection. In the extensions of its requests.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// Whether its peer has shown to be Twilio.
    known: AtomicBool,
    closing: CancellationToken,
}

impl Connection {
    /// Notes that a webhook of this connection was verified.
    pub(super) fn is_twilios(&self) {
        self.known.store(true, Ordering::Relaxed);
    }
}

/// All that are open, in the order in which they came.
#[derive(Debug)]
struct Connections {
    most: usize,
    open: Mutex<(u64, BTreeMap<u64, Arc<Connection>>)>,
}

impl Connections {
    fn admit(&self) -> (u64, Arc<Connection>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, open) = &mut *open;
        if open.len() >= self.most {
            Self::make_room(open);
        }
        *next += 1;
        let connection = Arc::new(Connection::default());
        open.insert(*next, connection.clone());
        (*next, connection)
    }

    fn make_room(open: &mut BTreeMap<u64, Arc<Connection>>) {
        let strangers = open.iter().filter(|(_, connection)| !connection.known.load(Ordering::Relaxed));
        let Some(oldest) = strangers.map(|(id, _)| *id).next() else { return };
        if let Some(connection) = open.remove(&oldest) {
            connection.closing.cancel();
            debug!("a stranger's connection was closed to make room");
        }
    }

    fn lose(&self, id: u64) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&id);
    }

    /// The system has no more files for us.
    fn is_short(&self) {
        Self::make_room(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner).1);
    }
}

/// Serves this router until told to stop; then what is being asked is answered first.
pub async fn serve(listener: TcpListener, router: Router, clock: Clock, stop: CancellationToken) {
    let connections = Arc::new(Connections { most: most(), open: Mutex::default() });
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => answer(stream, &router, &connections, &graceful),
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                connections.is_short();
                clock.sleep(AGAIN).await;
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Answers what is asked on this connection, in a task of its own.
fn answer(stream: TcpStream, router: &Router, connections: &Arc<Connections>, graceful: &GracefulShutdown) {
    if let Err(error) = stream.set_nodelay(true) {
        warn!(%error, "answers may be delayed");
    }
    let (id, connection) = connections.admit();
    let service = TowerToHyperService::new(AddExtension::new(router.clone(), connection.clone()));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let served = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
    let connections = connections.clone();
    tokio::spawn(async move {
        tokio::select! {
            served = served => if let Err(error) = served {
                debug!(%error, "a connection broke");
            },
            () = connection.closing.cancelled() => {}
        }
        connections.lose(id);
    });
}

/// How many connections there may be: half of the files that this process may open, since the database
/// and what we ask Twilio need some.
fn most() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        warn!(%error, "this process can't be allowed more open files");
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(MOST.min(files / 2)).unwrap_or(usize::MAX)
}
