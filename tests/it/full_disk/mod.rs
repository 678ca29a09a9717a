//! The real binary on a disk that is really full, with less and less room left, while people call: what was
//! acknowledged is in the database or in the spool, every promise is kept, and as soon as there is room everything
//! is as ever and all of it on record. A failure names its seed.

mod disk;
mod kept;
mod post;
mod story;

use futures_util::{StreamExt, stream};
use story::Figures;

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
