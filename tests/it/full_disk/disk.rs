//! A small disk for one service, which a test can fill and empty again, in one of two ways. A file system of
//! its own needs a mount namespace, which not every machine lets everybody have. A limit on the length of files
//! is to be had everywhere: the kernel refuses what goes beyond it like a disk that is full.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::serve::process::{Place, Process, path};

const BINARY: &str = env!("CARGO_BIN_EXE_sharedphone");

/// Where the service keeps its files.
pub enum Disk {
    /// A file system of its own, at the folder of the place; seen only from inside the namespace that a process holds.
    Own { holder: Child },
    /// The place's folder, in which no file may be longer than it is now.
    Limited,
}

impl Disk {
    /// A file system of its own for this place, with room for so many MiB.
    pub fn own(place: &Place, room: u32) -> Self {
        let (as_root, as_anybody) = (["--mount"].as_slice(), ["--user", "--map-root-user", "--mount"].as_slice());
        let folder = folder(place);
        let holder = hold(as_root, &folder, room).or_else(|_| hold(as_anybody, &folder, room)).unwrap_or_else(|why| {
            panic!(
                "no file system of its own can be had here ({why}). It needs `unshare` and `nsenter` (util-linux), and \
                 a machine that lets this user have a mount namespace: in a container start that with `--cap-add \
                 SYS_ADMIN --security-opt seccomp=unconfined`, on Ubuntu run `sudo sysctl \
                 kernel.apparmor_restrict_unprivileged_userns=0`"
            )
        });
        let disk = Self::Own { holder };
        fs::copy(place.config(), disk.inside(&place.config())).expect("the configuration");
        disk
    }

    /// Starts the service on this disk.
    pub fn serve(&self, place: &Place, env: &[(&str, &str)]) -> Process {
        place.serve_by(self.entrance(), env)
    }

    fn entrance(&self) -> Command {
        match self {
            Self::Own { holder } => {
                let mut service = enter(holder);
                service.arg(BINARY);
                service
            }
            Self::Limited => {
                // Whoever goes beyond the limit is killed if they don't say that they can do without.
                let mut shell = Command::new("sh");
                shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", BINARY]);
                shell
            }
        }
    }

    /// Fills it up, so that no more than this many bytes are left.
    pub fn fill(&self, place: &Place, service: &Process, left: u64) {
        match self {
            Self::Own { .. } => {
                let ballast = File::create(self.ballast(place)).expect("a file");
                let written = until_full(&ballast).expect("zeros");
                ballast.set_len(written.saturating_sub(left)).expect("a shorter file");
            }
            Self::Limited => {
                let log = place.database().with_extension("db-wal");
                limit(service, Some(log.metadata().expect("a write-ahead log").len() + left));
            }
        }
    }

    /// There is room again.
    pub fn empty(&self, place: &Place, service: &Process) {
        match self {
            Self::Own { .. } => fs::remove_file(self.ballast(place)).expect("it goes"),
            Self::Limited => limit(service, None),
        }
    }

    /// Mounts it anew, with `ro` as a kernel does whose disk is broken, or with `rw`.
    pub fn remount(&self, place: &Place, option: &str) {
        let Self::Own { holder } = self else { panic!("it is no disk of its own") };
        let option = format!("remount,{option}");
        let done = enter(holder).args(["mount", "-o", &option, path(&folder(place))]).status().expect("nsenter");
        assert!(done.success(), "mount -o {option}: {done}");
    }

    /// Copies what is on the disk at this moment to a folder: the database, its log, and the spool.
    pub fn copy(&self, place: &Place, service: &Process, to: &Path) {
        service.signal("STOP");
        for name in ["sharedphone.db", "sharedphone.db-wal", "sharedphone.db.spool"] {
            let from = self.inside(&place.database().with_file_name(name));
            if from.exists() {
                fs::copy(from, to.join(name)).expect("a copy");
            }
        }
        service.signal("CONT");
    }

    /// When nobody serves any more: what was on the disk is in the place's folder.
    pub fn bring_out(&self, place: &Place) {
        if matches!(self, Self::Limited) {
            return;
        }
        for entry in fs::read_dir(self.inside(&folder(place))).expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a type").is_file() {
                fs::copy(entry.path(), folder(place).join(entry.file_name())).expect("a copy");
            }
        }
    }

    fn ballast(&self, place: &Place) -> PathBuf {
        self.inside(&folder(place).join("ballast"))
    }

    /// The same path, as it leads to this disk from outside.
    fn inside(&self, path: &Path) -> PathBuf {
        match self {
            Self::Own { holder } => {
                let root = PathBuf::from(format!("/proc/{}/root", holder.id()));
                root.join(path.strip_prefix("/").expect("a whole path"))
            }
            Self::Limited => path.to_owned(),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Own { holder } = self {
            holder.kill().expect("it lives as long as we do");
            holder.wait().expect("an end");
        }
    }
}

fn folder(place: &Place) -> PathBuf {
    place.database().parent().expect("a folder").to_owned()
}

/// A process that mounts the file system where nobody else sees it, and keeps it until it ends, which it does
/// when we do.
fn hold(namespaces: &[&str], folder: &Path, room: u32) -> io::Result<Child> {
    let script = format!("mount -t tmpfs -o size={room}m,mode=700 tmpfs \"$0\" && echo mounted && exec cat");
    let mut unshare = Command::new("unshare");
    unshare.args(namespaces).args(["sh", "-c", &script, path(folder)]);
    unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut holder = unshare.spawn()?;
    let mut said = String::new();
    BufReader::new(holder.stdout.take().expect("a pipe")).read_line(&mut said)?;
    if said == "mounted\n" {
        return Ok(holder);
    }
    let output = holder.wait_with_output()?;
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// What begins a command that sees the file system.
fn enter(holder: &Child) -> Command {
    let mut nsenter = Command::new("nsenter");
    nsenter.args(["--target", &holder.id().to_string(), "--mount"]);
    if has_users_of_its_own(holder) {
        nsenter.args(["--user", "--preserve-credentials"]);
    }
    nsenter
}

fn has_users_of_its_own(holder: &Child) -> bool {
    let users = |process: &str| fs::read_link(format!("/proc/{process}/ns/user")).expect("a namespace");
    users(&holder.id().to_string()) != users("self")
}

/// Writes until nothing goes any more; says how much it was.
fn until_full(mut file: &File) -> io::Result<u64> {
    let mut written = 0;
    loop {
        match file.write(&[0; 4096]) {
            Ok(count) => written += count as u64,
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(written),
            Err(error) => return Err(error),
        }
    }
}

/// How long a file of this process may be.
fn limit(service: &Process, most: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(service.id()).expect("a process's number"));
    prlimit(pid, Resource::Fsize, Rlimit { current: most, maximum: None }).expect("our own process");
}
