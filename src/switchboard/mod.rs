//! The one way in. Whatever happens is an [`Input`] and comes through [`Switchboard::submit`]; one
//! task, the [`Operator`], takes what has queued up, loads the house, decides each input in order,
//! saves all of it in one transaction, and replies when that is durable.
//!
//! Owns the queue, the batch and the waking of held webhooks. Makes no rules (`domain/`) and
//! writes no SQL (`store/`).

mod held;
mod operator;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

pub use held::{HeldCalls, Hold};
pub use operator::Operator;

use crate::domain::decide::Agenda;
use crate::domain::input::Input;
use crate::domain::reply::Reply;

/// How many inputs may wait for the operator.
const QUEUE: usize = 4096;

/// Why an input has no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// It could not be made durable; the operator has logged why.
    #[error("it could not be made durable")]
    NotDurable,
    /// The service has stopped.
    #[error("the service has stopped")]
    Stopped,
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
    held: Arc<HeldCalls>,
}

/// The operator's end of the switchboard.
#[derive(Debug)]
pub struct Inbox {
    queue: mpsc::Receiver<Envelope>,
    agenda: watch::Sender<Agenda>,
    held: Arc<HeldCalls>,
}

impl Switchboard {
    /// A switchboard, and the inbox for its operator.
    pub fn new() -> (Self, Inbox) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (agenda_sender, agenda) = watch::channel(Agenda::default());
        let held = Arc::new(HeldCalls::default());
        let inbox = Inbox { queue: receiver, agenda: agenda_sender, held: held.clone() };
        (Self { queue: sender, agenda, held }, inbox)
    }

    /// Reports an input; the reply comes when all that follows from it is durable.
    pub async fn submit(&self, input: Input) -> Result<Reply, SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Envelope { input, reply }).await.map_err(|_| SubmitError::Stopped)?;
        answer.await.map_err(|_| SubmitError::Stopped)?
    }

    /// Whether there is somebody to report to.
    pub fn is_open(&self) -> bool {
        !self.queue.is_closed()
    }

    /// When something must happen next; changes with every batch.
    pub fn agenda(&self) -> watch::Receiver<Agenda> {
        self.agenda.clone()
    }

    /// The webhooks that are held back until their call is decided.
    pub fn held(&self) -> &Arc<HeldCalls> {
        &self.held
    }
}
