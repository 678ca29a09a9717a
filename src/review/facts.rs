//! What a call came to, as names and values: the head of every page. All values are safe.

use crate::review::safe::safe;
use crate::review::story::{AtTwilio, CallFacts, CallStory, Level};
use crate::review::time::{Local, in_words};
use crate::review::words;

/// When the call came in, as exactly as it may be told.
pub fn when(story: &CallStory, local: &Local) -> String {
    match story.level {
        Level::Team | Level::Parties => local.head(),
        Level::Public => local.hour_head(),
    }
}

/// The facts that there are, in the order in which they are read.
pub fn facts(story: &CallStory, local: &Local) -> Vec<(&'static str, String)> {
    let call = &story.call;
    let counts = story.counts();
    let mut facts = Vec::new();
    match story.level {
        Level::Team => {}
        Level::Parties => facts.push(("Redacted", "for the parties".to_owned())),
        Level::Public => facts.push(("Redacted", "for the public: to the hour, and counts only".to_owned())),
    }
    facts.push(("Outcome", outcome(call)));
    facts.extend(call.caller.as_deref().map(|caller| ("Caller", safe(caller))));
    facts.extend(call.ended_at.filter(|_| story.level != Level::Public).map(|at| ("Ended", local.time(at))));
    facts.push(("Rung", rung(counts.phones_rung, counts.picked_up, call.rounds)));
    facts.push((
        "Record",
        format!("{}, {}", some(counts.events, "event"), some(counts.note_revisions, "note revision")),
    ));
    facts.extend(call.case_status.as_deref().map(|status| ("Case", safe(status))));
    let lists = [("Tags", &call.tags), ("Same caller", &call.linked)];
    facts.extend(
        lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name, safe(&list.join(", ")))),
    );
    facts.extend(
        call.hold.as_ref().map(|hold| ("Hold", format!("since {}: {}", local.time(hold.since), safe(&hold.reason)))),
    );
    facts.extend(call.expunge_on.as_deref().map(|day| ("Kept", format!("until {}, then to be erased", safe(day)))));
    facts.extend(
        call.erased.iter().map(|erased| ("Erased", format!("{}, {}", safe(&erased.class), local.time(erased.at)))),
    );
    facts.extend(call.at_twilio.iter().map(|kept| ("At Twilio", at_twilio(kept))));
    facts.extend(call.call_sid.as_deref().map(|sid| ("Call SID", safe(sid))));
    facts
}

fn at_twilio(kept: &AtTwilio) -> String {
    let what = safe(&kept.what);
    let answer = kept.answer.as_deref().map_or(String::new(), |answer| format!("; the last try: {}", safe(answer)));
    match kept.being_asked {
        true => format!("{what} are to be deleted, and not confirmed yet{answer}"),
        false => format!("{what} are still there: given up{answer}"),
    }
}

fn outcome(call: &CallFacts) -> String {
    let mut line = match call.outcome {
        Some(outcome) => format!("{}: they {}", outcome.as_str().replace('_', " "), words::outcome(outcome)),
        None => format!("{}: not over yet", call.status),
    };
    let waited = call.wait_seconds.map(in_words);
    match (call.organiser.as_deref().map(safe), waited) {
        (Some(name), Some(waited)) if call.connected_at.is_some() => line += &format!("; with {name} after {waited}"),
        (Some(name), _) => line += &format!("; {name} had taken the call"),
        (None, Some(waited)) => line += &format!("; they waited {waited}"),
        (None, None) => {}
    }
    if let Some(talk) = call.talk_seconds {
        line += &format!(", for {}", in_words(talk));
    }
    line
}

fn rung(phones: usize, picked_up: usize, rounds: u32) -> String {
    let rounds = if rounds == 1 { "one round".to_owned() } else { format!("{rounds} rounds") };
    format!("{} in {rounds}, {picked_up} picked up", some(phones, "phone"))
}

fn some(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("one {what}"),
        _ => format!("{count} {what}s"),
    }
}
