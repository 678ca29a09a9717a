//! The witnesses of a service: what they say before it starts, and the tasks that keep them up to date
//! while it runs.

mod erasures;
mod past;

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;

use self::erasures::Erasures;
use self::past::{Extent, Papers, log_id};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::event::Head;
use crate::store::Reader;
use crate::switchboard::Switchboard;
use crate::witness::{Witness, Worker};

pub(super) use self::past::{Older, begins_anew, compare};

/// How long the last lines may take when the service stops, which must not take ten seconds in all: their
/// disk may be far away.
const LAST_LINES: Duration = Duration::from_millis(1500);

/// How long a line may take when somebody waits for it.
const A_LINE: Duration = Duration::from_secs(5);

/// The witness of this record, ready to write.
pub(super) async fn witness(config: &Config, reader: &Reader, clock: &Clock) -> Result<Witness> {
    let identity = reader.identity().await?.context("the record has no identity")?;
    let key_path = config.record.signing_key(&config.database.path);
    let (path, url) = (config.record.checkpoints.clone(), config.record.checkpoint_url.clone());
    Ok(Witness::start(log_id(&identity.log_id)?, key_path, path, url, clock.clone())?)
}

/// What keeps the witnesses up to date.
pub(super) struct Tasks {
    witness: Witness,
    worker: JoinHandle<()>,
    erasures: JoinHandle<Erasures>,
}

impl Tasks {
    /// Starts them. Erasures that were not witnessed before a crash are now.
    pub(super) async fn start(
        config: &Config,
        switchboard: &Switchboard,
        reader: &Reader,
        clock: &Clock,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let identity = reader.identity().await?.context("the record has no identity")?;
        let witness = witness(config, reader, clock).await?;
        let worker = Worker::new(witness.clone(), switchboard.head(), clock.clone());
        let worker = tokio::spawn(worker.run(stop.clone()));
        let erasures = Erasures {
            witness: witness.clone(),
            switchboard: switchboard.clone(),
            reader: reader.clone(),
            clock: clock.clone(),
            papers: Papers::of(config, log_id(&identity.log_id)?),
            known: None,
        };
        let erasures = tokio::spawn(erasures.run(stop.clone()));
        Ok(Self { witness, worker, erasures })
    }

    /// Waits for them, and writes the last lines.
    pub(super) async fn finish(self, switchboard: &Switchboard) {
        let head = switchboard.head().borrow().clone();
        let last = async {
            self.worker.await?;
            let mut erasures = self.erasures.await?;
            erasures.tell().await?;
            Ok::<(), anyhow::Error>(self.witness.witness_now(&head).await?)
        };
        match Clock::system().timeout(LAST_LINES, last).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => error!(error = format!("{error:#}"), "the last events of the record have no witness"),
            Err(_) => error!("the last events of the record have no witness: their file can't be written in time"),
        }
    }
}

/// Vouches for the record as it is now, for a command that has added to it after event `since` while no
/// service runs.
pub(super) async fn vouch(config: &Config, reader: &Reader, since: i64) -> Result<()> {
    let Some(end) = reader.chain_end().await? else { return Ok(()) };
    let witness = witness(config, reader, &Clock::system()).await?;
    let head = Head { seq: end.seq, hash: end.hash, urgent: 0 };
    let lines = async {
        erasures::tell_since(&witness, reader, &head, since).await?;
        Ok(witness.witness_now(&head).await?)
    };
    Clock::system().timeout(A_LINE, lines).await?
}

/// The newest line that vouches for this record.
pub(super) struct Newest {
    /// For which event.
    pub(super) seq: i64,
    /// As it is in the file.
    pub(super) line: String,
}

/// Looks for it.
pub(super) async fn newest(config: &Config, reader: &Reader) -> Result<Option<Newest>> {
    let Some(identity) = reader.identity().await? else { return Ok(None) };
    let path = &config.record.checkpoints;
    let papers = Papers::of(config, log_id(&identity.log_id)?);
    let testimony = past::listen(&papers, Extent::Recent).await?;
    let Some(point) = testimony.points.last() else { return Ok(None) };
    let text = std::fs::read_to_string(path)?;
    let line = text.lines().nth(point.place.line - 1).map(str::to_owned);
    Ok(line.map(|line| Newest { seq: point.seq, line }))
}
