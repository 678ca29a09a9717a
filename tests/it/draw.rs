//! What a seed decides in a plan: numbers, times and choices.

use std::time::Duration;

use sharedphone::simulator::random::Chance;

/// Draws from chance.
pub struct Draw(Chance);

impl Draw {
    /// The same seed draws the same.
    pub fn new(seed: u64) -> Self {
        Self(Chance::new(seed))
    }

    /// A whole number from 0, below this one.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.draw() % limit as u64).expect("small")
    }

    /// One of these.
    pub fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// A time between these seconds.
    pub fn seconds(&mut self, from: f64, to: f64) -> Duration {
        let part = self.below(1000) as f64 / 1000.0;
        Duration::from_secs_f64(from + (to - from) * part)
    }

    /// True with this probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.0.happens(probability)
    }

    /// Another seed.
    pub fn seed(&mut self) -> u64 {
        self.0.draw()
    }
}
