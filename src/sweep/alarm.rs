//! Texts the organisers in charge when calls can't be put on record as usual, each hour anew, and when they can again. It
//! tells nothing of any call. That Twilio can't be reached can't be told in this way; the log has it.

use std::time::Duration;

use tokio::sync::watch::{self, error::RecvError};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::{Clock, TookTooLong};
use crate::domain::phone::PhoneNumber;
use crate::domain::time::Timestamp;
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
        let (mut told, mut told_at) = (Writing::Database, self.clock.now());
        loop {
            let writing = *self.writing.borrow_and_update();
            if writing == told {
                match self.changes(writing, told_at + REMINDS).await {
                    Ok(Ok(())) => continue,
                    Ok(Err(_)) => return,
                    Err(TookTooLong) => {}
                }
            } else {
                self.clock.sleep(if writing == Writing::Database { WELL } else { TROUBLE }).await;
            }
            if *self.writing.borrow() == writing {
                (told, told_at) = (writing, self.clock.now());
                self.tell(writing).await;
            }
        }
    }

    /// Waits until that changes, but not beyond `reminds_at`; as long as all is well, for ever.
    async fn changes(&mut self, writing: Writing, reminds_at: Timestamp) -> Result<Result<(), RecvError>, TookTooLong> {
        match writing {
            Writing::Database => Ok(self.writing.changed().await),
            Writing::Spool | Writing::Nowhere => {
                let patience = reminds_at.since(self.clock.now());
                self.clock.timeout(patience, self.writing.changed()).await
            }
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

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;
    use http::{HeaderMap, Request, StatusCode};

    use super::*;
    use crate::twilio::client::{Answer, Credentials, Exchange, Exchanged};

    /// A Twilio that takes every text and counts them.
    #[derive(Default)]
    struct Texts(AtomicUsize);

    impl Exchange for Texts {
        fn send(&self, _: Request<String>) -> Pin<Box<dyn Future<Output = Exchanged> + Send + '_>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let body = Ok(Bytes::from_static(b"{}"));
            Box::pin(async { Ok(Answer { status: StatusCode::CREATED, headers: HeaderMap::new(), body }) })
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_again_each_hour_until_all_is_well() {
        let noon: Timestamp = "2026-11-22T12:00:00.000Z".parse().expect("a time");
        let (clock, hand) = Clock::stepped(noon);
        let (switchboard, inbox) = Switchboard::new();
        let texts = Arc::new(Texts::default());
        let account = "AC0123456789abcdef0123456789abcdef".parse().expect("an account");
        let url = "http://twilio.example".parse().expect("an address");
        let client = TwilioClient::over(texts.clone(), &url, Credentials::new(account, []), clock.clone());
        let number = |text: &str| text.parse::<PhoneNumber>().expect("a number");
        let recipients =
            Recipients { to: vec![number("+15550000001")], from: number("+15550006666"), hotline: "PyCon".to_owned() };
        let alarm = Alarm::new(&switchboard, client, recipients, clock);
        let alarm = tokio::spawn(alarm.run(CancellationToken::new()));
        let told_at = async |seconds: u64| {
            for at in [noon, noon + Duration::from_secs(seconds)] {
                hand.advance(at);
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
            }
            texts.0.load(Ordering::Relaxed)
        };
        inbox.writes(Writing::Spool);
        assert_eq!((told_at(4).await, told_at(5).await), (0, 1));
        assert_eq!((told_at(3604).await, told_at(3605).await), (1, 2));
        assert_eq!((told_at(7204).await, told_at(7205).await), (2, 3));
        inbox.writes(Writing::Database);
        assert_eq!((told_at(7234).await, told_at(7235).await), (3, 4));
        assert_eq!(told_at(99_999).await, 4);
        alarm.abort();
    }
}
