//! What people did with the record: read it, wrote notes, erased.

use super::moment::Moment;
use crate::domain::errand::ReadKind;
use crate::domain::note::CaseStatus;

/// Tells what somebody did with the record; `None` if there are no words for it.
pub(super) fn sentence(moment: &Moment<'_>) -> Option<String> {
    let by = moment.word("by").map(|by| format!(" (by {by})")).unwrap_or_default();
    Some(match moment.cause().split_once('.')? {
        ("read", kind) => format!("{}{by}.", read(kind.parse().ok()?)),
        ("note", "written") => match (moment.number("note"), moment.number("revision")) {
            (Some(note), Some(1)) => format!("Note {note} was written{by}."),
            (Some(note), Some(revision)) => format!("Note {note} was revised, for revision {revision}{by}."),
            _ => format!("A note was written{by}."),
        },
        ("case", "tagged") => format!("The call was tagged{by}."),
        ("case", "held") => format!("The call was put on hold, so that nothing of it is erased{by}."),
        ("case", "released") => format!("The hold on the call was ended{by}."),
        ("case", "expunge_on") => match moment.word("expunge_on") {
            Some(day) => format!("The call is to be removed on {day}{by}."),
            None => format!("The day on which the call is to be removed was changed{by}."),
        },
        ("case", status) => format!("{}{by}.", case(status.parse().ok()?)),
        ("record", "erased") => erased(moment, &by),
        ("record", "expunged") => format!("All that was held of the call was removed{by}."),
        ("record", "verified") => format!("The record was verified and found intact{by}."),
        ("record", "restored") => format!("An older copy of the record was accepted{by}."),
        _ => return None,
    })
}

fn read(kind: ReadKind) -> &'static str {
    match kind {
        ReadKind::Listed => "The call was seen in a list",
        ReadKind::Shown => "The record of the call was opened",
        ReadKind::Exported => "The record of the call was exported",
        ReadKind::LookedUp => "What is held about a number was looked up",
        ReadKind::Queried => "The record was read by SQL",
        ReadKind::Counted => "Calls were counted",
        ReadKind::BackedUp => "A copy of everything was made",
    }
}

fn case(status: CaseStatus) -> &'static str {
    match status {
        CaseStatus::Open => "The case was opened again",
        CaseStatus::InReview => "The case was taken into review",
        CaseStatus::Closed => "The case was closed",
    }
}

fn erased(moment: &Moment<'_>, by: &str) -> String {
    let classes = moment.entry.detail.get("classes").and_then(|classes| classes.as_array());
    let classes = classes.into_iter().flatten().filter_map(|class| class.as_str()).collect::<Vec<_>>().join(", ");
    let what = if classes.is_empty() { "Personal data" } else { &classes };
    let basis = moment.word("basis").map(|basis| format!(", on the ground of: {basis}")).unwrap_or_default();
    format!("Erased: {what}{basis}{by}.")
}
