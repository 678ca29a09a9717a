//! The witnesses of a running service: what they say when it starts, and the tasks that keep them up to
//! date while it runs.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::errand::{Actor, Basis, Errand};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::store::Reader;
use crate::switchboard::Switchboard;
use crate::witness::testimony::{self, Testimony};
use crate::witness::{self, LogId, SigningKey, Witness, Worker};

/// How many of the newest checkpoints a start looks at: checking a signature takes its time.
const RECENT: usize = 200;

/// What the witnesses of this record say, before anything is added to it.
pub(super) struct Heard {
    testimony: Testimony,
    /// The newest event of the database.
    end: i64,
}

/// An older copy that was accepted: what must be put right.
pub(super) struct Older<'a> {
    lost_to: i64,
    reason: &'a str,
}

/// Reads the witnesses' file, if there is one and this record has begun.
pub(super) async fn hear(config: &Config, reader: &Reader) -> Result<Option<Heard>> {
    let Some(identity) = reader.identity().await? else { return Ok(None) };
    let path = &config.record.checkpoints;
    let lines = match witness::read(path) {
        Ok(lines) => lines,
        Err(error) if error.is_missing() => {
            warn!(file = %path.display(), "there are no witnesses of this record yet, or the file is gone; a new one begins");
            Vec::new()
        }
        Err(error) => return Err(error.into()),
    };
    let log = log_id(&identity.log_id)?;
    // A start must be quick; all of it is heard by the verifier.
    let source = testimony::Source { name: path.display().to_string(), lines }.shortened(RECENT);
    let testimony = testimony::hear(log, vec![source], &[]);
    if let Some(problem) = testimony.problems.first() {
        error!(problems = testimony.problems.len(), first = %problem, "the file of witnesses is not sound; see sharedphone audit verify");
    }
    let end = reader.chain_end().await?.map_or(0, |end| end.seq);
    Ok(Some(Heard { testimony, end }))
}

impl Heard {
    /// Compares the database with what was vouched for. A database that is behind its witnesses, or
    /// another than theirs, is not used unless somebody accepts it with a reason.
    pub(super) async fn compare<'a>(&self, reader: &Reader, accepted: Option<&'a str>) -> Result<Option<Older<'a>>> {
        let Some(last) = self.testimony.points.last() else { return Ok(None) };
        let mut differs = None;
        for point in self.testimony.points.iter().rev().filter(|point| point.seq <= self.end) {
            if reader.hash_of(point.seq).await?.as_deref() != Some(point.hash.to_string().as_str()) {
                differs = Some(point);
            } else {
                break;
            }
        }
        if last.seq <= self.end && differs.is_none() {
            return Ok(None);
        }
        if let Some(reason) = accepted {
            return Ok(Some(Older { lost_to: last.seq.max(self.end), reason }));
        }
        let found = match differs {
            Some(point) => format!("its event {} is not the one that {} vouches for", point.seq, point.place),
            None => format!("it ends with event {}, and {} vouches for event {}", self.end, last.place, last.seq),
        };
        bail!(
            "this database is an older copy, or was changed: {found}. If you have restored a backup on purpose, start \
             once with --accept-restore \"why\", which goes on record. If not, keep both files and look into it with \
             sharedphone audit verify"
        )
    }

    /// The newest erasure that a witness tells of.
    fn last_erasure(&self) -> i64 {
        self.testimony.erasures.iter().map(|erasure| erasure.point.seq).max().unwrap_or(0)
    }

    /// Puts on record that an older copy was accepted, and erases again what had been erased since.
    pub(super) async fn accept(&self, older: &Older<'_>, switchboard: &Switchboard, witness: &Witness) -> Result<()> {
        let restored = Errand::Restored { lost_to: older.lost_to, reason: older.reason.to_owned() };
        submit(switchboard, restored).await.context("the restore could not be recorded")?;
        // Nothing else has happened yet, so this is exactly the event that says so.
        let head = switchboard.head().borrow().clone();
        witness.restored(&head, older.lost_to).await?;
        for erasure in self.testimony.erasures.iter().filter(|erasure| erasure.point.seq > self.end) {
            let classes = erasure.classes.iter().copied().collect();
            let errand = Errand::Erase { call_sid: erasure.call_sid.clone(), classes, basis: Basis::Restore };
            if let Err(error) = submit(switchboard, errand).await {
                // A call that the copy does not have needs no erasing.
                warn!(%error, "an erasure was not done again");
            }
        }
        Ok(())
    }
}

