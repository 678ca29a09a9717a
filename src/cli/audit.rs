//! `audit verify`: was anything in the record changed, removed or made up? Needs neither the service
//! nor the network. Owns what is read and what is said; the checking is in `store/audit`, and
//! which witnesses count is decided in `witness/testimony`.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::reading::configured_as;
use super::{ConfigFile, errand};
use crate::clock::Clock;
use crate::domain::errand::Errand;
use crate::store::audit::{self, Point, Problem, Progress, Report, Witnessed};
use crate::witness::testimony::{self, Source, Testimony};
use crate::witness::{self, LogId, PublicKey};

/// A verification that is quicker than this shows no progress.
const QUICK: Duration = Duration::from_secs(1);

/// What can be asked about the record.
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the whole record. Exit code 0: intact, 1: tampered with or damaged, 3: could not check.
    Verify(Verify),
}

#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    config: ConfigFile,
    /// The database, if it is not the configured one.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Checkpoints to compare with, if they are not the configured ones; may be given more than once.
    #[arg(long = "checkpoints", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// The public key that signs the checkpoints, as you were given it; only such keys count then.
    #[arg(long = "key", value_name = "HEX")]
    keys: Vec<PublicKey>,
    /// Say it in JSON.
    #[arg(long)]
    json: bool,
}

/// What is checked, and with what it is compared.
struct Matter {
    database: PathBuf,
    checkpoints: Vec<PathBuf>,
    keys: Vec<PublicKey>,
}

/// What was found, and what the witnesses said beside their points.
struct Findings {
    report: Report,
    signers: Vec<PublicKey>,
}

