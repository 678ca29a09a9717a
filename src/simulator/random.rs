//! Owns chance: a small seeded generator (SplitMix64) and the identifiers made from it.
//! The same seed gives the same world. Must not read the clock or the operating system.

/// A seeded source of numbers; not for secrets.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// A generator whose whole future is decided by `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// True with the given probability (0 to 1).
    pub fn happens(&mut self, probability: f64) -> bool {
        // 53 bits fill a double exactly.
        let unit = (self.draw() >> 11) as f64 / (1u64 << 53) as f64;
        unit < probability
    }

    /// A Twilio-shaped identifier: two letters and 32 hex digits.
    pub fn sid(&mut self, prefix: &str) -> String {
        format!("{prefix}{:016x}{:016x}", self.draw(), self.draw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sids() {
        let (mut a, mut b) = (Chance::new(7), Chance::new(7));
        assert_eq!(a.sid("CA"), b.sid("CA"));
        assert_eq!(a.sid("CA").len(), 34);
        assert!(a.happens(1.0) && !a.happens(0.0));
    }
}
