//! Opening the database when the service starts, and taking up its time. A disk that is full or broken is no reason to leave callers
//! alone: until the database can be opened they are connected by Twilio, and nothing is on record.

use std::os::fd::AsFd;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{error, info, warn};

use super::witnesses::{self, Older};
use super::{parts, unusable};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::domain::time::Timestamp;
use crate::http;
use crate::spool::Spool;
use crate::store::{self, Reader, StoreError, Writer};
use crate::switchboard::{SubmitError, Switchboard, Writing};

/// How soon it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a start takes at most before callers are served without it: they wait in the kernel's queue.
const SOON: Duration = Duration::from_secs(4);

/// How often it is said that it can't be opened.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// The database as it was opened.
pub(super) struct Opened<'a> {
    pub(super) writer: Writer,
    pub(super) reader: Reader,
    /// When a call that is still going on was heard of last.
    pub(super) last_heard: Option<Timestamp>,
    /// It is older than its witnesses know, and that is accepted.
    pub(super) older: Option<Older<'a>>,
}

/// Serves callers while nothing can be put on record. On a switchboard of its own: what they ask must not come
/// before the start, which has the team.
pub(super) struct Stopgap<'a> {
    listener: std::net::TcpListener,
    config: &'a Config,
    clock: &'a Clock,
    /// The service's own, for those who watch where it writes.
    switchboard: &'a Switchboard,
    serving: Option<DropGuard>,
}

impl<'a> Stopgap<'a> {
    /// One that serves nobody yet: an ordinary start is so short that the kernel keeps who comes meanwhile.
    pub(super) fn new(
        listener: &TcpListener,
        config: &'a Config,
        clock: &'a Clock,
        switchboard: &'a Switchboard,
    ) -> Result<Self> {
        let listener = listener.as_fd().try_clone_to_owned()?.into();
        Ok(Self { listener, config, clock, switchboard, serving: None })
    }

    /// Serves from now on, until it is dropped.
    fn serve(&mut self) -> Result<()> {
        if self.serving.is_some() {
            return Ok(());
        }
        self.switchboard.writes(Writing::Nowhere);
        let (switchboard, mut inbox) = Switchboard::new();
        let stop = CancellationToken::new();
        let state = parts::state(self.config, switchboard, None, self.clock.clone(), stop.clone());
        let listener = TcpListener::from_std(self.listener.try_clone()?)?;
        tokio::spawn(http::serve(listener, http::router(state), self.clock.clone(), stop.clone()));
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move { inbox.refuse_until(stopped).await });
        self.serving = Some(stop.drop_guard());
        Ok(())
    }

    /// Waits for what needs the disk. Who calls while that takes long is served.
    pub(super) async fn meanwhile<F: Future>(&mut self, work: F) -> Result<F::Output> {
        let mut work = pin!(work);
        if let Ok(done) = self.clock.timeout(SOON, &mut work).await {
            return Ok(done);
        }
        warn!(
            "the disk takes its time: until it answers, callers are connected by Twilio alone, and nothing is on record"
        );
        self.serve()?;
        Ok(work.await)
    }

    /// Reports this until it is durable: what can be opened may still not be written.
    pub(super) async fn report(&mut self, input: Input) -> Result<Reply> {
        let (switchboard, mut said) = (self.switchboard, false);
        loop {
            match self.meanwhile(switchboard.submit(input.clone())).await? {
                Ok(reply) => return Ok(reply),
                Err(SubmitError::NotDurable) if said => {}
                Err(SubmitError::NotDurable) => {
                    let trouble = unusable(&self.config.database.path);
                    error!(
                        trouble,
                        "the start can't be put on record; callers are connected by Twilio alone; trying again"
                    );
                    said = true;
                }
                Err(error) => return Err(error).context("the start could not be recorded"),
            }
            self.serve()?;
            self.clock.sleep(AGAIN).await;
        }
    }
}

/// Opens the database and compares it with its witnesses, however long that takes. What is no fault of the disk
/// is an error if it is there from the beginning.
pub(super) async fn open<'a>(stopgap: &mut Stopgap<'_>, accept: Option<&'a str>) -> Result<Opened<'a>> {
    let (config, clock) = (stopgap.config, stopgap.clock);
    let path = config.database.path.display();
    let mut said: Option<(Timestamp, String)> = None;
    loop {
        let error = match stopgap.meanwhile(try_to_open(config, accept)).await? {
            Ok(opened) => {
                if said.is_some() {
                    info!("the database is open now; calls are on record from here on");
                }
                return Ok(opened);
            }
            Err(error) => error,
        };
        // Once callers depend on it, nothing that is put in the database's place ends the service.
        if said.is_none() && !error.downcast_ref::<StoreError>().is_some_and(StoreError::is_of_the_disk) {
            return Err(error);
        }
        let found = format!("{error:#}");
        if said.as_ref().is_none_or(|(at, before)| *before != found || clock.now().since(*at) >= SAY_AGAIN) {
            error!(
                error = found,
                "{path} can't be opened: callers are connected by Twilio alone, and NOTHING IS ON RECORD. Make room or mend \
                 the disk: it is tried again every second. Or put a backup in its place as docs/RECORD.md says, and start \
                 once with --accept-restore \"why\""
            );
            said = Some((clock.now(), found));
        }
        stopgap.serve()?;
        clock.sleep(AGAIN).await;
    }
}

async fn try_to_open<'a>(config: &Config, accept: Option<&'a str>) -> Result<Opened<'a>> {
    let path = &config.database.path;
    let (writer, reader) = store::open(path).await.with_context(|| unusable(path))?;
    let older = witnesses::compare(config, &reader, accept).await.with_context(|| unusable(path))?;
    let last_heard = reader.last_of_open_calls().await.with_context(|| unusable(path))?;
    Ok(Opened { writer, reader, last_heard, older })
}

/// The clock of a service that takes up where another has left: never behind what is on record of calls that still go
/// on. Otherwise, on a wall clock that was set back meanwhile, a caller would wait that much longer.
pub async fn clock(clock: Clock, last_heard: Option<Timestamp>, spool: &Spool) -> Clock {
    // A spool that can't be read is reported when it is taken in.
    let spooled = spool.read().await.ok().flatten().and_then(|spooled| spooled.entries.last().map(|entry| entry.at));
    let Some(last_heard) = last_heard.max(spooled) else { return clock };
    let behind = last_heard.since(clock.now()).as_secs();
    if behind > 0 {
        warn!(
            seconds = behind,
            "the clock of this machine is behind what is on record of a call that still goes on: it was set back, or is \
             wrong. The service goes on from the record's time; set the clock right and start the service again when \
             nobody calls"
        );
    }
    clock.not_before(last_heard)
}

/// Puts the start on record. A new database begins with it, so that it must not stay in the spool.
pub(super) async fn record_start(stopgap: &mut Stopgap<'_>, reader: &Reader) -> Result<()> {
    stopgap.report(Input::Started(parts::beginning(stopgap.config))).await?;
    while !matches!(stopgap.meanwhile(reader.identity()).await?, Ok(Some(_))) {
        ensure!(!stopgap.switchboard.is_over(), "the start could not be recorded");
        stopgap.serve()?;
        stopgap.clock.sleep(AGAIN).await;
    }
    Ok(())
}

/// Opens the spool, which may have to be filled first.
pub(super) async fn spool(path: &Path) -> Result<Spool> {
    let path = path.to_owned();
    Ok(tokio::task::spawn_blocking(move || Spool::open(&path)).await?)
}
