//! A deterministic simulation: the real switchboard on real SQLite, outbox, sweep and router, and the
//! simulator's Twilio, in virtual time. One seed is one world; a seed that fails is played again with
//! `SHAREDPHONE_SEED=… cargo test --test it worlds::one -- --ignored --nocapture`.

mod judge;
mod life;
mod network;
mod plan;
mod play;
mod record;
mod still;
mod tables;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use plan::Plan;
use sharedphone::crash::Point;
use sharedphone::simulator::ladder::ladder;
use tempfile::TempDir;

/// A folder in memory, where there is one: the disk is not what is tested here.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}

/// The database that all worlds begin with.
fn empty(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("empty.db");
    let runtime = still::Stillness::default().runtime();
    runtime.block_on(life::empty_database(&path));
    path
}

/// Plays one world in a folder and says where the service died in it; the error is what was wrong, and the story.
fn play(seed: u64, folder: &Path, empty: &Path) -> Result<Vec<Point>, String> {
    let plan = Plan::of(seed);
    let played = play::play(&plan, folder, empty);
    judge::judge(&plan, &played, &folder.join("sharedphone.db"))?;
    Ok(played.deaths.iter().filter_map(|(point, ..)| *point).collect())
}

/// What was seen in many worlds.
#[derive(Default)]
struct Seen {
    broken: Vec<(u64, String)>,
    died_at: BTreeSet<Point>,
}

/// Plays so many worlds from seed `first` on, on all processors.
fn play_all(first: u64, count: u64) -> Seen {
    let shared = folder();
    let empty = empty(&shared);
    let next = AtomicU64::new(first);
    let seen = Mutex::new(Seen::default());
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= first + count {
            return;
        }
        let played = play(seed, folder().path(), &empty);
        let mut seen = seen.lock().expect("no panic");
        match played {
            Ok(points) => seen.died_at.extend(points),
            Err(story) => seen.broken.push((seed, story)),
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let mut seen = seen.into_inner().expect("no panic");
    seen.broken.sort();
    seen
}

/// A number of the environment, which says what is to be played.
#[expect(clippy::disallowed_methods, reason = "no setting of the service's")]
pub fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().expect(name))
}

#[test]
fn many_worlds_keep_their_promises() {
    let count = asked("SHAREDPHONE_WORLDS", 10_000);
    let Seen { broken, died_at } = play_all(asked("SHAREDPHONE_SEED", 0), count);
    for (seed, story) in &broken {
        let wrong: Vec<&str> = story.lines().take_while(|line| !line.is_empty()).collect();
        println!("seed {seed}: {}", wrong.join("; "));
    }
    if let Some((seed, story)) = broken.first() {
        panic!("{} of {count} worlds broke a promise; the first is seed {seed}:\n{story}", broken.len());
    }
    let never: Vec<_> = Point::ALL.iter().filter(|point| !died_at.contains(*point)).collect();
    assert!(never.is_empty() || count < 5000, "in no world the service died at {never:?}");
}

#[test]
fn the_same_seed_is_the_same_world() {
    let shared = folder();
    let empty = empty(&shared);
    for seed in 0..20 {
        let told = || {
            let folder = folder();
            let played = play::play(&Plan::of(seed), folder.path(), &empty);
            (ladder(played.world.observations()), record::newest_hash(&folder.path().join("sharedphone.db")))
        };
        assert_eq!(told(), told(), "seed {seed}");
    }
}

#[test]
#[ignore = "plays the world of SHAREDPHONE_SEED"]
fn one() {
    let (shared, own) = (folder(), folder());
    if let Err(story) = play(asked("SHAREDPHONE_SEED", 0), own.path(), &empty(&shared)) {
        panic!("{story}\nIts record is in {}", own.keep().display());
    }
}
