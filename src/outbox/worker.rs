//! The worker: claim, send, report. It sends many commands at once and places calls at the
//! account's pace.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::pace::Pace;
use super::send::Sender;
use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::domain::command::Claimed;
use crate::domain::decide::Agenda;
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::domain::time::Timestamp;
use crate::switchboard::{SubmitError, Switchboard};

/// How many commands are under way at once; Twilio answers more of them with 429.
const AT_ONCE: usize = 64;

/// How long until a result that could not be recorded is reported again.
const REPORT_AGAIN: Duration = Duration::from_millis(500);

/// Keeps a rounding of the pace from becoming a busy loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(2);

/// What a step has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// Claimed this many commands; they are under way.
    Claimed(usize),
    /// The result of one is on record.
    Reported,
    /// The service has stopped.
    Stopped,
}

/// Sends commands.
pub struct Worker {
    switchboard: Switchboard,
    agenda: watch::Receiver<Agenda>,
    sender: Sender,
    clock: Clock,
    pace: Pace,
    under_way: JoinSet<()>,
    stop: CancellationToken,
}

impl Worker {
    /// A worker that places `calls_per_second` calls a second, until told to stop.
    pub fn new(
        switchboard: Switchboard,
        sender: Sender,
        clock: Clock,
        calls_per_second: u32,
        stop: CancellationToken,
    ) -> Self {
        let agenda = switchboard.agenda();
        let pace = Pace::new(calls_per_second);
        Self { switchboard, agenda, sender, clock, pace, under_way: JoinSet::new(), stop }
    }

    /// Works until told to stop; then waits for what is under way.
    pub async fn run(mut self) {
        while self.step().await != Stepped::Stopped {}
        while let Some(ended) = self.under_way.join_next().await {
            reported(ended);
        }
    }

    /// Waits for the next thing to do, and does it. Not to be dropped half-way: a command that was
    /// claimed and not sent stays unclear.
    pub async fn step(&mut self) -> Stepped {
        let wait = self.until_due();
        tokio::select! {
            // In this order, so that a simulation can be played again.
            biased;
            () = self.stop.cancelled() => Stepped::Stopped,
            Some(ended) = self.under_way.join_next(), if !self.under_way.is_empty() => reported(ended),
            changed = self.agenda.changed() => {
                if changed.is_err() {
                    return Stepped::Stopped;
                }
                self.claim_if_due().await
            }
            () = wait_for(&self.clock, wait) => self.claim_if_due().await,
        }
    }

    /// How long until a command can be sent; `None` if there is none to wait for.
    fn until_due(&self) -> Option<Duration> {
        if self.under_way.len() >= AT_ONCE {
            return None;
        }
        let now = self.clock.now();
        let agenda = *self.agenda.borrow();
        let command = agenda.command_at.map(|at| at.since(now));
        let placement = agenda.placement_at.map(|at| at.since(now).max(self.pace.wait(now)));
        // What is due has not been claimed: never a busy loop about it.
        command.into_iter().chain(placement).min().map(|wait| wait.max(SHORTEST_WAIT))
    }

    async fn claim_if_due(&mut self) -> Stepped {
        let now = self.clock.now();
        let agenda = *self.agenda.borrow_and_update();
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let placements = self.pace.allowance(now);
        let due = is_due(agenda.command_at) || (placements > 0 && is_due(agenda.placement_at));
        let total = AT_ONCE.saturating_sub(self.under_way.len());
        if !due || total == 0 {
            return Stepped::Claimed(0);
        }
        match self.switchboard.submit(Input::Claim { placements, total }).await {
            Ok(Reply::Claimed(claimed)) => self.send(claimed),
            Ok(Reply::Noted | Reply::Caller(_) | Reply::Leg(_) | Reply::Orphans(_) | Reply::Errand(_)) => {
                Stepped::Claimed(0)
            }
            Err(SubmitError::Stopped) => Stepped::Stopped,
            Err(SubmitError::NotDurable | SubmitError::Refused) => {
                self.clock.sleep(REPORT_AGAIN).await;
                Stepped::Claimed(0)
            }
        }
    }

    fn send(&mut self, claimed: Vec<Claimed>) -> Stepped {
        if claimed.is_empty() {
            return Stepped::Claimed(0);
        }
        crash::point(Point::CommandsClaimed);
        let count = claimed.len();
        let placed = claimed.iter().filter(|command| command.is_placement()).count();
        self.pace.spend(placed, self.clock.now());
        for command in claimed {
            let (sender, switchboard, clock) = (self.sender.clone(), self.switchboard.clone(), self.clock.clone());
            self.under_way.spawn(carry_out(command, sender, switchboard, clock));
        }
        Stepped::Claimed(count)
    }
}

/// Sends one command and reports what came of it until that is on record: lost, it would leave a leg unclear. Each
/// reports for itself, so that the results of a crowd go into the record together.
async fn carry_out(command: Claimed, sender: Sender, switchboard: Switchboard, clock: Clock) {
    crash::point(Point::CommandLeaving);
    let result = sender.send(&command).await;
    crash::point(Point::CommandAnswered);
    let done = Input::CommandDone { id: command.id, result };
    // A result that is refused, or comes after the end: the command counts as interrupted when its time is up.
    while let Err(SubmitError::NotDurable) = switchboard.submit(done.clone()).await {
        clock.sleep(REPORT_AGAIN).await;
    }
}

fn reported(ended: Result<(), JoinError>) -> Stepped {
    if let Err(error) = ended {
        error!(%error, "a fault while sending a command; it counts as interrupted when its time is up");
    }
    Stepped::Reported
}

async fn wait_for(clock: &Clock, wait: Option<Duration>) {
    match wait {
        Some(wait) => clock.sleep(wait).await,
        None => std::future::pending().await,
    }
}
