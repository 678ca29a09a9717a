//! Retention: finds what is held longer than `[retention]` allows and has it erased, errand by errand,
//! so that each erasure is on record. What may be erased is decided in `domain/decide/errand.rs`.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::domain::errand::Actor;
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::domain::time::Timestamp;
use crate::store::Reader;
use crate::store::overdue::Cutoffs;
use crate::switchboard::{SubmitError, Switchboard};

/// How often we look.
const EVERY: Duration = Duration::from_secs(3600);

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
            tokio::select! {
                going_on = self.step() => if !going_on { return },
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = self.clock.sleep(EVERY) => {},
                () = stop.cancelled() => return,
            }
        }
    }

    /// Has everything erased that is overdue now. Says whether the service goes on.
    pub async fn step(&self) -> bool {
        let cutoffs = self.cutoffs(self.clock.now());
        let overdue = match self.reader.overdue(&cutoffs).await {
            Ok(overdue) => overdue,
            Err(error) => {
                warn!(%error, "what is held too long could not be looked up; trying again in an hour");
                return true;
            }
        };
        if !overdue.is_empty() {
            info!(errands = overdue.len(), "erasing what is held longer than [retention] allows");
        }
        for errand in overdue {
            match self.switchboard.submit(Input::Errand { errand, by: Actor::Service }).await {
                Ok(Reply::Errand(Err(refusal))) => warn!(%refusal, "something was not erased; trying again in an hour"),
                Ok(_) => {}
                Err(SubmitError::Stopped) => return false,
                Err(error) => warn!(%error, "something was not erased; trying again in an hour"),
            }
        }
        true
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
