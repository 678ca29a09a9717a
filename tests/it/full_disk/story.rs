//! Plays a story: people call and are called all the time, while the disk is filled up to one level after the
//! other and has room again in between.

use std::sync::Arc;
use std::time::Duration;

use sharedphone::clock::Clock;
use tempfile::TempDir;

use super::disk::Disk;
use super::kept;
use super::post::Post;
use crate::kills::judge;
use crate::kills::plan::Plan;
use crate::kills::traffic::Traffic;
use crate::serve::process::{Place, Process, free_port, path};

/// MiB of a file system of its own: the spool, and some thousand pages of the record.
const ROOM: u32 = 16;

/// How long a level lasts.
const FULL: Duration = Duration::from_secs(3);

/// How soon everything must be as ever once there is room.
const AS_EVER: Duration = Duration::from_secs(5);

/// How long anything may take that is not itself measured.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the write-ahead log is before the disk is filled for the first time: no spool of one level is longer.
const ENOUGH: u64 = 256 << 10;

/// What the service says when it goes on without the database.
pub const FROM_MEMORY: &str = "going on from memory";

/// What is still open on record.
const OPEN: &str = "SELECT (SELECT count(*) FROM calls WHERE status <> 'ended' OR ended_at IS NULL)
    + (SELECT count(*) FROM legs WHERE ended_at IS NULL)
    + (SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending'))";

/// What was measured.
#[derive(Debug, Default)]
pub struct Figures {
    pub levels: usize,
    /// At how many of them the database could not be written.
    pub full: usize,
    pub calls: usize,
    pub webhooks: usize,
    /// From each emptying of the disk until everything was as ever.
    pub back: Vec<Duration>,
}

/// A story while it is played.
struct Story {
    place: Arc<Place>,
    disk: Disk,
    service: Process,
    post: Post,
    http: reqwest::Client,
    /// Where the service itself listens.
    listens: String,
    wrong: Vec<String>,
    figures: Figures,
}

/// Plays these levels, in bytes that are left, to the end; the error is what was wrong, and the ladder.
pub async fn play(seed: u64, levels: Vec<u64>, has_disk_of_its_own: bool) -> Result<Figures, String> {
    let plan = Plan::with_kills(seed, 0);
    let place = Arc::new(Place::of(plan.setting).await);
    let disk = if has_disk_of_its_own { Disk::own(&place, ROOM) } else { Disk::Limited };
    let listens = format!("127.0.0.1:{}", free_port());
    let post = Post::at(&place.base, &listens).await;
    let mut service = disk.serve(&place, &[("RUST_LOG", "info"), ("SHAREDPHONE__SERVER__LISTEN", &listens)]);
    service.is_ready().await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let (wrong, figures) = (Vec::new(), Figures::default());
    let traffic = Traffic::begin(plan.callers, &place);
    let mut story = Story { place, disk, service, post, http, listens, wrong, figures };
    story.has_written().await;
    for left in levels {
        story.fills_up(left).await;
    }
    traffic.end().await;
    story.ends().await
}

impl Story {
    /// One level: everything goes on while the disk is full, nothing gets lost, and soon after it is as ever.
    async fn fills_up(&mut self, left: u64) {
        let said = self.service.stderr().matches(FROM_MEMORY).count();
        self.disk.fill(&self.place, &self.service, left);
        self.place.sim.sleep(FULL).await;
        self.keeps_what_was_acknowledged(&format!("with {left} bytes left")).await;
        self.figures.levels += 1;
        self.figures.full += usize::from(self.service.stderr().matches(FROM_MEMORY).count() > said);
        let begun = self.place.sim.now();
        self.disk.empty(&self.place, &self.service);
        let is_back = Clock::system().timeout(PATIENCE, self.is_as_ever()).await;
        let took = self.place.sim.now() - begun;
        self.figures.back.push(took);
        if is_back.is_err() || took > AS_EVER {
            self.wrong.push(format!("with {left} bytes left: it took {took:?} until the disk was used again"));
        }
    }

    /// Until the record has its first pages: the log that is limited in its length has one by then.
    async fn has_written(&self) {
        let written = async {
            while self.copy().path().join("sharedphone.db-wal").metadata().map_or(0, |log| log.len()) < ENOUGH {
                Clock::system().sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(Clock::system().timeout(PATIENCE, written).await.is_ok(), "nobody calls: {}", self.service.stderr());
    }

    async fn keeps_what_was_acknowledged(&mut self, when: &str) {
        // What is acknowledged after this may not be on the copy.
        let log = self.post.log();
        let copy = self.copy();
        let lost = kept::lost(&log.acknowledged, copy.path()).await;
        if !lost.is_empty() {
            self.wrong.push(format!("{when}: acknowledged and in neither the database nor the spool: {lost:?}"));
        }
    }

    fn copy(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        self.disk.copy(&self.place, &self.service, folder.path());
        folder
    }

    /// Until it is fit to take calls, and the spool is empty.
    async fn is_as_ever(&self) {
        let url = format!("http://{}/readyz", self.listens);
        loop {
            let fit = self.http.get(&url).send().await.is_ok_and(|answer| answer.status() == 200);
            if fit && kept::is_empty(&self.copy().path().join("sharedphone.db.spool")) {
                return;
            }
            Clock::system().sleep(Duration::from_millis(20)).await;
        }
    }

    /// Until everything has come to its end, at Twilio and on record.
    async fn is_over(&self) {
        loop {
            let at_twilio = self.place.sim.calls().iter().all(|call| call.ended.is_some());
            if at_twilio && crate::record::rows(&self.copy().path().join("sharedphone.db"), OPEN).await == ["0"] {
                return;
            }
            Clock::system().sleep(Duration::from_millis(100)).await;
        }
    }

    async fn ends(mut self) -> Result<Figures, String> {
        let place = self.place.clone();
        if Clock::system().timeout(PATIENCE, self.is_over()).await.is_err() {
            self.wrong.push("something never ends".to_owned());
        }
        self.service.terminate();
        let status = self.service.ends_within(PATIENCE).await;
        let said = self.service.stderr();
        if !status.success() || said.contains("panicked") {
            self.wrong.push(format!("it did not stop well ({status}): {said}"));
        }
        self.wrong.extend(place.sim.problems().iter().map(ToString::to_string));
        self.disk.bring_out(&place);
        let folder = place.database().with_file_name("");
        let log = self.post.log();
        if !kept::is_empty(&folder.join("sharedphone.db.spool")) {
            self.wrong.push("something is left in the spool".to_owned());
        }
        let lost = kept::lost(&log.acknowledged, &folder).await;
        if !lost.is_empty() {
            self.wrong.push(format!("in the end, not in the database: {lost:?}"));
        }
        if log.emergencies > 0 || !log.refused.is_empty() {
            self.wrong.push(format!("although the spool had room: {} emergencies, {:?}", log.emergencies, log.refused));
        }
        self.wrong.extend(judge::broken(&place, &Vec::new()).await);
        crate::record::check(&place.database()).await;
        let audit = Process::start(&["audit", "verify", "--config", path(&place.config())], &[]);
        let (code, stdout, stderr) = audit.end().await;
        if code != Some(0) {
            self.wrong.push(format!("audit verify: {code:?} {stdout} {stderr}"));
        }
        self.figures.webhooks = log.answered;
        self.figures.calls = place.sim.calls().len();
        if self.wrong.is_empty() {
            return Ok(self.figures);
        }
        Err(format!("{}\n\n{said}\n{}", self.wrong.join("\n"), place.sim.ladder()))
    }
}
