//! Every text of a story, so that a test can put something into each. Whoever adds a field is
//! asked by the compiler to add it here.

use serde_json::{Map, Value};

use crate::domain::note::Note;
use crate::review::story::{
    Access, AtTwilio, CallFacts, CallStory, Entry, Erased, Hold, NoteRevision, PhoneRow, RosterRow, SpokenText,
};

/// Shows every text with the name of its place, such as `phones.number`; where there is none, an
/// empty one is put in first.
pub fn each_text(story: &mut CallStory, mut see: impl FnMut(&str, &mut String)) {
    let CallStory { level: _, time_zone: _, call, phones, entries, notes, access, texts, roster, tally: _ } = story;
    in_call(call, &mut see);
    phones.iter_mut().for_each(|phone| in_phone(phone, &mut see));
    entries.iter_mut().for_each(|entry| in_entry(entry, &mut see));
    notes.iter_mut().for_each(|note| in_note(note, &mut see));
    for Access { at: _, what, by } in access {
        see("access.what", what);
        see("access.by", by);
    }
    for SpokenText { version, prompt, language, words } in texts {
        see("texts.version", version);
        see("texts.prompt", prompt);
        see("texts.language", language);
        see("texts.words", words);
    }
    for RosterRow { name, organiser_id, number, since: _, until: _ } in roster {
        see("roster.name", some(name));
        see("roster.organiser_id", some(organiser_id));
        see("roster.number", some(number));
    }
}

fn some(text: &mut Option<String>) -> &mut String {
    text.get_or_insert_default()
}

fn in_call(call: &mut CallFacts, see: &mut impl FnMut(&str, &mut String)) {
    let CallFacts {
        call_sid,
        case_name,
        case_status,
        tags,
        caller,
        started_at: _,
        connected_at: _,
        ended_at: _,
        status: _,
        outcome: _,
        organiser,
        wait_seconds: _,
        talk_seconds: _,
        rounds: _,
        hold,
        expunge_on,
        erased,
        linked,
        at_twilio,
    } = call;
    see("call.call_sid", some(call_sid));
    see("call.case_name", case_name);
    see("call.case_status", some(case_status));
    tags.iter_mut().for_each(|tag| see("call.tags", tag));
    see("call.caller", some(caller));
    see("call.organiser", some(organiser));
    if let Some(Hold { since: _, reason }) = hold {
        see("call.hold.reason", reason);
    }
    see("call.expunge_on", some(expunge_on));
    for Erased { class, at: _ } in erased {
        see("call.erased.class", class);
    }
    linked.iter_mut().for_each(|name| see("call.linked", name));
    for AtTwilio { what, being_asked: _, answer } in at_twilio {
        see("call.at_twilio.what", what);
        see("call.at_twilio.answer", some(answer));
    }
}

fn in_phone(phone: &mut PhoneRow, see: &mut impl FnMut(&str, &mut String)) {
    let PhoneRow {
        organiser,
        organiser_id,
        number,
        round: _,
        status: _,
        reason,
        planned_at: _,
        dialed_at: _,
        ringing_at: _,
        answered_at: _,
        joined_at: _,
        connected_at: _,
        disconnected_at: _,
        ended_at: _,
        leg_sid,
    } = phone;
    see("phones.organiser", some(organiser));
    see("phones.organiser_id", some(organiser_id));
    see("phones.number", some(number));
    see("phones.reason", some(reason));
    see("phones.leg_sid", some(leg_sid));
}

fn in_entry(entry: &mut Entry, see: &mut impl FnMut(&str, &mut String)) {
    let Entry { seq: _, at: _, subject, organiser, leg_sid, from_status, to_status, cause, source, detail, hash } =
        entry;
    see("entries.subject", subject);
    see("entries.organiser", some(organiser));
    see("entries.leg_sid", some(leg_sid));
    see("entries.from_status", some(from_status));
    see("entries.to_status", some(to_status));
    see("entries.cause", cause);
    see("entries.source", source);
    in_detail(detail, "entries.detail", see);
    see("entries.hash", hash);
}

fn in_detail(detail: &mut Map<String, Value>, place: &str, see: &mut impl FnMut(&str, &mut String)) {
    for (key, value) in detail {
        let place = format!("{place}.{key}");
        match value {
            Value::String(text) => see(&place, text),
            Value::Object(inner) => in_detail(inner, &place, see),
            Value::Array(all) => {
                all.iter_mut().filter_map(Value::as_object_mut).for_each(|one| in_detail(one, &place, see))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn in_note(revision: &mut NoteRevision, see: &mut impl FnMut(&str, &mut String)) {
    let NoteRevision { written_at: _, number: _, revision: _, note } = revision;
    let Note { author, happened, place, ongoing, description, identifying, safe_now, follow_up, conflict, witnesses } =
        note;
    see("notes.author", some(author));
    see("notes.happened", some(happened));
    see("notes.place", some(place));
    see("notes.ongoing", some(ongoing));
    see("notes.description", some(description));
    see("notes.identifying", some(identifying));
    see("notes.safe_now", some(safe_now));
    see("notes.follow_up", some(follow_up));
    see("notes.conflict", some(conflict));
    see("notes.witnesses", some(witnesses));
}
