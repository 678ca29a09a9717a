//! The one task that decides: load, decide, save, commit, reply.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use tracing::{error, warn};

use super::traces::Traces;
use super::{Envelope, Inbox, SubmitError};
use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::domain::call::CallStatus;
use crate::domain::contact::Contacts;
use crate::domain::decide::{Agenda, agenda, decide};
use crate::domain::house::{Changes, House};
use crate::domain::ids::{CallSid, IdSource};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::store::{ChainEnd, Named, StoreError, Writer};

/// The most inputs in one transaction.
const BATCH: usize = 128;

/// Owns the writing connection and decides everything.
pub struct Operator {
    inbox: Inbox,
    writer: Writer,
    settings: Settings,
    clock: Clock,
    ids: Box<dyn IdSource>,
    contacts: Contacts,
    traces: Traces,
    /// Whether another process has taken over the database.
    is_shut_out: bool,
}

/// What a batch came to, once it is durable.
struct Settled {
    replies: Vec<Result<Reply, SubmitError>>,
    decided: Vec<CallSid>,
    agenda: Agenda,
    contacts: Contacts,
    saved: Option<Saved>,
    /// Whether no call is open.
    quiet: bool,
}

/// What was saved, as far as others care.
struct Saved {
    newest: ChainEnd,
    /// Whether the witnesses should hear of it at once.
    urgent: bool,
    forgets: bool,
}

impl Operator {
    /// An operator for this inbox.
    pub fn new(inbox: Inbox, writer: Writer, settings: Settings, clock: Clock, ids: Box<dyn IdSource>) -> Self {
        let traces = Traces::new(clock.now());
        Self { inbox, writer, settings, clock, ids, contacts: Contacts::new(), traces, is_shut_out: false }
    }

    /// Works until the service stops or nobody can report anything any more. Whoever gets the writer
    /// closes it after the readers.
    pub async fn run(mut self) -> Writer {
        self.traces.look(&mut self.writer, self.clock.now()).await;
        while self.step().await {}
        if !self.is_shut_out {
            self.traces.overwrite_all(&mut self.writer, self.clock.now()).await;
        }
        self.writer
    }

    /// Whether [`Operator::step`] would have something to do at once.
    pub fn has_work(&self) -> bool {
        !self.inbox.queue.is_empty() || self.traces.due_at().is_some_and(|due_at| due_at <= self.clock.now())
    }

    /// Waits for inputs and deals with all that have queued up. Says whether there may be more.
    pub async fn step(&mut self) -> bool {
        let mut envelopes = Vec::with_capacity(BATCH);
        let due = async {
            match self.traces.due_at() {
                Some(due_at) => self.clock.sleep_until(due_at).await,
                None => std::future::pending().await,
            }
        };
        let received = tokio::select! {
            // What is reported goes before what is tidied up.
            biased;
            received = self.inbox.queue.recv_many(&mut envelopes, BATCH) => received,
            () = due => {
                self.traces.overwrite(&mut self.writer, self.clock.now()).await;
                return true;
            }
        };
        if received == 0 {
            return false;
        }
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
        match self.settle(inputs).await {
            Ok(settled) => {
                let replies = self.publish(settled);
                // Before whoever has erased something is told.
                self.traces.overwrite(&mut self.writer, self.clock.now()).await;
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
                vec![Err(SubmitError::Refused)]
            }
            Err(error @ StoreError::NotAlone) => {
                error!(%error, "stopping");
                self.inbox.queue.close();
                self.is_shut_out = true;
                inputs.iter().map(|_| Err(SubmitError::Stopped)).collect()
            }
            Err(error) => {
                error!(%error, inputs = inputs.len(), "could not be made durable");
                self.reopen().await;
                inputs.iter().map(|_| Err(SubmitError::NotDurable)).collect()
            }
        }
    }

    /// After a full disk or an I/O error nobody knows what state the connection is in.
    async fn reopen(&mut self) {
        self.inbox.durable.store(false, Ordering::Relaxed);
        if let Err(error) = self.writer.reopen().await {
            error!(%error, "the database can't be opened again; trying with the next input");
        }
    }

    /// One transaction for all inputs.
    async fn settle(&mut self, inputs: &[Input]) -> Result<Settled, StoreError> {
        let now = self.clock.now();
        let named = Named {
            calls: inputs.iter().filter_map(Input::call_sid).collect(),
            legs: inputs.iter().filter_map(Input::leg_id).collect(),
            lines: inputs.iter().flat_map(Input::lines).collect(),
            notes_of: inputs.iter().filter_map(Input::notes_of).collect(),
            start: inputs.iter().any(|input| matches!(input, Input::Started(_))),
            look_back: self.settings.limits.look_back(now),
        };
        let mut batch = self.writer.begin().await?;
        let mut house = batch.load(&named, self.contacts.clone()).await?;
        let mut replies = Vec::with_capacity(inputs.len());
        for input in inputs {
            replies.push(decide_one(&mut house, &self.settings, input, now, &mut *self.ids));
        }
        let agenda = agenda(&house, &self.settings);
        let quiet = is_quiet(&house);
        let (changes, contacts) = house.into_changes();
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
        Ok(Settled { replies, decided, agenda, contacts, saved, quiet })
    }

    /// Tells the witnesses how far the record goes.
    fn announce(&mut self, saved: Saved) {
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
        self.inbox.durable.store(true, Ordering::Relaxed);
        self.contacts = settled.contacts;
        self.traces.quiet(settled.quiet);
        if let Some(saved) = settled.saved {
            self.announce(saved);
        }
        self.inbox.agenda.send_if_modified(|agenda| {
            let changed = *agenda != settled.agenda;
            *agenda = settled.agenda;
            changed
        });
        for call_sid in &settled.decided {
            self.inbox.held.wake(call_sid);
        }
        settled.replies
    }
}

/// Decides one input and applies it to the house. A panic is a fault of ours; it costs this
/// input its reply and leaves the house as it was.
fn decide_one(
    house: &mut House,
    settings: &Settings,
    input: &Input,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<Reply, SubmitError> {
    let decided = catch_unwind(AssertUnwindSafe(|| decide(house, settings, input, now, ids)));
    match decided {
        Ok((decision, reply)) => {
            house.apply(decision, now);
            Ok(reply)
        }
        Err(_) => {
            error!("a fault in the rules; this input is refused");
            Err(SubmitError::Refused)
        }
    }
}

/// Whether no call is open, nor a phone.
fn is_quiet(house: &House) -> bool {
    house.calls().all(|call| call.ended_at.is_some()) && house.legs().all(|leg| leg.ended_at.is_some())
}

/// The calls for which waiting is over.
fn decided(changes: &Changes) -> Vec<CallSid> {
    let over = changes.calls.iter().filter(|change| change.row.status != CallStatus::Pending);
    over.map(|change| change.row.sid.clone()).collect()
}
