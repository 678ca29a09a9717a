//! The sweep: wakes the rules when a deadline has come. Which deadlines there are, and what is to
//! be done about lines that have gone quiet, is decided in `domain/decide/deadline.rs`; a question
//! to Twilio that follows is a command like any other. [`retention`] finds what is held too long, [`orphans`]
//! lines that are nobody's; [`alarm`] tells the organisers in charge when the record is in trouble.

pub mod alarm;
pub mod orphans;
pub mod retention;

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::domain::decide::Agenda;
use crate::domain::input::Input;
use crate::switchboard::{SubmitError, Switchboard};

/// How long until a deadline is tried again that could not be recorded.
const AGAIN: Duration = Duration::from_millis(500);

/// Waits for deadlines.
pub struct Sweep {
    switchboard: Switchboard,
    agenda: watch::Receiver<Agenda>,
    clock: Clock,
}

impl Sweep {
    /// A sweep over this switchboard's calls.
    pub fn new(switchboard: Switchboard, clock: Clock) -> Self {
        let agenda = switchboard.agenda();
        Self { switchboard, agenda, clock }
    }

    /// Works until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                going_on = self.step() => if !going_on { return },
                () = stop.cancelled() => return,
            }
        }
    }

    /// Waits for the next deadline or for a change of plan. Says whether there may be more.
    pub async fn step(&mut self) -> bool {
        let tick_at = self.agenda.borrow_and_update().tick_at;
        let deadline = async {
            match tick_at {
                Some(at) => self.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            changed = self.agenda.changed() => changed.is_ok(),
            () = deadline => self.tick().await,
        }
    }

    async fn tick(&self) -> bool {
        crash::point(Point::DeadlineMet);
        match self.switchboard.submit(Input::Tick).await {
            Ok(_) => true,
            Err(SubmitError::Stopped) => false,
            Err(SubmitError::NotDurable | SubmitError::Refused) => {
                self.clock.sleep(AGAIN).await;
                true
            }
        }
    }
}
