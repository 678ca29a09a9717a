//! Owns what a world begins with and the records it keeps beside calls and rooms. Plain data.

use crate::simulator::faults::Faults;
use crate::simulator::phone::Phone;
use crate::simulator::rules::Rules;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a world begins with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `AC` and 32 hex digits.
    pub account_sid: String,
    /// Signs webhooks and is the password of the REST API.
    pub auth_token: String,
    /// The account's one number.
    pub hotline: String,
    /// Who has which phone.
    pub phones: Vec<Phone>,
    /// How many queued calls are dialled a second (Twilio docs: Call resource).
    pub calls_per_second: u32,
    /// Decides every identifier and every chance.
    pub seed: u64,
    /// Unix seconds at time zero, for dates.
    pub epoch: i64,
    /// Open questions and paces.
    pub rules: Rules,
    /// What goes wrong.
    pub faults: Faults,
}

/// The account's number (Twilio docs: IncomingPhoneNumber resource).
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// `PN` and 32 hex digits.
    pub sid: String,
    /// The number.
    pub number: String,
    /// The rest of the resource, by its JSON names.
    pub fields: BTreeMap<String, String>,
}

/// A text message, to the hotline or from it.
#[derive(Debug, Clone)]
pub struct Message {
    /// `SM` and 32 hex digits.
    pub sid: String,
    /// When, virtual time.
    pub at: Duration,
    /// To whom.
    pub to: String,
    /// From which number.
    pub from: String,
    /// The text.
    pub body: String,
    /// When the resource was deleted.
    pub deleted: Option<Duration>,
}

/// The recording of a call (Twilio docs: Recording resource). It outlives the call's own resource.
#[derive(Debug, Clone)]
pub struct Recording {
    /// `RE` and 32 hex digits.
    pub sid: String,
    /// The call that was recorded.
    pub call_sid: String,
    /// When it was complete, virtual time.
    pub at: Duration,
    /// How long it lasts.
    pub length: Duration,
    /// When the resource was deleted.
    pub deleted: Option<Duration>,
}

/// The SIDs of what Twilio still keeps, in the order of creation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Call records, those of live calls too.
    pub calls: Vec<String>,
    /// Recordings.
    pub recordings: Vec<String>,
    /// Text messages.
    pub messages: Vec<String>,
}

/// One REST request and how it was answered.
#[derive(Debug, Clone)]
pub struct RestEntry {
    /// When, virtual time.
    pub at: Duration,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The decoded form.
    pub form: Vec<(String, String)>,
    /// The HTTP status Twilio meant to give; 0 if the request was made to have no effect.
    pub status: u16,
    /// Twilio's error code, or 0.
    pub code: u32,
    /// The trouble injected, if any.
    pub trouble: Option<String>,
}
