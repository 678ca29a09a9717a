//! What the owner of a hotline decided about ringing, as far as the rules of a call depend on it.
//! Made from the configuration at start; holds no secret.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::phone::PhoneNumber;
use super::reply::Prompt;

/// How we make sure that a human took the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Screening {
    /// Whoever picks up hears what this is and presses 1.
    #[default]
    Keypress,
    /// Twilio's answering machine detection; who it does not know is asked for a key.
    Amd,
    /// Whoever or whatever picks up has the call.
    None,
}

/// What the caller hears until somebody takes the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Waiting {
    /// Their own network's ringing; the call is not answered yet.
    #[default]
    Ringing,
    /// A greeting, then a ringing tone of ours.
    Ringback,
    /// A greeting, then music.
    Music,
}

/// The rules' settings. Durations are those of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How a human is told from a machine.
    pub screening: Screening,
    /// What the caller hears while waiting.
    pub waiting: Waiting,
    /// How long each phone rings.
    pub ring: Duration,
    /// The caller's longest wait for a person, from the start of each round.
    pub give_up: Duration,
    /// Live legs to one number over all calls; `None` is no limit.
    pub legs_per_number: Option<u32>,
    /// Live legs of the account; `None` is no limit.
    pub concurrent_legs: Option<u32>,
    /// What is kept within bounds when many calls come.
    pub limits: Limits,
    /// Which version of each text is spoken.
    pub texts: BTreeMap<Prompt, String>,
    /// The hotline's own number, from which organisers are rung.
    pub hotline_number: PhoneNumber,
}

/// What is kept within bounds when many calls come; `None` is no limit. Above the first three a call
/// rings one organiser only; the last one is about money, and above it no phone is rung.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Calls at the same time that wait or talk.
    pub concurrent_calls: Option<u32>,
    /// Calls that come in a minute.
    pub calls_per_minute: Option<u32>,
    /// Calls that come in a minute from the same number.
    pub calls_per_caller: Option<u32>,
    /// Phones rung in an hour, over all calls.
    pub legs_per_hour: Option<u32>,
}
