//! Taking the spool into the database: what came in while it could not be written is decided again, in the
//! same order and under the same times and ids, so that the record is as if nothing had been the matter.
//! Some at a time, each time in one transaction that says so itself, and therefore exactly once; callers are served
//! in between.

use std::time::Duration;

use tracing::{error, info, warn};

use super::Writing;
use super::batch::{decide_one, named};
use super::memory::Again;
use super::operator::{Operator, Saved};
use crate::crash::{self, Point};
use crate::domain::contact::Contacts;
use crate::domain::decide::agenda;
use crate::domain::house::House;
use crate::domain::ids::IdSource;
use crate::domain::input::{Absence, Input};
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::spool::{Entry, Spooled};
use crate::store::{Batch, ChainEnd, StoreError};

/// How many inputs are taken in at a time: mostly less than half a second's work, and callers wait meanwhile.
const AT_A_TIME: usize = 1000;

/// How long callers have between one time and the next.
const FOR_CALLERS: Duration = Duration::from_millis(20);

/// What became of it.
struct CaughtUp {
    house: House,
    newest: ChainEnd,
    contacts: Contacts,
    inputs: usize,
    /// How many are left.
    left: usize,
}

impl Operator {
    /// Tries whether the database can be written again, and if so takes in what is in the spool.
    pub(super) async fn catch_up(&mut self) {
        let spooled = self.memory.spool.read().await;
        if let Err(error) = &spooled {
            error!(%error, "the spool can't be read; what is in it is not in the database, and stays where it is");
        }
        let was_read = spooled.is_ok();
        match self.take_in(spooled.unwrap_or_default()).await {
            Ok(Some(caught_up)) if caught_up.left > 0 => self.goes_on(caught_up),
            Ok(caught_up) => self.database_is_back(caught_up, was_read).await,
            Err(StoreError::NotAlone) => self.is_shut_out(),
            Err(error) => {
                warn!(%error, "the database still can't be written");
                self.memory.take_charge(self.clock.now());
            }
        }
    }

    /// Part of it is in the database. Memory stays in charge: it knows the rest as well.
    fn goes_on(&mut self, CaughtUp { newest, contacts, inputs, left, .. }: CaughtUp) {
        info!(inputs, left, "taking in what came in while the database could not be written");
        self.announce(Saved { newest, urgent: false, forgets: false });
        self.memory.heard_before = contacts;
        self.memory.due_at = Some(self.clock.now() + FOR_CALLERS);
    }

    async fn database_is_back(&mut self, caught_up: Option<CaughtUp>, was_read: bool) {
        if let Some(CaughtUp { house, newest, inputs, .. }) = caught_up {
            info!(inputs, "the database can be written again; what came in meanwhile is in it");
            self.announce(Saved { newest, urgent: true, forgets: false });
            self.plan(agenda(&house, &self.settings));
            self.memory.house = Some(house.settled());
            self.memory.is_current = true;
        }
        if was_read && let Err(error) = self.memory.spool.clear().await {
            // What is in the database already is known there, and not taken in again.
            warn!(%error, "the spool can't be emptied");
        }
        self.memory.due_at = None;
        self.writes(Writing::Database);
    }

    async fn take_in(&mut self, spooled: Option<Spooled>) -> Result<Option<CaughtUp>, StoreError> {
        crash::disk().await?;
        self.writer.reopen().await?;
        self.writer.try_out().await?;
        let Some(Spooled { head, mut entries }) = spooled else { return Ok(None) };
        let known = self.writer.taken_in(head.id).await?;
        // A service that was killed in between may have been the one that heard.
        let contacts = if known == 0 { head.heard.into_iter().collect() } else { self.memory.heard_before.clone() };
        entries.drain(..known.min(entries.len()));
        // Who has just started serves nobody before all of it is in.
        let at_a_time = if self.memory.house.is_some() { AT_A_TIME } else { usize::MAX };
        let (left, now) = (entries.len().saturating_sub(at_a_time), self.clock.now());
        entries.truncate(at_a_time);
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(None) };
        // What comes after it in the record must not be of before it.
        let (from, at) = (first.at, if left > 0 { last.at } else { now });
        let mut batch = self.writer.begin().await?;
        let mut decider = Decider { contacts, settings: &self.settings, ids: &mut *self.ids };
        for group in entries.chunk_by(|one, next| one.at == next.at) {
            decider.take_in(&mut batch, group).await?;
        }
        let inputs = entries.len();
        let absence = Input::CaughtUp(Absence { from, spool: head.id, inputs: inputs as u64 });
        let last = Entry { at, ids: Vec::new(), input: absence };
        let (house, newest) = decider.decide(&mut batch, std::slice::from_ref(&last), at).await?;
        let contacts = decider.contacts;
        crash::point(Point::SpoolTakenIn);
        batch.commit().await?;
        crash::point(Point::SpoolCommitted);
        Ok(newest.map(|newest| CaughtUp { house, newest, contacts, inputs, left }))
    }
}

/// With what the rules are asked again.
struct Decider<'a> {
    contacts: Contacts,
    settings: &'a Settings,
    ids: &'a mut dyn IdSource,
}

impl Decider<'_> {
    /// Takes in what was one batch; what the database refuses, alone.
    async fn take_in(&mut self, batch: &mut Batch<'_>, group: &[Entry]) -> Result<(), StoreError> {
        let Some(at) = group.first().map(|entry| entry.at) else { return Ok(()) };
        match self.decide(batch, group, at).await {
            Err(error) if error.blames_an_input() && group.len() > 1 => {
                for entry in group {
                    Box::pin(self.take_in(batch, std::slice::from_ref(entry))).await?;
                }
                Ok(())
            }
            Err(error) if error.blames_an_input() => {
                error!(%error, "an input of the spool was refused");
                Ok(())
            }
            decided => decided.map(|_| ()),
        }
    }

    async fn decide(
        &mut self,
        batch: &mut Batch<'_>,
        group: &[Entry],
        at: Timestamp,
    ) -> Result<(House, Option<ChainEnd>), StoreError> {
        let mut part = batch.part().await?;
        let mut house =
            part.load(&named(group.iter().map(|entry| &entry.input), self.settings, at), self.contacts.clone()).await?;
        for entry in group {
            if decide_one(&mut house, self.settings, &entry.input, at, &mut Again::new(entry, &mut *self.ids)).is_err()
            {
                error!("an input of the spool was refused by the rules");
            }
        }
        let changes = house.changes();
        let mut newest = None;
        if !changes.is_empty() {
            newest = Some(part.save(&changes, at).await?);
        }
        part.commit().await?;
        self.contacts = house.contacts().clone();
        Ok((house, newest))
    }
}
