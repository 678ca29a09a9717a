//! Errands: what people do to the record, and what is put on record of it.

use serde_json::{Value, json};

use super::draft::Draft;
use crate::domain::call::{Call, CallStatus};
use crate::domain::command::{Command, CommandKind};
use crate::domain::errand::{Actor, Basis, Errand, ReadKind, Refusal};
use crate::domain::event::Subject;
use crate::domain::house::Erasure;
use crate::domain::ids::{CallSid, OrganiserId};
use crate::domain::note::{CaseStatus, Note, NoteRevision};
use crate::domain::organiser::Organiser;
use crate::domain::privacy::{DataClass, Field, digest};

/// The longest text of one field of a note, and of a reason, in bytes.
const LONGEST_TEXT: usize = 20_000;

const LONGEST_TAG: usize = 40;
const MOST_TAGS: usize = 20;

/// Does what `by` wants.
pub(super) fn run(draft: &mut Draft<'_>, errand: &Errand, by: Actor) -> Result<(), Refusal> {
    let call = match errand.call_sid() {
        Some(sid) => Some(draft.call(sid).cloned().ok_or(Refusal::UnknownCall)?),
        None => None,
    };
    match (errand, call) {
        (Errand::Read { kind, calls }, _) => {
            read(draft, *kind, calls, by);
            Ok(())
        }
        (Errand::Verified { seq, hash, witnesses }, _) => {
            let detail = json!({ "by": by.to_string(), "seq": seq, "hash": hash, "witnesses": witnesses });
            draft.note(Subject::Review(None), "record.verified", detail);
            Ok(())
        }
        (Errand::Restored { lost_to, reason }, _) => restored(draft, *lost_to, reason, by),
        (Errand::Forget { organiser_id, basis }, _) => forget(draft, *organiser_id, *basis, by),
        (Errand::Note { number, note, .. }, Some(call)) => write_note(draft, call, *number, note, by),
        (Errand::Tag { tags, .. }, Some(call)) => tag(draft, call, tags, by),
        (Errand::SetStatus { status, .. }, Some(call)) => {
            set_status(draft, &call, *status, by);
            Ok(())
        }
        (Errand::Hold { reason, .. }, Some(call)) => hold(draft, call, reason, by),
        (Errand::Release { .. }, Some(call)) => {
            draft.review(&call.sid, "case.released", told_by(by), Vec::new());
            draft.change_call(&call.sid, |call| call.held_since = None);
            Ok(())
        }
        (Errand::ExpungeOn { on, .. }, Some(call)) => {
            draft.review(&call.sid, "case.expunge_on", told_by(by), Vec::new());
            draft.change_call(&call.sid, |call| call.expunge_on.clone_from(on));
            Ok(())
        }
        (Errand::Erase { classes, basis, .. }, Some(call)) => erase(draft, &call, classes, *basis, by),
        (
            Errand::Note { .. }
            | Errand::Tag { .. }
            | Errand::SetStatus { .. }
            | Errand::Hold { .. }
            | Errand::Release { .. }
            | Errand::ExpungeOn { .. }
            | Errand::Erase { .. },
            None,
        ) => Err(Refusal::UnknownCall),
    }
}

fn told_by(by: Actor) -> Value {
    json!({ "by": by.to_string() })
}

fn restored(draft: &mut Draft<'_>, lost_to: i64, reason: &str, by: Actor) -> Result<(), Refusal> {
    if by != Actor::Service {
        return Err(Refusal::Malformed("only a service that starts accepts an older copy".to_owned()));
    }
    if reason.trim().is_empty() {
        return Err(Refusal::Malformed("accepting an older copy needs a reason".to_owned()));
    }
    short_enough(reason, LONGEST_TEXT)?;
    let detail = json!({ "by": by.to_string(), "lost_to": lost_to, "remark": digest(reason) });
    draft.note(Subject::Review(None), "record.restored", detail);
    draft.put_remark("record.restored", reason);
    Ok(())
}

fn forget(draft: &mut Draft<'_>, id: OrganiserId, basis: Basis, by: Actor) -> Result<(), Refusal> {
    let retired = |organiser: &Organiser| organiser.id == id && organiser.retired_at.is_some();
    if !draft.organisers().iter().any(retired) {
        return Err(Refusal::NotRetired);
    }
    if draft.is_rung(id) {
        return Err(Refusal::Live);
    }
    if basis == Basis::Restore && by != Actor::Service {
        return Err(Refusal::Malformed("restore is the service's own ground; say what yours is".to_owned()));
    }
    draft.note(Subject::Organiser(None, id), "roster.forgotten", json!({ "by": by.to_string(), "basis": basis }));
    draft.forget_organiser(id);
    Ok(())
}

fn read(draft: &mut Draft<'_>, kind: ReadKind, calls: &[CallSid], by: Actor) {
    let cause = format!("read.{kind}");
    if calls.is_empty() {
        draft.note(Subject::Review(None), cause.clone(), told_by(by));
    }
    for sid in calls {
        draft.note(Subject::Review(Some(sid.clone())), cause.clone(), told_by(by));
    }
}

fn write_note(draft: &mut Draft<'_>, call: Call, number: Option<u32>, note: &Note, by: Actor) -> Result<(), Refusal> {
    if note.is_empty() {
        return Err(Refusal::EmptyNote);
    }
    let known = draft.notes_of(&call.sid);
    let (number, revision) = match number {
        Some(number) => (number, known.get(&number).ok_or(Refusal::UnknownNote)? + 1),
        None => (known.keys().max().map_or(1, |last| last + 1), 1),
    };
    let text = serde_json::to_string(&NoteRevision { number, revision, note: note.clone() })
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    short_enough(&text, 10 * LONGEST_TEXT)?;
    salt_for_notes(draft, &call);
    let detail = json!({ "by": by.to_string(), "note": number, "revision": revision });
    draft.review(&call.sid, "note.written", detail, vec![(Field::Note, text)]);
    Ok(())
}

