//! Owns TwiML as typed verbs, with Twilio's defaults filled in (Twilio docs: the page of each
//! verb). Start in `document`, which reads one; `xml` is the plain XML below it.

mod attributes;
mod document;
mod nouns;
mod xml;

pub use document::{Document, lasts, read};

use std::time::Duration;

/// The HTTP method of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Parameters in the query string.
    Get,
    /// Parameters in a form body.
    Post,
}

/// A URL as the application gave it, with any `#rc=...` fragment, and its method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Absolute once a document has been read.
    pub url: String,
    /// GET or POST.
    pub method: Method,
}

/// What can be played to a party. `loops` 0 is forever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// `<Say>`.
    Say {
        /// Whitespace collapsed.
        text: String,
        /// Repetitions.
        loops: u32,
    },
    /// `<Play>` of audio.
    Play {
        /// Where the audio is.
        url: String,
        /// Repetitions.
        loops: u32,
    },
    /// `<Play digits>`.
    Digits(String),
    /// `<Pause>`.
    Pause(Duration),
}

/// `<Gather>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gather {
    /// Where the digits go; the current document's URL if it has none.
    pub action: Hook,
    /// Silence after the prompts, and between keys.
    pub timeout: Duration,
    /// Ends when so many keys were pressed.
    pub num_digits: Option<usize>,
    /// Ends when one of these is pressed.
    pub finish_on_key: String,
    /// The action is requested even without a key.
    pub action_on_empty: bool,
    /// What is played meanwhile.
    pub prompts: Vec<Prompt>,
}

/// `<Record>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where the recording's particulars go; the current document's URL if it has none.
    pub action: Hook,
    /// Silence that ends it.
    pub timeout: Duration,
    /// Longest recording.
    pub max_length: Duration,
    /// Ends when one of these is pressed.
    pub finish_on_key: String,
    /// Begins with a beep.
    pub beep: bool,
    /// Told when the recording is there.
    pub status_callback: Option<Hook>,
}

/// `<Dial>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Controls the call after the dial; without it the next verb does.
    pub action: Option<Hook>,
    /// An unanswered caller keeps ringing until a dialled number answers.
    pub answer_on_bridge: bool,
    /// How long dialled numbers ring; Twilio adds 5 s.
    pub timeout: Duration,
    /// Longest conversation.
    pub time_limit: Duration,
    /// Shown to dialled numbers.
    pub caller_id: Option<String>,
    /// `*` ends the dial.
    pub hangup_on_star: bool,
    /// Who or what is dialled.
    pub to: Dialled,
}

/// The nouns of a `<Dial>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialled {
    /// One `<Conference>`.
    Room(Box<Room>),
    /// One to ten `<Number>`s.
    Numbers(Vec<Number>),
}

/// `<Number>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The number dialled.
    pub number: String,
    /// Played to it before it is connected.
    pub whisper: Option<Hook>,
    /// Told of its progress.
    pub status_callback: Option<Hook>,
    /// Of which events.
    pub status_events: Vec<String>,
}

/// `<Conference>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The room's name.
    pub name: String,
    /// This participant may start it.
    pub start_on_enter: bool,
    /// This participant's leaving ends it.
    pub end_on_exit: bool,
    /// Most participants.
    pub max_participants: usize,
    /// `true`, `false`, `onEnter` or `onExit`.
    pub beep: String,
    /// Enters muted.
    pub muted: bool,
    /// What is heard until it starts.
    pub wait: Waiting,
    /// This participant's label.
    pub label: Option<String>,
    /// Told of the room's events.
    pub status_callback: Option<Hook>,
    /// Of which: `start end join leave ...`.
    pub status_events: Vec<String>,
}

/// The `waitUrl` of a conference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// Twilio's own music.
    Music,
    /// `waitUrl=""`.
    Silence,
    /// The application's document or audio.
    At(Hook),
}

/// A verb of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `<Say>`, `<Play>` or `<Pause>`.
    Prompt(Prompt),
    /// `<Gather>`.
    Gather(Gather),
    /// `<Redirect>`.
    Redirect(Hook),
    /// `<Hangup/>`.
    Hangup,
    /// `<Reject>`, as busy or not.
    Reject {
        /// `reason="busy"`.
        busy: bool,
    },
    /// `<Dial>`.
    Dial(Box<Dial>),
    /// `<Record>`.
    Record(Record),
}
