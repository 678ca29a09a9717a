//! What is asked of the service: whole calls, status webhooks as fast as it takes them, and one after the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::Scale;
use super::exchange::{Exchange, Plan, Ringing};
use super::limits::{self, Rows};
use super::seen::{Seen, Spread};
use super::service::{self, ACCOUNT, NUMBER, Program, Service, TOKEN};
use crate::simulator::clock::VirtualClock;
use crate::simulator::twiml::Hook;

/// How long a phone rings until it is picked up, and for how long people talk then.
const PICKS_UP: Duration = Duration::from_millis(300);
const TALKS: Duration = Duration::from_millis(300);

/// Over how many connections webhooks come, if as many as possible are to come.
const CONNECTIONS: usize = 256;

/// How many legs ring for that.
const LEGS: usize = 3000;

/// How many callers wait at once, to see what they take.
const WAITING: usize = 256;

/// How long anything may take that is not itself measured.
const PATIENCE: Duration = Duration::from_secs(60);

/// The part of the time that passes before anything is counted: until then there are fewer calls in flight.
const RUN_UP: f64 = 0.25;

/// What whole calls came to.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Calls {
    /// All that were made.
    pub(super) made: u64,
    /// How many were over while counting, in what time, and with how much.
    pub(super) calls: u64,
    pub(super) seconds: f64,
    pub(super) webhooks: u64,
    pub(super) requests: u64,
    pub(super) cpu_seconds: Option<f64>,
    /// Of all: callers to whom nobody came.
    pub(super) stranded: u64,
    /// Of all: webhooks and documents that went wrong.
    pub(super) wrong: u64,
    /// From an organiser's key to both in the room.
    pub(super) together: Spread,
    /// Webhooks that are not held back.
    pub(super) latency: Spread,
    pub(super) peak_kib: Option<u64>,
    /// What all came to, if there is a database.
    pub(super) database_bytes: Option<u64>,
    /// How many webhooks of all shared a commit, each of which waits for the disk once.
    pub(super) webhooks_a_commit: Option<f64>,
}

/// What status webhooks came to.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Webhooks {
    pub(super) webhooks: u64,
    pub(super) seconds: f64,
    pub(super) refused: u64,
    pub(super) latency: Spread,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) peak_kib: Option<u64>,
    #[serde(skip)]
    pub(super) rows: Rows,
}

/// What a service has in memory.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Memory {
    /// When nobody has called yet.
    pub(super) idle_kib: Option<u64>,
    /// For each caller who waits while the organisers' phones ring.
    pub(super) waiting_bytes: Option<u64>,
}

/// A service and its Twilio.
struct Stage {
    service: Service,
    exchange: Arc<Exchange>,
    seen: Arc<Seen>,
    clock: VirtualClock,
    api: JoinHandle<std::io::Result<()>>,
    database: PathBuf,
}

impl Stage {
    async fn set(folder: &Path, program: &Program, organisers: usize, picks_up: Option<Duration>) -> Result<Self> {
        std::fs::create_dir_all(folder).context("no temporary folder")?;
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        let api_url = format!("http://{}", listener.local_addr()?);
        let service = Service::start(folder, program, &api_url, organisers).await?;
        let hook = |path: &str| Hook { url: format!("{}{path}", service.address), method: service.method() };
        let plan = Plan {
            account_sid: ACCOUNT.to_owned(),
            auth_token: TOKEN.to_owned(),
            number: NUMBER.to_owned(),
            voice: hook("/"),
            status: hook("/updates"),
            picks_up,
            talks: TALKS,
        };
        let (seen, clock) = (Arc::new(Seen::default()), VirtualClock::start(1.0));
        let exchange = Exchange::new(plan, clock, seen.clone());
        let api = tokio::spawn(exchange.clone().serve(listener));
        Ok(Self { service, exchange, seen, clock, api, database: service::database(folder) })
    }

    async fn strike(self) -> Result<()> {
        self.service.stop().await?;
        self.api.abort();
        Ok(())
    }
}

/// How far a database had come.
struct Mark {
    events: i64,
    bytes: u64,
}

impl Mark {
    /// Now, if there is one.
    async fn of(database: &Path) -> Result<Option<Self>> {
        match std::fs::metadata(database) {
            Ok(file) => Ok(Some(Self { events: limits::newest_event(database).await?, bytes: file.len() })),
            Err(_) => Ok(None),
        }
    }
}

/// Whole calls, so many at once for so long.
pub(super) async fn calls(folder: &Path, program: &Program, scale: Scale) -> Result<Calls> {
    let stage = Stage::set(folder, program, scale.organisers, Some(PICKS_UP)).await?;
    let mark = Mark::of(&stage.database).await?;
    let (began, first) = (stage.clock.now(), stage.seen.counts());
    let mut people = JoinSet::new();
    for _ in 0..scale.calls {
        let (exchange, clock) = (stage.exchange.clone(), stage.clock);
        people.spawn(async move {
            while clock.now() < began + scale.time {
                exchange.call().await;
            }
        });
    }
    stage.clock.sleep(scale.time.mul_f64(RUN_UP)).await;
    let (from, at_first, used) = (stage.clock.now(), stage.seen.counts(), stage.service.used());
    stage.clock.sleep((began + scale.time).saturating_sub(from)).await;
    let counted = stage.seen.counts().since(at_first);
    let (seconds, now) = ((stage.clock.now() - from).as_secs_f64(), stage.service.used());
    people.join_all().await;
    let all = stage.seen.counts().since(first);
    let (together, latency) = (stage.seen.take_together(), stage.seen.take_times());
    let (peak_kib, database) = (stage.service.used().peak_kib, stage.database.clone());
    stage.strike().await?;
    let commits = match &mark {
        Some(mark) => Some(limits::commits(&database, mark.events).await?),
        None => None,
    };
    let now_there = Mark::of(&database).await?;
    Ok(Calls {
        made: all.calls,
        calls: counted.calls,
        seconds,
        webhooks: counted.webhooks,
        requests: counted.requests,
        cpu_seconds: now.cpu_since(used).map(|cpu| cpu.as_secs_f64()),
        stranded: all.stranded,
        wrong: all.wrong + all.refused,
        together,
        latency,
        peak_kib,
        database_bytes: mark.zip(now_there).map(|(before, now)| now.bytes.saturating_sub(before.bytes)),
        webhooks_a_commit: commits.map(|commits| all.webhooks as f64 / commits.max(1.0)),
    })
}

