//! The story of one call, as people read it: plain data that the store fills in and every output
//! is made of. Knows no SQL, no rules and no layout.

use std::fmt::Display;

use chrono_tz::Tz;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::domain::call::{CallStatus, Outcome};
use crate::domain::leg::LegStatus;
use crate::domain::note::Note;
use crate::domain::time::Timestamp;
use crate::domain::words::words;

words! {
    /// For whose eyes a story is.
    Level, "level" {
        /// Everything that is held.
        Team = "team",
        /// What the caller or the person who was reported may be given.
        Parties = "parties",
        /// What anybody may read: how many and with what outcome.
        Public = "public",
    }
}

/// Everything that is known of one call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallStory {
    /// For whose eyes this is; [`redacted`](super::redact::redacted) sets it.
    pub level: Level,
    /// The hotline's time zone, in which people read times.
    #[serde(serialize_with = "as_text")]
    pub time_zone: Tz,
    /// The call itself.
    pub call: CallFacts,
    /// Who was rung, one row a leg, in the order in which they were planned.
    pub phones: Vec<PhoneRow>,
    /// What happened, one row an event, in order.
    pub entries: Vec<Entry>,
    /// What was written down, each revision by itself, in order.
    pub notes: Vec<NoteRevision>,
    /// Who has opened this record.
    pub access: Vec<Access>,
    /// What the spoken texts were at the time.
    pub texts: Vec<SpokenText>,
    /// Who was on the roster at the time.
    pub roster: Vec<RosterRow>,
    /// What was there before a redaction; `None` before one.
    pub tally: Option<Tally>,
}

impl CallStory {
    /// What there is, or was before a redaction.
    pub fn counts(&self) -> Tally {
        self.tally.unwrap_or_else(|| Tally {
            phones_rung: self.phones.iter().filter(|phone| phone.dialed_at.is_some()).count(),
            picked_up: self.phones.iter().filter(|phone| phone.answered_at.is_some()).count(),
            events: self.entries.len(),
            note_revisions: self.notes.len(),
        })
    }
}

/// How much there is of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Attempts to ring a phone.
    pub phones_rung: usize,
    /// Phones that somebody or something picked up.
    pub picked_up: usize,
    /// Events.
    pub events: usize,
    /// Revisions of notes.
    pub note_revisions: usize,
}

/// The call itself. Times and seconds are those of the view `call_history`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallFacts {
    /// Twilio's id; `None` if it is not to be shown.
    pub call_sid: Option<String>,
    /// The two neutral words by which people speak of it.
    pub case_name: String,
    /// How far the team's work on it has come, in the team's words.
    pub case_status: Option<String>,
    /// The team's labels.
    pub tags: Vec<String>,
    /// Who called; `None` if that was erased or is not to be shown.
    pub caller: Option<String>,
    /// When it reached us.
    pub started_at: Timestamp,
    /// When the caller and an organiser were first together.
    pub connected_at: Option<Timestamp>,
    /// When the caller's line was down.
    pub ended_at: Option<Timestamp>,
    /// How far it has come.
    pub status: CallStatus,
    /// What came of it, once it has ended.
    pub outcome: Option<Outcome>,
    /// Who took it.
    pub organiser: Option<String>,
    /// Seconds until the first connection, or until the end.
    pub wait_seconds: Option<f64>,
    /// Seconds in which caller and organiser were connected.
    pub talk_seconds: Option<f64>,
    /// How often the team was rung.
    pub rounds: u32,
    /// Whether it must be kept.
    pub hold: Option<Hold>,
    /// The day on which it is to be erased, as `2027-01-31`.
    pub expunge_on: Option<String>,
    /// What was erased, and when.
    pub erased: Vec<Erased>,
    /// The case names of other calls by the same caller.
    pub linked: Vec<String>,
    /// What Twilio was to delete and, as far as we know, has still.
    pub at_twilio: Vec<AtTwilio>,
}

/// Something that Twilio was to delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtTwilio {
    /// What: messages, recordings, or the records of the call and of those that were rung.
    pub what: String,
    /// Whether Twilio is being asked still; if not, it was given up.
    pub being_asked: bool,
    /// What came of the last try, in a word such as `twilio_20003` or `unreachable`.
    pub answer: Option<String>,
}