fn tag(draft: &mut Draft<'_>, call: Call, tags: &[String], by: Actor) -> Result<(), Refusal> {
    let fits = |tag: &String| !tag.trim().is_empty() && tag.len() <= LONGEST_TAG && !tag.chars().any(char::is_control);
    if tags.len() > MOST_TAGS || !tags.iter().all(fits) {
        let rule = format!("a call has at most {MOST_TAGS} tags, each of 1 to {LONGEST_TAG} letters on one line");
        return Err(Refusal::Malformed(rule));
    }
    salt_for_notes(draft, &call);
    let detail = json!({ "by": by.to_string(), "tags": tags.len() });
    draft.review(&call.sid, "case.tagged", detail, vec![(Field::Tags, json!(tags).to_string())]);
    Ok(())
}

fn set_status(draft: &mut Draft<'_>, call: &Call, status: CaseStatus, by: Actor) {
    draft.review(&call.sid, &format!("case.{status}"), told_by(by), Vec::new());
    draft.change_call(&call.sid, |call| call.case_status = status);
}

fn hold(draft: &mut Draft<'_>, call: Call, reason: &str, by: Actor) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        return Err(Refusal::Malformed("a hold needs a reason".to_owned()));
    }
    short_enough(reason, LONGEST_TEXT)?;
    salt_for_notes(draft, &call);
    draft.review(&call.sid, "case.held", told_by(by), vec![(Field::HoldReason, reason.to_owned())]);
    let now = draft.now;
    draft.change_call(&call.sid, |call| call.held_since = call.held_since.or(Some(now)));
    Ok(())
}

fn short_enough(text: &str, longest: usize) -> Result<(), Refusal> {
    if text.len() <= longest {
        return Ok(());
    }
    Err(Refusal::Malformed(format!("that is {} bytes long, {longest} are the most", text.len())))
}

/// The salt may have gone with what it sealed before.
fn salt_for_notes(draft: &mut Draft<'_>, call: &Call) {
    if call.salts.notes.is_none() {
        let salt = draft.new_salt(&call.sid, DataClass::Notes);
        draft.change_call(&call.sid, |call| call.salts.notes = Some(salt));
    }
}

fn erase(draft: &mut Draft<'_>, call: &Call, classes: &[DataClass], basis: Basis, by: Actor) -> Result<(), Refusal> {
    let sid = &call.sid;
    if call.status != CallStatus::Ended || draft.legs_of(sid).iter().any(|leg| leg.ended_at.is_none()) {
        return Err(Refusal::Live);
    }
    // What was erased before an older copy came back must go again, whatever that copy says.
    if call.held_since.is_some() && basis != Basis::Restore {
        return Err(Refusal::OnHold);
    }
    if basis == Basis::Restore && by != Actor::Service {
        return Err(Refusal::Malformed("restore is the service's own ground; say what yours is".to_owned()));
    }
    let timeline = classes.contains(&DataClass::Timeline);
    if timeline && classes.iter().any(|class| *class != DataClass::Timeline) {
        let rule = "the timeline goes by itself, when the rest is gone: erase that first, then --what timeline";
        return Err(Refusal::Malformed(rule.to_owned()));
    }
    if timeline && (!draft.open_commands(sid).is_empty() || knows_more_than_a_timeline(call)) {
        return Err(Refusal::TwilioFirst);
    }
    let mut classes = classes.to_vec();
    classes.sort_unstable();
    classes.dedup();
    let detail = json!({ "by": by.to_string(), "classes": classes, "basis": basis });
    draft.review(sid, "record.erased", detail, Vec::new());
    if timeline {
        let detail = json!({ "by": by.to_string(), "case_number": call.case_number });
        draft.review(sid, "record.expunged", detail, Vec::new());
    }
    delete_at_twilio(draft, call, &classes);
    draft.erase(Erasure { call_sid: sid.clone(), classes });
    Ok(())
}

/// A timeline goes last: what it leads to, at Twilio too, goes before.
fn knows_more_than_a_timeline(call: &Call) -> bool {
    call.salts.numbers.is_some() || call.salts.notes.is_some()
}

/// Has Twilio delete what it keeps: the messages and recordings before the lines that they hang on.
fn delete_at_twilio(draft: &mut Draft<'_>, call: &Call, classes: &[DataClass]) {
    let legs = draft.legs_of(&call.sid);
    let mut lines = vec![call.sid.to_string()];
    lines.extend(legs.iter().filter_map(|leg| leg.sid.as_ref().map(ToString::to_string)));
    let numbers = classes.contains(&DataClass::Numbers);
    if let Some(caller) = call.caller.as_ref().filter(|caller| numbers && caller.is_a_number()) {
        order(draft, call, CommandKind::DeleteMessages, caller.as_str().to_owned());
    }
    for line in &lines {
        if numbers || classes.contains(&DataClass::Recordings) {
            order(draft, call, CommandKind::DeleteRecordings, line.clone());
        }
        if numbers {
            order(draft, call, CommandKind::DeleteCall, line.clone());
        }
    }
}

fn order(draft: &mut Draft<'_>, call: &Call, kind: CommandKind, target: String) {
    let command = draft.new_command(kind, &call.sid, None);
    draft.put_command(Command { target: Some(target), ..command });
}
