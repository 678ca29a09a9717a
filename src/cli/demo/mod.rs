//! `demo`: calls as stories, played by the real service against a Twilio and phones of our own, on
//! a machine with nothing but this program. Owns the course of a demo; must not touch a
//! configuration file, nor a database that was there before.
//!
//! Start at [`run`]. The stories are in `scenarios`, what they are played on in `stage`; `live`
//! shows a call as it happens, `record` how the database tells it, `promises` judges it.

mod live;
mod page;
mod promises;
mod record;
mod scenarios;
mod stage;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use clap::builder::PossibleValuesParser;
use tokio_util::sync::CancellationToken;

use self::live::Live;
use self::page::{Page, Tone};
use self::scenarios::Scenario;
use self::stage::Stage;
use crate::clock::Clock;

/// Plays all scenarios, one after the other.
const ALL: &str = "all";

/// How fast all of them are played if nothing else is said.
const SPEED_OF_ALL: f64 = 10.0;

/// What a demo can be asked for.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Which story to play, or all of them.
    #[arg(long, value_name = "NAME", default_value = "first-wins", value_parser = PossibleValuesParser::new(names()))]
    scenario: String,
    /// How many times as fast as in real life [default: 1, for all scenarios 10].
    #[arg(long, value_name = "X", value_parser = speed)]
    speed: Option<f64>,
    /// Keep the databases in this folder, one for each scenario.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

fn names() -> Vec<&'static str> {
    scenarios::ALL.iter().map(|scenario| scenario.name).chain([ALL]).collect()
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (0.1..=100.0).contains(speed));
    speed.ok_or_else(|| "a number from 0.1 to 100".to_owned())
}

/// Plays what was asked for; 1 if a promise was broken.
pub(super) async fn run(demo: &Demo) -> Result<ExitCode> {
    let folder = Folder::make(demo.keep.as_deref())?;
    tokio::select! {
        code = play_all(demo, &folder) => code,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Ok(ExitCode::from(1))
        }
    }
}

async fn play_all(demo: &Demo, folder: &Folder) -> Result<ExitCode> {
    let page = Page::stdout();
    let all = demo.scenario == ALL;
    let speed = demo.speed.unwrap_or(if all { SPEED_OF_ALL } else { 1.0 });
    let clock = Clock::system();
    let began = clock.now();
    let mut broken = Vec::new();
    introduce(page, speed);
    for scenario in scenarios::ALL.iter().filter(|scenario| all || scenario.name == demo.scenario) {
        if !play(page, scenario, speed, folder, !all).await? {
            broken.push(scenario.name);
        }
    }
    if all {
        let seconds = clock.now().since(began).as_secs_f64();
        page.title(&format!("All {} scenarios, in {seconds:.0} s", scenarios::ALL.len()));
        if broken.is_empty() {
            page.line(&page.paint(Tone::Good, "  Every promise was kept in each of them."));
        } else {
            page.line(&page.paint(Tone::Bad, &format!("  Promises were broken in: {}", broken.join(", "))));
        }
    }
    next_steps(page, all);
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Plays one story and shows it; false if it broke a promise.
async fn play(page: Page, scenario: &'static Scenario, speed: f64, folder: &Folder, whole: bool) -> Result<bool> {
    page.title(scenario.name);
    page.paragraph(scenario.about);
    page.line("");
    let stage = Stage::set(scenario, speed, &folder.new_database(scenario)?).await?;
    let over = CancellationToken::new();
    let live = tokio::spawn(Live::new(page, scenario).watch(stage.sim.clone(), stage.sim.subscribe(), over.clone()));
    let told = stage.tell().await;
    let rested = stage.rests().await?;
    over.cancel();
    live.await.context("the call could not be shown")?;
    record::show(page, stage.reader(), whole).await?;
    let mut broken = promises::broken(&stage).await?;
    broken.extend(told.err());
    if !rested {
        broken.push("the record does not say that every call and every phone's part in it has ended".to_owned());
    }
    promises::show(page, &broken, &stage.sim);
    folder.tell(page, scenario);
    stage.stop().await?;
    Ok(broken.is_empty())
}

fn introduce(page: Page, speed: f64) {
    let pace = if speed == 1.0 { String::new() } else { format!(", {speed} times as fast as in real life") };
    page.title("SharedPhone demo");
    page.paragraph(&format!(
        "The service is the real one, with a database of its own; Twilio and the phones are simulated{pace}. \
         Seconds count from the moment in which the call comes in."
    ));
}

fn next_steps(page: Page, all: bool) {
    let program = program();
    page.title("What next");
    if !all {
        page.paragraph("All stories, at ten times the speed:");
        page.line(&format!("    {program} demo --scenario all"));
        page.paragraph(&format!("or one of them: {}.", names().join(", ")));
        page.line("");
    }
    page.paragraph(
        "To use a real number, follow \"Going live\" in README.md: get a number at Twilio, copy \
         config/sharedphone.example.toml to config/sharedphone.toml, fill it in, and start the service:",
    );
    page.line(&format!("    {program} serve"));
    page.line("");
}

/// How this program was called, if that is short enough to be of use.
fn program() -> String {
    let called = std::env::args_os().next().and_then(|name| name.into_string().ok());
    called.filter(|name| !Path::new(name).is_absolute()).unwrap_or_else(|| "sharedphone".to_owned())
}

/// Where the databases are.
struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    fn make(keep: Option<&Path>) -> Result<Self> {
        let (path, kept) = match keep {
            Some(path) => (path.to_owned(), true),
            None => (std::env::temp_dir().join(format!("sharedphone-demo-{}", std::process::id())), false),
        };
        let made = DirBuilder::new().mode(0o700).recursive(kept).create(&path);
        made.with_context(|| format!("the folder {} can't be made", path.display()))?;
        Ok(Self { path, kept })
    }

    fn file(&self, scenario: &Scenario) -> PathBuf {
        self.path.join(format!("{}.db", scenario.name))
    }

    /// A file that does not exist yet: the simulated calls have the same ids each time.
    fn new_database(&self, scenario: &Scenario) -> Result<PathBuf> {
        let file = self.file(scenario);
        let shown = file.display();
        ensure!(!file.exists(), "{shown} holds an earlier demo; remove it, or name another folder with --keep");
        Ok(file)
    }

    fn tell(&self, page: Page, scenario: &Scenario) {
        if self.kept {
            let file = self.file(scenario);
            page.line("");
            page.paragraph("The database is kept; ask it what you like:");
            page.line(&format!("    sqlite3 -readonly {} 'SELECT * FROM leg_history'", file.display()));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            eprintln!("sharedphone: {} could not be removed: {error}", self.path.display());
        }
    }
}
