//! The fault tables: each operation of Twilio's REST API and each webhook, with each thing that may
//! go wrong with it. A cell is a small world in which the operation certainly happens and one thing
//! goes wrong with it. Owns how a cell is played and judged; `rest` and `webhooks` have the cells.

mod rest;
mod stories;
mod webhooks;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sharedphone::simulator::engine::World;

use super::judge::judge;
use super::plan::Plan;
use super::{empty, folder, play, record};

/// What goes wrong is the first of the plan's faults of this kind; others only set the stage.
#[derive(Debug, Clone, Copy)]
enum Strikes {
    Request,
    Webhook,
}

/// One cell.
struct Cell {
    operation: &'static str,
    fault: String,
    plan: Plan,
    strikes: Strikes,
    /// How the caller's call ends, where this fault must not change it.
    outcome: Option<&'static str>,
    /// Whether the service must refuse something.
    refuses: bool,
}

impl Cell {
    /// Plays it; says how the call and its legs ended, or what was wrong and the story.
    fn play(&self, empty: &Path) -> Result<String, String> {
        let folder = folder();
        let database = folder.path().join("sharedphone.db");
        let played = play::play(&self.plan, folder.path(), empty);
        judge(&self.plan, &played, &database)?;
        if self.struck(&played.world) == 0 {
            return Err("the fault never struck".to_owned());
        }
        if let Some((leg, times)) = placements(&played.world).into_iter().find(|(_, times)| *times > 1) {
            return Err(format!("Twilio was asked {times} times for {leg}"));
        }
        if self.refuses && played.refused == 0 {
            return Err("nothing was refused".to_owned());
        }
        let (calls, legs) = record::outcomes(&database);
        match self.outcome {
            Some(wanted) if calls != [wanted] => Err(format!("the call ended as {calls:?}, not {wanted}")),
            Some(_) | None => Ok(format!("{}: {}", calls.join(", "), legs.join(", "))),
        }
    }

    fn struck(&self, world: &World) -> u32 {
        let (webhooks, requests) = world.settings().faults.struck();
        let counts = match self.strikes {
            Strikes::Request => requests,
            Strikes::Webhook => webhooks,
        };
        counts.first().copied().unwrap_or_default()
    }
}

/// How often each leg's placement came to Twilio and was not turned away at the door.
fn placements(world: &World) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    let came = world.rest_log().iter().filter(|entry| entry.method == "POST" && entry.path.ends_with("/Calls.json"));
    let at_the_door = ["TooManyRequests", "NoConnection", "Error(401, "];
    let turned_away = |trouble: &String| at_the_door.iter().any(|door| trouble.starts_with(door));
    for entry in came.filter(|entry| !entry.trouble.as_ref().is_some_and(turned_away)) {
        let url = entry.form.iter().find(|(name, _)| name == "Url").map(|(_, url)| url.clone());
        *times.entry(url.expect("a placement's address")).or_default() += 1;
    }
    times
}

/// Plays all of these on all processors, prints the table, and fails if a cell does.
fn play_all(cells: &[Cell]) {
    let shared = folder();
    let empty = empty(&shared);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((index, cell)) = cells.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = cell.play(&empty);
                    results.lock().expect("no panic").insert(index, result);
                }
            });
        }
    });
    let results = results.into_inner().expect("no panic");
    let mut broken = Vec::new();
    for (cell, result) in cells.iter().zip(results.values()) {
        let name = format!("{:32} {:44}", cell.operation, cell.fault);
        match result {
            Ok(ends) => println!("{name} {ends}"),
            Err(story) => {
                println!("{name} BROKEN {}", story.lines().next().unwrap_or_default());
                broken.push(format!("{name}\n{story}"));
            }
        }
    }
    println!("{} cells", cells.len());
    assert_eq!(results.len(), cells.len());
    assert!(broken.is_empty(), "{} of {} cells are broken; the first:\n{}", broken.len(), cells.len(), broken[0]);
}

#[test]
fn every_request_with_everything_that_may_go_wrong() {
    play_all(&rest::cells());
}

#[test]
fn every_webhook_with_everything_that_may_go_wrong() {
    play_all(&webhooks::cells());
}
