//! The worker: decides when a checkpoint is due. At once after a call has ended, and otherwise at
//! most once a minute while the record grows. What can't be written is tried again then; the
//! service goes on meanwhile.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::clerk::Witness;
use crate::clock::Clock;
use crate::domain::event::Head;
use crate::domain::time::Timestamp;

/// The longest that an event waits for a witness.
const EVERY: Duration = Duration::from_secs(60);

/// Writes checkpoints.
pub struct Worker {
    witness: Witness,
    head: watch::Receiver<Head>,
    clock: Clock,
    /// The newest event for which a checkpoint was written.
    done: i64,
    tried: Option<Tried>,
}

/// The last attempt, whatever came of it.
#[derive(Debug, Clone, Copy)]
struct Tried {
    at: Timestamp,
    urgent: u64,
}

impl Worker {
    /// A worker for the record with this head.
    pub fn new(witness: Witness, head: watch::Receiver<Head>, clock: Clock) -> Self {
        Self { witness, head, clock, done: 0, tried: None }
    }

    /// Works until told to stop. Who tells it writes the last checkpoint.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                going_on = self.step() => if !going_on { return },
                () = stop.cancelled() => return,
            }
        }
    }

    /// Writes a checkpoint if one is due, or waits until one is or the record has grown. Says
    /// whether there may be more.
    pub async fn step(&mut self) -> bool {
        let head = self.head.borrow_and_update().clone();
        let wait = self.until_due(&head);
        if wait == Some(Duration::ZERO) {
            self.checkpoint(&head).await;
            return true;
        }
        let due = async {
            match wait {
                Some(wait) => self.clock.sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = self.head.changed() => changed.is_ok(),
            () = due => true,
        }
    }

    /// How long until a checkpoint is due; `None` if there is nothing new.
    fn until_due(&self, head: &Head) -> Option<Duration> {
        if head.seq <= self.done {
            return None;
        }
        match self.tried {
            Some(tried) if tried.urgent == head.urgent => Some((tried.at + EVERY).since(self.clock.now())),
            Some(_) | None => Some(Duration::ZERO),
        }
    }

    async fn checkpoint(&mut self, head: &Head) {
        // Noted first: who drops this half-way does not have it written twice.
        self.tried = Some(Tried { at: self.clock.now(), urgent: head.urgent });
        match self.witness.witness_now(head).await {
            Ok(()) => self.done = head.seq,
            Err(error) => {
                let unwitnessed = self.witness.unwitnessed(head);
                error!(%error, unwitnessed, "no checkpoint; it is tried again with the next, and calls go on");
            }
        }
    }
}
