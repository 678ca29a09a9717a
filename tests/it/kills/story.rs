//! Plays a plan: the real binary under traffic, killed and started again on the same database and
//! address, and a last life in which everything comes to its end.

use std::os::unix::process::ExitStatusExt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::crash::Point;

use super::judge::{self, Excused};
use super::plan::{Death, Plan};
use super::taken_up::{self, KNOWN, TAKEN_UP};
use super::traffic::Traffic;
use crate::serve::process::{Place, Process, path};

/// How long anything may take that is not itself measured.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long callers call in the last life.
const LAST_LIFE: Duration = Duration::from_secs(5);

/// SIGABRT, by which a process dies at a crash point.
const ABORTED: i32 = 6;

/// What is still open on record.
const OPEN: &str = "SELECT (SELECT count(*) FROM calls WHERE status <> 'ended' OR ended_at IS NULL)
    + (SELECT count(*) FROM legs WHERE ended_at IS NULL)
    + (SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending'))";

/// What was measured.
#[derive(Debug, Default)]
pub struct Figures {
    pub kills: usize,
    pub calls: usize,
    /// From each start of the process until it answered.
    pub starts: Vec<Duration>,
    /// From each of these answers until each line was taken up.
    pub taken_up: Vec<Duration>,
}

/// A story while it is played.
struct Story {
    place: Arc<Place>,
    http: reqwest::Client,
    service: Process,
    /// When this life began; empty in the first, which is no restart.
    spawned: Option<Duration>,
    /// When the service was killed, and has not had its time to take everything up since.
    excused_from: Option<Duration>,
    excused: Excused,
    wrong: Vec<String>,
    figures: Figures,
}

/// Plays it to the end; the error is what was wrong, and the ladder.
pub async fn play(plan: Plan) -> Result<Figures, String> {
    let place = Arc::new(Place::of(plan.setting).await);
    let service = place.serve().await;
    let traffic = Traffic::begin(plan.callers, &place);
    let mut story = Story {
        place,
        http: reqwest::Client::builder().no_proxy().build().expect("a client"),
        service,
        spawned: None,
        excused_from: None,
        excused: Excused::new(),
        wrong: Vec::new(),
        figures: Figures::default(),
    };
    let mut deaths = plan.deaths.iter().copied().peekable();
    while let Some(death) = deaths.next() {
        story.lives_until(death).await;
        story.starts_again(deaths.peek().copied());
    }
    story.serves_for(LAST_LIFE).await;
    traffic.end().await;
    story.ends().await
}

impl Story {
    async fn lives_until(&mut self, death: Death) {
        match death {
            Death::Starting(time) => self.place.sim.sleep(time).await,
            Death::Serving(time) => self.serves_for(time).await,
            Death::At(point, _) => return self.dies_at(point).await,
        }
        let ended = self.service.has_ended();
        let stderr = self.service.stderr();
        if ended || stderr.contains("panicked") {
            self.wrong.push(format!("the service broke by itself: {stderr}"));
        }
        self.dead();
        self.service.kill();
        self.figures.kills += 1;
    }

    /// The service dies by itself, where it was told to.
    async fn dies_at(&mut self, point: Point) {
        let mut ready = None;
        let status = {
            let answers = pin!(answers(&self.place, &self.http));
            let mut ends = pin!(self.service.ends_within(PATIENCE));
            tokio::select! {
                status = &mut ends => status,
                at = answers => {
                    ready = Some(at);
                    ends.await
                }
            }
        };
        if let Some(ready) = ready {
            self.has_served_since(ready).await;
        }
        self.dead();
        if status.signal() != Some(ABORTED) {
            self.wrong.push(format!("it should have died at {point}, and ended: {status}"));
        }
    }

    fn dead(&mut self) {
        self.excused_from.get_or_insert(self.place.sim.now());
    }

    fn starts_again(&mut self, next: Option<Death>) {
        self.spawned = Some(self.place.sim.now());
        let mut env = vec![("RUST_LOG", "info".to_owned())];
        if let Some(Death::At(point, hit)) = next {
            env.push(("SHAREDPHONE_CRASH_AT", format!("{point}:{hit}")));
            if matches!(point, Point::BatchSpooled | Point::SpoolTakenIn | Point::SpoolCommitted) {
                // The database's disk is full for some seconds, soon after the start.
                env.push(("SHAREDPHONE_DISK_FULL", "4:9".to_owned()));
            }
        }
        let env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.service = self.place.serve_with(&env);
    }

    /// Waits until it answers, and so long from there.
    async fn serves_for(&mut self, time: Duration) {
        let answers = answers(&self.place, &self.http);
        let ready = Clock::system().timeout(PATIENCE, answers).await;
        let ready = ready.unwrap_or_else(|_| panic!("it is not ready: {}", self.service.stderr()));
        self.figures.starts.extend(self.spawned.map(|spawned| ready - spawned));
        self.place.sim.sleep(time).await;
        self.has_served_since(ready).await;
    }

    /// If its time for that is over, it must have taken up everything, and is excused no longer.
    async fn has_served_since(&mut self, ready: Duration) {
        let sim = &self.place.sim;
        if sim.now() < ready + TAKEN_UP {
            return;
        }
        if let Some(spawned) = self.spawned {
            let known = crate::record::pairs(&self.place.database(), KNOWN).await;
            let found = taken_up::since(sim, &known, spawned, ready);
            self.figures.taken_up.extend(found.after);
            let when = ready.as_secs_f64();
            self.wrong.extend(found.never.iter().map(|line| format!("promise 11 at {when:.2} s: {line} not taken up")));
        }
        if let Some(from) = self.excused_from.take() {
            self.excused.push((from, ready + TAKEN_UP));
        }
    }

    /// Everything comes to an end, at Twilio and on record, and is judged.
    async fn ends(mut self) -> Result<Figures, String> {
        let place = self.place.clone();
        let over = async {
            while place.sim.calls().iter().any(|call| call.ended.is_none()) {
                Clock::system().sleep(Duration::from_millis(50)).await;
            }
        };
        if Clock::system().timeout(PATIENCE, over).await.is_err() {
            self.wrong.push("a line is left over".to_owned());
        }
        place.until(OPEN, &["0"]).await;
        self.service.terminate();
        let status = self.service.ends_within(PATIENCE).await;
        if !status.success() {
            self.wrong.push(format!("it did not stop well ({status}): {}", self.service.stderr()));
        }
        place.sim.finish().await;
        crate::record::check(&place.database()).await;
        let audit = Process::start(&["audit", "verify", "--config", path(&place.config())], &[]);
        let (code, stdout, stderr) = audit.end().await;
        if code != Some(0) {
            self.wrong.push(format!("audit verify: {code:?} {stdout} {stderr}"));
        }
        self.wrong.extend(judge::broken(&place, &self.excused).await);
        self.figures.calls = place.sim.calls().len();
        if self.wrong.is_empty() {
            return Ok(self.figures);
        }
        Err(format!("{}\n\nexcused: {:?}\n{}", self.wrong.join("\n"), self.excused, place.sim.ladder()))
    }
}

/// When it first says that it is fit to take calls.
async fn answers(place: &Place, http: &reqwest::Client) -> Duration {
    let url = format!("{}/readyz", place.base);
    loop {
        if http.get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
            return place.sim.now();
        }
        Clock::system().sleep(Duration::from_millis(5)).await;
    }
}
