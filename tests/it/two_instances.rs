//! Two services on one database: only one may decide who talks to whom, whatever becomes of the lock.

use std::time::Duration;

use sharedphone::store::Lock;

use crate::serve::process::{Place, Process, free_port, path};
use crate::stage::Setting;

fn elsewhere(place: &Place) -> Process {
    let address = format!("127.0.0.1:{}", free_port());
    let config = place.config();
    Process::start(&["serve", "--config", path(&config)], &[("SHAREDPHONE__SERVER__LISTEN", &address)])
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_lost_the_lock_writes_nothing_and_leaves() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let mut first = place.serve().await;
    let lock = path(&place.database()).to_owned() + ".lock";
    std::fs::remove_file(lock).expect("somebody tidies up");
    std::fs::remove_file(path(&place.database()).to_owned() + ".sock").expect("thoroughly");
    let mut second = elsewhere(&place);
    second.is_ready().await;
    place.sim.caller("Cleo").calls().await;
    assert_eq!(first.ends_within(Duration::from_secs(2)).await.code(), Some(1));
    let (_, _, said) = first.end().await;
    assert!(said.contains("another process has written to the database"), "{said}");
    place.until("SELECT count(*) FROM calls", &["0"]).await;
    second.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_start_at_once_one_serves() {
    race(20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes"]
async fn of_many_that_start_at_once_one_serves_two_hundred_times() {
    race(200).await;
}

/// Starts three at once, so often.
async fn race(times: usize) {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let mut longest = Duration::ZERO;
    for _ in 0..times {
        let begun = place.sim.now();
        let mut all: Vec<Process> = (0..3).map(|_| elsewhere(&place)).collect();
        let clock = sharedphone::clock::Clock::system();
        let settled = async {
            while all.iter_mut().map(Process::has_ended).filter(|ended| !ended).count() > 1 {
                clock.sleep(Duration::from_millis(10)).await;
            }
        };
        // Whoever is late waits until the first one's desk answers, which takes its time on a busy machine.
        clock.timeout(Lock::PATIENCE, settled).await.expect("all but one leave");
        longest = longest.max(place.sim.now() - begun);
        let (mut alive, mut gone) = (Vec::new(), Vec::new());
        for mut process in all {
            if process.has_ended() { &mut gone } else { &mut alive }.push(process);
        }
        assert_eq!((alive.len(), gone.len()), (1, 2));
        for process in gone {
            let (code, _, said) = process.end().await;
            assert_eq!(code, Some(1));
            assert!(said.contains("another SharedPhone is running"), "{said}");
        }
        alive[0].is_ready().await;
        alive[0].kill();
    }
    println!("{times} races, the longest took {longest:?}");
}
