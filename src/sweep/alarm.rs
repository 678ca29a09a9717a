//! Texts the organisers in charge when calls can't be put on record as usual, each hour anew, and when they can again. It
//! tells nothing of any call. That Twilio can't be reached can't be told in this way; the log has it.

use std::time::Duration;

use tokio::sync::watch::{self, error::RecvError};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::{Clock, TookTooLong};
use crate::domain::phone::PhoneNumber;
use crate::switchboard::{Switchboard, Writing};
use crate::twilio::client::{TwilioClient, TwilioError};

/// How long a trouble has to last before anybody is texted.
const TROUBLE: Duration = Duration::from_secs(5);

/// How long all has to be well before anybody is told so: a disk that is nearly full comes and goes.
const WELL: Duration = Duration::from_secs(30);

/// How long until it is told again that nothing has changed.
const REMINDS: Duration = Duration::from_secs(3600);

/// How often a text is tried, and how long from one try to the next.
const TRIES: u32 = 5;
const NEXT_TRY: Duration = Duration::from_secs(20);

/// Whom the alarm texts, and in whose name.
#[derive(Debug, Clone)]
pub struct Recipients {
    /// The organisers in charge.
    pub to: Vec<PhoneNumber>,
    /// The hotline's number.
    pub from: PhoneNumber,
    /// What the hotline is called.
    pub hotline: String,
}

/// Watches where the switchboard writes.
pub struct Alarm {
    writing: watch::Receiver<Writing>,
    client: TwilioClient,
    recipients: Recipients,
    clock: Clock,
}

impl Alarm {
    /// An alarm for this switchboard.
    pub fn new(switchboard: &Switchboard, client: TwilioClient, recipients: Recipients, clock: Clock) -> Self {
        Self { writing: switchboard.writing(), client, recipients, clock }
    }

    /// Watches until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.watch() => {}
        }
    }

    async fn watch(&mut self) {
        if self.recipients.to.is_empty() {
            warn!("no organiser has in_charge = true: nobody is texted when the disk is full or broken");
        }
        let mut told = Writing::Database;
        loop {
            let writing = *self.writing.borrow_and_update();
            if writing == told {
                match self.changes(writing).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return,
                    Err(TookTooLong) => self.tell(writing).await,
                }
                continue;
            }
            self.clock.sleep(if writing == Writing::Database { WELL } else { TROUBLE }).await;
            if *self.writing.borrow() == writing {
                self.tell(writing).await;
                told = writing;
            }
        }
    }

    /// Waits until that changes; as long as all is well, for ever.
    async fn changes(&mut self, writing: Writing) -> Result<Result<(), RecvError>, TookTooLong> {
        match writing {
            Writing::Database => Ok(self.writing.changed().await),
            Writing::Spool | Writing::Nowhere => self.clock.timeout(REMINDS, self.writing.changed()).await,
        }
    }

    async fn tell(&self, writing: Writing) {
        let body = format!("{}: {}", self.recipients.hotline, words(writing));
        for to in &self.recipients.to {
            self.text(to, &body).await;
        }
    }

    /// Tries until Twilio has taken the text, or has refused it.
    async fn text(&self, to: &PhoneNumber, body: &str) {
        for tried in 1..=TRIES {
            match self.client.text(to, &self.recipients.from, body).await {
                Ok(()) => return info!("an organiser in charge was texted"),
                Err(TwilioError::Busy { .. } | TwilioError::Unreachable { .. }) if tried < TRIES => {
                    self.clock.sleep(NEXT_TRY).await;
                }
                // Perhaps it was sent. A second text of the same would do no harm, but no good either.
                Err(error) => return warn!(%error, "an organiser in charge could not be texted"),
            }
        }
    }
}

fn words(writing: Writing) -> &'static str {
    match writing {
        Writing::Spool => {
            "the database can't be written, perhaps its disk is full. Calls go on as usual and are put on record later. \
             Please make room."
        }
        Writing::Nowhere => {
            "neither the database nor the spool can be written. Callers are still connected, by Twilio alone, and NOTHING \
             IS ON RECORD. Please look after the service's disk now."
        }
        Writing::Database => "all is well again: calls are put on record.",
    }
}
