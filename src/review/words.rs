//! Each event told in one plain sentence, for somebody who has never heard of a leg or a webhook.
//! Knows every cause that the rules write; one that it does not know is told as such, so that no
//! event is left out and none is made up.

mod call;
mod command;
mod house;
mod leg;
mod moment;
mod review;

use std::collections::BTreeSet;

use crate::domain::call::Outcome;
use crate::domain::event::SubjectKind;
use crate::domain::leg::{LegStatus, Reason};
use crate::domain::time::Timestamp;
use crate::review::story::{Entry, PhoneRow};
use moment::Moment;

/// One event, told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number in the record.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What happened. Names are as they are held, so it must be made safe like any other text.
    pub sentence: String,
}

/// Tells the events of a call, which must be in their order.
pub fn tell(entries: &[Entry]) -> Vec<Told> {
    let mut known = Known::default();
    let told = entries.iter().enumerate().map(|(place, entry)| {
        let moment = Moment { entry, rest: &entries[place + 1..] };
        Told { seq: entry.seq, at: entry.at, sentence: sentence(&moment, &mut known) }
    });
    told.collect()
}

/// What later events refer to.
#[derive(Debug, Default)]
struct Known {
    taken_by: Option<String>,
    /// Who is connected with the caller.
    together: BTreeSet<String>,
}

fn sentence(moment: &Moment<'_>, known: &mut Known) -> String {
    let told = match moment.entry.subject.parse() {
        Ok(SubjectKind::Call) => call::sentence(moment, known.taken_by.as_deref()),
        Ok(SubjectKind::Leg) => leg::sentence(moment, known),
        Ok(SubjectKind::Organiser) => house::organiser(moment),
        Ok(SubjectKind::Service) => house::service(moment),
        Ok(SubjectKind::Review) => review::sentence(moment),
        Err(_) => None,
    };
    told.unwrap_or_else(|| generic(moment.entry))
}

/// What is said of an event for which there are no words.
fn generic(entry: &Entry) -> String {
    let who = entry.organiser.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
    let change = match (&entry.from_status, &entry.to_status) {
        (Some(from), Some(to)) => format!(", from {from} to {to}"),
        (None, Some(to)) => format!(", now {to}"),
        (_, None) => String::new(),
    };
    format!("An event without words of its own: {}{who}, {}{change}.", entry.subject, entry.cause)
}

/// What came of a call, in words that follow "they".
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Connected => "spoke with the team",
        Outcome::Abandoned => "left before anybody came",
        Outcome::Unanswered => "were told that nobody could come",
        Outcome::MessageLeft => "left a message",
        Outcome::Refused => "were not let in",
        Outcome::Failed => "were cut off by a technical fault",
    }
}

/// What came of ringing one phone, in a few words.
pub fn result(phone: &PhoneRow) -> String {
    let reason = phone.reason.as_deref();
    let known = reason.and_then(|reason| reason.parse().ok());
    match (phone.status, known) {
        (LegStatus::Planned, Some(Reason::Occupied)) => "waits for the phone".to_owned(),
        (LegStatus::Planned, _) => "to be rung".to_owned(),
        (LegStatus::Dialing, _) => "being dialled".to_owned(),
        (LegStatus::Ringing, _) => "rings".to_owned(),
        (LegStatus::Answered, _) => "picked up".to_owned(),
        (LegStatus::Joined, _) => "has the call".to_owned(),
        (LegStatus::Completed, _) => "took the call".to_owned(),
        (LegStatus::Lost, why) => format!("too late{}", let_go(why)),
        (LegStatus::Declined, Some(Reason::OtherKey)) => "left it to the others".to_owned(),
        (LegStatus::Declined, _) => "no key was pressed".to_owned(),
        (LegStatus::Machine, _) => "voicemail or fax".to_owned(),
        (LegStatus::Busy, _) => "busy or pushed away".to_owned(),
        (LegStatus::NoAnswer, _) => "nobody picked up".to_owned(),
        (LegStatus::Failed, _) => reason.map_or("not reached".to_owned(), |reason| format!("not reached: {reason}")),
        (LegStatus::Canceled, why) => format!("let go{}", let_go(why)),
        (LegStatus::Unclear, _) => "unclear whether it rings".to_owned(),
    }
}

/// Whose phone it was.
pub fn who(phone: &PhoneRow) -> &str {
    phone.organiser.as_deref().unwrap_or("A former organiser")
}

fn let_go(why: Option<Reason>) -> &'static str {
    match why {
        Some(Reason::Taken) => ": taken",
        Some(Reason::CallerLeft) => ": caller left",
        Some(Reason::GaveUp) => ": wait over",
        Some(Reason::OffRoster) => ": off the roster",
        Some(
            Reason::Occupied
            | Reason::NoKey
            | Reason::OtherKey
            | Reason::Absent
            | Reason::Unreachable
            | Reason::Twilio(_)
            | Reason::Sip(_),
        )
        | None => "",
    }
}
