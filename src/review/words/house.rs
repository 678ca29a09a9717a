//! Events of the roster and of the service.

use super::moment::Moment;
use crate::domain::time::Timestamp;
use crate::review::time::in_words;

/// Tells an event about an organiser; `None` if there are no words for it.
pub(super) fn organiser(moment: &Moment<'_>) -> Option<String> {
    let who = moment.who();
    Some(match moment.cause() {
        "not_rung" => match moment.word("reason") {
            Some("own_call") => format!("{who} was not rung: the call came from their own phone."),
            Some("limited") => format!("{who} was not rung: above a limit, a call rings one organiser only."),
            Some("spent") => {
                format!("{who} was not rung: as many phones as may be rung in an hour had been rung already.")
            }
            Some(reason) => format!("{who} was not rung: {}.", reason.replace('_', " ")),
            None => format!("{who} was not rung."),
        },
        "roster.added" => format!("{who} was put on the roster."),
        "roster.changed" => format!("{who}’s entry on the roster was changed."),
        "roster.removed" => format!("{who} was taken off the roster."),
        "roster.forgotten" => "The name and number of somebody who had left the roster were forgotten.".to_owned(),
        _ => return None,
    })
}

/// Tells an event of the service; `None` if there are no words for it.
pub(super) fn service(moment: &Moment<'_>) -> Option<String> {
    Some(match moment.cause() {
        "record.created" => "The record was begun.".to_owned(),
        "service.started" => "The service was started.".to_owned(),
        "service.gap" => gap(moment),
        "service.caught_up" => {
            "The database could be written again; what had come in meanwhile was taken into it.".to_owned()
        }
        "service.stopping" => "The service was about to be stopped.".to_owned(),
        "configuration.is" => "The configuration had changed.".to_owned(),
        "line.orphaned" => {
            "A phone of the team’s rang or was talking that no call explained; it was hung up.".to_owned()
        }
        "texts.added" => "Spoken texts had changed.".to_owned(),
        _ => return None,
    })
}

fn gap(moment: &Moment<'_>) -> String {
    let time = |key| moment.word(key).and_then(|text| text.parse::<Timestamp>().ok());
    let long = match (time("from"), time("to")) {
        (Some(from), Some(to)) => format!(" for {}", in_words(to.since(from).as_secs_f64())),
        _ => String::new(),
    };
    let stopped = moment.entry.detail.get("stopped").and_then(|stopped| stopped.as_bool());
    let how = if stopped == Some(true) { "it had been stopped" } else { "it had broken off" };
    format!("Nothing was recorded{long} before the service was started: {how}.")
}
