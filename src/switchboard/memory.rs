//! What goes on while the database can't be written: the same rules decide about the house as it was last,
//! each input is on disk in the spool before it is answered, and `catch_up` takes it into the database later.

use std::time::Duration;

use tracing::{error, warn};
use uuid::Uuid;

use super::SubmitError;
use super::batch::{decide_one, decided};
use crate::crash::{self, Point};
use crate::domain::contact::Contacts;
use crate::domain::decide::{Agenda, agenda};
use crate::domain::house::House;
use crate::domain::ids::{CallSid, IdSource, SpoolId};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::spool::{Entry, Head, Spool, Spooled};
use crate::store::{StoreError, Writer};

/// How soon the database is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The house as it was last, and what is decided without the database.
#[derive(Debug)]
pub(super) struct Memory {
    /// Nothing before the first batch of this service.
    pub(super) house: Option<House>,
    /// Whether that is the house as the database has it, too.
    pub(super) is_current: bool,
    pub(super) spool: Spool,
    /// Who had been heard of when, as what is in the spool and not in the database began: that is decided again with the same.
    pub(super) heard_before: Contacts,
    /// When the database is to be tried next, while it can't be written or lacks what is in the spool.
    pub(super) due_at: Option<Timestamp>,
}

/// What a batch came to without the database.
pub(super) struct FromMemory {
    pub(super) replies: Vec<Result<Reply, SubmitError>>,
    pub(super) decided: Vec<CallSid>,
    /// Nothing has changed if there is none.
    pub(super) agenda: Option<Agenda>,
}

impl Memory {
    /// With what a service before may have left in the spool.
    pub(super) fn new(spool: Spool, now: Timestamp) -> Self {
        if let Some(trouble) = spool.trouble() {
            error!(
                %trouble,
                "the spool has no room of its own: should the database not be writable, callers may only be connected \
                 by Twilio itself, and nothing of it is on record; make its folder, or room in it ([database] spool), and \
                 start again"
            );
        }
        let due_at = (!spool.is_empty()).then_some(now);
        Self { house: None, is_current: false, spool, heard_before: Contacts::new(), due_at }
    }

    /// Whether decisions are made without the database.
    pub(super) fn is_in_charge(&self) -> bool {
        self.due_at.is_some()
    }

    /// The database can't be written.
    pub(super) fn take_charge(&mut self, now: Timestamp) {
        if !self.is_in_charge() {
            self.heard_before = self.house.as_ref().map(|house| house.contacts().clone()).unwrap_or_default();
        }
        self.is_current = false;
        self.due_at = Some(now + AGAIN);
    }

    /// Takes up where a service before has left: the house as the database has it, and what the spool knows
    /// beyond that.
    pub(super) async fn recall(
        &mut self,
        writer: &mut Writer,
        settings: &Settings,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> Result<(), StoreError> {
        let look_back = settings.limits.look_back(now);
        let Some(Spooled { head, entries }) = self.spool.read().await? else {
            self.house = Some(writer.recall(look_back, Contacts::new()).await?);
            return Ok(());
        };
        let known = writer.taken_in(head.id).await?;
        if known >= entries.len() {
            // What comes next must not be taken for what is known.
            self.spool.clear().await?;
        }
        let heard = if known == 0 { head.heard.into_iter().collect() } else { Contacts::new() };
        let mut house = writer.recall(look_back, heard).await?;
        for entry in entries.into_iter().skip(known) {
            if decide_one(&mut house, settings, &entry.input, entry.at, &mut Again::new(&entry, &mut *ids)).is_err() {
                error!("an input of the spool was refused by the rules");
            }
        }
        // What a start looks back on is still to come.
        self.house = Some(house);
        Ok(())
    }

    /// Decides these inputs, and puts those that were decided into the spool.
    pub(super) async fn decide(
        &mut self,
        inputs: &[Input],
        settings: &Settings,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> FromMemory {
        let Some(mut house) = self.house.clone() else { return not_durable(inputs) };
        let heard = if self.spool.is_empty() { self.heard_before.clone() } else { Contacts::new() };
        let head = Head { id: SpoolId::new(ids, now), heard: heard.into_iter().collect() };
        let (mut replies, mut entries) = (Vec::with_capacity(inputs.len()), Vec::with_capacity(inputs.len()));
        for input in inputs {
            let mut drawn = Drawn { from: &mut *ids, ids: Vec::new() };
            if !input.can_wait_in_the_spool() {
                replies.push(Err(SubmitError::NotDurable));
                continue;
            }
            let reply = decide_one(&mut house, settings, input, now, &mut drawn);
            if reply.is_ok() {
                entries.push(Entry { at: now, ids: drawn.ids, input: input.clone() });
            }
            replies.push(reply);
        }
        if !entries.is_empty()
            && let Err(error) = self.spool.append(head, entries).await
        {
            warn!(%error, inputs = inputs.len(), "nor could it be written to the spool");
            return not_durable(inputs);
        }
        crash::point(Point::BatchSpooled);
        let decided = decided(&house.changes());
        let agenda = agenda(&house, settings);
        self.house = Some(house.remembered());
        FromMemory { replies, decided, agenda: Some(agenda) }
    }
}

fn not_durable(inputs: &[Input]) -> FromMemory {
    let replies = inputs.iter().map(|_| Err(SubmitError::NotDurable)).collect();
    FromMemory { replies, decided: Vec::new(), agenda: None }
}

/// Hands ids on, and remembers them.
struct Drawn<'a> {
    from: &'a mut dyn IdSource,
    ids: Vec<Uuid>,
}

impl IdSource for Drawn<'_> {
    fn next(&mut self, now: Timestamp) -> Uuid {
        let id = self.from.next(now);
        self.ids.push(id);
        id
    }
}

/// Hands out the same ids again, and new ones when they are used up.
pub(super) struct Again<'a> {
    ids: std::slice::Iter<'a, Uuid>,
    then: &'a mut dyn IdSource,
}

impl<'a> Again<'a> {
    pub(super) fn new(entry: &'a Entry, then: &'a mut dyn IdSource) -> Self {
        Self { ids: entry.ids.iter(), then }
    }
}

impl IdSource for Again<'_> {
    fn next(&mut self, now: Timestamp) -> Uuid {
        match self.ids.next() {
            Some(id) => *id,
            None => self.then.next(now),
        }
    }
}
