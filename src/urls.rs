//! Every address that Twilio is given, and the paths that the router listens on. Addresses hold
//! opaque ids only: Twilio, proxies and logs keep them.

use crate::domain::ids::LegId;

/// A call comes in.
pub const INCOMING: &str = "/";
/// An organiser's phone was picked up.
pub const JOIN: &str = "/join";
/// A line's status has changed.
pub const UPDATES: &str = "/updates";
/// Something went wrong at another address: take the line up.
pub const FALLBACK: &str = "/twilio/fallback";
/// The caller's line: what is next?
pub const CALLER_NEXT: &str = "/twilio/caller/next";
/// The caller waits in the room.
pub const CALLER_ROOM: &str = "/twilio/caller/room";
/// The caller's room has closed.
pub const CALLER_AFTER: &str = "/twilio/caller/after";
/// The caller pressed a key.
pub const CALLER_KEY: &str = "/twilio/caller/key";
/// A leg's line: what is next?
pub const LEG_NEXT: &str = "/twilio/leg/next";
/// The organiser pressed a key.
pub const LEG_KEY: &str = "/twilio/leg/key";
/// The organiser pressed no key.
pub const LEG_NO_KEY: &str = "/twilio/leg/no-key";
/// The organiser waits in the room.
pub const LEG_ROOM: &str = "/twilio/leg/room";
/// The organiser's room has closed.
pub const LEG_AFTER: &str = "/twilio/leg/after";
/// The caller's line is left to Twilio, which rings the team by itself.
pub const EMERGENCY_DIAL: &str = "/twilio/emergency/dial";
/// An organiser picked up whom Twilio itself has rung, because nothing could be made durable.
pub const EMERGENCY_SCREEN: &str = "/twilio/emergency/screen";
/// They pressed a key.
pub const EMERGENCY_KEY: &str = "/twilio/emergency/key";
/// Twilio has rung the team, or connected somebody of it with the caller; that is over.
pub const EMERGENCY_AFTER: &str = "/twilio/emergency/after";
/// A ringing tone.
pub const RINGBACK: &str = "/twilio/audio/ringback.wav";
/// Music to wait by.
pub const MUSIC: &str = "/twilio/audio/music.wav";

/// The query parameter that names a leg.
pub const LEG: &str = "leg";

/// The query parameter that names a call's round, so that what arrives late is known to be late.
pub const ROUND: &str = "round";

/// The query parameter that says that the caller's `<Dial>` rings a leg.
pub const DIAL: &str = "dial";

/// The query parameter that has the room say what this line is.
pub const GREET: &str = "greet";

/// How Twilio is to try again when we don't answer: after 2 s without a connection or 7.5 s
/// without an answer (held requests take 6 s), and after a 5xx, all within its 15 s. It reads this
/// behind the `#` and does not sign or send it (Twilio: Webhooks, Connection Overrides).
const TRY_AGAIN: &str = "#ct=2000&rt=7500&rc=4&rp=5xx,ct,rt";

/// Makes the addresses of one hotline.
#[derive(Debug, Clone)]
pub struct Urls {
    base: String,
}

impl Urls {
    /// Addresses under `base`, which has no slash at its end.
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }

    /// An address of the caller's line.
    pub fn caller(&self, path: &str) -> String {
        format!("{}{path}{TRY_AGAIN}", self.base)
    }

    /// Where the caller hears what is to be heard in the room; `greet`, if they have just come in.
    pub fn caller_room(&self, greet: bool) -> String {
        let greeting = if greet { format!("?{GREET}=1") } else { String::new() };
        format!("{}{CALLER_ROOM}{greeting}{TRY_AGAIN}", self.base)
    }

    /// An address of the caller's line that is good for one round.
    pub fn caller_in_round(&self, path: &str, round: u32) -> String {
        format!("{}{path}?{ROUND}={round}{TRY_AGAIN}", self.base)
    }

    /// An address of a leg's line.
    pub fn leg(&self, path: &str, leg_id: LegId) -> String {
        format!("{}{path}?{LEG}={leg_id}{TRY_AGAIN}", self.base)
    }

    /// An address of the line of a leg that the caller's `<Dial>` rings.
    pub fn dialled_leg(&self, path: &str, leg_id: LegId) -> String {
        format!("{}{path}?{LEG}={leg_id}&{DIAL}=1{TRY_AGAIN}", self.base)
    }

    /// The address of a sound.
    pub fn audio(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}
