//! Puts the parts together, starts them in the right order, and stops them again.

mod lock;
mod office;
mod opening;
pub mod parts;
mod witnesses;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::{Clock, RandomIds};
use crate::config::Config;
use crate::crash::{self, Point};
use crate::desk::Desk;
use crate::domain::input::Input;
use crate::http;
use crate::store::{Lock, Reader, Writer};
use crate::sweep::Sweep;
use crate::sweep::alarm::Alarm;
use crate::sweep::retention::Retention;
use crate::switchboard::{Operator, Switchboard};

pub use self::office::{Checkpoint, checkpoint, errand};
pub use self::opening::clock;
use self::opening::{Opened, Stopgap};

/// How long webhooks that are being answered, commands that are under way, and whatever else works by itself may take
/// when the service stops. What is cut is looked after by the next start.
const LAST_WORK: Duration = Duration::from_secs(5);

/// How long the disk may take for the stop to be on record, and then for the last of it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A running service.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// For people's questions.
    pub reader: Reader,
    switchboard: Switchboard,
    stop: CancellationToken,
    server: JoinHandle<()>,
    outbox: JoinHandle<()>,
    sweep: JoinHandle<()>,
    operator: JoinHandle<Writer>,
    people: People,
    _lock: Lock,
}

/// What serves people and the record: no call waits for any of it.
struct People {
    witnesses: witnesses::Tasks,
    retention: JoinHandle<()>,
    alarm: JoinHandle<()>,
    desk: Option<JoinHandle<()>>,
}

/// Starts the service where the configuration says. It answers webhooks when this returns.
pub async fn start(config: &Config, clock: Clock) -> Result<Running> {
    start_accepting(config, clock, None).await
}

/// The same; with a reason, an older copy of the database than its witnesses know is accepted.
pub async fn start_accepting(config: &Config, clock: Clock, older: Option<&str>) -> Result<Running> {
    let lock = lock(config, &clock).await?;
    let listener = TcpListener::bind(config.server.listen).await;
    let listener = listener.with_context(|| {
        format!("[server] listen: {} can't be listened on; is something else running there?", config.server.listen)
    })?;
    begin(lock, listener, config, clock, older).await
}

/// Starts the service on a socket that listens already: callers who ask before it is ready are
/// kept by the kernel for a moment.
pub async fn start_on(listener: TcpListener, config: &Config, clock: Clock) -> Result<Running> {
    let lock = lock(config, &clock).await?;
    begin(lock, listener, config, clock, None).await
}

/// The database is ours alone from here on.
async fn lock(config: &Config, clock: &Clock) -> Result<Lock> {
    config.database.check_folder().map_err(|problem| anyhow!("{problem}"))?;
    lock::take(&config.database.path, clock).await
}

async fn begin(
    lock: Lock,
    listener: TcpListener,
    config: &Config,
    clock: Clock,
    older: Option<&str>,
) -> Result<Running> {
    let path = &config.database.path;
    if !path.exists() {
        // Before there is a file that would be in the way of a backup.
        witnesses::begins_anew(config)?;
    }
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let stop_if_this_fails = stop.clone().drop_guard();
    let (switchboard, inbox) = Switchboard::new();
    let alarm = parts::client(config, &clock)?;
    let alarm = Alarm::new(&switchboard, alarm, parts::recipients(config), clock.clone());
    let alarm = tokio::spawn(alarm.run(stop.clone()));
    let mut stopgap = Stopgap::new(&listener, config, &clock, &switchboard)?;
    let Opened { writer, reader, last_heard, older } = opening::open(&mut stopgap, older).await?;
    let ids = Box::new(RandomIds::default());
    let spool = stopgap.meanwhile(opening::spool(&config.database.spool)).await??;
    let clock = stopgap.meanwhile(opening::clock(clock.clone(), last_heard, &spool)).await?;
    let operator = Operator::new(inbox, writer, spool, parts::settings(config), clock.clone(), ids);
    let operator = tokio::spawn(operator.run());
    if let Some(older) = &older {
        let restored = stopgap.report(older.restored()).await?;
        older.accepted(restored, &switchboard, &witnesses::witness(config, &reader, &clock).await?).await?;
    }
    opening::record_start(&mut stopgap, &reader).await.with_context(|| unusable(path))?;
    crash::point(Point::StartRecorded);
    drop(stopgap);
    // Twilio's times are turned into those of this clock.
    let client = parts::client(config, &clock)?;
    let state = parts::state(config, switchboard.clone(), Some(reader.clone()), clock.clone(), stop.clone());
    let server = tokio::spawn(http::serve(listener, http::router(state), clock.clone(), stop.clone()));
    let outbox = parts::reach_twilio(config, client, switchboard.clone(), clock.clone(), stop.clone());
    let outbox = tokio::spawn(outbox);
    let sweep = tokio::spawn(Sweep::new(switchboard.clone(), clock.clone()).run(stop.clone()));
    let people = people(config, &switchboard, &reader, &clock, &stop, alarm).await.with_context(|| unusable(path))?;
    stop_if_this_fails.disarm();
    Ok(Running { address, reader, switchboard, stop, server, outbox, sweep, operator, people, _lock: lock })
}

