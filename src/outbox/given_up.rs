//! Says in the log what Twilio was to delete and has still, after it was given up: somebody was promised
//! that it would go. Only reads; what is given up, and when, is decided in `domain/`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tracing::{error, warn};

use crate::clock::Clock;
use crate::store::{Reader, StoreError};

/// How often we look; a deletion is tried for a month.
const EVERY: Duration = Duration::from_secs(600);

/// Deletions that were given up, each told once.
pub struct GivenUp {
    reader: Reader,
    clock: Clock,
    /// What was told: of each call, what came of it.
    told: BTreeMap<String, BTreeSet<String>>,
}

impl GivenUp {
    /// Nothing is told yet.
    pub fn new(reader: Reader, clock: Clock) -> Self {
        Self { reader, clock, told: BTreeMap::new() }
    }

    /// Looks now and then, for as long as it is asked to.
    pub async fn run(mut self) {
        loop {
            if let Err(error) = self.look().await {
                warn!(%error, "what Twilio has not deleted could not be looked up; trying again in ten minutes");
            }
            self.clock.sleep(EVERY).await;
        }
    }

    /// Tells what is new.
    async fn look(&mut self) -> Result<(), StoreError> {
        let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for found in self.reader.undeleted(None).await?.into_iter().filter(|found| !found.open) {
            let answer = found.answer.unwrap_or_else(|| "dropped".to_owned());
            calls.entry(found.call_sid).or_default().insert(format!("{} {answer}", found.kind));
        }
        for (call_sid, given_up) in &calls {
            if self.told.get(call_sid) != Some(given_up) {
                let given_up = given_up.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                error!(
                    %call_sid, given_up,
                    "Twilio still has data of a call that was erased, and is no longer asked to delete it; mend what it \
                     says and erase the call again, or delete it in Twilio's console"
                );
            }
        }
        self.told = calls;
        Ok(())
    }
}
