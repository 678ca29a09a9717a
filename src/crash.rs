//! Named points at which tests let the service die, to see what the next start makes of it, and a disk that
//! they can fill, or let hang. Only builds with debug assertions have them; a release build has none. Knows nothing of what
//! happens there.

use std::cell::{Cell, RefCell};
use std::io;
use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_util::sync::{CancellationToken, DropGuard};

use crate::domain::words::words;

words! {
    /// Where the service can be made to die. The name says what was done last.
    Point, "crash point" {
        /// A webhook has come in and is verified.
        WebhookReceived = "webhook_received",
        /// What follows from it is durable; it is not answered.
        WebhookDecided = "webhook_decided",
        /// A batch is decided, nothing of it is written.
        BatchDecided = "batch_decided",
        /// It is written and not committed.
        BatchSaved = "batch_saved",
        /// It is committed; nobody knows of it.
        BatchCommitted = "batch_committed",
        /// Commands are claimed and not sent.
        CommandsClaimed = "commands_claimed",
        /// One command is about to leave.
        CommandLeaving = "command_leaving",
        /// It has been answered; the answer is not recorded.
        CommandAnswered = "command_answered",
        /// A deadline has come, and nothing was made of it.
        DeadlineMet = "deadline_met",
        /// The start is recorded; nothing is sent or answered.
        StartRecorded = "start_recorded",
        /// A batch is in the spool, because the database can't be written; nobody knows of it.
        BatchSpooled = "batch_spooled",
        /// The spool is taken into the database, which is not committed.
        SpoolTakenIn = "spool_taken_in",
        /// It is committed; the spool is not emptied.
        SpoolCommitted = "spool_committed",
    }
}

/// Names the point to die at, and at which hit: `batch_saved` or `batch_saved:3`.
const VARIABLE: &str = "SHAREDPHONE_CRASH_AT";

/// Has the disk full from one asking to another, counted from 0: `4:9`.
const FULL_DISK: &str = "SHAREDPHONE_DISK_FULL";

/// Says whether to die at this point.
type Decider = Box<dyn FnMut(Point) -> bool>;

thread_local! {
    static DECIDER: RefCell<Option<Decider>> = const { RefCell::new(None) };
    static DISK_IS_FULL: Cell<bool> = const { Cell::new(false) };
    static DISK_HANGS: RefCell<Option<CancellationToken>> = const { RefCell::new(None) };
}

/// How a simulated death travels up the stack.
#[derive(Debug, Clone, Copy)]
pub struct Died(pub Point);

/// Dies here, if a test wants it.
pub fn point(point: Point) {
    if cfg!(debug_assertions) {
        let simulated = DECIDER.with_borrow_mut(|decider| decider.as_mut().is_some_and(|dies| dies(point)));
        if simulated {
            resume_unwind(Box::new(Died(point)));
        }
        if is_wanted(point) {
            std::process::abort();
        }
    }
}

/// Whether the database's disk takes anything: not if a test has filled it, and not before a test lets it.
pub async fn disk() -> io::Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    if let Some(until) = DISK_HANGS.with_borrow(Clone::clone) {
        until.cancelled().await;
    }
    if DISK_IS_FULL.get() || is_full() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
}

/// Whether the environment has the disk full at this asking.
#[expect(clippy::disallowed_methods, reason = "not a setting: a test's way into the process that it starts")]
fn is_full() -> bool {
    static FULL: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let span = |text: String| text.split_once(':').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let full = FULL.get_or_init(|| std::env::var(FULL_DISK).ok().and_then(span));
    full.is_some_and(|(from, to)| (from..to).contains(&ASKED.fetch_add(1, Ordering::Relaxed)))
}

/// Fills the disk for this thread, or empties it.
pub fn fill_disk(full: bool) {
    DISK_IS_FULL.set(full);
}

/// Has the disk hang for this thread, until what is returned is dropped.
pub fn hang_disk() -> DropGuard {
    let until = CancellationToken::new();
    DISK_HANGS.set(Some(until.clone()));
    until.drop_guard()
}

/// From now on `decider` says for this thread whether to die; the death is an unwinding with [`Died`].
pub fn simulate(decider: impl FnMut(Point) -> bool + 'static) {
    DECIDER.set(Some(Box::new(decider)));
}

/// Whether the environment asks the process to die at this hit of this point.
#[expect(clippy::disallowed_methods, reason = "not a setting: a test's way into the process that it starts")]
fn is_wanted(point: Point) -> bool {
    static WANTED: OnceLock<Option<(Point, u32)>> = OnceLock::new();
    static HITS: AtomicU32 = AtomicU32::new(0);
    let wanted = WANTED.get_or_init(|| std::env::var(VARIABLE).ok().and_then(|text| parse(&text)));
    match wanted {
        Some((at, hit)) if *at == point => HITS.fetch_add(1, Ordering::Relaxed) + 1 == *hit,
        Some(_) | None => false,
    }
}

fn parse(text: &str) -> Option<(Point, u32)> {
    let (name, hit) = text.split_once(':').unwrap_or((text, "1"));
    Some((name.parse().ok()?, hit.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_named_alone_or_with_its_hit() {
        assert_eq!(parse("batch_saved"), Some((Point::BatchSaved, 1)));
        assert_eq!(parse("batch_saved:3"), Some((Point::BatchSaved, 3)));
        assert_eq!(parse("batch_saved:x"), None);
        assert_eq!(parse("somewhere"), None);
    }
}
