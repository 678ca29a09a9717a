//! What others than the team may see of a story. What is shown is chosen field by field, so that a
//! field that comes to a story later is not shown by oversight.
//!
//! For the *parties*, organisers are numbered, the same person by the same number everywhere; of
//! the caller's number two digits are left; what the team knows among itself is gone. What somebody
//! wrote freely (when, where, what happened) stays word for word and must be read before it is
//! handed over. For the *public* there is the case name, the hour, the outcome, and counts.

mod people;

use serde_json::{Map, Value};

use crate::domain::event::{Source, SubjectKind};
use crate::domain::note::Note;
use crate::domain::phone::PhoneNumber;
use crate::domain::time::Timestamp;
use crate::review::story::{CallFacts, CallStory, Entry, Level, NoteRevision, PhoneRow, RosterRow, SpokenText};
use crate::review::time::hour;
use people::People;

/// The story as it may be shown at this level. A story that was redacted for fewer eyes than this is
/// not made whole again: the narrower of both levels holds.
pub fn redacted(story: CallStory, level: Level) -> CallStory {
    match level.max(story.level) {
        Level::Team => story,
        Level::Parties if story.level == Level::Parties => story,
        Level::Parties => for_parties(story),
        Level::Public => for_public(story),
    }
}

fn for_parties(story: CallStory) -> CallStory {
    let people = People::of(&story);
    CallStory {
        level: Level::Parties,
        time_zone: story.time_zone,
        tally: Some(story.counts()),
        call: CallFacts {
            call_sid: story.call.call_sid,
            case_name: story.call.case_name,
            case_status: story.call.case_status,
            // Labels and reasons are the team's own words, and may name anybody.
            tags: Vec::new(),
            hold: None,
            caller: story.call.caller.as_deref().map(last_two_digits),
            organiser: story.call.organiser.as_deref().map(|name| people.name(None, Some(name))),
            started_at: story.call.started_at,
            connected_at: story.call.connected_at,
            ended_at: story.call.ended_at,
            status: story.call.status,
            outcome: story.call.outcome,
            wait_seconds: story.call.wait_seconds,
            talk_seconds: story.call.talk_seconds,
            rounds: story.call.rounds,
            expunge_on: story.call.expunge_on,
            erased: story.call.erased,
            linked: Vec::new(),
            at_twilio: story.call.at_twilio,
        },
        phones: story.phones.into_iter().map(|phone| anonymous_phone(phone, &people)).collect(),
        entries: story
            .entries
            .into_iter()
            .filter(|entry| entry.subject != SubjectKind::Review.as_str())
            .map(|entry| anonymous_entry(entry, &people))
            .collect(),
        notes: story.notes.into_iter().map(anonymous_note).collect(),
        access: Vec::new(),
        texts: story.texts,
        roster: story.roster.into_iter().map(|row| anonymous_row(row, &people)).collect(),
    }
}

fn for_public(story: CallStory) -> CallStory {
    let hour = |at| hour(at, story.time_zone);
    CallStory {
        level: Level::Public,
        time_zone: story.time_zone,
        tally: Some(story.counts()),
        call: CallFacts {
            call_sid: None,
            case_name: story.call.case_name,
            case_status: None,
            tags: Vec::new(),
            caller: None,
            started_at: hour(story.call.started_at),
            connected_at: story.call.connected_at.map(hour),
            ended_at: story.call.ended_at.map(hour),
            status: story.call.status,
            outcome: story.call.outcome,
            organiser: None,
            wait_seconds: None,
            talk_seconds: None,
            rounds: story.call.rounds,
            hold: None,
            expunge_on: None,
            erased: Vec::new(),
            linked: Vec::new(),
            at_twilio: Vec::new(),
        },
        phones: Vec::new(),
        entries: Vec::new(),
        notes: Vec::new(),
        access: Vec::new(),
        texts: Vec::<SpokenText>::new(),
        roster: Vec::new(),
    }
}

