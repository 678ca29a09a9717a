//! Owns the scale between real and virtual time, and all waiting; the only place of the simulator
//! that reads a clock.
#![expect(clippy::disallowed_methods, reason = "this is the simulator's own clock; it shares none with the product")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Virtual time: real time since the beginning, times a speed.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    began: Instant,
    speed: f64,
}

impl VirtualClock {
    /// A clock at zero that runs at `speed` (1 is real time).
    pub fn start(speed: f64) -> Self {
        Self { began: Instant::now(), speed: speed.max(0.001) }
    }

    /// Virtual time since the beginning.
    pub fn now(&self) -> Duration {
        self.began.elapsed().mul_f64(self.speed)
    }

    /// How long a virtual duration really takes.
    pub fn real(&self, virtually: Duration) -> Duration {
        virtually.div_f64(self.speed)
    }

    /// Sleeps for a virtual duration.
    pub async fn sleep(&self, virtually: Duration) {
        tokio::time::sleep(self.real(virtually)).await;
    }

    /// Waits for something, at most a virtual duration.
    pub async fn within<T>(&self, virtually: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.real(virtually), work).await.ok()
    }
}

/// Unix seconds, for the date at virtual time zero.
pub fn epoch() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(0)
}