async fn submit(switchboard: &Switchboard, errand: Errand) -> Result<()> {
    match switchboard.submit(Input::Errand { errand, by: Actor::Service }).await? {
        Reply::Errand(answer) => Ok(answer?),
        Reply::Noted | Reply::Caller(_) | Reply::Leg(_) | Reply::Claimed(_) => bail!("a strange answer"),
    }
}

/// The witness of this record, ready to write.
pub(super) async fn witness(config: &Config, reader: &Reader, clock: &Clock) -> Result<Witness> {
    let identity = reader.identity().await?.context("the record has no identity")?;
    let key = SigningKey::load_or_create(&config.record.signing_key(&config.database.path))?;
    let (path, url) = (config.record.checkpoints.clone(), config.record.checkpoint_url.clone());
    Ok(Witness::start(log_id(&identity.log_id)?, key, path, url, clock.clone())?)
}

fn log_id(text: &str) -> Result<LogId> {
    text.parse().ok().with_context(|| format!("the database has {text:?} as the record's id, which is none"))
}

/// What keeps the witnesses up to date.
pub(super) struct Tasks {
    witness: Witness,
    worker: JoinHandle<()>,
    erasures: JoinHandle<()>,
}

impl Tasks {
    /// Starts them. Erasures that were not witnessed before a crash are now.
    pub(super) fn start(
        witness: Witness,
        heard: Option<&Heard>,
        switchboard: &Switchboard,
        reader: &Reader,
        clock: &Clock,
        stop: &CancellationToken,
    ) -> Self {
        let worker = Worker::new(witness.clone(), switchboard.head(), clock.clone());
        let worker = tokio::spawn(worker.run(stop.clone()));
        let since = heard.map_or(0, Heard::last_erasure);
        let (tell, switchboard, reader, stop) = (witness.clone(), switchboard.clone(), reader.clone(), stop.clone());
        let erasures = tokio::spawn(async move {
            tokio::select! {
                () = tell_erasures(tell, switchboard, reader, since) => {}
                () = stop.cancelled() => {}
            }
        });
        Self { witness, worker, erasures }
    }

    /// Waits for them, and writes the last checkpoint.
    pub(super) async fn finish(self, switchboard: &Switchboard) {
        for task in [self.worker, self.erasures] {
            if let Err(error) = task.await {
                error!(%error, "a task of the witnesses broke; this is a fault of ours");
            }
        }
        let head = switchboard.head().borrow().clone();
        if let Err(error) = self.witness.witness_now(&head).await {
            error!(%error, "the last events of the record have no witness");
        }
    }
}

/// Tells the witnesses of every erasure after event `since`, and of those that come.
async fn tell_erasures(witness: Witness, switchboard: Switchboard, reader: Reader, mut since: i64) {
    let mut head = switchboard.head();
    loop {
        let now = head.borrow_and_update().clone();
        match reader.erased_since(since).await {
            Ok(erased) => {
                for erasure in erased {
                    let classes = erasure.classes.into_iter().collect();
                    if let Err(error) = witness.erased(&now, erasure.call_sid, classes).await {
                        error!(%error, "an erasure has no witness yet; a backup of before would bring the data back");
                        break;
                    }
                    since = erasure.seq;
                }
            }
            Err(error) => {
                warn!(%error, "erasures could not be looked up for the witnesses; trying with the next event")
            }
        }
        let urgent = now.urgent;
        if head.wait_for(|head| head.urgent != urgent).await.is_err() {
            return;
        }
    }
}

/// A checkpoint of the record as it is now, for a command that has added to it while no service runs.
pub(super) async fn vouch(config: &Config, reader: &Reader) -> Result<()> {
    let Some(end) = reader.chain_end().await? else { return Ok(()) };
    let witness = witness(config, reader, &Clock::system()).await?;
    let head = crate::domain::event::Head { seq: end.seq, hash: end.hash, urgent: 0 };
    Ok(witness.witness_now(&head).await?)
}

/// The newest line that vouches for this record, as it is in the file.
pub(super) async fn newest(config: &Config, reader: &Reader) -> Result<Option<String>> {
    let Some(heard) = hear(config, reader).await? else { return Ok(None) };
    let Some(point) = heard.testimony.points.last() else { return Ok(None) };
    let text = std::fs::read_to_string(&config.record.checkpoints)?;
    Ok(text.lines().nth(point.place.line - 1).map(str::to_owned))
}

/// Whether the folder of the witnesses can be used, said before the service starts.
pub(super) fn check_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Ok(());
    }
    bail!("[record] checkpoints: there is no folder {}; make it: mkdir -p {0}", folder.display())
}
