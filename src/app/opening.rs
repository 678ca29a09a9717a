//! Opening the database when the service starts. A disk that is full or broken is no reason to leave callers
//! alone: until the database can be opened they are connected by Twilio, and nothing is on record.

use std::time::Duration;

use anyhow::{Context, Result};
use tracing::{error, info};

use super::witnesses::{self, Older};
use super::{parts, unusable};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::input::Input;
use crate::domain::time::Timestamp;
use crate::store::{self, Reader, StoreError, Writer};
use crate::switchboard::{Inbox, SubmitError, Switchboard};

/// How soon it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How often it is said that it can't be opened.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// The database as it was opened.
pub(super) struct Opened<'a> {
    pub(super) writer: Writer,
    pub(super) reader: Reader,
    /// It is older than its witnesses know, and that is accepted.
    pub(super) older: Option<Older<'a>>,
}

/// Opens the database and compares it with its witnesses, however long that takes. What is no fault of the disk
/// is an error at once.
pub(super) async fn open<'a>(
    config: &Config,
    inbox: &mut Inbox,
    clock: &Clock,
    accept: Option<&'a str>,
) -> Result<Opened<'a>> {
    let path = config.database.path.display();
    let mut said: Option<Timestamp> = None;
    loop {
        let error = match try_to_open(config, accept).await {
            Ok(opened) => {
                if said.is_some() {
                    info!("the database is open now; calls are on record from here on");
                }
                return Ok(opened);
            }
            Err(error) => error,
        };
        if !error.downcast_ref::<StoreError>().is_some_and(StoreError::is_of_the_disk) {
            return Err(error);
        }
        if said.is_none_or(|said| clock.now().since(said) >= SAY_AGAIN) {
            error!(
                error = format!("{error:#}"),
                "{path} can't be opened: callers are connected by Twilio alone, and NOTHING IS ON RECORD. Make room, mend \
                 the disk, or put a backup in its place; it is tried again every second"
            );
            said = Some(clock.now());
        }
        inbox.refuse_until(clock.sleep(AGAIN)).await;
    }
}

async fn try_to_open<'a>(config: &Config, accept: Option<&'a str>) -> Result<Opened<'a>> {
    let path = &config.database.path;
    let (writer, reader) = store::open(path).await.with_context(|| unusable(path))?;
    let older = witnesses::compare(config, &reader, accept).await.with_context(|| unusable(path))?;
    Ok(Opened { writer, reader, older })
}

/// Puts the start on record, which may have to wait for the disk too: what can be opened may still not be written.
pub(super) async fn record_start(config: &Config, switchboard: &Switchboard, clock: &Clock) -> Result<()> {
    let mut said = false;
    loop {
        match switchboard.submit(Input::Started(parts::beginning(config))).await {
            Ok(_) => return Ok(()),
            Err(SubmitError::NotDurable) if said => {}
            Err(SubmitError::NotDurable) => {
                let trouble = unusable(&config.database.path);
                error!(
                    trouble,
                    "the start can't be put on record; callers are connected by Twilio alone; trying again"
                );
                said = true;
            }
            Err(error) => return Err(error).context("the start could not be recorded"),
        }
        clock.sleep(AGAIN).await;
    }
}