/// A call that must be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// Since when.
    pub since: Timestamp,
    /// Why, in the team's words.
    pub reason: String,
}

/// A class of data that is no longer held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Which, in a word such as `caller`.
    pub class: String,
    /// When it was erased.
    pub at: Timestamp,
}

/// One leg: an attempt to ring one organiser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhoneRow {
    /// Who was rung; `None` if they were forgotten.
    pub organiser: Option<String>,
    /// Our id of them.
    pub organiser_id: Option<String>,
    /// Where; `None` if that was erased or is not to be shown.
    pub number: Option<String>,
    /// In which round.
    pub round: u32,
    /// How far it has come.
    pub status: LegStatus,
    /// Why, where the status alone doesn't say it: a word such as `taken` or `twilio_21211`.
    pub reason: Option<String>,
    /// When it was intended.
    pub planned_at: Option<Timestamp>,
    /// When Twilio was asked to ring.
    pub dialed_at: Option<Timestamp>,
    /// When Twilio said that it rings; some routes never say so.
    pub ringing_at: Option<Timestamp>,
    /// When somebody or something picked up.
    pub answered_at: Option<Timestamp>,
    /// When they took the call.
    pub joined_at: Option<Timestamp>,
    /// When caller and organiser were together.
    pub connected_at: Option<Timestamp>,
    /// When they were no longer together.
    pub disconnected_at: Option<Timestamp>,
    /// When the line was down.
    pub ended_at: Option<Timestamp>,
    /// Twilio's id of the line.
    pub leg_sid: Option<String>,
}

/// One event. All words are as they were recorded, so that what an older version wrote stays
/// readable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Its number in the record.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What it is about: call, leg, organiser, service or review.
    pub subject: String,
    /// The organiser concerned: of the leg, or named by the event itself.
    pub organiser: Option<String>,
    /// Twilio's id of the leg concerned.
    pub leg_sid: Option<String>,
    /// The status before.
    pub from_status: Option<String>,
    /// The status since.
    pub to_status: Option<String>,
    /// What happened.
    pub cause: String,
    /// Who told us.
    pub source: String,
    /// Particulars.
    pub detail: Map<String, Value>,
    /// The event's hash.
    pub hash: String,
}

/// One revision of a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteRevision {
    /// When it was written.
    pub written_at: Timestamp,
    /// Which note of the call, from 1.
    pub number: u32,
    /// Which revision of it, from 1.
    pub revision: u32,
    /// What it says.
    #[serde(flatten)]
    pub note: Note,
}

impl NoteRevision {
    /// What was answered to which question, in the order of the form.
    pub fn answers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let note = &self.note;
        let all = [
            ("When did it happen?", &note.happened),
            ("Where?", &note.place),
            ("Is it still going on?", &note.ongoing),
            ("What happened?", &note.description),
            ("Who was it about?", &note.identifying),
            ("Is the person who reported it safe now?", &note.safe_now),
            ("Do they wish to hear from us?", &note.follow_up),
            ("Does anybody of the team have a conflict?", &note.conflict),
            ("Who else saw it?", &note.witnesses),
        ];
        all.into_iter().filter_map(|(question, answer)| Some((question, answer.as_deref()?)))
    }
}

/// One look at this record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    /// When.
    pub at: Timestamp,
    /// What was done: listed, shown, exported and so on.
    pub what: String,
    /// By whom.
    pub by: String,
}

/// One spoken text as it was at the time of the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpokenText {
    /// Which version of the texts.
    pub version: String,
    /// Which text, such as `greeting`.
    pub prompt: String,
    /// In what language, such as `en-GB`.
    pub language: String,
    /// The words.
    pub words: String,
}

/// One person on the roster at the time of the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RosterRow {
    /// Who; `None` if they were forgotten.
    pub name: Option<String>,
    /// Our id of them.
    pub organiser_id: Option<String>,
    /// Where they were to be rung; `None` if that was erased or is not to be shown.
    pub number: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Until when; `None` if they still are.
    pub until: Option<Timestamp>,
}

/// One line of a list of calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallLine {
    /// The call.
    pub call: CallFacts,
    /// Whether anything was written down about it.
    pub has_note: bool,
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
