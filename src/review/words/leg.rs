//! Events of a leg, told as what an organiser's phone did and what the organiser did.

use super::moment::Moment;
use super::{Known, command};
use crate::domain::leg::{LegStatus, Reason};
use crate::domain::line::LineStatus;

/// Tells an event of a leg; `None` if there are no words for it.
pub(super) fn sentence(moment: &Moment<'_>, known: &mut Known) -> Option<String> {
    let who = moment.who();
    if let Some(prompt) = moment.said() {
        return Some(format!("On {who}’s phone was said: {prompt}."));
    }
    let Some(status) = &moment.entry.to_status else { return noted(moment, known) };
    let status: LegStatus = status.parse().ok()?;
    if status == LegStatus::Joined {
        known.taken_by = Some(who.to_owned());
    }
    Some(moved(moment, status, known.taken_by.as_deref()))
}

/// Why, as the cause says it, or else the leg's row.
fn reason(moment: &Moment<'_>) -> Option<Reason> {
    let word = moment.cause().strip_prefix("released.").or_else(|| moment.word("reason"));
    word.and_then(|word| word.parse().ok())
}

fn moved(moment: &Moment<'_>, status: LegStatus, taken_by: Option<&str>) -> String {
    let who = moment.who();
    let reason = reason(moment);
    let because = because(reason, taken_by);
    match (status, moment.cause()) {
        (LegStatus::Planned, cause) => planned(who, cause, reason),
        (LegStatus::Dialing, "line_found") => format!("The line to {who}’s phone was found after all."),
        (LegStatus::Dialing, "caller.dial") => {
            format!("Twilio could not be told to ring {who}’s phone; the caller’s own line rang it.")
        }
        (LegStatus::Dialing, _) => format!("Twilio was asked to ring {who}’s phone."),
        (LegStatus::Ringing, _) => format!("{who}’s phone rang."),
        (LegStatus::Answered, _) => format!("{who}’s phone was picked up."),
        (LegStatus::Joined, "key.1") => format!("{who} pressed 1 and took the call."),
        (LegStatus::Joined, "picked_up") => format!("{who} picked up and so took the call."),
        (LegStatus::Joined, _) => format!("{who} took the call."),
        (LegStatus::Completed, _) => format!("{who}’s line was down."),
        (LegStatus::Lost, "answered_too_late") => format!("{who}’s phone was picked up too late{because}."),
        (LegStatus::Lost, _) => format!("{who} had picked up, but had not taken the call yet{because}."),
        (LegStatus::Declined, cause) => declined(who, cause, reason),
        (LegStatus::Machine, _) => format!("A voicemail or a fax had picked up {who}’s phone, and was let go."),
        (LegStatus::Busy, _) => format!("{who}’s phone was busy, or the call was pushed away."),
        (LegStatus::NoAnswer, _) => format!("Nobody picked up {who}’s phone in time."),
        (LegStatus::Failed, _) => failed(who, reason),
        (LegStatus::Canceled, _) if moment.entry.from_status.as_deref() == Some(LegStatus::Planned.as_str()) => {
            format!("{who}’s phone was not rung any more{because}.")
        }
        (LegStatus::Canceled, _) => format!("{who}’s phone was hung up{because}."),
        (LegStatus::Unclear, "outbox.interrupted") => {
            format!("The service was cut off while it asked for {who}’s phone to be rung; nobody knew whether it rang.")
        }
        (LegStatus::Unclear, _) => format!("Twilio gave no clear answer whether {who}’s phone would ring."),
    }
}

fn planned(who: &str, cause: &str, reason: Option<Reason>) -> String {
    let later = if reason == Some(Reason::Occupied) { ", as soon as a line to them is free" } else { "" };
    match cause {
        "phone_free" => format!("A line to {who} was free; their phone was to be rung now."),
        "replace" => format!("{who} was to be rung once more, since the first attempt had not reached them{later}."),
        "outbox.busy" => format!("Twilio was too busy to ring {who}’s phone; it was to be asked again."),
        "outbox.unreachable" => format!("Twilio took no order to ring {who}’s phone; it was to be asked again."),
        _ => format!("{who} was to be rung{later}."),
    }
}