/// What helps whoever reads this, if the disk is not just full.
fn unusable(path: &Path) -> String {
    format!("{} can't be used; if it is damaged, put a backup in its place as docs/RECORD.md says", path.display())
}

impl Running {
    /// Waits for a part of the service to end, which none does by itself; says which.
    pub async fn died(&mut self) -> &'static str {
        tokio::select! {
            _ = &mut self.server => "the web server",
            _ = &mut self.operator => "the switchboard",
            _ = &mut self.outbox => "the outbox",
            _ = &mut self.sweep => "the sweep",
        }
    }

    /// Answers what is being asked, finishes what is under way, records the stop. What does not end
    /// in time is cut, and taken up by the next start.
    pub async fn stop(self) -> Result<()> {
        let Self { switchboard, stop, server, outbox, sweep, mut operator, reader, mut people, _lock, .. } = self;
        let clock = Clock::system();
        stop.cancel();
        let last_answers = clock.timeout(LAST_WORK, server);
        let last_work = clock.timeout(LAST_WORK, async { tokio::join!(outbox, sweep, people.end()) });
        let (answered, done) = tokio::join!(last_answers, last_work);
        match answered {
            Ok(served) => served?,
            Err(_) => warn!("some connections did not end in time; they are cut"),
        }
        if done.is_err() {
            warn!("Twilio, or the disk, did not answer in time; the next start asks what has become of it");
        }
        if !matches!(clock.timeout(LAST_WORDS, switchboard.submit(Input::Stopping)).await, Ok(Ok(_))) {
            warn!("the stop could not be recorded");
        }
        people.witnesses.finish(&switchboard).await;
        match clock.timeout(LAST_WORDS, &mut operator).await {
            Ok(writer) => {
                reader.close().await;
                if let Err(error) = writer?.close().await {
                    warn!(%error, "the database was not closed cleanly; nothing is lost");
                }
            }
            Err(_) => {
                operator.abort();
                warn!("the disk does not answer; nothing is lost that was answered");
            }
        }
        info!("stopped");
        Ok(())
    }
}

/// Starts what serves people and the record.
async fn people(
    config: &Config,
    switchboard: &Switchboard,
    reader: &Reader,
    clock: &Clock,
    stop: &CancellationToken,
    alarm: JoinHandle<()>,
) -> Result<People> {
    let witnesses = witnesses::Tasks::start(config, switchboard, reader, clock, stop).await?;
    let retention = Retention::new(switchboard.clone(), reader.clone(), clock.clone(), parts::retention(config));
    let retention = tokio::spawn(retention.run(stop.clone()));
    let desk = match Desk::open(&config.database.path) {
        Ok(desk) => Some(tokio::spawn(desk.run(switchboard.clone(), clock.clone(), stop.clone()))),
        Err(error) => {
            // A path that is too long for a socket, most likely. Calls are more important.
            warn!(%error, "no errands can be handed in while the service runs: its socket can't be made");
            None
        }
    };
    Ok(People { witnesses, retention, alarm, desk })
}

impl People {
    /// Waits for those that end by themselves.
    async fn end(&mut self) {
        for task in self.desk.iter_mut().chain([&mut self.retention, &mut self.alarm]) {
            if let Err(error) = task.await {
                warn!(%error, "a part that serves people broke; this is a fault of ours");
            }
        }
    }
}
