//! A story of one call with a text from outside in every field that holds one.

use sharedphone::domain::call::{CallStatus, Outcome};
use sharedphone::domain::leg::LegStatus;
use sharedphone::domain::note::Note;
use sharedphone::domain::time::Timestamp;
use sharedphone::review::story::{
    Access, AtTwilio, CallFacts, CallStory, Entry, Erased, Hold, Level, NoteRevision, PhoneRow, RosterRow, SpokenText,
};

/// When it all happened.
pub fn at() -> Timestamp {
    "2026-11-22T13:16:59.123Z".parse().expect("a time")
}

/// The story with these events and texts, of which there is at least one; they are used in turn.
pub fn story(texts: &[String], entries: Vec<Entry>) -> CallStory {
    let mut turn = texts.iter().cycle();
    let mut next = || turn.next().cloned().unwrap_or_default();
    CallStory {
        level: Level::Team,
        time_zone: chrono_tz::Tz::Europe__London,
        call: call(&mut next),
        phones: vec![phone(&mut next)],
        notes: vec![NoteRevision { written_at: at(), number: 1, revision: 1, note: note(&mut next) }],
        access: vec![Access { at: at(), what: next(), by: next() }],
        texts: vec![SpokenText { version: next(), prompt: next(), language: next(), words: next() }],
        roster: vec![RosterRow {
            name: Some(next()),
            organiser_id: Some(next()),
            number: Some(next()),
            since: Some(at()),
            until: None,
        }],
        tally: None,
        entries,
    }
}

fn call(next: &mut impl FnMut() -> String) -> CallFacts {
    CallFacts {
        call_sid: Some(next()),
        case_name: next(),
        case_status: Some(next()),
        tags: vec![next()],
        caller: Some(next()),
        started_at: at(),
        connected_at: Some(at()),
        ended_at: Some(at()),
        status: CallStatus::Ended,
        outcome: Some(Outcome::Connected),
        organiser: Some(next()),
        wait_seconds: Some(12.4),
        talk_seconds: Some(0.0),
        rounds: 1,
        hold: Some(Hold { since: at(), reason: next() }),
        expunge_on: Some(next()),
        erased: vec![Erased { class: next(), at: at() }],
        linked: vec![next()],
        at_twilio: vec![AtTwilio { what: next(), being_asked: false, answer: Some(next()) }],
    }
}

fn phone(next: &mut impl FnMut() -> String) -> PhoneRow {
    PhoneRow {
        organiser: Some(next()),
        organiser_id: Some(next()),
        number: Some(next()),
        round: 1,
        status: LegStatus::Failed,
        reason: Some(next()),
        planned_at: Some(at()),
        dialed_at: Some(at()),
        ringing_at: None,
        answered_at: Some(at()),
        joined_at: None,
        connected_at: None,
        disconnected_at: None,
        ended_at: Some(at()),
        leg_sid: Some(next()),
    }
}

fn note(next: &mut impl FnMut() -> String) -> Note {
    Note {
        author: Some(next()),
        happened: Some(next()),
        place: Some(next()),
        ongoing: Some(next()),
        description: Some(next()),
        identifying: Some(next()),
        safe_now: Some(next()),
        follow_up: Some(next()),
        conflict: Some(next()),
        witnesses: Some(next()),
    }
}
