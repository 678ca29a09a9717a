//! Looks for lines that are up at Twilio and nobody's: at the start and now and then, since a database
//! that was lost or put back has forgotten them. Which they are is decided in
//! `domain/decide/orphans.rs`; hanging up needs no command, as the next look finds what is left.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::domain::ids::CallSid;
use crate::domain::input::{Input, LineUp};
use crate::domain::phone::PhoneNumber;
use crate::domain::reply::Reply;
use crate::switchboard::Switchboard;
use crate::twilio::client::{Line, TwilioClient, TwilioError};

/// How long after the start we look first: what is asked for live calls goes before.
const FIRST: Duration = Duration::from_secs(2);

/// How soon we look again, when the first look may have found lines too young to tell.
const SOON: Duration = Duration::from_secs(20);

/// How often we look from then on.
const EVERY: Duration = Duration::from_secs(300);

/// Looks for them.
pub struct Orphans {
    switchboard: Switchboard,
    client: TwilioClient,
    from: PhoneNumber,
    clock: Clock,
}

impl Orphans {
    /// Nothing is looked for yet.
    pub fn new(switchboard: Switchboard, client: TwilioClient, from: PhoneNumber, clock: Clock) -> Self {
        Self { switchboard, client, from, clock }
    }

    /// Looks until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let looks = async {
            for wait in [FIRST, SOON].into_iter().chain(std::iter::repeat(EVERY)) {
                self.clock.sleep(wait).await;
                match self.look().await {
                    Err(error) if error.is_unauthorized() => error!(
                        %error,
                        "Twilio refuses [twilio] account_sid or auth_token: nobody can be rung; copy both from Twilio's \
                         console and start again"
                    ),
                    Err(error) => info!(%error, "Twilio did not say which lines are up; asking again later"),
                    Ok(()) => {}
                }
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = looks => {}
        }
    }

    /// Asks Twilio, and hangs up what is nobody's.
    pub async fn look(&self) -> Result<(), TwilioError> {
        let up: Vec<LineUp> = self.client.up(&self.from).await?.into_iter().filter_map(outbound).collect();
        if up.is_empty() {
            return Ok(());
        }
        // If it can't be recorded now, the next look finds them again.
        let Ok(Reply::Orphans(orphans)) = self.switchboard.submit(Input::LinesUp(up)).await else { return Ok(()) };
        for sid in &orphans {
            self.hang_up(sid).await;
        }
        Ok(())
    }

    async fn hang_up(&self, sid: &CallSid) {
        warn!(%sid, "a line that no call of the record explains is hung up");
        if let Err(error) = self.client.hang_up(sid, true).await {
            warn!(%sid, %error, "it could not be hung up; trying again later");
        }
    }
}

/// A line that the REST API placed.
fn outbound(line: Line) -> Option<LineUp> {
    let is_ours = line.direction == "outbound-api";
    Some(LineUp { sid: line.sid, to: line.to.parse().ok()?, created_at: line.date_created? }).filter(|_| is_ours)
}
