//! The one task that decides: load, decide, save, commit, reply.

use tracing::{error, warn};

use super::batch::{decide_one, decided, is_quiet, named};
use super::memory::{FromMemory, Memory};
use super::traces::Traces;
use super::{Envelope, Inbox, SubmitError, Writing};
use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::domain::call::CallStatus;
use crate::domain::contact::Contacts;
use crate::domain::decide::{Agenda, agenda};
use crate::domain::house::House;
use crate::domain::ids::{CallSid, IdSource};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::spool::Spool;
use crate::store::{ChainEnd, StoreError, Writer};

/// The most inputs in one transaction.
const BATCH: usize = 128;

/// Owns the writing connection and decides everything.
pub struct Operator {
    inbox: Inbox,
    pub(super) writer: Writer,
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    pub(super) ids: Box<dyn IdSource>,
    pub(super) memory: Memory,
    traces: Traces,
    /// Whether another process has taken over the database.
    is_shut_out: bool,
}

/// What a batch came to, once it is durable.
struct Settled {
    replies: Vec<Result<Reply, SubmitError>>,
    decided: Vec<CallSid>,
    agenda: Agenda,
    saved: Option<Saved>,
    /// Whether no call is open.
    quiet: bool,
}

/// What was saved, as far as others care.
pub(super) struct Saved {
    pub(super) newest: ChainEnd,
    /// Whether the witnesses should hear of it at once.
    pub(super) urgent: bool,
    pub(super) forgets: bool,
}

impl Operator {
    /// An operator for this inbox.
    pub fn new(
        inbox: Inbox,
        writer: Writer,
        spool: Spool,
        settings: Settings,
        clock: Clock,
        ids: Box<dyn IdSource>,
    ) -> Self {
        let traces = Traces::new(clock.now());
        let memory = Memory::new(spool, clock.now());
        Self { inbox, writer, settings, clock, ids, memory, traces, is_shut_out: false }
    }

    /// Works until the service stops or nobody can report anything any more. Whoever gets the writer
    /// closes it after the readers.
    pub async fn run(mut self) -> Writer {
        self.traces.look(&mut self.writer, self.clock.now()).await;
        while self.step().await {}
        if !self.is_shut_out && !self.memory.is_in_charge() {
            self.traces.overwrite_all(&mut self.writer, self.clock.now()).await;
        }
        self.writer
    }

    /// Whether [`Operator::step`] would have something to do at once.
    pub fn has_work(&self) -> bool {
        !self.inbox.queue.is_empty() || self.due_at().is_some_and(|due_at| due_at <= self.clock.now())
    }

