//! A time that stands still until somebody moves it: for simulations, which let nothing happen
//! between two moments but what they mean to. Reads no clock.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::domain::time::Timestamp;

/// Moves a stepped clock. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hand(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    /// Who waits until when, in the order in which they began to.
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
    count: u64,
}

impl Hand {
    pub(super) fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State { now, sleepers: BTreeMap::new(), count: 0 })))
    }

    /// When the first of those who sleep wants to wake.
    pub fn next(&self) -> Option<Timestamp> {
        self.lock().sleepers.keys().next().map(|(at, _)| *at)
    }

    /// Moves the time on and wakes whoever has slept long enough. It never goes back.
    pub fn advance(&self, to: Timestamp) {
        let mut state = self.lock();
        state.now = state.now.max(to);
        let later = state.sleepers.split_off(&(to, u64::MAX));
        let awake = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        awake.into_values().for_each(Waker::wake);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.lock().now
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        let until = self.now() + duration;
        let mut bed = Bed { hand: self.clone(), place: None };
        poll_fn(|context| {
            let mut state = self.lock();
            if state.now >= until {
                return Poll::Ready(());
            }
            let place = *bed.place.get_or_insert_with(|| {
                state.count += 1;
                (until, state.count)
            });
            state.sleepers.insert(place, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sleeper's place; whoever no longer sleeps is not waited for.
struct Bed {
    hand: Hand,
    place: Option<(Timestamp, u64)>,
}

impl Drop for Bed {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.hand.lock().sleepers.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn who_sleeps_wakes_when_the_hand_has_come_to_the_time_and_not_before() {
        let start: Timestamp = "2026-11-22T13:00:00.000Z".parse().expect("a time");
        let hand = Hand::at(start);
        let mut sleeping = Box::pin(hand.sleep(Duration::from_secs(5)));
        assert_eq!((&mut sleeping).now_or_never(), None);
        assert_eq!(hand.next(), Some(start + Duration::from_secs(5)));
        hand.advance(start + Duration::from_secs(4));
        assert_eq!((&mut sleeping).now_or_never(), None);
        hand.advance(start + Duration::from_secs(5));
        assert_eq!((&mut sleeping).now_or_never(), Some(()));
        let dropped = Box::pin(hand.sleep(Duration::from_secs(1)));
        drop(dropped);
        assert_eq!(hand.next(), None, "nobody sleeps any more");
    }
}
