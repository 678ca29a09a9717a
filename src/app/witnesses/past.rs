//! What the witnesses say before anything is added to the record: whether the database is the one that
//! they know, or an older copy. Reads their file on a thread of its own, which no start waits for long: it
//! may be on a disk far away.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tokio::sync::oneshot;
use tracing::{debug, error, info, warn};

use super::A_LINE;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::errand::{Actor, Errand};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::store::Reader;
use crate::switchboard::Switchboard;
use crate::witness::testimony::{self, Point, Problem, Source, Testimony, Trouble};
use crate::witness::{self, LogId, PublicKey, SigningKey, Witness};

/// How many of the newest points a start looks at: checking a signature takes its time.
const RECENT: usize = 200;

/// How long their file may take when a service starts.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the witnesses of this record say.
pub(in crate::app) struct Heard {
    testimony: Testimony,
    /// The newest event of the database.
    end: i64,
}

/// An older copy that was accepted.
pub(in crate::app) struct Older<'a> {
    lost_from: i64,
    lost_to: i64,
    reason: &'a str,
}

/// How much of the file is needed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent {
    /// The newest points.
    Recent,
    /// The erasures.
    Erasures,
    /// Everything.
    All,
}

/// Hears the witnesses, and compares the database with what they vouch for. A database that is behind
/// them, or another than theirs, is not used unless somebody accepts it with a reason. Witnesses that
/// can't be heard at all keep nobody from taking calls.
pub(in crate::app) async fn compare<'a>(
    config: &Config,
    reader: &Reader,
    accepted: Option<&'a str>,
) -> Result<Option<Older<'a>>> {
    let Some(identity) = reader.identity().await? else {
        begins_anew(config)?;
        return Ok(None);
    };
    let extent = if accepted.is_some() { Extent::All } else { Extent::Recent };
    let file = Papers::of(config, log_id(&identity.log_id)?);
    match listen(&file, extent).await {
        Ok(testimony) => {
            let end = reader.chain_end().await?.map_or(0, |end| end.seq);
            Heard { testimony, end }.compare(reader, accepted).await
        }
        Err(error) if accepted.is_some() => {
            Err(error.context("an older copy can't be accepted while its witnesses can't be read"))
        }
        Err(error) => {
            error!(
                error = format!("{error:#}"),
                "the record could not be compared with its witnesses, so that nobody would notice if it was an older copy"
            );
            Ok(None)
        }
    }
}

/// The file of a record's witnesses, and the key with which this service signs.
#[derive(Debug, Clone)]
pub(super) struct Papers {
    pub(super) log: LogId,
    pub(super) path: PathBuf,
    key_path: PathBuf,
}

impl Papers {
    pub(super) fn of(config: &Config, log: LogId) -> Self {
        let key_path = config.record.signing_key(&config.database.path);
        Self { log, path: config.record.checkpoints.clone(), key_path }
    }
}

/// What the file says, within reasonable time.
pub(super) async fn listen(papers: &Papers, extent: Extent) -> Result<Testimony> {
    let (tell, told) = oneshot::channel();
    let (owned, path) = (papers.clone(), &papers.path);
    let thread = std::thread::Builder::new().name("witnesses".to_owned());
    thread.spawn(move || {
        if tell.send(read(&owned, extent)).is_err() {
            debug!("the file of witnesses was read too late");
        }
    })?;
    match extent {
        Extent::Recent => {
            let told = Clock::system().timeout(PATIENCE, told).await;
            told.map_err(|_| anyhow!("{} could not be read in {PATIENCE:?}; look after its disk", path.display()))??
        }
        // Who calls is served meanwhile.
        Extent::Erasures | Extent::All => told.await?,
    }
}

fn read(papers: &Papers, extent: Extent) -> Result<Testimony> {
    let path = &papers.path;
    let lines = match witness::read(path) {
        Ok(lines) => lines,
        Err(error) if error.is_missing() => {
            warn!(file = %path.display(), "there are no witnesses of this record yet, or the file is gone; a new one begins");
            Vec::new()
        }
        Err(error) => return Err(error.into()),
    };
    let source = Source { name: path.display().to_string(), lines };
    let source = match extent {
        Extent::Recent => source.recent(RECENT),
        Extent::Erasures => source.erasures(),
        Extent::All => source,
    };
    let testimony = hear(papers, source);
    if let Some(problem) = testimony.problems.first() {
        error!(problems = testimony.problems.len(), first = %problem, "the file of witnesses is not sound; see sharedphone audit verify");
    }
    Ok(testimony)
}

