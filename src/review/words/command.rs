//! What Twilio was told or asked, where nothing else is told by the event.

use crate::domain::command::CommandKind;
use crate::review::story::Entry;

/// Tells `command.KIND.STEP`, about a caller's line or `whose` phone; `None` if it is no such event.
pub(super) fn sentence(entry: &Entry, whose: Option<&str>) -> Option<String> {
    let (kind, step) = entry.cause.strip_prefix("command.")?.split_once('.')?;
    let line = whose.map_or("the caller’s line".to_owned(), |name| format!("the line to {name}’s phone"));
    let what = match kind.parse().ok()? {
        CommandKind::Place => format!("to ring {}’s phone", whose.unwrap_or("an organiser")),
        CommandKind::HangUp => format!("to hang up {line}"),
        CommandKind::TellLeg | CommandKind::TellCaller => format!("to tell {line} where the call stood"),
        CommandKind::AskLeg | CommandKind::AskCaller => format!("how {line} was"),
        CommandKind::FindLeg => format!("whether it knew {line}"),
        CommandKind::HangUpStranger => format!("to hang up a line that claimed to be {line}"),
        CommandKind::DeleteMessages => "to delete the messages to and from the caller".to_owned(),
        CommandKind::DeleteRecordings => "to delete recordings".to_owned(),
        CommandKind::DeleteCall => "to delete what it kept of a line".to_owned(),
    };
    Some(match step {
        "ordered" => format!("Twilio was to be asked {what}."),
        "resumed" => format!("After a start, Twilio was still to be asked {what}."),
        "sent" => format!("Twilio was asked {what}."),
        "answered" if result(entry) == Some("interrupted") => {
            format!("The service ended while it asked Twilio {what}: whether Twilio has heard it is not known.")
        }
        "answered" => format!("Twilio was asked {what}{}.", answer(entry)),
        "dropped" => format!("Twilio was not asked {what}: it was no longer wanted."),
        _ => return None,
    })
}

fn answer(entry: &Entry) -> String {
    result(entry).map(|word| format!("; the answer: {}", word.replace('_', " "))).unwrap_or_default()
}

/// What came of it, in the word that the record has.
fn result(entry: &Entry) -> Option<&str> {
    entry.detail.get("commands")?.get(0)?.get("result")?.as_str()
}
