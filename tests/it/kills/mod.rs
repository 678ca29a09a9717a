//! The real binary is killed again and again while people call: by kill -9 at random moments, and at
//! each named point of `crash.rs`. Every restart must answer in time and take up every call that
//! Twilio still has; in the end every promise must have been kept and the record be sound.
//!
//! A failure names its seed; `SHAREDPHONE_SEED=… SHAREDPHONE_KILLS=13 cargo test --test it kills::` plays
//! that plan first, and nothing more at random moments.

pub mod judge;
pub mod plan;
mod story;
mod taken_up;
pub mod traffic;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use plan::Plan;
use sharedphone::crash::Point;
use story::Figures;

use crate::worlds::asked;

/// How often the service is killed in one story.
const KILLS: u64 = 13;

/// How many stories are played at once: they mostly wait.
const AT_ONCE: usize = 8;

/// Promise 11: so long after its start a process answers. Several start at once here, in a debug build, and the
/// machine may have other work: half of them must make it.
const BACK: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments() {
    play_kills(asked("SHAREDPHONE_KILLS", 100)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half an hour"]
async fn killed_at_five_thousand_random_moments() {
    play_kills(5000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_named_point() {
    play_points(1).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes"]
async fn killed_at_every_named_point_of_five_seeds() {
    play_points(5).await;
}

async fn play_kills(kills: u64) {
    let first = asked("SHAREDPHONE_SEED", 0);
    let plans = (first..).take(usize::try_from(kills.div_ceil(KILLS)).expect("small"));
    play_all(plans.map(|seed| Plan::with_kills(seed, KILLS as usize))).await;
}

async fn play_points(seeds: u64) {
    let first = asked("SHAREDPHONE_SEED", 0);
    let seeds = first..first + seeds;
    play_all(seeds.flat_map(|seed| Point::ALL.iter().map(move |point| Plan::at(*point, seed)))).await;
}

/// Plays them all, some at once, and says what was measured; fails if a promise was broken in any.
async fn play_all(plans: impl Iterator<Item = Plan>) {
    let mut stories = stream::iter(plans).map(play_one).buffer_unordered(AT_ONCE);
    let mut all = Figures::default();
    let mut broken = Vec::new();
    let mut played = 0;
    while let Some(story) = stories.next().await {
        played += 1;
        match story {
            Ok(figures) => all.add(figures),
            Err(story) => {
                println!("{}", story.lines().take(3).collect::<Vec<_>>().join("; "));
                broken.push(story);
            }
        }
    }
    println!("{played} stories with {} kills and {} lines", all.kills, all.calls);
    println!("from the start to the first answer: {}", spread(&mut all.starts));
    println!("from there until a line was taken up: {}", spread(&mut all.taken_up));
    if let Some(first) = broken.first() {
        panic!("{} of {played} stories broke a promise; the first of them:\n{first}", broken.len());
    }
    assert!(!all.taken_up.is_empty(), "no line outlived a restart");
    assert!(at(&all.starts, 0.5) < BACK, "answers come too late");
}

/// Plays it; whatever was wrong is told with its seed.
async fn play_one(plan: Plan) -> Result<Figures, String> {
    let told = format!("seed {}: {}", plan.seed, plan.setup());
    let played = match tokio::spawn(story::play(plan)).await {
        Ok(played) => played,
        Err(error) => Err(panicked(error)),
    };
    played.map_err(|wrong| format!("{told}\n{wrong}"))
}

/// What a panic said.
fn panicked(error: tokio::task::JoinError) -> String {
    match error.into_panic().downcast::<String>() {
        Ok(text) => *text,
        Err(_) => "a panic without words".to_owned(),
    }
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.calls += other.calls;
        self.starts.extend(other.starts);
        self.taken_up.extend(other.taken_up);
    }
}

/// The value below which this part of them lies; they are sorted.
fn at(sorted: &[Duration], part: f64) -> Duration {
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index).or(sorted.last()).copied().unwrap_or_default()
}

fn spread(all: &mut [Duration]) -> String {
    all.sort();
    format!("{} times, median {:?}, 99 % {:?}, most {:?}", all.len(), at(all, 0.5), at(all, 0.99), at(all, 1.0))
}
