//! Errands from the command line. While the service runs, its desk takes them; while it does not, they
//! go through a switchboard of our own, under the service's lock.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use tracing::warn;

use super::witnesses::Newest;
use super::{parts, witnesses};
use crate::clock::{Clock, RandomIds};
use crate::config::Config;
use crate::desk;
use crate::domain::errand::{Actor, Errand, Refusal};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::spool::Spool;
use crate::store::{self, Lock, Reader, StoreError};
use crate::switchboard::{Operator, SubmitError, Switchboard};

/// How long a running service may take to have its newest event witnessed, and how often we look.
const WITNESSED_WITHIN: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Has an errand done, and on record, by whoever runs this process.
pub async fn errand(config: &Config, errand: Errand) -> Result<Result<(), Refusal>> {
    let database = &config.database.path;
    if !database.exists() {
        bail!(
            "there is no database at {}; is this the right configuration, and folder?",
            std::path::absolute(database)?.display()
        );
    }
    match Lock::take(database) {
        Ok(lock) => {
            let answer = do_it(config, errand).await;
            drop(lock);
            answer
        }
        Err(StoreError::Locked { .. }) => Ok(desk::hand_in(database, &errand).await?),
        Err(error) => Err(error.into()),
    }
}

async fn do_it(config: &Config, errand: Errand) -> Result<Result<(), Refusal>> {
    let by = Actor::Uid(desk::own_uid()?);
    let (writer, reader) = store::open(&config.database.path).await?;
    witnesses::compare(config, &reader, None).await?;
    let before = reader.chain_end().await?.map_or(0, |end| end.seq);
    let (switchboard, inbox) = Switchboard::new();
    let ids = Box::new(RandomIds::default());
    let spool = Spool::open(&config.database.spool);
    let mut operator = Operator::new(inbox, writer, spool, parts::settings(config), Clock::system(), ids);
    // More than one step, perhaps: some only tidy up.
    let reply = tokio::select! {
        reply = switchboard.submit(Input::Errand { errand, by }) => reply,
        () = async { while operator.step().await {} } => Err(SubmitError::Stopped),
    };
    if let Err(error) = witnesses::vouch(config, &reader, before).await {
        warn!(%error, "it is done, and has no witness yet; the service writes one when it starts");
    }
    // With nobody left to report anything, it hands the database back.
    drop(switchboard);
    let writer = operator.run().await;
    reader.close().await;
    writer.close().await?;
    match reply? {
        Reply::Errand(answer) => Ok(answer),
        Reply::Noted | Reply::Caller(_) | Reply::Leg(_) | Reply::Claimed(_) | Reply::Orphans(_) => {
            Err(anyhow!("the switchboard gave a strange answer; this is a fault of ours"))
        }
    }
}

/// The newest line that vouches for the record as it is now; or the one before, if none is written in
/// time.
pub async fn checkpoint(config: &Config, reader: &Reader) -> Result<Option<Checkpoint>> {
    let end = reader.chain_end().await?.map_or(0, |end| end.seq);
    let clock = Clock::system();
    let began = clock.now();
    loop {
        let newest = witnesses::newest(config, reader).await?;
        let is_new = newest.as_ref().is_some_and(|newest| newest.seq >= end);
        if is_new || clock.now().since(began) > WITNESSED_WITHIN {
            return Ok(newest.map(|Newest { line, .. }| Checkpoint { line, is_new }));
        }
        clock.sleep(LOOK_AGAIN).await;
    }
}

/// A line of the witnesses.
pub struct Checkpoint {
    /// As it is in their file.
    pub line: String,
    /// Whether it vouches for all that there was when it was asked for.
    pub is_new: bool,
}
