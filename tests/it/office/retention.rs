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

    let mut steps = Vec::new();
    for _ in 0..4 {
        assert_eq!(office.retention(Duration::ZERO).step().await, Some(MINUTE));
        steps.push((office.counts(held).await, office.counts(deletions).await));
    }
    let expected = [("40", "30"), ("30", "60"), ("20", "90"), ("20", "90")];
    assert_eq!(steps, expected.map(|(held, open)| (held.to_owned(), open.to_owned())), "nobody sends here");
}
