//! What people do to the record, errand by errand.

use std::collections::BTreeMap;
use std::time::Duration;

use super::errands::{NUMBER, call, erase, note};
use super::{World, roster, sid};
use crate::domain::command::{CommandKind, CommandResult, CommandStatus, Effect};
use crate::domain::contact::Contacts;
use crate::domain::errand::{Actor, Basis, Errand, ReadKind, Refusal};
use crate::domain::house::{House, Past};
use crate::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, Start};
use crate::domain::line::LineStatus;
use crate::domain::note::{CaseStatus, Note};
use crate::domain::phone::CallerId;
use crate::domain::privacy::DataClass;
use crate::domain::settings::{Screening, Waiting};

fn is_malformed(answer: &Result<(), Refusal>) -> bool {
    matches!(answer, Err(Refusal::Malformed(_)))
}

#[test]
fn every_errand_says_who_wanted_it() {
    let call_sid = call;
    let errands = [
        (Errand::Read { kind: ReadKind::Listed, calls: Vec::new() }, "read.listed"),
        (note("first"), "note.written"),
        (Errand::Tag { call_sid: call_sid(), tags: vec!["theft".into()] }, "case.tagged"),
        (Errand::SetStatus { call_sid: call_sid(), status: CaseStatus::InReview }, "case.in_review"),
        (Errand::Hold { call_sid: call_sid(), reason: "a court".into() }, "case.held"),
        (Errand::Release { call_sid: call_sid() }, "case.released"),
        (Errand::ExpungeOn { call_sid: call_sid(), on: Some("2027-01-31".into()) }, "case.expunge_on"),
        (Errand::Verified { seq: 1, hash: "a".into(), witnesses: 2 }, "record.verified"),
        (erase(&[DataClass::Notes]), "record.erased"),
    ];
    let mut world = World::after_a_call();
    for (errand, cause) in errands {
        assert_eq!(world.wants(errand), Ok(()));
        assert_eq!(world.last(cause).detail["by"], "uid:1000");
    }
    let row = world.row(0);
    assert_eq!(
        (row.case_status, row.held_since, row.expunge_on.as_deref()),
        (CaseStatus::InReview, None, Some("2027-01-31"))
    );
}

#[test]
fn a_new_note_has_the_next_number_and_a_revised_one_the_next_revision() {
    let notes = BTreeMap::from([(1, 2), (7, 3)]);
    for (number, told) in [(None, (8, 1)), (Some(7), (7, 4)), (Some(1), (1, 3))] {
        let mut world = World::after_a_call();
        let past = Past { notes: BTreeMap::from([(call(), notes.clone())]), ..world.house.past().clone() };
        let calls = world.house.calls().cloned().collect();
        world.house = House::new(calls, Vec::new(), Vec::new(), Vec::new(), past, Contacts::new());
        let note = Note { place: Some("here".into()), ..Note::default() };
        assert_eq!(world.wants(Errand::Note { call_sid: call(), number, note: note.into() }), Ok(()));
        let detail = &world.last("note.written").detail;
        assert_eq!((&detail["note"], &detail["revision"]), (&told.0.into(), &told.1.into()));
        assert_eq!(detail["sealed"]["note"], world.last("note.written").personal[0].sealed.as_str());
    }
}

#[test]
fn texts_have_a_longest_length() {
    let mut world = World::after_a_call();
    let hold = |length| Errand::Hold { call_sid: call(), reason: "x".repeat(length) };
    assert_eq!(world.wants(hold(20_000)), Ok(()));
    assert!(is_malformed(&world.wants(hold(20_001))));
    assert_eq!(world.wants(note(&"x".repeat(150_000))), Ok(()));
    assert!(is_malformed(&world.wants(note(&"x".repeat(200_000)))));
    let only_author = Note { author: Some("Ada".into()), ..Note::default() };
    let errand = Errand::Note { call_sid: call(), number: None, note: only_author.into() };
    assert_eq!(world.wants(errand), Err(Refusal::EmptyNote));
}

#[test]
fn a_call_has_up_to_twenty_short_tags_of_one_line_each() {
    let many = |count: usize| vec!["tag".to_owned(); count];
    let one = |tag: &str| vec![tag.to_owned()];
    let table = [
        (many(0), true),
        (many(20), true),
        (many(21), false),
        (one(&"x".repeat(40)), true),
        (one(&"x".repeat(41)), false),
        (one(" "), false),
        (one("two\nlines"), false),
    ];
    for (tags, good) in table {
        let mut world = World::after_a_call();
        let answer = world.wants(Errand::Tag { call_sid: call(), tags: tags.clone() });
        assert_eq!((answer.is_ok(), is_malformed(&answer)), (good, !good), "{tags:?}");
        if good {
            let event = world.last("case.tagged");
            assert_eq!(event.detail["tags"], tags.len());
            assert_eq!(event.personal[0].value, serde_json::json!(tags).to_string());
        }
    }
}

