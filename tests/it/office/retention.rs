//! What is held too long goes by itself, bit by bit.

use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::sweep::retention::{Retention, Rules};

use super::Office;
use crate::record::rows;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

impl Office {
    /// Retention that keeps numbers and notes for so long.
    fn retention(&self, keep: Duration) -> Retention {
        let rules = Rules { numbers: Some(keep), notes: Some(keep), recordings: None, timeline: None };
        Retention::new(self.switchboard.clone(), self.reader.clone(), Clock::system(), rules)
    }

    async fn counts(&self, query: &'static str) -> String {
        rows(&self.database(), query).await.concat()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn years_of_calls_are_erased_bit_by_bit_while_twilio_keeps_up() {
    let held = "SELECT count(DISTINCT call_sid) FROM personal";
    let deletions = "SELECT count(*) FROM outbox WHERE kind LIKE 'delete%'";
    let office = Office::open().await;
    for index in 0..50 {
        office.call(index, 20).await;
    }
    assert_eq!(office.retention(HOUR).step().await, Some(HOUR), "nothing is overdue");
    assert_eq!(office.counts(held).await, "50");

    // Nobody sends here.
    for (again, left, open) in [(MINUTE, "30", "60"), (MINUTE, "10", "120"), (10 * MINUTE, "10", "120")] {
        assert_eq!(office.retention(Duration::ZERO).step().await, Some(again));
        assert_eq!((office.counts(held).await.as_str(), office.counts(deletions).await.as_str()), (left, open));
    }
}