/// Checks, says what was found, and puts on record that it was intact. Nothing is added to a record
/// that was tampered with.
pub(super) async fn run(audit: &Audit) -> ExitCode {
    let Command::Verify(verify) = &audit.command;
    let matter = match verify.matter() {
        Ok(matter) => matter,
        Err(error) => return could_not(verify, &error),
    };
    let shown = matter.database.clone();
    let checked = tokio::task::spawn_blocking(move || matter.check()).await;
    match checked.context("the verification has a fault").and_then(|checked| checked) {
        Ok(findings) => {
            findings.say(&shown, verify.json);
            if !findings.report.is_intact() {
                return ExitCode::from(1);
            }
            if let Err(error) = verify.put_on_record(&findings.report).await {
                eprintln!("sharedphone: that you verified it could not be put on record: {error:#}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => could_not(verify, &error),
    }
}

fn could_not(verify: &Verify, error: &anyhow::Error) -> ExitCode {
    eprintln!("sharedphone: could not check: {error:#}");
    if verify.json {
        println!("{}", json!({ "outcome": "could_not_check", "why": format!("{error:#}") }));
    }
    ExitCode::from(3)
}

impl Verify {
    /// The configuration is asked for what was not given, and need not be there if the database was.
    fn matter(&self) -> Result<Matter> {
        let (mut database, mut checkpoints) = (self.database.clone(), self.checkpoints.clone());
        if database.is_none() || (checkpoints.is_empty() && self.config.path.exists()) {
            let config =
                self.config.load().context("name the files with --database and --checkpoints, or mend this")?;
            database = database.or(Some(config.database.path));
            if checkpoints.is_empty() && config.record.checkpoints.exists() {
                checkpoints.push(config.record.checkpoints);
            }
        }
        let database = database.unwrap_or_default();
        Ok(Matter { database, checkpoints, keys: self.keys.clone() })
    }
}

impl Verify {
    /// Only the configured database has a service that may write to it.
    async fn put_on_record(&self, report: &Report) -> Result<()> {
        let config = match &self.database {
            None => Some(self.config.load()?),
            Some(path) => configured_as(&self.config, path),
        };
        let (Some(config), Some(head)) = (config, &report.head) else { return Ok(()) };
        let verified = Errand::Verified { seq: head.seq, hash: head.hash.clone(), witnesses: report.witnesses };
        errand::done(&config, verified).await
    }
}

impl Matter {
    fn check(&self) -> Result<Findings> {
        let testimony = self.hear()?;
        let witnessed = Witnessed { points: points(&testimony)? };
        let mut bar = Bar::new();
        let checked = audit::verify(&self.database, &witnessed, &mut |progress| bar.show(progress));
        bar.clear();
        let mut report = checked?;
        let troubles = testimony.problems.iter().map(|problem| Problem { event: None, what: problem.to_string() });
        report.problems.splice(0..0, troubles);
        if report.events == 0 {
            report.problems.extend(self.former()?);
            if report.problems.is_empty() {
                bail!("there is nothing to check: no service has begun a record in {}", self.database.display());
            }
        }
        report.remarks.extend(remarks(&testimony, &report));
        Ok(Findings { report, signers: testimony.keys })
    }

    /// Who witnesses a record that is not there any more.
    fn former(&self) -> Result<Vec<Problem>> {
        let mut problems = Vec::new();
        for path in &self.checkpoints {
            let lines = witness::read(path)?.iter().filter(|(_, line)| line.is_ok()).count();
            if lines > 0 {
                let path = path.display();
                let what = format!(
                    "the database has no event, and {path} has {lines} lines of witnesses: the record was removed, or \
                     this is not its database"
                );
                problems.push(Problem { event: None, what });
            }
        }
        Ok(problems)
    }

    /// What the witnesses say about this very record.
    fn hear(&self) -> Result<Testimony> {
        if self.checkpoints.is_empty() {
            return Ok(Testimony::default());
        }
        let source = |path: &PathBuf| -> Result<Source> {
            Ok(Source { name: path.display().to_string(), lines: witness::read(path)? })
        };
        let sources: Vec<Source> = self.checkpoints.iter().map(source).collect::<Result<_>>()?;
        match audit::log_id(&self.database)?.and_then(|id| id.parse::<LogId>().ok()) {
            Some(log) => Ok(testimony::hear(log, sources, &self.keys)),
            // It says so itself: its first event is not what it must be.
            None => Ok(Testimony::default()),
        }
    }
}

/// The points that count, as the verifier takes them.
fn points(testimony: &Testimony) -> Result<Vec<Point>> {
    let point = |point: &testimony::Point| -> Result<Point> {
        let file: Arc<str> = point.place.file.clone();
        Ok(Point { seq: point.seq, hash: point.hash.to_string().parse()?, file, line: point.place.line })
    };
    testimony.points.iter().map(point).collect()
}

/// What is worth knowing about older copies that took the record's place.
fn remarks(testimony: &Testimony, report: &Report) -> Vec<String> {
    let mut remarks = Vec::new();
    for restore in &report.restores {
        let (seq, lost_to) = (restore.seq, restore.lost_to);
        let witnessed = testimony.restores.iter().any(|known| known.point.seq == seq);
        let who = if witnessed { "and a witness says so, too" } else { "and no witness here says so" };
        remarks.push(format!("event {seq} accepts an older copy; events up to {lost_to} were lost, {who}"));
    }
    if !testimony.lost.is_empty() {
        let lost = testimony.lost.len();
        remarks.push(format!(
            "{lost} checkpoints are of a record that was given up for an older copy; they are not compared"
        ));
    }
    remarks
}

impl Findings {
    fn say(&self, database: &Path, as_json: bool) {
        if as_json {
            println!("{}", self.json(database));
        } else {
            print!("{}", self.text(database));
        }
    }

    fn json(&self, database: &Path) -> Value {
        let report = &self.report;
        let mut said = json!(report);
        said["outcome"] = json!(if report.is_intact() { "intact" } else { "tampered" });
        said["database"] = json!(database.display().to_string());
        said["unwitnessed"] = json!(report.unwitnessed());
        said["keys"] = json!(self.signers.iter().map(ToString::to_string).collect::<Vec<_>>());
        said
    }

    fn text(&self, database: &Path) -> String {
        let Self { report, signers } = self;
        let mut lines = Vec::new();
        let shown = database.display();
        if report.is_intact() {
            lines.push(format!("{shown} is intact."));
        } else {
            let count = report.problems.len() as u64 + report.more_problems;
            lines.push(format!("{shown} was TAMPERED WITH or is damaged; problems: {count}"));
            lines.extend(report.problems.iter().map(|problem| format!("  - {problem}")));
            if report.more_problems > 0 {
                lines.push(format!("  and {} more", report.more_problems));
            }
            lines.push("Keep this file and its checkpoints as they are, and look into it on a copy.".to_owned());
        }
        let nothing = || "nothing".to_owned();
        let first = report.first_at.clone().unwrap_or_else(nothing);
        let last = report.last_at.clone().unwrap_or_else(nothing);
        lines.push(format!("  record     {}", report.log_id.clone().unwrap_or_else(nothing)));
        lines.push(format!("  events     {}, from {first} to {last}", report.events));
        lines.push(format!("  calls      {}, of which {} were expunged", report.calls, report.expunged));
        if let Some(head) = &report.head {
            lines.push(format!("  last one   event {}, {}", head.seq, head.hash));
        }
        lines.push(format!("  witnesses  {}", witnesses(report)));
        lines.extend(
            signers.iter().map(|key| format!("  signed by  {key}; compare it with the key that you were given")),
        );
        lines.extend(report.remarks.iter().map(|remark| format!("  note       {remark}")));
        lines.push(String::new());
        lines.join("\n")
    }
}

fn witnesses(report: &Report) -> String {
    match report.last_witnessed {
        None => "NO WITNESS: a tail that was cut off can't be seen, nor a record that was made anew; name a file of \
                 checkpoints with --checkpoints"
            .to_owned(),
        Some(seq) => {
            let (agree, since) = (report.witnesses, report.unwitnessed());
            format!("{agree} agree; the last one vouches for event {seq}, and {since} came after it")
        }
    }
}

/// Progress for somebody who waits at a terminal.
struct Bar {
    clock: Clock,
    began: crate::domain::time::Timestamp,
    shown: bool,
}

impl Bar {
    fn new() -> Self {
        let clock = Clock::system();
        let began = clock.now();
        Self { clock, began, shown: false }
    }

    fn show(&mut self, progress: Progress) {
        if !std::io::stderr().is_terminal() || self.clock.now().since(self.began) < QUICK {
            return;
        }
        let whole = (2 * progress.events).max(1);
        let percent = (100 * (progress.linked + progress.replayed) / whole).min(100);
        self.write(&format!("\r{percent:3} % of {} events checked", progress.events));
        self.shown = true;
    }

    fn clear(&mut self) {
        if self.shown {
            self.write("\r\x1b[K");
        }
    }

    fn write(&self, text: &str) {
        let mut stderr = std::io::stderr();
        if write!(stderr, "{text}").and_then(|()| stderr.flush()).is_err() {
            // Nobody looks on any more.
        }
    }
}
