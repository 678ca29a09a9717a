//! `[limits]`: what is never exceeded, whatever happens.

use super::keys::Keys;
use super::values::number;

/// The most calls a minute that can be counted: more are no flood but a call centre.
const MOST_A_MINUTE: u32 = 1000;

/// The `[limits]` section. 0 is no limit.
#[derive(Debug, Clone, Copy)]
pub struct LimitsSection {
    /// Live legs to one phone over all calls.
    pub legs_per_number: u32,
    /// Live legs of the account.
    pub concurrent_legs: u32,
    /// Live calls that ring the whole team.
    pub concurrent_calls: u32,
    /// New calls a minute that ring the whole team.
    pub calls_per_minute: u32,
    /// The same of one caller.
    pub calls_per_caller_per_minute: u32,
    /// Phones rung in an hour, over all calls.
    pub legs_per_hour: u32,
}

impl LimitsSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            legs_per_number: keys.or("legs_per_number", 1, number(0..=u32::MAX)),
            concurrent_legs: keys.or("concurrent_legs", 0, number(0..=u32::MAX)),
            concurrent_calls: keys.or("concurrent_calls", 20, number(0..=u32::MAX)),
            calls_per_minute: keys.or("calls_per_minute", 30, number(0..=MOST_A_MINUTE)),
            calls_per_caller_per_minute: keys.or("calls_per_caller_per_minute", 5, number(0..=MOST_A_MINUTE)),
            legs_per_hour: keys.or("legs_per_hour", 600, number(0..=u32::MAX)),
        }
    }
}
