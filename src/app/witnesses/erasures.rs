//! Erasures and their witnesses, kept in step both ways: the witnesses are told of every erasure on
//! record, and what they know of and an accepted older copy does not is erased in it again.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::past::{Extent, Papers, listen};
use crate::clock::Clock;
use crate::domain::erased::Erased;
use crate::domain::errand::{Actor, Refusal};
use crate::domain::event::Head;
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::store::Reader;
use crate::switchboard::Switchboard;
use crate::witness::Witness;
use crate::witness::testimony::Erasure;

/// How soon what could not be done is tried again; each time it waits twice as long.
const AGAIN: Duration = Duration::from_secs(1);

/// The longest that it waits.
const RARELY: Duration = Duration::from_secs(3600);

/// Keeps both in step while the service runs.
pub(super) struct Erasures {
    pub(super) witness: Witness,
    pub(super) switchboard: Switchboard,
    pub(super) reader: Reader,
    pub(super) clock: Clock,
    /// What the witnesses have.
    pub(super) papers: Papers,
    /// What is known since their file was read.
    pub(super) known: Option<Known>,
}

/// Where both stand.
#[derive(Default)]
pub(super) struct Known {
    /// The event up to which the witnesses were told.
    since: i64,
    /// What they knew before.
    told: HashSet<Erased>,
    /// What is still to be erased again.
    undone: Vec<Erased>,
}

impl Erasures {
    /// Works until told to stop, or until nobody can add to the record any more.
    pub(super) async fn run(mut self, stop: CancellationToken) -> Self {
        let mut head = self.switchboard.head();
        let mut again = AGAIN;
        loop {
            let urgent = head.borrow_and_update().urgent;
            tokio::select! {
                () = self.keep_in_step() => {}
                () = stop.cancelled() => return self,
            }
            tokio::select! {
                changed = head.wait_for(|head| head.urgent != urgent) => if changed.is_err() { return self },
                () = self.clock.sleep(again) => again = RARELY.min(again * 2),
                () = stop.cancelled() => return self,
            }
        }
    }

    async fn keep_in_step(&mut self) {
        if let Err(error) = self.hear().await {
            error!(
                error = format!("{error:#}"),
                "what was erased could not be compared with the witnesses; trying again"
            );
            return;
        }
        if let Err(error) = self.tell().await {
            let error = format!("{error:#}");
            error!(error, "an erasure has no witness yet; a backup of before would bring the data back");
        }
        self.erase_again().await;
    }

    /// Reads the witnesses' file, once.
    async fn hear(&mut self) -> Result<()> {
        if self.known.is_some() {
            return Ok(());
        }
        let testimony = listen(&self.papers, Extent::Erasures).await?;
        let mut undone = Vec::new();
        for (erased, accepted) in testimony.before_a_restore() {
            if self.reader.still_has(erased, accepted).await? {
                undone.push(erased.clone());
            }
        }
        let told = testimony.erasures.into_iter().map(|Erasure { erased, .. }| erased).collect();
        self.known = Some(Known { since: 0, told, undone });
        Ok(())
    }

    /// Tells the witnesses of every erasure that they do not know of.
    pub(super) async fn tell(&mut self) -> Result<()> {
        let Some(known) = &mut self.known else { return Ok(()) };
        let head = self.switchboard.head().borrow().clone();
        for (seq, erased) in self.reader.erased_since(known.since).await? {
            if !known.told.remove(&erased) {
                self.witness.erased(&head, erased).await?;
            }
            known.since = seq;
        }
        Ok(())
    }

    /// Has everything erased that a former record had erased; what is refused now, such as a call that
    /// was live when the copy was made, is tried again.
    async fn erase_again(&mut self) {
        let Some(known) = &mut self.known else { return };
        let mut undone = Vec::new();
        for erased in std::mem::take(&mut known.undone) {
            let errand = erased.data.again();
            match self.switchboard.submit(Input::Errand { errand, by: Actor::Service }).await {
                Ok(Reply::Errand(Ok(()))) => info!("something that was erased before the restore was erased again"),
                Ok(Reply::Errand(Err(Refusal::UnknownCall))) => {}
                Ok(Reply::Errand(Err(refusal))) => {
                    warn!(%refusal, "something that was erased before the restore is not yet erased again");
                    undone.push(erased);
                }
                Ok(Reply::Noted | Reply::Caller(_) | Reply::Leg(_) | Reply::Claimed(_) | Reply::Orphans(_)) => {
                    error!("a strange answer to an errand; this is a fault of ours");
                }
                Err(error) => {
                    warn!(%error, "something that was erased before the restore is not yet erased again");
                    undone.push(erased);
                }
            }
        }
        known.undone = undone;
    }
}

/// Tells the witness of what was erased after event `since`, for a command that works while no service
/// runs.
pub(super) async fn tell_since(witness: &Witness, reader: &Reader, head: &Head, since: i64) -> Result<()> {
    for (_, erased) in reader.erased_since(since).await? {
        witness.erased(head, erased).await?;
    }
    Ok(())
}
