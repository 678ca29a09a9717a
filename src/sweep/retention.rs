//! Retention: finds what is held longer than `[retention]` allows and has it erased, errand by errand,
//! so that each erasure is on record. What may be erased is decided in `domain/decide/errand.rs`.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::domain::errand::{Actor, Errand};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::domain::time::Timestamp;
use crate::store::overdue::Cutoffs;
use crate::store::{Reader, StoreError};
use crate::switchboard::{SubmitError, Switchboard};

/// How often we look.
const EVERY: Duration = Duration::from_secs(3600);

/// How soon again if there may be more: years of calls are erased bit by bit.
const MORE: Duration = Duration::from_secs(60);

/// With so many things that Twilio is still to delete, no more are added.
const BUSY: i64 = 60;

/// How soon again then.
const LATER: Duration = Duration::from_secs(600);

/// How long each class of data is kept; `None` is until somebody erases it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// Callers' numbers and the numbers that were rung.
    pub numbers: Option<Duration>,
    /// Notes, tags and reasons, and the names of organisers who have left.
    pub notes: Option<Duration>,
    /// What Twilio keeps.
    pub recordings: Option<Duration>,
    /// The bare timeline.
    pub timeline: Option<Duration>,
}

/// Looks for what is overdue.
pub struct Retention {
    switchboard: Switchboard,
    reader: Reader,
    clock: Clock,
    rules: Rules,
}

impl Retention {
    /// Retention by these rules.
    pub fn new(switchboard: Switchboard, reader: Reader, clock: Clock, rules: Rules) -> Self {
        Self { switchboard, reader, clock, rules }
    }

    /// Works until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let next = tokio::select! {
                next = self.step() => next,
                () = stop.cancelled() => return,
            };
            let Some(next) = next else { return };
            tokio::select! {
                () = self.clock.sleep(next) => {},
                () = stop.cancelled() => return,
            }
        }
    }

    /// Has some of what is overdue now erased. Says when to look again; `None` if the service has
    /// stopped.
    pub async fn step(&self) -> Option<Duration> {
        let overdue = match self.overdue().await {
            Ok(Some(overdue)) => overdue,
            Ok(None) => return Some(LATER),
            Err(error) => {
                warn!(%error, "what is held too long could not be looked up; trying again in an hour");
                return Some(EVERY);
            }
        };
        if overdue.is_empty() {
            return Some(EVERY);
        }
        info!(errands = overdue.len(), "erasing what is held longer than [retention] allows");
        let mut erased = 0;
        for errand in overdue {
            match self.switchboard.submit(Input::Errand { errand, by: Actor::Service }).await {
                Ok(Reply::Errand(Err(refusal))) => warn!(%refusal, "something was not erased; trying again later"),
                Ok(_) => erased += 1,
                Err(SubmitError::Stopped) => return None,
                Err(error) => warn!(%error, "something was not erased; trying again later"),
            }
        }
        // If all of it was refused, so it would be in a minute.
        Some(if erased > 0 { MORE } else { EVERY })
    }

    /// What is overdue now; `None` while Twilio has much to delete.
    async fn overdue(&self) -> Result<Option<Vec<Errand>>, StoreError> {
        let open = self.reader.open_deletions().await?;
        if open > BUSY {
            warn!(
                open,
                "nothing more is erased until Twilio has deleted what it was asked to; see above why it has not"
            );
            return Ok(None);
        }
        let cutoffs = self.cutoffs(self.clock.now());
        Ok(Some(self.reader.overdue(&cutoffs).await?))
    }

    fn cutoffs(&self, now: Timestamp) -> Cutoffs {
        let before = |keep: Option<Duration>| keep.map_or_else(String::new, |keep| (now - keep).to_string());
        Cutoffs {
            numbers: before(self.rules.numbers),
            notes: before(self.rules.notes),
            recordings: before(self.rules.recordings),
            timeline: before(self.rules.timeline),
            today: now.to_string()[..10].to_owned(),
        }
    }
}
