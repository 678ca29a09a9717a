//! One call as a page that can be printed, kept and sent: everything in one file, nothing from the
//! net, no script. The layout is `templates/export.html`; here is what it is filled with. Every
//! text is made [`safe`](super::safe::safe) here and escaped by the template.

mod ladder;

use askama::Template;

use crate::domain::time::Timestamp;
use crate::review::facts::{facts, when};
use crate::review::safe::{safe, safe_lines};
use crate::review::story::{CallStory, Entry, Level, NoteRevision, PhoneRow};
use crate::review::time::{Local, after};
use crate::review::words::{result, tell, who};
use ladder::Ladder;

#[derive(Template)]
#[template(path = "export.html")]
struct Page {
    title: String,
    head: String,
    redaction: Option<&'static str>,
    facts: Vec<(&'static str, String)>,
    ladder: Option<Ladder>,
    phones: Vec<Vec<String>>,
    told: Vec<[String; 3]>,
    notes: Vec<Note>,
    texts: Vec<[String; 4]>,
    roster: Vec<[String; 4]>,
    access: Vec<[String; 3]>,
    events: Vec<Event>,
}

struct Note {
    title: String,
    written: String,
    answers: Vec<(&'static str, Vec<String>)>,
}

struct Event {
    seq: i64,
    at: String,
    what: String,
    change: String,
    source: String,
    detail: String,
    hash: String,
}

/// The page of one call.
pub fn page(story: &CallStory) -> Result<String, askama::Error> {
    let local = Local::new(story.time_zone, story.call.started_at);
    let time = |at: Option<Timestamp>| at.map(|at| local.time(at)).unwrap_or_default();
    let page = Page {
        title: safe(&story.call.case_name),
        head: when(story, &local),
        redaction: redaction(story.level),
        facts: facts(story, &local),
        ladder: (story.level != Level::Public).then(|| Ladder::of(story)),
        phones: story.phones.iter().map(|phone| phone_cells(phone, story.call.started_at)).collect(),
        told: tell(&story.entries)
            .iter()
            .map(|told| [local.time(told.at), after(story.call.started_at, told.at), safe(&told.sentence)])
            .collect(),
        notes: story.notes.iter().map(|note| note_cells(note, &local)).collect(),
        texts: story
            .texts
            .iter()
            .map(|text| [&text.version, &text.prompt, &text.language, &text.words].map(|text| safe(text)))
            .collect(),
        roster: story
            .roster
            .iter()
            .map(|row| [shown(&row.name), shown(&row.number), time(row.since), time(row.until)])
            .collect(),
        access: story.access.iter().map(|seen| [local.time(seen.at), safe(&seen.what), safe(&seen.by)]).collect(),
        events: story.entries.iter().map(event_cells).collect(),
    };
    page.render()
}

/// What a page says of its redaction.
pub(super) fn redaction(level: Level) -> Option<&'static str> {
    match level {
        Level::Team => None,
        Level::Parties => Some(
            "Redacted for the parties: organisers are numbered, and what the team knows among itself is left out. \
             What was written freely is word for word as it was.",
        ),
        Level::Public => Some("Redacted for the public: the hour, the outcome and counts."),
    }
}

fn shown(text: &Option<String>) -> String {
    text.as_deref().map(safe).unwrap_or_default()
}

/// The cells of one phone: who, where, in which round, seven times, and what came of it.
fn phone_cells(phone: &PhoneRow, start: Timestamp) -> Vec<String> {
    let times = [
        phone.planned_at,
        phone.dialed_at,
        phone.ringing_at,
        phone.answered_at,
        phone.joined_at,
        phone.connected_at,
        phone.disconnected_at,
        phone.ended_at,
    ];
    let mut cells = vec![safe(who(phone)), shown(&phone.number), phone.round.to_string()];
    cells.extend(times.map(|at| at.map(|at| after(start, at)).unwrap_or_default()));
    cells.push(safe(&result(phone)));
    cells
}

fn note_cells(revision: &NoteRevision, local: &Local) -> Note {
    let author = revision.note.author.as_deref().map_or("not named".to_owned(), safe);
    Note {
        title: format!("Note {}, revision {}", revision.number, revision.revision),
        written: format!("Written {}; author: {author}", local.time(revision.written_at)),
        answers: revision.answers().map(|(question, answer)| (question, safe_lines(answer))).collect(),
    }
}

fn event_cells(entry: &Entry) -> Event {
    let what = [entry.subject.as_str(), entry.organiser.as_deref().unwrap_or_default(), &entry.cause];
    let what: Vec<String> = what.into_iter().filter(|part| !part.is_empty()).map(safe).collect();
    let status = |status: &Option<String>| status.as_deref().map_or("·".to_owned(), safe);
    let change = match (&entry.from_status, &entry.to_status) {
        (None, None) => String::new(),
        (from, to) => format!("{} → {}", status(from), status(to)),
    };
    let leg = entry.leg_sid.as_deref().map(|sid| format!("leg {sid} ")).unwrap_or_default();
    Event {
        seq: entry.seq,
        at: entry.at.to_string(),
        what: what.join(" · "),
        change,
        source: safe(&entry.source),
        detail: safe(&format!("{leg}{}", serde_json::Value::Object(entry.detail.clone()))),
        hash: safe(&entry.hash),
    }
}
