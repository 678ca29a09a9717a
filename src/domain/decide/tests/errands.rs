//! What people do to the record.

use std::time::Duration;

use super::{World, sid};
use crate::domain::command::{CommandKind, CommandResult};
use crate::domain::errand::{Actor, Basis, Errand, ReadKind, Refusal};
use crate::domain::event::Event;
use crate::domain::ids::CallSid;
use crate::domain::input::{CallerMoment, CallerRequest, Input, Start};
use crate::domain::line::LineStatus;
use crate::domain::note::{CaseStatus, Note};
use crate::domain::phone::CallerId;
use crate::domain::privacy::DataClass;
use crate::domain::reply::Reply;
use crate::domain::settings::{Screening, Waiting};

/// The caller's.
pub(super) const NUMBER: &str = "+15559990000";

impl World {
    pub(super) fn wants(&mut self, errand: Errand) -> Result<(), Refusal> {
        match self.submit(Input::Errand { errand, by: Actor::Uid(1000) }) {
            Reply::Errand(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// A call that is over, with all that Twilio was told done.
    pub(super) fn after_a_call() -> Self {
        let mut world = Self::new(Screening::Keypress, Waiting::Music);
        world.comes_in();
        world.calm_down();
        world
    }

    fn comes_in(&mut self) {
        let caller = CallerId::new(NUMBER);
        let moment = CallerMoment::Next;
        self.submit(Input::Caller(CallerRequest {
            call_sid: sid(0),
            caller,
            forwarded_from: None,
            line: LineStatus::InProgress,
            moment,
        }));
    }

    fn last_event(&self) -> &Event {
        self.events.last().expect("an event")
    }

    fn open(&self, kind: CommandKind) -> usize {
        self.house.commands().filter(|open| open.kind == kind && open.status.is_open()).count()
    }
}

pub(super) fn call() -> CallSid {
    sid(0)
}

pub(super) fn erase(classes: &[DataClass]) -> Errand {
    Errand::Erase { call_sid: call(), classes: classes.to_vec(), basis: Basis::Request }
}

pub(super) fn note(description: &str) -> Errand {
    let note = Note { description: Some(description.into()), ..Note::default() };
    Errand::Note { call_sid: call(), number: None, note: note.into() }
}

#[test]
fn a_note_is_vouched_for_and_not_told() {
    let mut world = World::after_a_call();
    assert_eq!(world.wants(note("He shouted at her.")), Ok(()));
    let event = world.last_event();
    assert_eq!(event.cause, "note.written");
    let told = serde_json::to_string(&event.detail).expect("JSON");
    assert!(told.contains("\"note\":1") && told.contains("\"revision\":1") && told.contains("uid:1000"), "{told}");
    assert!(!told.contains("shouted"), "{told}");
    assert!(event.personal[0].value.contains("shouted"));
    let unknown = Errand::Note { call_sid: call(), number: Some(7), note: Note::default().into() };
    assert_eq!(world.wants(unknown), Err(Refusal::EmptyNote));
    let note = Note { place: Some("here".into()), ..Note::default() };
    assert_eq!(
        world.wants(Errand::Note { call_sid: call(), number: Some(7), note: note.into() }),
        Err(Refusal::UnknownNote)
    );
    let nobodys = Errand::SetStatus { call_sid: sid(99), status: CaseStatus::Closed };
    assert_eq!(world.wants(nobodys), Err(Refusal::UnknownCall));
}

#[test]
fn what_is_live_or_on_hold_is_not_erased() {
    let mut world = World::new(Screening::Keypress, Waiting::Music);
    world.comes_in();
    assert_eq!(world.wants(erase(&[DataClass::Numbers])), Err(Refusal::Live));
    world.calm_down();
    let hold = |reason: &str| Errand::Hold { call_sid: call(), reason: reason.into() };
    assert!(matches!(world.wants(hold(" ")), Err(Refusal::Malformed(_))));
    assert_eq!(world.wants(hold("a court asks")), Ok(()));
    assert_eq!(world.wants(erase(&[DataClass::Numbers])), Err(Refusal::OnHold));
    assert_eq!(world.wants(Errand::Release { call_sid: call() }), Ok(()));
    assert_eq!(world.wants(erase(&[DataClass::Numbers])), Ok(()));
}

#[test]
fn an_erasure_goes_to_twilio_too_and_the_timeline_goes_last() {
    let mut world = World::after_a_call();
    let all = [DataClass::Notes, DataClass::Numbers];
    assert_eq!(world.wants(erase(&[DataClass::Timeline])), Err(Refusal::TwilioFirst));
    assert_eq!(world.wants(erase(&all)), Ok(()));
    let row = world.house.call(&call()).expect("the call");
    assert!(row.caller.is_none() && row.salts == Default::default());
    let lines = 1 + world.house.legs().filter(|leg| leg.sid.is_some()).count();
    assert_eq!(world.open(CommandKind::DeleteMessages), 1);
    assert_eq!(world.open(CommandKind::DeleteRecordings), lines);
    assert_eq!(world.open(CommandKind::DeleteCall), lines);
    assert_eq!(world.wants(erase(&[DataClass::Timeline])), Err(Refusal::TwilioFirst));
    world.calm_down();
    assert!(world.house.commands().all(|command| command.target.as_deref() != Some(NUMBER)));
    assert_eq!(world.wants(erase(&[DataClass::Timeline])), Ok(()));
    assert!(world.house.call(&call()).is_none() && world.house.legs().next().is_none());
    assert!(world.folds[&call()].call.is_none(), "the record says so too");
}

#[test]
fn a_deletion_keeps_its_times_over_a_start() {
    let mut world = World::after_a_call();
    assert_eq!(world.wants(erase(&[DataClass::Numbers])), Ok(()));
    world.twilio_says(CommandKind::DeleteCall, &CommandResult::Unreachable);
    let times = |world: &World| -> Vec<_> {
        world.all(CommandKind::DeleteCall).into_iter().map(|open| (open.id, open.due_at, open.deadline)).collect()
    };
    let before = times(&world);
    assert!(!before.is_empty());
    world.later(0.5);
    world.submit(Input::Started(super::start()));
    assert_eq!(times(&world), before);
}

#[test]
fn but_it_does_not_wait_for_the_time_of_a_clock_that_was_set_back() {
    let mut world = World::after_a_call();
    assert_eq!(world.wants(erase(&[DataClass::Numbers])), Ok(()));
    world.twilio_says(CommandKind::DeleteMessages, &CommandResult::Unreachable);
    world.now = world.now - Duration::from_secs(7200);
    world.submit(Input::Started(super::start()));
    let open = world.house.commands().filter(|open| open.status.is_open());
    let latest = open.map(|open| open.due_at.since(world.now).as_secs()).max();
    assert_eq!(latest, Some(4096));
    assert_eq!(world.open(CommandKind::DeleteMessages), 1);
}

#[test]
fn a_deletion_that_took_too_long_is_given_up_without_the_number() {
    let mut world = World::after_a_call();
    assert_eq!(world.wants(erase(&[DataClass::Numbers])), Ok(()));
    world.now = world.now + Duration::from_secs(31 * 24 * 3600);
    world.submit(Input::Claim { placements: 64, total: 64 });
    assert!(
        world.house.commands().all(|command| !command.status.is_open() && command.target.as_deref() != Some(NUMBER))
    );
}

#[test]
fn a_timeline_goes_by_itself_and_only_the_service_restores() {
    let mut world = World::after_a_call();
    let both = erase(&[DataClass::Recordings, DataClass::Timeline]);
    assert!(matches!(world.wants(both), Err(Refusal::Malformed(_))));
    let restore = Errand::Erase { call_sid: call(), classes: vec![DataClass::Notes], basis: Basis::Restore };
    assert!(matches!(world.wants(restore), Err(Refusal::Malformed(_))));
}

#[test]
fn an_older_copy_is_accepted_by_a_service_that_starts_and_by_nobody_else() {
    let mut world = World::after_a_call();
    let restored = || Errand::Restored { lost_to: 9, reason: "the disk broke".into() };
    assert!(matches!(world.wants(restored()), Err(Refusal::Malformed(_))));
    assert_eq!(world.submit(Input::Errand { errand: restored(), by: Actor::Service }), Reply::Errand(Ok(())));
    assert_eq!(world.last_event().cause, "record.restored");
}

#[test]
fn who_has_left_while_their_phone_rings_is_forgotten_later() {
    let mut world = World::new(Screening::Keypress, Waiting::Music);
    world.comes_in();
    world.submit(Input::Claim { placements: 64, total: 64 });
    world.submit(Input::Started(Start::default()));
    let organiser_id = world.house.organisers().next().expect("an organiser").id;
    let forget = || Errand::Forget { organiser_id, basis: Basis::Request };
    assert_eq!(world.wants(forget()), Err(Refusal::Live));
    world.calm_down();
    assert_eq!(world.wants(forget()), Ok(()));
    assert_eq!(world.last_event().cause, "roster.forgotten");
}

#[test]
fn after_an_erasure_notes_can_be_written_anew() {
    let mut world = World::after_a_call();
    assert_eq!(world.wants(note("first")), Ok(()));
    let first = world.last_event().personal[0].sealed.clone();
    assert_eq!(world.wants(erase(&[DataClass::Notes])), Ok(()));
    assert_eq!(world.wants(note("first")), Ok(()));
    assert_ne!(world.last_event().personal[0].sealed, first, "under a salt of its own");
}

#[test]
fn reading_is_on_record_for_each_call() {
    let mut world = World::after_a_call();
    let before = world.events.len();
    assert_eq!(world.wants(Errand::Read { kind: ReadKind::Shown, calls: vec![call()] }), Ok(()));
    assert_eq!(world.wants(Errand::Read { kind: ReadKind::Queried, calls: Vec::new() }), Ok(()));
    let causes: Vec<&str> = world.events[before..].iter().map(|event| event.cause.as_str()).collect();
    assert_eq!(causes, ["read.shown", "read.queried"]);
    assert_eq!(world.events[before].subject.call_sid(), Some(&call()));
}

#[test]
fn after_an_erasure_all_that_is_written_is_sealed_with_one_salt() {
    let mut world = World::after_a_call();
    world.wants(note("He shouted at her.")).expect("a note");
    world.wants(erase(&[DataClass::Notes])).expect("an erasure");
    world.house = world.house.clone().remembered();
    for description in ["He came back.", "He has left."] {
        world.wants(note(description)).expect("a note");
    }
    assert_eq!(world.house.changes().salts.len(), 1);
}
