//! Events of the call itself, told from the caller's side.

use super::moment::Moment;
use super::{command, outcome};
use crate::domain::call::{CallStatus, Outcome};

/// Tells an event of a call; `None` if there are no words for it.
pub(super) fn sentence(moment: &Moment<'_>, taken_by: Option<&str>) -> Option<String> {
    if let Some(prompt) = moment.said() {
        return Some(format!("The caller heard: {prompt}."));
    }
    let Some(status) = &moment.entry.to_status else { return noted(moment) };
    Some(match status.parse().ok()? {
        CallStatus::Pending if moment.entry.from_status.is_none() => "A call came in.".to_owned(),
        CallStatus::Pending => {
            let round = moment.number("round").map(|round| format!(" (round {round})")).unwrap_or_default();
            format!("The caller asked for it by key, and the team was rung again{round}.")
        }
        CallStatus::Active => match taken_by {
            Some(name) => format!("From now on the call was {name}’s."),
            None => "From now on the call was taken.".to_owned(),
        },
        CallStatus::Unanswered => unanswered(moment.cause()).to_owned(),
        CallStatus::Ended => ended(moment),
    })
}

fn unanswered(cause: &str) -> &'static str {
    match cause {
        "timer.give_up" => "The caller had waited as long as a caller is left waiting, and nobody had come.",
        "nobody_left" => "Nobody was left who could still take the call.",
        "nobody_to_ring" => "There was nobody who could be rung.",
        _ => "The team was rung no longer; nobody had taken the call.",
    }
}

fn ended(moment: &Moment<'_>) -> String {
    let came: Option<Outcome> = moment.word("outcome").and_then(|word| word.parse().ok());
    let how = match moment.cause() {
        "call.from_ourselves" => {
            return "The call came from the hotline’s own number and was not taken.".to_owned();
        }
        "call.forwarded_by_organiser" => {
            return "The call was that of an organiser’s phone, which forwarded our own ringing to the hotline, and was not taken."
                .to_owned();
        }
        "caller.left_to_twilio" => {
            return "Nothing could be put on record in time, and Twilio rang the team for the caller by itself; what came of that is \
                    not known here."
                .to_owned();
        }
        "call.was_over" => "The caller had hung up before Twilio’s first question about the call came",
        "twilio.not_found" => "Twilio no longer knew the caller’s line; the call had ended",
        "twilio.failed" => "The caller’s line broke off",
        cause if cause.starts_with("twilio.") => "The caller’s line was down",
        _ => "The call ended",
    };
    match came {
        Some(came) => format!("{how}: they {}.", outcome(came)),
        None => format!("{how}."),
    }
}

fn noted(moment: &Moment<'_>) -> Option<String> {
    Some(match moment.cause() {
        "caller.enters_room" => "The caller was sent to the room where they meet who takes the call.".to_owned(),
        "key.other" => "The caller pressed another key than 1.".to_owned(),
        "call.limited" => limited(moment.word("limit")).to_owned(),
        "changed" => format!("Particulars of the call were put down: {}.", moment.changed()),
        _ => return command::sentence(moment.entry, None),
    })
}

fn limited(limit: Option<&str>) -> &'static str {
    match limit {
        Some("concurrent_calls") => "So many calls were under way that this one was to ring one organiser only.",
        Some("calls_per_minute") => "So many calls came within a minute that this one was to ring one organiser only.",
        Some("calls_per_caller_per_minute") => {
            "This number had called so often within a minute that the call was to ring one organiser only."
        }
        Some("legs_per_hour") => "So many phones had been rung within an hour that not all could be rung any more.",
        _ => "A limit was reached, and not everybody was to be rung.",
    }
}