/// Legs that ring, and are told about as fast as the service takes it.
pub(super) async fn webhooks(folder: &Path, scale: Scale) -> Result<Webhooks> {
    let (stage, callers, legs) = ringing(folder, scale, LEGS).await?;
    let before = Rows::copy(&stage.database).await?;
    let (counts, used, began) = (stage.seen.counts(), stage.service.used(), stage.clock.now());
    stage.seen.take_times();
    for status in ["ringing", "in-progress"] {
        let told = |leg: Ringing| {
            let exchange = stage.exchange.clone();
            async move { exchange.tell(&leg, status).await }
        };
        stream::iter(legs.clone()).map(told).buffer_unordered(CONNECTIONS).for_each(|()| async {}).await;
    }
    let seconds = (stage.clock.now() - began).as_secs_f64();
    let now = stage.service.used();
    let counts = stage.seen.counts().since(counts);
    let latency = stage.seen.take_times();
    let rows = before.until(&stage.database).await?;
    end(stage, callers).await?;
    Ok(Webhooks {
        webhooks: counts.webhooks,
        seconds,
        refused: counts.refused,
        latency,
        cpu_seconds: now.cpu_since(used).map(|cpu| cpu.as_secs_f64()),
        peak_kib: now.peak_kib,
        rows,
    })
}

/// The same, each when the one before was answered.
pub(super) async fn alone(folder: &Path, scale: Scale) -> Result<Spread> {
    let (stage, mut callers, legs) = ringing(folder, scale, 200).await?;
    stage.seen.take_times();
    for status in ["ringing", "in-progress"] {
        for leg in &legs {
            stage.exchange.tell(leg, status).await;
        }
    }
    let latency = stage.seen.take_times();
    callers.shutdown().await;
    stage.service.die().await?;
    stage.api.abort();
    Ok(latency)
}

/// How long it takes to start and to answer, with the calls on record that were live when the service died.
pub(super) async fn start(folder: &Path, scale: Scale) -> Result<Duration> {
    let clock = VirtualClock::start(1.0);
    let began = clock.now();
    let stage = Stage::set(folder, &Program::Ours, scale.organisers, None).await?;
    ensure!(stage.exchange.is_answered(&format!("{}/healthz", stage.service.address)).await, "the service is not well");
    let took = clock.now() - began;
    stage.strike().await?;
    Ok(took)
}

/// The memory of a service on a new database, and what so many callers who wait add to it.
pub(super) async fn memory(folder: &Path, scale: Scale) -> Result<Memory> {
    let stage = Stage::set(folder, &Program::Ours, scale.organisers, None).await?;
    ensure!(stage.exchange.is_answered(&format!("{}/healthz", stage.service.address)).await, "the service is not well");
    let idle_kib = stage.service.used().memory_kib;
    let (callers, _) = wait(&stage, WAITING, WAITING * scale.organisers).await?;
    let waiting_kib = stage.service.used().memory_kib;
    let added = waiting_kib.zip(idle_kib).map(|(waiting, idle)| waiting.saturating_sub(idle));
    end(stage, callers).await?;
    Ok(Memory { idle_kib, waiting_bytes: added.map(|kib| kib * 1024 / WAITING as u64) })
}

type Callers = JoinSet<()>;

/// A service with so many legs that ring and are not picked up.
async fn ringing(folder: &Path, scale: Scale, legs: usize) -> Result<(Stage, Callers, Vec<Ringing>)> {
    let organisers = scale.organisers.max(20);
    let stage = Stage::set(folder, &Program::Ours, organisers, None).await?;
    let (callers, legs) = wait(&stage, legs.div_ceil(organisers), legs).await?;
    Ok((stage, callers, legs))
}

/// So many callers who wait, as soon as so many phones ring.
async fn wait(stage: &Stage, callers: usize, legs: usize) -> Result<(Callers, Vec<Ringing>)> {
    let mut waiting = JoinSet::new();
    for _ in 0..callers {
        let exchange = stage.exchange.clone();
        waiting.spawn(async move { exchange.call().await });
    }
    let mut found = Vec::new();
    let all = async {
        while found.len() < legs {
            stage.clock.sleep(Duration::from_millis(20)).await;
            found.extend(stage.exchange.take_ringing());
        }
    };
    let rang = stage.clock.within(PATIENCE, all).await;
    ensure!(rang.is_some(), "only {} of {legs} phones rang", found.len());
    Ok((waiting, found))
}

async fn end(stage: Stage, mut callers: Callers) -> Result<()> {
    stage.exchange.hang_up_all();
    callers.shutdown().await;
    stage.strike().await
}