/// Believes the key that the file announces first, and the one with which this service signs itself: where the
/// former was lost, reviewers must be told, but the service must know its own lines.
fn hear(papers: &Papers, source: Source) -> Testimony {
    let testimony = testimony::hear(papers.log, vec![source.clone()], &[]);
    match SigningKey::existing(&papers.key_path).map(|key| key.public_key()) {
        Some(own) if !testimony.keys.contains(&own) => {
            let pinned: Vec<PublicKey> = testimony.keys.iter().copied().chain([own]).collect();
            testimony::hear(papers.log, vec![source], &pinned)
        }
        Some(_) | None => testimony,
    }
}

/// A new record must not begin beside the witnesses of another: then the database was lost, or this is
/// the wrong folder.
pub(in crate::app) fn begins_anew(config: &Config) -> Result<()> {
    let (path, database) = (&config.record.checkpoints, config.database.path.display());
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("[record] checkpoints: there is no folder {}; make it: mkdir -p {0}", folder.display());
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > 0 => bail!(
            "there is no record in {database}, and {} has the witnesses of one. If it was lost: remove {database}, \
             {database}-wal and {database}-shm as far as they are there, copy a backup to {database}, and start once \
             with --accept-restore \"why\". If a new record is to begin, move the witnesses to another place and keep \
             them",
            path.display()
        ),
        Ok(_) | Err(_) => Ok(()),
    }
}

impl Heard {
    async fn compare<'a>(&self, reader: &Reader, accepted: Option<&'a str>) -> Result<Option<Older<'a>>> {
        let Some(last) = self.testimony.points.last() else {
            let another = |problem: &Problem| matches!(problem.trouble, Trouble::AnotherLog(_));
            if self.testimony.problems.iter().any(another) {
                bail!(
                    "the witnesses are of another record than this database: put the right one in its place, or move the \
                     witnesses to another place and keep them"
                );
            }
            return Ok(None);
        };
        let differs = self.first_that_differs(reader).await?;
        if last.seq <= self.end && differs.is_none() {
            return Ok(None);
        }
        if let Some(reason) = accepted {
            let lost_from = differs.map_or(self.end + 1, |point| point.seq);
            return Ok(Some(Older { lost_from, lost_to: last.seq.max(self.end), reason }));
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

    /// The first of the points with which the database does not agree.
    async fn first_that_differs(&self, reader: &Reader) -> Result<Option<&Point>> {
        for point in self.testimony.points.iter().filter(|point| point.seq <= self.end) {
            if reader.hash_of(point.seq).await?.as_deref() != Some(point.hash.to_string().as_str()) {
                return Ok(Some(point));
            }
        }
        Ok(None)
    }
}

impl Older<'_> {
    /// What puts on record that an older copy was accepted.
    pub(in crate::app) fn restored(&self) -> Input {
        let restored = Errand::Restored { lost_to: self.lost_to, reason: self.reason.to_owned() };
        Input::Errand { errand: restored, by: Actor::Service }
    }

    /// Tells the witnesses so. What had been erased since is erased again by the
    /// [`Erasures`](super::erasures::Erasures).
    pub(in crate::app) async fn accepted(
        &self,
        reply: Reply,
        switchboard: &Switchboard,
        witness: &Witness,
    ) -> Result<()> {
        match reply {
            Reply::Errand(answer) => answer.context("the restore could not be recorded")?,
            Reply::Noted | Reply::Caller(_) | Reply::Leg(_) | Reply::Claimed(_) | Reply::Orphans(_) => {
                bail!("a strange answer")
            }
        }
        // Nothing else has happened yet, so this is exactly the event that says so.
        let head = switchboard.head().borrow().clone();
        match Clock::system().timeout(A_LINE, witness.restored(&head, self.lost_from, self.lost_to)).await {
            Ok(written) => {
                written?;
                info!(
                    from = self.lost_from,
                    to = self.lost_to,
                    "the older copy is accepted; these events are lost, which is on record"
                );
                Ok(())
            }
            Err(_) => {
                error!(
                    "the witnesses' disk hangs: until they have the restore in their file, each start asks for it again"
                );
                Ok(())
            }
        }
    }
}

pub(super) fn log_id(text: &str) -> Result<LogId> {
    text.parse().ok().with_context(|| format!("the database has {text:?} as the record's id, which is none"))
}
