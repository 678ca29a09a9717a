//! `[ringing]`: how a call is rung, and what the caller hears until somebody takes it.

use super::keys::Keys;
use super::values::{choice, number};
use crate::domain::settings::{Screening, Waiting};

/// The `[ringing]` section.
#[derive(Debug, Clone, Copy)]
pub struct RingingSection {
    /// How a human is told from a machine.
    pub screening: Screening,
    /// What the caller hears while waiting.
    pub waiting: Waiting,
    /// How long each phone rings, in seconds.
    pub ring_seconds: u32,
    /// The caller's longest wait for a person, in seconds.
    pub give_up_seconds: u32,
}

impl RingingSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            screening: keys.or("screening", Screening::default(), choice("\"keypress\", \"amd\", \"none\"")),
            waiting: keys.or("waiting", Waiting::default(), choice("\"ringing\", \"ringback\", \"music\"")),
            ring_seconds: keys.or("ring_seconds", 20, number(1..=600)),
            give_up_seconds: keys.or("give_up_seconds", 60, number(1..=3600)),
        }
    }
}
