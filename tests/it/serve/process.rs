//! The binary as a process: started with a configuration of its own, listened to, stopped in the
//! gentle way or in the other.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::simulator::Simulator;
use sharedphone::simulator::promises::Expectations;
use tempfile::TempDir;

use crate::client::Twilio;
use crate::stage::{self, Setting};

/// How long anything may take that is not itself measured, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a process has written so far.
type Text = Arc<Mutex<String>>;

/// A process of the binary.
pub struct Process {
    child: Child,
    stdout: Text,
    stderr: Text,
}

impl Process {
    /// Starts the binary with nothing in its environment but this.
    pub fn start(arguments: &[&str], env: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_sharedphone")), arguments, env)
    }

    /// The same, for a process that may have only so many files open.
    pub fn start_with_files(most: u32, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_sharedphone")]);
        Self::spawn(shell, arguments, env)
    }

    /// The same by another program, which becomes this one in the end.
    pub fn spawn(mut command: Command, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        command.args(arguments).env_clear().envs(env.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let stdout = collect(child.stdout.take().expect("a pipe"));
        let stderr = collect(child.stderr.take().expect("a pipe"));
        Self { child, stdout, stderr }
    }

    /// Everything on stdout so far.
    pub fn stdout(&self) -> String {
        self.stdout.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything on stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the line that says it is ready.
    pub async fn is_ready(&mut self) {
        let clock = Clock::system();
        let ready = async {
            while !self.stdout().ends_with('\n') {
                let ended = self.child.try_wait().expect("a state");
                assert!(ended.is_none(), "it ended ({ended:?}): {}", self.stderr());
                clock.sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = clock.timeout(PATIENCE, ready).await;
        assert!(in_time.is_ok(), "it is not ready: {}", self.stderr());
    }

    /// The most memory that it has ever had, where the system says so.
    pub fn peak_memory(&self) -> Option<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|memory| memory.trim().to_owned())
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it this signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
        assert!(sent.expect("a kill command").success());
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.child.kill().expect("a process that lives");
        self.child.wait().expect("an end");
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a state").is_some()
    }

    /// Waits for its end, no longer than `limit`.
    pub async fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let clock = Clock::system();
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().expect("a state") {
                    return status;
                }
                clock.sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = clock.timeout(limit, ended).await;
        ended.unwrap_or_else(|_| panic!("it did not end within {limit:?}: {}", self.stderr()))
    }

    /// Its end: exit code, and what it said on stdout and stderr.
    pub async fn end(mut self) -> (Option<i32>, String, String) {
        let status = self.ends_within(PATIENCE).await;
        // The pipes' other ends are closed by now; the last bytes may still be on their way.
        while Arc::strong_count(&self.stdout) + Arc::strong_count(&self.stderr) > 2 {
            Clock::system().sleep(Duration::from_millis(5)).await;
        }
        (status.code(), self.stdout(), self.stderr())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.kill();
        }
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> Text {
    let text = Text::default();
    let shared = text.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            let piece = String::from_utf8_lossy(&buffer[..count]);
            shared.lock().unwrap_or_else(PoisonError::into_inner).push_str(&piece);
        }
    });
    text
}

/// A configuration for the binary, the folder of its database, and the Twilio that it is for.
pub struct Place {
    pub sim: Simulator,
    pub base: String,
    pub setting: Setting,
    folder: TempDir,
}

impl Place {
    /// A place of its own for this setting, at the speed of real time.
    pub async fn of(mut setting: Setting) -> Self {
        setting.speed = 1.0;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let base = format!("http://127.0.0.1:{}", free_port());
        let sim = setting.simulator().await;
        stage::point_number(&sim, &base);
        let place = Self { sim, base, folder, setting };
        let text = stage::toml(&place.setting, &place.base, place.sim.api_url(), place.folder.path());
        std::fs::write(place.config(), text).expect("a configuration");
        place
    }

    /// The configuration's file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("sharedphone.toml")
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("sharedphone.db")
    }

    /// Starts `serve` here, with this in its environment; it may not be ready yet.
    pub fn serve_with(&self, env: &[(&str, &str)]) -> Process {
        self.serve_by(Command::new(env!("CARGO_BIN_EXE_sharedphone")), env)
    }

    /// The same by another program, which becomes ours in the end.
    pub fn serve_by(&self, command: Command, env: &[(&str, &str)]) -> Process {
        let listen = self.base.trim_start_matches("http://");
        let mut all = vec![("SHAREDPHONE__SERVER__LISTEN", listen)];
        all.extend(self.setting.env.iter().map(|(name, value)| (*name, value.as_str())));
        all.extend(env);
        Process::spawn(command, &["serve", "--config", path(&self.config())], &all)
    }

    /// A service that is ready.
    pub async fn serve(&self) -> Process {
        let mut process = self.serve_with(&[("RUST_LOG", "info")]);
        process.is_ready().await;
        process
    }

    /// Twilio as an HTTP client.
    pub fn twilio(&self) -> Twilio {
        Twilio::calling(&self.base)
    }

    /// Waits until SQL says so, at most 30 s.
    pub async fn until(&self, query: &'static str, wanted: &[&str]) {
        let clock = Clock::system();
        let seen = Mutex::new(Vec::new());
        let comes_true = async {
            loop {
                let rows = crate::record::rows(&self.database(), query).await;
                if rows == wanted {
                    return;
                }
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = rows;
                clock.sleep(Duration::from_millis(10)).await;
            }
        };
        let in_time = clock.timeout(PATIENCE, comes_true).await.is_ok();
        assert!(in_time, "{query}\n  says   {seen:?}\n  wanted {wanted:?}\n{}", self.sim.ladder());
    }

    /// Waits until the service has written this to its log, at most 30 s.
    pub async fn until_said(&self, service: &Process, words: &str) {
        let clock = Clock::system();
        let said = async {
            while !service.stderr().contains(words) {
                clock.sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(clock.timeout(PATIENCE, said).await.is_ok(), "{words}: {}", service.stderr());
    }

    /// Ends the scenario: nothing rings on, the record is sound, and every promise was kept, with
    /// so much allowance for the time without a service.
    pub async fn curtain(&self, allowance: Duration) {
        self.sim.finish().await;
        let promised = stage::promised(&self.setting);
        let promised = Expectations { tolerance: allowance, ..promised };
        stage::keeps_promises(&self.sim, &self.database(), promised).await;
    }
}

/// A path as an argument.
pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A port that nobody listens on, out of the range that the system takes for outgoing connections:
/// between a kill and a restart nobody else must get it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 1000).expect("a small number") * 16;
    loop {
        let port = 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 16_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
