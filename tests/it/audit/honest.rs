//! Honest records of random histories: no false alarm.

use super::verify;
use super::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_record_is_intact() {
    honest_records(0..20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long"]
async fn a_thousand_honest_records_are_intact() {
    honest_records(20..1020).await;
}

async fn honest_records(seeds: std::ops::Range<u64>) {
    let (mut events, mut calls) = (0, 0);
    for seed in seeds {
        let mut world = World::new(seed).await;
        let batches = 1 + world.chance.below(60);
        world.goes_on(batches).await;
        // While the service runs, and when it has stopped.
        let live = verify(&world.database()).expect("a live database");
        assert!(live.is_intact(), "seed {seed}: {:#?}", live.problems);
        let folder = world.stops().await;
        let report = verify(&folder.path().join("sharedphone.db")).expect("a database");
        assert!(report.is_intact(), "seed {seed}: {:#?}", report.problems);
        assert_eq!(report.events, live.events + 1, "the stop is on record");
        events += report.events;
        calls += report.calls;
    }
    println!("{events} events of {calls} calls");
}
