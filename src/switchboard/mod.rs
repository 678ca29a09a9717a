//! The one way in. Whatever happens is an [`Input`] and comes through [`Switchboard::submit`]; one
//! task, the [`Operator`], takes what has queued up, loads the house, decides each input in order,
//! saves all of it in one transaction, and replies when that is durable.
//!
//! Owns the queue, the batch and the waking of held webhooks. Makes no rules (`domain/`) and
//! writes no SQL (`store/`).

mod batch;
mod catch_up;
mod held;
mod memory;
mod operator;
mod traces;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tracing::debug;

pub use held::{HeldCalls, Hold};
pub use operator::Operator;

use crate::domain::decide::Agenda;
use crate::domain::event::Head;
use crate::domain::input::Input;
use crate::domain::reply::Reply;

/// How many inputs may wait for the operator.
const QUEUE: usize = 4096;

/// Why an input has no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The database can't be written now; the operator has logged why.
    #[error("it could not be written to the database: look whether its disk is full (df -h), make room, and try again")]
    NotDurable,
    /// What follows from it is refused by the database or is a fault of ours: no use to try again.
    #[error("it was refused")]
    Refused,
    /// The service has stopped.
    #[error("the service has stopped")]
    Stopped,
}

/// Where what happens is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Into the database.
    Database,
    /// Into the spool, until the database can be written again.
    Spool,
    /// Nowhere: callers are connected by Twilio alone.
    Nowhere,
}

/// An input on its way to the operator, with the way back.
#[derive(Debug)]
struct Envelope {
    input: Input,
    reply: oneshot::Sender<Result<Reply, SubmitError>>,
}

/// The way in, for everybody who has something to report. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Switchboard {
    queue: mpsc::Sender<Envelope>,
    agenda: watch::Receiver<Agenda>,
    head: watch::Receiver<Head>,
    held: Arc<HeldCalls>,
    /// Where the last batch was written.
    writing: watch::Sender<Writing>,
}

/// The operator's end of the switchboard.
#[derive(Debug)]
pub struct Inbox {
    queue: mpsc::Receiver<Envelope>,
    agenda: watch::Sender<Agenda>,
    head: watch::Sender<Head>,
    held: Arc<HeldCalls>,
    /// Where the last batch was written.
    writing: watch::Sender<Writing>,
}

impl Switchboard {
    /// A switchboard, and the inbox for its operator.
    pub fn new() -> (Self, Inbox) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (agenda_sender, agenda) = watch::channel(Agenda::default());
        let (head_sender, head) = watch::channel(Head::default());
        let held = Arc::new(HeldCalls::default());
        let writing = watch::Sender::new(Writing::Database);
        let inbox = Inbox {
            queue: receiver,
            agenda: agenda_sender,
            head: head_sender,
            held: held.clone(),
            writing: writing.clone(),
        };
        (Self { queue: sender, agenda, head, held, writing }, inbox)
    }

    /// Reports an input; the reply comes when all that follows from it is durable.
    pub async fn submit(&self, input: Input) -> Result<Reply, SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Envelope { input, reply }).await.map_err(|_| SubmitError::Stopped)?;
        answer.await.map_err(|_| SubmitError::Stopped)?
    }

    /// Whether there is somebody to report to, who has the database.
    pub fn is_fine(&self) -> bool {
        !self.is_over() && *self.writing.borrow() == Writing::Database
    }

    /// Where what happens is written down; changes when that does.
    pub fn writing(&self) -> watch::Receiver<Writing> {
        self.writing.subscribe()
    }

    /// Says where what happens is written down, until the operator has more to say. Whether that is news.
    pub fn writes(&self, writing: Writing) -> bool {
        replace(&self.writing, writing)
    }

    /// Whether nothing can be reported any more.
    pub fn is_over(&self) -> bool {
        self.queue.is_closed()
    }

    /// When something must happen next; changes with every batch.
    pub fn agenda(&self) -> watch::Receiver<Agenda> {
        self.agenda.clone()
    }

    /// The newest event that is durable; changes with every batch.
    pub fn head(&self) -> watch::Receiver<Head> {
        self.head.clone()
    }

    /// The webhooks that are held back until their call is decided.
    pub fn held(&self) -> &Arc<HeldCalls> {
        &self.held
    }
}

impl Inbox {
    /// Tells everybody that nothing can be made durable, until `end`: there is no operator yet.
    pub async fn refuse_until(&mut self, end: impl Future<Output = ()>) {
        self.writes(Writing::Nowhere);
        let refuse = async {
            while let Some(Envelope { reply, .. }) = self.queue.recv().await {
                if reply.send(Err(SubmitError::NotDurable)).is_err() {
                    debug!("nobody waited for the reply");
                }
            }
        };
        tokio::select! {
            () = refuse => {}
            () = end => {}
        }
    }

    /// Says where what happens is written down.
    pub fn writes(&self, writing: Writing) {
        replace(&self.writing, writing);
    }
}

/// Says whether it was another.
fn replace(writing: &watch::Sender<Writing>, now: Writing) -> bool {
    writing.send_if_modified(|before| std::mem::replace(before, now) != now)
}