/// Enough for the caller to know their own number by. What is no number is not shown at all.
fn last_two_digits(caller: &str) -> String {
    match caller.parse::<PhoneNumber>() {
        Ok(number) => format!("…{}", &number.as_str()[number.as_str().len() - 2..]),
        Err(_) => "not shown".to_owned(),
    }
}

fn anonymous_phone(phone: PhoneRow, people: &People) -> PhoneRow {
    PhoneRow {
        organiser: Some(people.name(phone.organiser_id.as_deref(), phone.organiser.as_deref())),
        organiser_id: None,
        number: None,
        leg_sid: None,
        round: phone.round,
        status: phone.status,
        reason: phone.reason,
        planned_at: phone.planned_at,
        dialed_at: phone.dialed_at,
        ringing_at: phone.ringing_at,
        answered_at: phone.answered_at,
        joined_at: phone.joined_at,
        connected_at: phone.connected_at,
        disconnected_at: phone.disconnected_at,
        ended_at: phone.ended_at,
    }
}

fn anonymous_entry(entry: Entry, people: &People) -> Entry {
    let is_about_the_roster = entry.subject == SubjectKind::Organiser.as_str();
    Entry {
        seq: entry.seq,
        at: entry.at,
        subject: entry.subject,
        organiser: entry.organiser.as_deref().map(|name| people.name(None, Some(name))),
        leg_sid: None,
        from_status: entry.from_status,
        to_status: entry.to_status,
        cause: entry.cause,
        source: anonymous_source(&entry.source),
        // Why somebody was not rung can tell who called.
        detail: if is_about_the_roster { Map::new() } else { anonymous_detail(&entry.detail, people) },
        hash: entry.hash,
    }
}

/// Who told us, but for `review:USER-ID`, which names a person.
fn anonymous_source(source: &str) -> String {
    let source: Result<Source, _> = source.parse();
    source.map_or(SubjectKind::Review.as_str(), Source::as_str).to_owned()
}

/// Particulars by an open list: words, counts and times that say nothing of a person or a line.
fn anonymous_detail(detail: &Map<String, Value>, people: &People) -> Map<String, Value> {
    let shown = |key: &str, value: &Value| match value {
        Value::String(text) if people.find(text).is_some() => people.find(text).map(Value::from),
        Value::Object(set) if key == "set" => Some(Value::Object(anonymous_detail(set, people))),
        _ => (is_harmless(key) && is_word_or_count(value)).then(|| value.clone()),
    };
    detail.iter().filter_map(|(key, value)| Some((key.clone(), shown(key, value)?))).collect()
}

fn is_harmless(key: &str) -> bool {
    const WORDS: [&str; 12] = [
        "round",
        "reason",
        "outcome",
        "line",
        "lookups",
        "caller_in_room",
        "late",
        "contradicts",
        "stopped",
        "text",
        "from",
        "to",
    ];
    WORDS.contains(&key) || key.ends_with("_at")
}

/// Whether this is a number, yes or no, a time, or a short word of ours such as `twilio_21211`.
fn is_word_or_count(value: &Value) -> bool {
    let is_of_ours = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.parse::<Timestamp>().is_ok() || (text.len() <= 24 && text.chars().all(is_of_ours)),
        Value::Array(_) | Value::Object(_) => false,
    }
}

fn anonymous_note(revision: NoteRevision) -> NoteRevision {
    let note = revision.note;
    NoteRevision {
        written_at: revision.written_at,
        number: revision.number,
        revision: revision.revision,
        note: Note {
            author: None,
            identifying: None,
            witnesses: None,
            conflict: None,
            happened: note.happened,
            place: note.place,
            ongoing: note.ongoing,
            description: note.description,
            safe_now: note.safe_now,
            follow_up: note.follow_up,
        },
    }
}

fn anonymous_row(row: RosterRow, people: &People) -> RosterRow {
    RosterRow {
        name: Some(people.name(row.organiser_id.as_deref(), row.name.as_deref())),
        organiser_id: None,
        number: None,
        since: row.since,
        until: row.until,
    }
}