#[test]
fn a_call_that_is_over_is_live_while_a_phone_still_hears_of_it() {
    let mut world = World::ringing();
    world.organiser(world.leg_ids(1)[0], LegMoment::PickedUp(None));
    world.leaves(1);
    let erase = Errand::Erase { call_sid: sid(1), classes: vec![DataClass::Notes], basis: Basis::Request };
    assert_eq!(world.wants(erase), Err(Refusal::Live));
}

#[test]
fn a_timeline_is_not_erased_while_notes_or_numbers_are_left() {
    for class in [DataClass::Notes, DataClass::Numbers] {
        let mut world = World::after_a_call();
        assert_eq!(world.wants(erase(&[class])), Ok(()));
        world.calm_down();
        assert_eq!(world.wants(erase(&[DataClass::Timeline])), Err(Refusal::TwilioFirst), "{class}");
    }
}

#[test]
fn twilio_is_told_exactly_what_to_delete_and_asked_for_a_month_less_and_less_often() {
    let mut world = World::after_a_call();
    world.wants(erase(&[DataClass::Numbers])).expect("erased");
    let sent = world.sends();
    assert!(sent.contains(&Effect::DeleteMessages { with: CallerId::new(NUMBER) }));
    assert!(sent.contains(&Effect::DeleteRecordings { sid: call() }));
    assert!(sent.contains(&Effect::DeleteCall { sid: call() }));
    let of_call = |world: &World| world.all(CommandKind::DeleteCall).remove(0);
    assert_eq!(of_call(&world).deadline.since(world.now), Duration::from_secs(30 * 24 * 3600));
    for (answer, word, wait) in [
        (CommandResult::Busy { retry_after: None }, "busy", 2),
        (CommandResult::Unreachable, "unreachable", 4),
        (CommandResult::Unclear, "unclear", 8),
        (CommandResult::Rejected { code: 20003 }, "twilio_20003", 16),
        (CommandResult::Redirected, "strange", 32),
    ] {
        world.twilio_says(CommandKind::DeleteCall, &answer);
        let command = of_call(&world);
        assert_eq!((command.status, command.result.as_deref()), (CommandStatus::Pending, Some(word)));
        assert_eq!(command.due_at, world.now + Duration::from_secs(wait));
        world.now = command.due_at;
    }
    world.twilio_says(CommandKind::DeleteCall, &CommandResult::NotFound);
    assert_eq!(of_call(&world).status, CommandStatus::Done);
}

#[test]
fn a_withheld_number_has_no_messages_and_recordings_go_by_themselves() {
    let mut world = World::new(Screening::Keypress, Waiting::Music);
    let caller = CallerId::new("anonymous");
    let line = LineStatus::InProgress;
    world.submit(Input::Caller(CallerRequest {
        call_sid: sid(0),
        caller,
        forwarded_from: None,
        line,
        moment: CallerMoment::Next,
    }));
    world.calm_down();
    world.wants(erase(&[DataClass::Recordings])).expect("erased");
    let ordered = |world: &World, kind| world.all(kind).len();
    assert_eq!((ordered(&world, CommandKind::DeleteRecordings), ordered(&world, CommandKind::DeleteCall)), (1, 0));
    world.wants(erase(&[DataClass::Numbers])).expect("erased");
    assert_eq!((ordered(&world, CommandKind::DeleteMessages), ordered(&world, CommandKind::DeleteCall)), (0, 1));
}

#[test]
fn who_is_on_the_roster_or_asks_in_the_services_name_is_not_forgotten() {
    let mut world = World::ringing();
    let ids: Vec<_> = world.house.organisers().map(|organiser| organiser.id).collect();
    let forget = |organiser_id, basis| Errand::Forget { organiser_id, basis };
    assert_eq!(world.wants(forget(ids[0], Basis::Request)), Err(Refusal::NotRetired));
    world.reports(world.leg_ids(1)[0], LineStatus::Busy);
    world.submit(Input::Started(Start { roster: roster().split_off(1), ..Start::default() }));
    assert_eq!(world.wants(forget(ids[1], Basis::Request)), Err(Refusal::NotRetired), "another has left");
    assert!(is_malformed(&world.wants(forget(ids[0], Basis::Restore))));
    assert_eq!(world.wants(forget(ids[0], Basis::Request)), Ok(()), "though others are being rung");
    assert_eq!(world.house.changes().forgotten, [ids[0]]);
    assert!(world.house.organiser(ids[0]).is_none() && world.house.organiser(ids[1]).is_some());
}

#[test]
fn why_an_older_copy_was_accepted_is_kept_beside_its_event() {
    let mut world = World::after_a_call();
    let errand = Errand::Restored { lost_to: 9, reason: "the disk broke".into() };
    world.submit(Input::Errand { errand, by: Actor::Service });
    assert_eq!(world.last("record.restored").detail["by"], "service");
    let remarks = world.house.changes().remarks;
    assert_eq!(remarks.iter().map(|remark| remark.words.as_str()).collect::<Vec<_>>(), ["the disk broke"]);
}
