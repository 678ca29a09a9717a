//! `[retention]`: for how long what is known of a call is kept. Erases nothing itself.

use super::keys::Keys;
use super::values::number;

/// A hundred years.
const LONGEST: u32 = 36_500;

/// The `[retention]` section: days after a call has ended. 0: until somebody erases it.
#[derive(Debug, Clone, Copy)]
pub struct RetentionSection {
    /// The caller's number and the numbers that were rung.
    pub numbers_days: u32,
    /// Notes, tags and reasons.
    pub notes_days: u32,
    /// What Twilio keeps of the call.
    pub recordings_days: u32,
    /// The bare timeline of a call, without numbers and notes.
    pub timeline_days: u32,
}

impl RetentionSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            numbers_days: keys.or("numbers_days", 90, number(0..=LONGEST)),
            notes_days: keys.or("notes_days", 1095, number(0..=LONGEST)),
            recordings_days: keys.or("recordings_days", 30, number(0..=LONGEST)),
            timeline_days: keys.or("timeline_days", 0, number(0..=LONGEST)),
        }
    }
}
