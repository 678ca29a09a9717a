//! Owns the record of what each party of this world saw and heard. Plain data and the reading of
//! it; nothing here decides.

use std::fmt;
use std::time::Duration;

/// What a party hears on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// Ringing: the network's own, or Twilio's while it dials a number.
    NetworkRinging,
    /// Spoken text.
    Speech(String),
    /// Audio, by its URL.
    Play(String),
    /// Nothing at all.
    Silence,
    /// One or more other people, by name.
    Voice(String),
    /// A beep.
    Beep,
    /// Nothing, while the party's own message is being recorded.
    Recording,
    /// Twilio's apology for an application that failed.
    ApplicationError,
}

/// Who ended something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The party itself.
    Party,
    /// The end of a document, or a verb in one.
    Document,
    /// A REST request.
    Rest,
    /// Twilio, the network or a time limit.
    Network,
}

/// What happened to a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The party dialled the hotline.
    Calls,
    /// The party's phone began to ring.
    RingStarted,
    /// It stopped ringing without being answered.
    RingStopped,
    /// The call was answered: by the party's phone, or for a caller by Twilio.
    Answered,
    /// A human took over from the robot that had answered.
    HumanTookOver,
    /// What the party hears from now on.
    Hears(Sound),
    /// The party pressed a key.
    PressedKey(String),
    /// The party can now talk to these people.
    Bridged {
        /// Their names, sorted.
        with: Vec<String>,
    },
    /// The party can talk to nobody any more.
    Unbridged,
    /// The call is over.
    HungUp {
        /// Who ended it.
        by: By,
    },
    /// The call could not be placed, or the phone refused it.
    Refused {
        /// Twilio's error code, or the SIP response (486 busy, 404 unreachable).
        code: u32,
    },
}

/// One line of the world's story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// When, in virtual time since the world began.
    pub at: Duration,
    /// The party's name.
    pub party: String,
    /// The party's number, or what a caller shows instead of one.
    pub number: String,
    /// The call it happened in.
    pub call_sid: String,
    /// What happened.
    pub what: What,
}

/// One stretch of sound in one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Begin, virtual time.
    pub from: Duration,
    /// End, virtual time.
    pub to: Duration,
    /// What was heard.
    pub sound: Sound,
}

/// What was heard in a call from its first sound to its end, without a gap; `now` closes a call
/// that still goes on.
pub fn heard(observations: &[Observation], call_sid: &str, now: Duration) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut open: Option<(Duration, Sound)> = None;
    for o in observations.iter().filter(|o| o.call_sid == call_sid) {
        let next = match &o.what {
            What::Hears(sound) => Some((o.at, sound.clone())),
            What::HungUp { .. } => None,
            _ => continue,
        };
        if let Some((from, sound)) = open.take() {
            stretches.push(Stretch { from, to: o.at, sound });
        }
        open = next;
    }
    if let Some((from, sound)) = open {
        stretches.push(Stretch { from, to: now.max(from), sound });
    }
    stretches
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sound::NetworkRinging => f.write_str("ringing"),
            Sound::Speech(text) => write!(f, "\u{201c}{text}\u{201d}"),
            Sound::Play(url) => write!(f, "audio {url}"),
            Sound::Silence => f.write_str("silence"),
            Sound::Voice(who) => write!(f, "the voice of {who}"),
            Sound::Beep => f.write_str("a beep"),
            Sound::Recording => f.write_str("nothing, is being recorded"),
            Sound::ApplicationError => f.write_str("AN APPLICATION ERROR HAS OCCURRED"),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Calls => f.write_str("calls"),
            What::RingStarted => f.write_str("rings"),
            What::RingStopped => f.write_str("stops ringing"),
            What::Answered => f.write_str("is answered"),
            What::HumanTookOver => f.write_str("a human takes over"),
            What::Hears(sound) => write!(f, "hears {sound}"),
            What::PressedKey(key) => write!(f, "presses {key}"),
            What::Bridged { with } => write!(f, "talks to {}", with.join(", ")),
            What::Unbridged => f.write_str("talks to nobody"),
            What::HungUp { by: By::Party } => f.write_str("hangs up"),
            What::HungUp { by } => write!(f, "is hung up ({by:?})"),
            What::Refused { code } => write!(f, "refuses ({code})"),
        }
    }
}
