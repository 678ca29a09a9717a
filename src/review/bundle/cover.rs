//! The pages that go with the calls of an archive: the index, and how to check them.

use askama::Template;

use super::Cover;
use crate::review::html::redaction;
use crate::review::safe::safe;
use crate::review::story::{CallStory, Level};
use crate::review::time::Local;

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    made: String,
    redaction: Option<&'static str>,
    calls: &'a [Line],
}

#[derive(Template)]
#[template(path = "how-to-verify.txt")]
struct HowToVerify {
    is_whole: bool,
    has_events: bool,
}

/// A call in the index.
pub(super) struct Line {
    folder: String,
    name: String,
    time: String,
    outcome: String,
    organiser: String,
    note: &'static str,
}

impl Line {
    pub(super) fn of(story: &CallStory, folder: String) -> Self {
        let call = &story.call;
        let outcome = call.outcome.map_or(call.status.as_str(), |outcome| outcome.as_str());
        Self {
            folder,
            name: safe(&call.case_name),
            time: Local::new(story.time_zone, call.started_at).minute(call.started_at),
            outcome: outcome.replace('_', " "),
            organiser: safe(call.organiser.as_deref().unwrap_or_default()),
            note: if story.counts().note_revisions > 0 { "yes" } else { "no" },
        }
    }
}

pub(super) fn index(cover: &Cover, calls: &[Line]) -> Result<String, askama::Error> {
    let made = Local::new(cover.time_zone, cover.made_at).head();
    Index { made, redaction: redaction(cover.level), calls }.render()
}

pub(super) fn how_to_verify(level: Level) -> Result<String, askama::Error> {
    HowToVerify { is_whole: level == Level::Team, has_events: level != Level::Public }.render()
}
