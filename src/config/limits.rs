//! `[limits]`: what is never exceeded, whatever happens.

use super::keys::Keys;
use super::values::number;

/// The `[limits]` section. 0 is no limit.
#[derive(Debug, Clone, Copy)]
pub struct LimitsSection {
    /// Live legs to one phone over all calls.
    pub legs_per_number: u32,
    /// Live legs of the account.
    pub concurrent_legs: u32,
}

impl LimitsSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            legs_per_number: keys.or("legs_per_number", 1, number(0..=u32::MAX)),
            concurrent_legs: keys.or("concurrent_legs", 0, number(0..=u32::MAX)),
        }
    }
}
