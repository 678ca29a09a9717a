//! The verifier of the record: reads a database, needs neither the service nor the network, and
//! says in words what was tampered with. It never writes. Start at [`verify`].
//!
//! Three walks, each over its own connection and at its own pace: along the chain (`links`, with
//! those who witnessed it in `witness` and what is not about calls in `standing`), call by call
//! (`replay`, which plays the events back and compares `rows`, `orders` and `personal` data with
//! them), and over the pages, by SQLite itself. What guards the tables is checked first (`schema`).

mod links;
mod open;
mod orders;
mod pages;
mod personal;
mod replay;
mod report;
mod rows;
mod schema;
mod standing;
mod witness;

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{ScopedJoinHandle, scope};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

pub use self::report::{CannotCheck, Head, Problem, Progress, Report, Restore};
pub use self::witness::{Point, Witnessed};

use self::links::Links;
use self::open::{Opened, Trouble};
use self::replay::Replay;
use self::report::Problems;

/// How often progress is told.
const PACE: Duration = Duration::from_millis(200);

/// How far the walks have come.
#[derive(Default)]
struct Counters {
    linked: AtomicU64,
    replayed: AtomicU64,
}

/// What a walk has found, and how it ended.
type Walked<T> = (T, rusqlite::Result<()>);

/// All three walks: the chain, the calls, the pages.
type Walks = (Walked<Links>, Walked<Replay>, Walked<Problems>);

/// Checks the database at `path`, and whether it agrees with what was witnessed. An error means
/// that nothing can be said; whatever is wrong with the record is in the report.
pub fn verify(path: &Path, witnessed: &Witnessed, progress: &mut dyn FnMut(Progress)) -> Result<Report, CannotCheck> {
    let (opened, connection) = Opened::open(path)?;
    let mut report = Report::default();
    let mut problems = Problems::default();
    let checked = connection.and_then(|connection| {
        schema::check(&opened, &connection, &mut problems, &mut report.remarks)?;
        walk(&opened, connection, witnessed, progress)
    });
    let walked = problems.unless_damaged("the schema", checked)?;
    problems.report(&mut report);
    if let Some((links, replay, pages)) = walked {
        settle(&opened, links, replay, pages, &mut report)?;
    }
    if opened.is_immutable() {
        let why = "it was read as a file that nobody changes, since nothing can be written beside it";
        report.remarks.push(why.to_owned());
    }
    Ok(report)
}

/// Takes all three walks at once.
fn walk(
    opened: &Opened,
    first: Connection,
    witnessed: &Witnessed,
    progress: &mut dyn FnMut(Progress),
) -> Result<Walks, Trouble> {
    let trouble = |error| opened.trouble(error);
    let second = opened.connect().map_err(trouble)?;
    let third = opened.connect().map_err(trouble)?;
    let events = opened.agree(&first, &second)?;
    let counters = Counters::default();
    Ok(scope(|scope| {
        let (sender, finished) = channel::<()>();
        let (done, counters) = ([sender.clone(), sender.clone(), sender], &counters);
        let [links, replay, pages] = done;
        let links = scope.spawn(move || until(links, Links::walk(&first, witnessed, &counters.linked)));
        let replay = scope.spawn(move || until(replay, Replay::play(&second, &counters.replayed)));
        let pages = scope.spawn(move || until(pages, pages::check(&third)));
        tell(&finished, counters, events, progress);
        (joined(links), joined(replay), joined(pages))
    }))
}

/// Holds on to `done` until the walk is over.
fn until<T>(done: Sender<()>, walked: T) -> T {
    drop(done);
    walked
}

/// Tells how far the walks have come, until all are over.
fn tell(finished: &Receiver<()>, counters: &Counters, events: u64, progress: &mut dyn FnMut(Progress)) {
    while let Err(RecvTimeoutError::Timeout) = finished.recv_timeout(PACE) {
        let (linked, replayed) = (counters.linked.load(Ordering::Relaxed), counters.replayed.load(Ordering::Relaxed));
        progress(Progress { linked, replayed, events });
    }
}

/// What the walk came to. If it panicked, so do we.
fn joined<T>(walk: ScopedJoinHandle<'_, T>) -> T {
    walk.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Puts into the report what the walks have found.
fn settle(
    opened: &Opened,
    (mut links, links_end): Walked<Links>,
    (mut replay, replay_end): Walked<Replay>,
    (mut pages, pages_end): Walked<Problems>,
    report: &mut Report,
) -> Result<(), CannotCheck> {
    let trouble = |error| opened.trouble(error);
    let whole = links_end.is_ok() && replay_end.is_ok();
    links.problems.unless_damaged("the chain of events", links_end.map_err(trouble))?;
    replay.problems.unless_damaged("calls and their events", replay_end.map_err(trouble))?;
    pages.unless_damaged("the file's pages", pages_end.map_err(trouble))?;
    if whole && links.of_calls != replay.events {
        let (all, found) = (links.of_calls, replay.events);
        replay
            .problems
            .say(format_args!("{all} events are about calls, and the index events_of_call leads to {found}"));
    }
    (report.calls, report.expunged) = (replay.calls, replay.expunged);
    links.report(report);
    replay.problems.report(report);
    pages.report(report);
    Ok(())
}

/// Which record this is, by its first event; nothing if that can't be read.
pub fn log_id(path: &Path) -> Result<Option<String>, CannotCheck> {
    let (opened, connection) = Opened::open(path)?;
    let read = connection.and_then(|connection| {
        let first = "SELECT detail FROM events WHERE seq = 1 AND cause = 'record.created'";
        let detail = connection.query_row(first, [], |row| row.get::<_, String>(0)).optional();
        detail.map_err(|error| opened.trouble(error))
    });
    match read {
        Ok(detail) => Ok(detail.and_then(|detail| {
            let detail: serde_json::Value = serde_json::from_str(&detail).ok()?;
            Some(detail.get("log")?.as_str()?.to_owned())
        })),
        // What is damaged is said where it is verified.
        Err(Trouble::Damage(_)) => Ok(None),
        Err(Trouble::Cannot(why)) => Err(why),
    }
}
