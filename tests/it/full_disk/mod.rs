//! The real binary on a disk that is really full, with less and less room left, while people call: what was
//! acknowledged is in the database or in the spool, every promise is kept, and as soon as there is room everything
//! is as ever and all of it on record. A failure names its seed.

mod brink;
mod disk;
mod kept;
mod post;
mod story;

use std::time::Duration;

use disk::Disk;
use futures_util::{StreamExt, stream};
use sharedphone::simulator::problem::ProblemKind;
use story::Figures;

use crate::serve::process::Place;
use crate::stage::Setting;
use crate::worlds::asked;

/// From nothing at all to what some calls write.
const STEP: u64 = 4096;

/// How many levels one story has, one after the other.
const LEVELS: usize = 7;

/// How many stories are played at once: they mostly wait.
const AT_ONCE: usize = 4;

/// Files can't grow: some levels from everywhere.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_may_not_grow_lose_nothing() {
    play_all((0..14).map(|level| level * 4 * STEP), false).await;
}

/// A file system of its own, with from 0 to 196 KiB left.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a mount namespace, and takes some minutes"]
async fn a_full_file_system_at_fifty_levels_loses_nothing() {
    play_all((0..50).map(|level| level * STEP), true).await;
}

/// There is room for some thousand pages, and none for the spool.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a mount namespace"]
async fn what_is_too_little_for_the_spool_is_left_to_the_database() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let disk = Disk::own(&place, 3);
    let mut service = disk.serve(&place, &[("RUST_LOG", "info")]);
    service.is_ready().await;
    assert!(service.stderr().contains("the spool has no room of its own"), "{}", service.stderr());
    let sim = &place.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    service.terminate();
    let (code, _, said) = service.end().await;
    assert_eq!((code, said.contains(story::FROM_MEMORY)), (Some(0), false), "{said}");
    disk.bring_out(&place);
    place.until("SELECT outcome, organiser FROM call_history", &["connected|Ada"]).await;
    place.curtain(Duration::from_secs(1)).await;
}

/// So does Linux with a disk that fails, and systemd then starts the service again.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a mount namespace"]
async fn who_calls_while_the_disk_is_read_only_is_connected_and_then_all_is_as_ever() {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.tolerate = vec![ProblemKind::BadStatus, ProblemKind::Unreachable];
    let place = Place::of(setting).await;
    let disk = Disk::own(&place, 16);
    let mut service = disk.serve(&place, &[]);
    service.is_ready().await;
    service.terminate();
    service.end().await;
    disk.remount(&place, "ro");
    let mut service = disk.serve(&place, &[("RUST_LOG", "info")]);
    place.until_said(&service, "can't be opened").await;
    let sim = &place.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("Press 1 to take the call").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    disk.remount(&place, "rw");
    service.is_ready().await;
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    service.terminate();
    service.end().await;
    disk.bring_out(&place);
    place.until("SELECT outcome, organiser FROM call_history", &["connected|Ada"]).await;
    place.curtain(Duration::ZERO).await;
}

async fn play_all(levels: impl Iterator<Item = u64>, has_disk_of_its_own: bool) {
    let levels: Vec<u64> = levels.collect();
    let stories = levels.len().div_ceil(LEVELS);
    let first = asked("SHAREDPHONE_SEED", 0);
    // Each story has levels from everywhere.
    let stories =
        (0..stories).map(|story| {
            let levels = levels.iter().copied().skip(story).step_by(stories).collect();
            let seed = first + story as u64;
            async move {
                story::play(seed, levels, has_disk_of_its_own).await.map_err(|wrong| format!("seed {seed}: {wrong}"))
            }
        });
    let mut played = stream::iter(stories).buffer_unordered(AT_ONCE);
    let (mut all, mut broken) = (Figures::default(), Vec::new());
    while let Some(story) = played.next().await {
        match story {
            Ok(figures) => all.add(figures),
            Err(story) => broken.push(story),
        }
    }
    all.back.sort();
    println!(
        "{} levels, at {} of them the database could not be written; {} webhooks of {} lines; as ever after {:?} at most",
        all.levels,
        all.full,
        all.webhooks,
        all.calls,
        all.back.last()
    );
    assert!(broken.is_empty(), "{} stories broke a promise; the first of them:\n{}", broken.len(), broken[0]);
    assert!(all.full > all.levels / 2, "the disk was hardly ever full");
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.levels += other.levels;
        self.full += other.full;
        self.calls += other.calls;
        self.webhooks += other.webhooks;
        self.back.extend(other.back);
    }
}
