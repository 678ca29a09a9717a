//! Owns what one call is: the resource Twilio shows (Twilio docs: Call resource) and the state of
//! the document that controls it. Plain data; `lifecycle` and `interpreter` change it.

use super::CallId;
use super::forwarding::Forward;
use super::people::Mind;
use crate::simulator::observation::Sound;
use crate::simulator::twiml::{Dial, Gather, Hook, Prompt, Record, Verb};
use std::collections::VecDeque;
use std::time::Duration;

/// Who began a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Somebody called the hotline.
    Inbound,
    /// `POST Calls.json`.
    OutboundApi,
    /// `<Dial><Number>`.
    OutboundDial,
}

impl Direction {
    /// Twilio's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundDial => "outbound-dial",
        }
    }
}

/// The status of a call (Twilio docs: Call resource).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Waits for the account's rate, or is being set up.
    Queued,
    /// Alerts the phone; for an inbound call: not answered yet.
    Ringing,
    /// Answered.
    InProgress,
    /// Was answered and is over.
    Completed,
    /// The phone was busy or declined.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// Could not be placed.
    Failed,
    /// Taken back before it was answered.
    Canceled,
}

impl Status {
    /// Twilio's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// The status of this word of Twilio's.
    pub fn of_word(word: &str) -> Option<Self> {
        use Status::{Busy, Canceled, Completed, Failed, InProgress, NoAnswer, Queued, Ringing};
        [Queued, Ringing, InProgress, Completed, Busy, NoAnswer, Failed, Canceled]
            .into_iter()
            .find(|status| status.word() == word)
    }

    /// Whether it can never change again.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Ringing | Self::InProgress)
    }
}

/// What a call was created with (Twilio docs: Call resource, create).
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Asked for the document once the call is answered.
    pub url: Option<Hook>,
    /// The document itself, if there is no `url`.
    pub twiml: Option<String>,
    /// Asked when the document can't be had.
    pub fallback: Option<Hook>,
    /// Told of the call's progress.
    pub status_callback: Option<Hook>,
    /// Of which events: `initiated`, `ringing`, `answered`, `completed`.
    pub events: Vec<String>,
    /// Longest ringing.
    pub timeout: Duration,
    /// Longest call.
    pub time_limit: Option<Duration>,
    /// `Enable` or `DetectMessageEnd`.
    pub machine_detection: Option<String>,
    /// The verdict goes to `amd_callback`, and the document isn't held up for it.
    pub async_amd: bool,
    /// Told the verdict.
    pub amd_callback: Option<Hook>,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// `CA` and 32 hex digits.
    pub sid: String,
    /// Who began it.
    pub direction: Direction,
    /// The calling number, or what stands in its place.
    pub from: String,
    /// The called number.
    pub to: String,
    /// Where it stands.
    pub status: Status,
    /// Virtual time of creation.
    pub created: Duration,
    /// When the phone was first alerted.
    pub rang: Option<Duration>,
    /// When it was answered.
    pub answered: Option<Duration>,
    /// When it was over.
    pub ended: Option<Duration>,
    /// When the resource last changed.
    pub updated: Duration,
    /// The AMD verdict.
    pub answered_by: Option<String>,
    /// Estimated wait in the queue when it was created.
    pub queue_time: Duration,
    /// What it was created with.
    pub order: Order,
    /// The REST requests that concerned it, in words.
    pub requests: Vec<String>,
    /// The webhooks about it that were well answered: when the first try left, and when the answer came.
    pub served: Vec<(Duration, Duration)>,
    /// When a webhook that says that the call is over was first well answered.
    pub end_told: Option<Duration>,
    /// SIP response code of its end.
    pub sip_code: u32,
    /// The resource was deleted.
    pub deleted: bool,
    pub(super) parent: Option<CallId>,
    pub(super) forward: Option<Forward>,
    pub(super) person: usize,
    pub(super) dialled: bool,
    pub(super) sequence: u32,
    pub(super) script: Script,
    pub(super) activity: Activity,
    pub(super) turn: u64,
    pub(super) sound: Option<Sound>,
    pub(super) with: Vec<String>,
    pub(super) mind: Mind,
}

impl Call {
    pub(super) fn new(sid: String, direction: Direction, person: usize, now: Duration) -> Self {
        Self {
            sid,
            direction,
            from: String::new(),
            to: String::new(),
            status: Status::Queued,
            created: now,
            rang: None,
            answered: None,
            ended: None,
            updated: now,
            answered_by: None,
            queue_time: Duration::ZERO,
            order: Order::default(),
            requests: Vec::new(),
            served: Vec::new(),
            end_told: None,
            sip_code: 200,
            deleted: false,
            parent: None,
            forward: None,
            person,
            dialled: false,
            sequence: 0,
            script: Script::default(),
            activity: Activity::Nothing,
            turn: 0,
            sound: None,
            with: Vec::new(),
            mind: Mind::default(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.status.is_over()
    }

    /// Whether this is a phone's forward, behind which nobody waits but whoever rang that phone.
    pub fn is_forward(&self) -> bool {
        self.forward.is_some()
    }

    /// Seconds between answer and end, as Twilio counts them.
    pub fn seconds(&self) -> Option<u64> {
        Some(
            self.answered.map_or(0, |from| self.ended.unwrap_or(from).saturating_sub(from).as_secs_f64().ceil() as u64),
        )
        .filter(|_| self.ended.is_some())
    }
}

/// The rest of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub verbs: VecDeque<Verb>,
    /// The URL it came from.
    pub base: String,
    /// A `<Hangup/>` or another end on purpose is in it.
    pub ends_on_purpose: bool,
}

/// A list of prompts being played.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub prompts: Vec<Prompt>,
    pub at: usize,
    pub round: u32,
}

impl Run {
    pub fn new(prompts: Vec<Prompt>) -> Self {
        Self { prompts, at: 0, round: 0 }
    }

    pub fn current(&self) -> Option<&Prompt> {
        self.prompts.get(self.at)
    }

    /// Moves to the next repetition or prompt.
    pub fn step(&mut self) {
        let loops = match self.current() {
            Some(Prompt::Say { loops, .. } | Prompt::Play { loops, .. }) => *loops,
            _ => 1,
        };
        self.round = self.round.saturating_add(1);
        if loops != 0 && self.round >= loops {
            self.at += 1;
            self.round = 0;
        }
    }
}

/// What a call's document is doing.
#[derive(Debug, Clone)]
pub(super) enum Activity {
    Nothing,
    Fetching,
    Detecting,
    Prompting(Run),
    Gathering {
        gather: Gather,
        run: Run,
        digits: String,
    },
    Recording {
        record: Record,
        began: Duration,
    },
    InRoom(Box<InRoom>),
    Dialling(Box<Dialling>),
    /// A dialled number that talks to the call which dialled it.
    Bridged,
    Apologising,
}

#[derive(Debug, Clone)]
pub(super) struct InRoom {
    pub room: usize,
    pub dial: Dial,
    pub wait: Script,
    pub run: Option<Run>,
    pub since: Duration,
}

#[derive(Debug, Clone)]
pub(super) struct Dialling {
    pub dial: Dial,
    pub legs: Vec<CallId>,
    pub connected: Option<CallId>,
    pub since: Duration,
}
