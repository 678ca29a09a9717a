//! The record of calls for a terminal: one call as a page, many as a list. At most
//! [`COLUMNS`] wide where it is drawn; everything that was not written here passes
//! [`safe`](super::safe::safe), and no colours are used.

mod tables;
mod timeline;

pub use tables::list;

use crate::review::facts::{facts, when};
use crate::review::safe::{safe, safe_lines};
use crate::review::story::{CallStory, Level, NoteRevision};
use crate::review::time::{Local, after};
use crate::review::words::tell;

/// The widest line of a drawing or a table.
pub const COLUMNS: usize = 100;

/// One call as a page: what it came to, the drawn timeline, the story in sentences, the notes;
/// with `events` also the raw record.
pub fn show(story: &CallStory, events: bool) -> String {
    let local = Local::new(story.time_zone, story.call.started_at);
    let mut page = head(story, &local);
    if story.level != Level::Public {
        page.push(String::new());
        page.extend(timeline::rows(story));
    }
    if !story.entries.is_empty() {
        page.extend([String::new(), "What happened".to_owned()]);
    }
    for told in tell(&story.entries) {
        let after = after(story.call.started_at, told.at);
        page.push(format!("  {}  {after:>9}  {}", local.time(told.at), safe(&told.sentence)));
    }
    for note in &story.notes {
        page.push(String::new());
        page.extend(note_lines(note, &local));
    }
    if events && !story.entries.is_empty() {
        page.extend([String::new(), "The record itself".to_owned()]);
        page.extend(tables::events(story));
    }
    page.push(String::new());
    page.join("\n")
}

fn head(story: &CallStory, local: &Local) -> Vec<String> {
    let facts = facts(story, local).into_iter().map(|(name, value)| format!("  {name:<13}{value}"));
    [safe(&story.call.case_name), when(story, local), String::new()].into_iter().chain(facts).collect()
}

fn note_lines(revision: &NoteRevision, local: &Local) -> Vec<String> {
    let author = revision.note.author.as_deref().map_or("not named".to_owned(), safe);
    let written = local.time(revision.written_at);
    let title = format!("Note {}, revision {}, {written}; author: {author}", revision.number, revision.revision);
    let mut lines = vec![title];
    for (question, answer) in revision.answers() {
        lines.push(format!("  {question}"));
        lines.extend(safe_lines(answer).into_iter().map(|line| format!("    {line}")));
    }
    lines
}
