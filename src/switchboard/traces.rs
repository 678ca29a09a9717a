//! When the traces of what was erased are overwritten, which the database can't do in the same
//! transaction: the write-ahead log at once, the tables as soon as no call is open; one that comes in just
//! then waits until they are written.

use std::time::Duration;

use tracing::{error, warn};

use crate::domain::time::Timestamp;
use crate::store::Writer;

/// How soon the log is emptied again if somebody was reading.
const EMPTY_LOG_AGAIN: Duration = Duration::from_secs(1);

/// How long after an erasure the tables are written anew, since others may follow; and how soon that is
/// tried again.
const REWRITE_AFTER: Duration = Duration::from_secs(2);

/// What is still to be overwritten.
#[derive(Debug)]
pub(super) struct Traces {
    empty_log_at: Option<Timestamp>,
    rewrite_at: Option<Timestamp>,
    /// Whether no call is open.
    quiet: bool,
}

impl Traces {
    /// Those of a service that starts now: the one before may have been killed.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { empty_log_at: Some(now), rewrite_at: None, quiet: false }
    }

    /// Looks for what the service before has left.
    pub(super) async fn look(&mut self, writer: &mut Writer, now: Timestamp) {
        match writer.has_traces().await {
            Ok(true) => self.rewrite_at = Some(now),
            Ok(false) => {}
            Err(error) => warn!(%error, "traces of what was erased could not be looked for"),
        }
    }

    /// Notes that something was erased.
    pub(super) fn erased(&mut self, now: Timestamp) {
        self.empty_log_at = Some(now);
        self.rewrite_at = Some(now + REWRITE_AFTER);
    }

    /// Notes whether no call is open.
    pub(super) fn quiet(&mut self, quiet: bool) {
        self.quiet = quiet;
    }

    /// When there is something to do.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.empty_log_at.into_iter().chain(self.rewrite_at.filter(|_| self.quiet)).min()
    }

    /// Does what is due.
    pub(super) async fn overwrite(&mut self, writer: &mut Writer, now: Timestamp) {
        if self.quiet && self.rewrite_at.is_some_and(|at| at <= now) {
            self.rewrite(writer, now).await;
        }
        if self.empty_log_at.is_some_and(|at| at <= now) {
            self.empty_log(writer, now).await;
        }
    }

    /// Does what is left, since nobody will later.
    pub(super) async fn overwrite_all(&mut self, writer: &mut Writer, now: Timestamp) {
        if self.rewrite_at.is_some() {
            self.rewrite(writer, now).await;
        }
        if self.empty_log_at.is_some() {
            self.empty_log(writer, now).await;
        }
    }

    async fn rewrite(&mut self, writer: &mut Writer, now: Timestamp) {
        self.rewrite_at = Some(now + REWRITE_AFTER);
        match writer.rewrite_erasable().await {
            Ok(()) => {
                self.rewrite_at = None;
                self.empty_log_at = Some(now);
            }
            Err(error) => {
                warn!(%error, "traces of what was erased are still in the database's file; trying again");
                if let Err(error) = writer.reopen().await {
                    error!(%error, "the database can't be opened again; trying with the next input");
                }
            }
        }
    }

    async fn empty_log(&mut self, writer: &mut Writer, now: Timestamp) {
        self.empty_log_at = Some(now + EMPTY_LOG_AGAIN);
        match writer.empty_log().await {
            Ok(true) => self.empty_log_at = None,
            Ok(false) => {}
            Err(error) => warn!(%error, "what was erased is still in the write-ahead log; trying again"),
        }
    }
}
