//! The columns of each table of the export, and a story's rows for them. The columns of calls,
//! phones and events bear the names that they have in the database's views.

use super::Table;
use crate::domain::time::Timestamp;
use crate::review::story::{AtTwilio, CallStory, Entry, NoteRevision, PhoneRow};

/// The columns with which each row of each table begins.
pub(super) const SHARED: [&str; 2] = ["case_name", "call_sid"];

/// The names of a table's own columns.
pub(super) fn columns(table: Table) -> impl Iterator<Item = &'static str> {
    let names = match table {
        Table::Calls => {
            "case_status tags caller started_at connected_at ended_at status outcome organiser wait_seconds \
             talk_seconds rounds phones_rung picked_up events note_revisions hold_since hold_reason expunge_on erased \
             linked at_twilio"
        }
        Table::Phones => {
            "organiser organiser_id number round status reason planned_at dialed_at ringing_at answered_at joined_at \
             connected_at disconnected_at ended_at leg_sid"
        }
        Table::Events => "seq at subject organiser leg_sid from_status to_status cause source detail hash",
        Table::Notes => {
            "number revision written_at author happened place ongoing description identifying safe_now follow_up \
             conflict witnesses"
        }
        Table::Texts => "version prompt language words",
        Table::Roster => "name organiser_id number since until",
        Table::Access => "at what by",
    };
    names.split_ascii_whitespace()
}

/// A story's rows, less the shared columns.
pub(super) fn of(table: Table, story: &CallStory) -> Vec<Vec<String>> {
    match table {
        Table::Calls => vec![call(story)],
        Table::Phones => story.phones.iter().map(phone).collect(),
        Table::Events => story.entries.iter().map(event).collect(),
        Table::Notes => story.notes.iter().map(note).collect(),
        Table::Texts => {
            let rows = story.texts.iter();
            rows.map(|text| [&text.version, &text.prompt, &text.language, &text.words].map(String::clone).to_vec())
                .collect()
        }
        Table::Roster => {
            let rows = story.roster.iter();
            rows.map(|row| {
                vec![text(&row.name), text(&row.organiser_id), text(&row.number), time(row.since), time(row.until)]
            })
            .collect()
        }
        Table::Access => {
            story.access.iter().map(|seen| vec![seen.at.to_string(), seen.what.clone(), seen.by.clone()]).collect()
        }
    }
}

fn call(story: &CallStory) -> Vec<String> {
    let (call, counts) = (&story.call, story.counts());
    let seconds = |seconds: Option<f64>| seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
    let erased: Vec<String> = call.erased.iter().map(|erased| format!("{} {}", erased.class, erased.at)).collect();
    let at_twilio: Vec<String> = call.at_twilio.iter().map(kept).collect();
    vec![
        text(&call.case_status),
        call.tags.join(", "),
        text(&call.caller),
        call.started_at.to_string(),
        time(call.connected_at),
        time(call.ended_at),
        call.status.to_string(),
        call.outcome.map(|outcome| outcome.to_string()).unwrap_or_default(),
        text(&call.organiser),
        seconds(call.wait_seconds),
        seconds(call.talk_seconds),
        call.rounds.to_string(),
        counts.phones_rung.to_string(),
        counts.picked_up.to_string(),
        counts.events.to_string(),
        counts.note_revisions.to_string(),
        time(call.hold.as_ref().map(|hold| hold.since)),
        call.hold.as_ref().map(|hold| hold.reason.clone()).unwrap_or_default(),
        text(&call.expunge_on),
        erased.join(", "),
        call.linked.join(", "),
        at_twilio.join(", "),
    ]
}

fn kept(kept: &AtTwilio) -> String {
    let how = if kept.being_asked { "being deleted" } else { "given up" };
    format!("{} {how} {}", kept.what, kept.answer.as_deref().unwrap_or_default()).trim_end().to_owned()
}

fn phone(phone: &PhoneRow) -> Vec<String> {
    vec![
        text(&phone.organiser),
        text(&phone.organiser_id),
        text(&phone.number),
        phone.round.to_string(),
        phone.status.to_string(),
        text(&phone.reason),
        time(phone.planned_at),
        time(phone.dialed_at),
        time(phone.ringing_at),
        time(phone.answered_at),
        time(phone.joined_at),
        time(phone.connected_at),
        time(phone.disconnected_at),
        time(phone.ended_at),
        text(&phone.leg_sid),
    ]
}

fn event(entry: &Entry) -> Vec<String> {
    vec![
        entry.seq.to_string(),
        entry.at.to_string(),
        entry.subject.clone(),
        text(&entry.organiser),
        text(&entry.leg_sid),
        text(&entry.from_status),
        text(&entry.to_status),
        entry.cause.clone(),
        entry.source.clone(),
        serde_json::Value::Object(entry.detail.clone()).to_string(),
        entry.hash.clone(),
    ]
}

fn note(revision: &NoteRevision) -> Vec<String> {
    let note = &revision.note;
    let answers = [
        &note.author,
        &note.happened,
        &note.place,
        &note.ongoing,
        &note.description,
        &note.identifying,
        &note.safe_now,
        &note.follow_up,
        &note.conflict,
        &note.witnesses,
    ];
    let head = [revision.number.to_string(), revision.revision.to_string(), revision.written_at.to_string()];
    head.into_iter().chain(answers.map(text)).collect()
}

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

fn time(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}
