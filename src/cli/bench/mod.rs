//! `bench`: how much this machine carries. The real service as a process of its own, a lean Twilio in this one, and
//! beside both, in the same rounds, the limits of the machine: SQLite alone, and an HTTP server that does nothing.
//! Touches no configuration and no database but its own, in a temporary folder.
//!
//! Start at [`run`]. `history` is what is on record before, `exchange` the Twilio, `service` the process, `load` what is
//! asked of it, `pages` what people read, `limits` the machine, `report` and `plot` what is shown.

mod exchange;
pub mod history;
mod limits;
mod load;
mod pages;
mod plot;
mod report;
mod seen;
mod service;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use self::history::History;
use self::report::Report;
use self::service::Program;
use crate::clock::Clock;

/// What can be measured.
#[derive(Debug, Args)]
pub(super) struct Bench {
    /// How many calls are in flight at once.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=2000))]
    calls: u32,
    /// How many organisers are rung for each.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    organisers: u32,
    /// How long each load is on, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// How often everything is measured; the medians count.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How many calls of the past are on record before: each takes 10 KB on the disk, three times over.
    #[arg(long, value_name = "CALLS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    history: u32,
    /// Where the database under load is to be: a folder on the disk that is to be measured.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Another hotline to put the same calls through in the same rounds: a program that takes GET / and GET /updates as
    /// the original SharedPhone does. It is told by the environment where: BENCH_PORT, BENCH_API_URL (instead of
    /// https://api.twilio.com), BENCH_ACCOUNT_SID, BENCH_AUTH_TOKEN, BENCH_NUMBER, BENCH_ORGANISERS (numbers, with
    /// commas); and prints a line when it listens.
    #[arg(long, value_name = "PROGRAM")]
    beside: Option<PathBuf>,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Draw the times over the load, with 1 call in flight up to --calls, into this SVG file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

/// What every part of a round needs to know.
#[derive(Debug, Clone, Copy)]
struct Scale {
    calls: usize,
    organisers: usize,
    time: Duration,
}

/// Measures, and says what it measures while it does.
pub(super) async fn run(bench: &Bench) -> Result<ExitCode> {
    let folder = Folder::make(&bench.folder.clone().unwrap_or_else(std::env::temp_dir))?;
    let scale = Scale {
        calls: bench.calls as usize,
        organisers: bench.organisers as usize,
        time: Duration::from_secs(bench.seconds),
    };
    let measured = measure(bench, scale, folder.path()).await;
    folder.remove()?;
    let report = measured?;
    if let Some(path) = &bench.plot {
        std::fs::write(path, plot::draw(&report.curve))
            .with_context(|| format!("{} can't be written", path.display()))?;
    }
    if bench.json {
        println!("{}", serde_json::to_string_pretty(&report)?)
    } else {
        print!("{report}")
    }
    Ok(ExitCode::SUCCESS)
}

async fn measure(bench: &Bench, scale: Scale, folder: &Path) -> Result<Report> {
    let mut report = Report::new(scale);
    let history = match bench.history {
        0 => None,
        calls => Some(History::make(&folder.join("history"), calls).await?),
    };
    let fresh = |folder: &Path| history.as_ref().map_or(Ok(()), |history| history.put(folder));
    for round in 1..=bench.rounds {
        let folder = folder.join(format!("round-{round}"));
        let say = |what: &str| eprintln!("round {round} of {}: {what}", bench.rounds);
        say("whole calls");
        let calls = folder.join("calls");
        fresh(&calls)?;
        report.calls.push(load::calls(&calls, &Program::Ours, scale).await?);
        say("what people read");
        report.pages.push(pages::read(&calls).await?);
        remove(&calls)?;
        if let Some(beside) = &bench.beside {
            say("whole calls through the other program");
            report.beside.push(load::calls(&folder.join("beside"), &Program::Other(beside.clone()), scale).await?);
        }
        say("status webhooks, as many as it takes");
        let webhooks = folder.join("webhooks");
        fresh(&webhooks)?;
        let told = load::webhooks(&webhooks, scale).await?;
        say("the same rows by SQLite alone");
        report.sqlite.push(limits::sqlite(told.rows.clone()).await?);
        report.webhooks.push(told);
        remove(&webhooks)?;
        say("webhooks one after the other, the disk alone, and a start after a crash");
        let alone = folder.join("alone");
        fresh(&alone)?;
        report.alone.push(load::alone(&alone, scale).await?);
        report.disk.push(limits::disk(&alone).await?);
        report.start.push(load::start(&alone, scale).await?.as_secs_f64() * 1000.0);
        say("memory");
        report.memory.push(load::memory(&folder.join("memory"), scale).await?);
        say("an HTTP server that does nothing");
        report.http.push(limits::http(scale).await?);
        remove(&folder)?;
    }
    if bench.plot.is_some() {
        let steps = std::iter::successors(Some(1), |calls| Some(calls * 4)).take_while(|calls| *calls < scale.calls);
        for calls in steps.chain([scale.calls]) {
            eprintln!("for the picture: {calls} calls at once");
            let folder = folder.join(format!("plot-{calls}"));
            fresh(&folder)?;
            let load = load::calls(&folder, &Program::Ours, Scale { calls, ..scale }).await?;
            remove(&folder)?;
            report.curve.push((calls, load));
        }
    }
    Ok(report)
}

fn remove(folder: &Path) -> Result<()> {
    std::fs::remove_dir_all(folder).context("a temporary folder can't be removed")
}

/// A folder of our own, which is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn make(parent: &Path) -> Result<Self> {
        let name = format!("sharedphone-bench-{}-{}", std::process::id(), Clock::system().now().unix_millis());
        let path = parent.join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("{} can't be made", path.display()))?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn remove(self) -> Result<()> {
        std::fs::remove_dir_all(&self.0).with_context(|| format!("{} can't be removed", self.0.display()))
    }
}
