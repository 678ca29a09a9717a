//! What SQLite leaves behind of rows that were deleted: nothing, once the service has rested.

use std::collections::BTreeMap;
use std::time::Duration;

use sharedphone::clock::Clock;

use super::{Office, words};

#[tokio::test(flavor = "multi_thread")]
async fn notes_of_all_lengths_are_gone_when_nobody_calls() {
    let office = Office::open().await;
    let mut kept = Vec::new();
    for index in 0..400 {
        office.call(index, 20 + index * 7919 % 1500).await;
        kept.push(index);
        if index % 3 == 2 {
            office.erase(kept.remove(index * 31 % kept.len())).await;
        }
    }
    for round in 0..200 {
        office.erase(kept.remove(round * 37 % kept.len())).await;
    }
    // Each of the others is there, once.
    let expected: BTreeMap<String, usize> = kept.iter().map(|index| (words(*index), 1)).collect();
    let rested = async {
        while office.found() != expected {
            Clock::system().sleep(Duration::from_millis(100)).await;
        }
    };
    let in_time = Clock::system().timeout(Duration::from_secs(10), rested).await;
    let mut found = office.found();
    found.retain(|words, count| expected.get(words) != Some(count));
    assert!(in_time.is_ok(), "left behind, how often: {found:?}");
    let folder = office.closes().await;
    crate::record::check(&folder.path().join("sharedphone.db")).await;
}