fn declined(who: &str, cause: &str, reason: Option<Reason>) -> String {
    match (cause, reason) {
        ("key.none", _) => format!("Nobody pressed a key on {who}’s phone; probably a voicemail."),
        ("key.other", _) | (_, Some(Reason::OtherKey)) => {
            format!("{who} pressed another key than 1 and left the call to the others.")
        }
        _ => format!("{who}’s phone was hung up before a key was pressed; perhaps a voicemail."),
    }
}

fn failed(who: &str, reason: Option<Reason>) -> String {
    match reason {
        Some(Reason::Absent) => format!("Twilio knew nothing of a call to {who}; their phone had not been rung."),
        Some(Reason::Unreachable) => format!("Twilio took no order to ring {who}’s phone in time."),
        Some(Reason::Twilio(code)) => format!("Twilio did not ring {who}’s phone (its error {code})."),
        Some(Reason::Sip(code)) => format!("The telephone network could not reach {who}’s phone (its answer {code})."),
        Some(
            Reason::Occupied
            | Reason::Taken
            | Reason::CallerLeft
            | Reason::GaveUp
            | Reason::NoKey
            | Reason::OtherKey
            | Reason::OffRoster,
        )
        | None => format!("{who}’s phone could not be rung."),
    }
}

/// The reason why somebody was let go, to be put behind a sentence.
fn because(reason: Option<Reason>, taken_by: Option<&str>) -> String {
    match reason {
        Some(Reason::Taken) => format!(": {} had taken the call", taken_by.unwrap_or("somebody else")),
        Some(Reason::CallerLeft) => ": the caller had left".to_owned(),
        Some(Reason::GaveUp) => ": the caller’s wait was over".to_owned(),
        Some(Reason::OffRoster) => ": they were no longer on the roster with this number".to_owned(),
        Some(
            Reason::Occupied
            | Reason::NoKey
            | Reason::OtherKey
            | Reason::Absent
            | Reason::Unreachable
            | Reason::Twilio(_)
            | Reason::Sip(_),
        )
        | None => String::new(),
    }
}

fn noted(moment: &Moment<'_>, known: &mut Known) -> Option<String> {
    let who = moment.who();
    Some(match moment.cause() {
        "stranger" => format!("Another line than the one to {who}’s phone claimed to be it, and was turned away."),
        "connected" => {
            known.together.insert(who.to_owned());
            format!("{who} and the caller were connected.")
        }
        "alone_in_room" => {
            known.together.remove(who);
            format!("{who} was alone: the caller had not come, or was gone.")
        }
        "disconnected" if known.together.remove(who) => format!("{who} and the caller were no longer connected."),
        "disconnected" => format!("{who} waited for the caller no longer."),
        "changed" => format!("Particulars of the call to {who} were put down: {}.", moment.changed()),
        "twilio.picked_up" => format!("Twilio said again that {who}’s phone was picked up."),
        "twilio.not_found" => format!("Twilio no longer knew the line to {who}’s phone."),
        cause => match cause.strip_prefix("twilio.") {
            Some(status) => line(moment, status.parse().ok()?),
            None => return command::sentence(moment.entry, Some(who)),
        },
    })
}

/// What Twilio said of a line without a change of status.
fn line(moment: &Moment<'_>, line: LineStatus) -> String {
    let who = moment.who();
    let told = match line {
        LineStatus::Queued => format!("the call to {who}’s phone waited for its turn"),
        LineStatus::Initiated => format!("{who}’s phone was being dialled"),
        LineStatus::Ringing => format!("{who}’s phone rang"),
        LineStatus::InProgress => format!("{who}’s phone was picked up"),
        LineStatus::Completed => format!("the line to {who}’s phone was down"),
        LineStatus::Busy => format!("{who}’s phone was busy"),
        LineStatus::NoAnswer => format!("nobody had picked up {who}’s phone"),
        LineStatus::Failed => format!("{who}’s phone could not be reached"),
        LineStatus::Canceled => format!("{who}’s phone rang no longer"),
    };
    if moment.has("contradicts") {
        format!("Against what was known before, Twilio said that {told}.")
    } else if moment.has("late") {
        format!("Late, Twilio said that {told}.")
    } else {
        format!("Twilio said that {told}.")
    }
}
