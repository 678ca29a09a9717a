//! The service that is measured: this program's own `serve`, as a process of its own with a new database, and what the
//! system says of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::simulator::twiml::Method;

/// How many of its ticks Linux counts as a second of a processor.
const TICKS: f64 = 100.0;

/// Which hotline is measured.
#[derive(Debug, Clone)]
pub(super) enum Program {
    /// This one.
    Ours,
    /// Another, at this path.
    Other(PathBuf),
}

/// A process that takes calls.
pub(super) struct Service {
    child: Child,
    program: Program,
    /// Where it takes them.
    pub(super) address: String,
}

/// What a process has used so far; nothing where the system does not tell.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(super) struct Used {
    /// Seconds of processors.
    pub(super) cpu: Option<f64>,
    /// The memory that it has, in KiB, and the most that it had.
    pub(super) memory_kib: Option<u64>,
    pub(super) peak_kib: Option<u64>,
}

/// The account that all of this is for; nobody has it.
pub(super) const ACCOUNT: &str = "ACbe4cbe4cbe4cbe4cbe4cbe4cbe4cbe4c";
pub(super) const TOKEN: &str = "be4cbe4cbe4cbe4cbe4cbe4cbe4cbe4c";
pub(super) const NUMBER: &str = "+15550006666";

impl Service {
    /// Starts it in this folder, with so many organisers, on a Twilio at `api_url`.
    pub(super) async fn start(folder: &Path, program: &Program, api_url: &str, organisers: usize) -> Result<Self> {
        let listen = free_address()?;
        let mut command = match program {
            Program::Ours => ours(folder, &listen.to_string(), api_url, organisers)?,
            Program::Other(path) => other(path, listen.port(), api_url, organisers),
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{:?} does not start", program))?;
        let stdout = child.stdout.take().context("it says nothing")?;
        let mut service = Self { child, program: program.clone(), address: format!("http://{listen}") };
        let said = spawn_blocking(move || BufReader::new(stdout).lines().next().transpose()).await??;
        ensure!(said.is_some(), "the service ended at once: {:?}", service.child.wait()?);
        Ok(service)
    }

    /// What it has used so far.
    pub(super) fn used(&self) -> Used {
        used(self.child.id())
    }

    /// How it wants to be asked.
    pub(super) fn method(&self) -> Method {
        match self.program {
            Program::Ours => Method::Post,
            Program::Other(_) => Method::Get,
        }
    }

    /// Ends it as a crash would.
    pub(super) async fn die(mut self) -> Result<()> {
        self.child.kill().context("the service can't be killed")?;
        spawn_blocking(move || self.child.wait()).await??;
        Ok(())
    }

    /// Stops it as one should, and waits until it has ended.
    pub(super) async fn stop(mut self) -> Result<()> {
        let stopped = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status()?;
        ensure!(stopped.success(), "the service can't be stopped");
        let is_ours = matches!(self.program, Program::Ours);
        let status = spawn_blocking(move || self.child.wait()).await??;
        ensure!(status.success() || !is_ours, "the service did not stop well: {status}");
        Ok(())
    }
}

impl Drop for Service {
    /// Whatever goes wrong here, it is not left running.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().and_then(|()| self.child.wait()).ok();
        }
    }
}

/// What this process has used so far, as Linux tells it.
pub(super) fn used(process: u32) -> Used {
    let read = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}")).ok();
    let cpu = read("stat").and_then(|stat| {
        // The name, in parentheses, may hold anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let (user, system): (f64, f64) = (fields.nth(11)?.parse().ok()?, fields.next()?.parse().ok()?);
        Some((user + system) / TICKS)
    });
    let status = read("status").unwrap_or_default();
    let kib = |name: &str| {
        let figure = status.lines().find_map(|line| line.strip_prefix(name))?;
        figure.split_whitespace().next()?.parse().ok()
    };
    Used { cpu, memory_kib: kib("VmRSS:"), peak_kib: kib("VmHWM:") }
}

impl Used {
    /// Processor time since then.
    pub(super) fn cpu_since(self, before: Self) -> Option<Duration> {
        Some(Duration::from_secs_f64((self.cpu? - before.cpu?).max(0.0)))
    }
}

fn free_address() -> Result<SocketAddr> {
    let socket = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(socket.local_addr()?)
}

fn ours(folder: &Path, listen: &str, api_url: &str, organisers: usize) -> Result<Command> {
    let config = folder.join("sharedphone.toml");
    fs::write(&config, configuration(folder, listen, api_url, organisers)).context("no configuration")?;
    let mut command = Command::new(std::env::current_exe().context("this program is not to be found")?);
    command.args(["serve", "--config"]).arg(&config).env("RUST_LOG", "error");
    Ok(command)
}

fn other(program: &Path, port: u16, api_url: &str, organisers: usize) -> Command {
    let team: Vec<String> = team(organisers).collect();
    let mut command = Command::new(program);
    command.env("BENCH_PORT", port.to_string()).env("BENCH_API_URL", api_url).env("BENCH_ORGANISERS", team.join(","));
    command.env("BENCH_ACCOUNT_SID", ACCOUNT).env("BENCH_AUTH_TOKEN", TOKEN).env("BENCH_NUMBER", NUMBER);
    command
}

/// Who is rung: so many people with numbers of their own.
pub(super) fn team(organisers: usize) -> impl Iterator<Item = String> {
    (1..=organisers).map(|number| format!("+1555100{number:04}"))
}

/// Where a service of this folder has its database.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("sharedphone.db")
}

pub(super) fn configuration(folder: &Path, listen: &str, api_url: &str, organisers: usize) -> String {
    let database = database(folder);
    let (folder, database) = (folder.display(), database.display());
    let mut text = format!(
        r#"
[server]
public_url = "http://{listen}"
listen = "{listen}"
[database]
path = "{database}"
[record]
checkpoints = "{folder}/checkpoints.jsonl"
[retention]
numbers_days = 0
notes_days = 0
recordings_days = 0
[hotline]
name = "hotline under load"
[twilio]
account_sid = "{ACCOUNT}"
auth_token = "{TOKEN}"
phone_number = "{NUMBER}"
api_url = "{api_url}"
calls_per_second = 1000
[limits]
legs_per_number = 0
legs_per_hour = 0
concurrent_calls = 0
concurrent_legs = 0
calls_per_minute = 0
calls_per_caller_per_minute = 0
"#
    );
    for (number, phone) in team(organisers).enumerate() {
        text += &format!("[[organisers]]\nname = \"Organiser {}\"\nnumber = \"{phone}\"\n", number + 1);
    }
    text
}