    /// When there is something to do even if nothing is reported.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.memory.due_at.into_iter().chain(self.tidy_at()).min()
    }

    /// Waits for inputs and deals with all that have queued up. Says whether there may be more.
    pub async fn step(&mut self) -> bool {
        let mut envelopes = Vec::with_capacity(BATCH);
        let (catch_up, tidy_up) = (until(&self.clock, self.memory.due_at), until(&self.clock, self.tidy_at()));
        let received = tokio::select! {
            // What came earlier goes before what is reported, and that before what is tidied up.
            biased;
            () = catch_up => {
                self.catch_up().await;
                return !self.is_shut_out;
            }
            received = self.inbox.queue.recv_many(&mut envelopes, BATCH) => received,
            () = tidy_up => {
                self.traces.overwrite(&mut self.writer, self.clock.now()).await;
                return true;
            }
        };
        if received == 0 {
            return false;
        }
        // Who has asked and does not wait any more asks again, or was left to Twilio: nobody is to be rung for them twice.
        envelopes.retain(|envelope| !(envelope.input.is_a_question() && envelope.reply.is_closed()));
        let (inputs, ways_back): (Vec<_>, Vec<_>) =
            envelopes.into_iter().map(|Envelope { input, reply }| (input, reply)).unzip();
        if inputs.contains(&Input::Stopping) {
            // The last batches: what has queued up is dealt with, nothing new comes in.
            self.inbox.queue.close();
        }
        let replies = self.deal_with(&inputs).await;
        for (way_back, reply) in ways_back.into_iter().zip(replies) {
            if way_back.send(reply).is_err() {
                // Twilio hung up on us before the answer. What it told us is on record all the same.
                tracing::debug!("nobody waited for the reply");
            }
        }
        !self.is_shut_out
    }

    async fn deal_with(&mut self, inputs: &[Input]) -> Vec<Result<Reply, SubmitError>> {
        if self.memory.is_in_charge() {
            return self.decide_from_memory(inputs).await;
        }
        match self.settle(inputs).await {
            Ok(settled) => {
                let forgets = settled.saved.as_ref().is_some_and(|saved| saved.forgets);
                let replies = self.publish(settled);
                if forgets {
                    // Before whoever has erased something is told.
                    self.traces.overwrite(&mut self.writer, self.clock.now()).await;
                }
                replies
            }
            Err(error) if error.blames_an_input() && inputs.len() > 1 => {
                warn!(%error, inputs = inputs.len(), "a batch was refused; trying its inputs one by one");
                let mut replies = Vec::with_capacity(inputs.len());
                for input in inputs {
                    replies.extend(Box::pin(self.deal_with(std::slice::from_ref(input))).await);
                }
                replies
            }
            Err(error) if error.blames_an_input() => {
                error!(%error, "an input was refused");
                // If what is kept is not what the database has, that ends here.
                self.memory.is_current = false;
                vec![Err(SubmitError::Refused)]
            }
            Err(StoreError::NotAlone) => {
                self.is_shut_out();
                inputs.iter().map(|_| Err(SubmitError::Stopped)).collect()
            }
            Err(error) => {
                error!(%error, "the database can't be written; going on from memory, with the spool on disk");
                self.memory.take_charge(self.clock.now());
                self.decide_from_memory(inputs).await
            }
        }
    }

    /// The same rules, while the database can't be written.
    async fn decide_from_memory(&mut self, inputs: &[Input]) -> Vec<Result<Reply, SubmitError>> {
        let now = self.clock.now();
        if self.memory.house.is_none()
            && let Err(error) = self.memory.recall(&mut self.writer, &self.settings, now, &mut *self.ids).await
        {
            error!(%error, "nor can the database be read; callers are connected by Twilio alone");
        }
        let FromMemory { replies, decided, agenda } =
            self.memory.decide(inputs, &self.settings, now, &mut *self.ids).await;
        if inputs.iter().any(Input::can_wait_in_the_spool) {
            self.writes(if agenda.is_some() { Writing::Spool } else { Writing::Nowhere });
        }
        if let Some(agenda) = agenda {
            self.plan(agenda);
        }
        for call_sid in &decided {
            self.inbox.held.wake(call_sid);
        }
        replies
    }

    /// Another process writes to the database.
    pub(super) fn is_shut_out(&mut self) {
        error!(error = %StoreError::NotAlone, "stopping");
        self.inbox.queue.close();
        self.is_shut_out = true;
    }

    /// When traces of what was erased are to be overwritten.
    fn tidy_at(&self) -> Option<Timestamp> {
        self.traces.due_at().filter(|_| !self.memory.is_in_charge())
    }

    /// One transaction for all inputs, on the house as the batch before has left it. If nothing comes of it, the house is
    /// that again.
    async fn settle(&mut self, inputs: &[Input]) -> Result<Settled, StoreError> {
        // A copy for what the house can't take back by itself; that is rare.
        let before = if inputs.iter().any(Input::may_be_final) { self.memory.house.clone() } else { None };
        let mut house = self.memory.house.take();
        let settled = self.settle_in(&mut house, inputs).await;
        self.memory.house = match settled {
            Ok(_) => house.map(House::settled),
            Err(_) => before.or_else(|| house.and_then(House::undone)),
        };
        self.memory.is_current |= settled.is_ok();
        settled
    }

    async fn settle_in(&mut self, kept: &mut Option<House>, inputs: &[Input]) -> Result<Settled, StoreError> {
        let now = self.clock.now();
        crash::disk().await?;
        let mut batch = self.writer.begin().await?;
        let named = named(inputs.iter(), &self.settings, now);
        let house = match kept {
            Some(house) if self.memory.is_current && !named.start => {
                batch.complete(house, &named).await?;
                house
            }
            _ => {
                let contacts = kept.as_ref().map(|house| house.contacts().clone()).unwrap_or_default();
                kept.insert(batch.load(&named, contacts).await?)
            }
        };
        let mut replies = Vec::with_capacity(inputs.len());
        for input in inputs {
            replies.push(decide_one(house, &self.settings, input, now, &mut *self.ids));
        }
        let agenda = agenda(house, &self.settings);
        let quiet = is_quiet(house);
        let changes = house.changes();
        let decided = decided(&changes);
        let mut saved = None;
        crash::point(Point::BatchDecided);
        if !changes.is_empty() {
            let newest = batch.save(&changes, now).await?;
            crash::point(Point::BatchSaved);
            batch.commit().await?;
            crash::point(Point::BatchCommitted);
            let a_call_ended = changes.calls.iter().any(|change| change.row.status == CallStatus::Ended);
            let (exported, forgets) = (inputs.iter().any(Input::is_an_export), changes.forgets());
            saved = Some(Saved { newest, urgent: a_call_ended || exported || forgets, forgets });
        }
        Ok(Settled { replies, decided, agenda, saved, quiet })
    }

    /// What the house that is kept between batches has otherwise than the database: nothing, if all is well. For tests.
    pub async fn drift(&mut self) -> Result<Vec<String>, StoreError> {
        let Some(kept) = self.memory.house.as_ref().filter(|_| self.memory.is_current) else { return Ok(Vec::new()) };
        let stored = self.writer.recall(None, Contacts::new()).await?;
        Ok(kept.differs_from(&stored))
    }

    /// Tells the witnesses how far the record goes.
    pub(super) fn announce(&mut self, saved: Saved) {
        if saved.forgets {
            self.traces.erased(self.clock.now());
        }
        self.inbox.head.send_modify(|end| {
            end.seq = saved.newest.seq;
            end.hash = saved.newest.hash;
            end.urgent += u64::from(saved.urgent);
        });
    }

    /// It is durable: remember it, and wake whoever waits for it.
    fn publish(&mut self, settled: Settled) -> Vec<Result<Reply, SubmitError>> {
        self.writes(Writing::Database);
        self.traces.quiet(settled.quiet);
        if let Some(saved) = settled.saved {
            self.announce(saved);
        }
        self.plan(settled.agenda);
        for call_sid in &settled.decided {
            self.inbox.held.wake(call_sid);
        }
        settled.replies
    }

    /// Says where what happens is written down.
    pub(super) fn writes(&self, writing: Writing) {
        self.inbox.writes(writing);
    }

    /// Says when something is due next.
    pub(super) fn plan(&self, next: Agenda) {
        self.inbox.agenda.send_if_modified(|agenda| std::mem::replace(agenda, next) != next);
    }
}

async fn until(clock: &Clock, due_at: Option<Timestamp>) {
    match due_at {
        Some(due_at) => clock.sleep_until(due_at).await,
        None => std::future::pending().await,
    }
}
