//! The service starts and stops.

use std::time::Duration;

use super::{World, fact, line_of, roster, sid, start};
use crate::domain::call::CallStatus;
use crate::domain::command::{Command, CommandKind, CommandResult, CommandStatus};
use crate::domain::contact::Contacts;
use crate::domain::house::{BeforeStart, House, Past};
use crate::domain::input::{Input, LegReport, Start};
use crate::domain::leg::{LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::reply::Prompt;
use crate::domain::settings::{Screening, Waiting};
use crate::domain::texts::SpokenText;

/// The same rows, and this to look back on.
fn with_past(world: &mut World, before_start: BeforeStart) {
    let calls = world.house.calls().cloned().collect();
    let legs = world.house.legs().cloned().collect();
    let commands = world.house.commands().cloned().collect();
    let organisers = world.house.organisers().cloned().collect();
    let past = Past { before_start, ..world.house.past().clone() };
    world.house = House::new(calls, legs, commands, organisers, past, Contacts::new());
}

#[test]
fn the_first_event_says_which_record_this_is_and_there_is_one_such() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.submit(Input::Started(start()));
    let causes = world.causes_since(0);
    assert_eq!(&causes[..2], ["record.created", "service.started"]);
    assert_eq!(causes.iter().filter(|cause| **cause == "record.created").count(), 1);
    let identity = world.house.past().identity.clone().expect("an identity");
    let created = &world.events[0].detail;
    assert_eq!((&created["log"], &created["secret"]), (&identity.log_id.into(), &identity_digest(&identity.secret)));
    world.comes(1);
    world.comes(2);
    assert_eq!((world.row(1).case_number, world.row(2).case_number), (1, 2));
    assert_ne!(world.row(1).case_name, world.row(2).case_name);
    let caller = world.events.iter().find_map(|event| event.personal.first()).expect("a caller's number");
    assert!(caller.link.is_some(), "calls of one caller have something in common");
}

fn identity_digest(secret: &str) -> serde_json::Value {
    crate::domain::privacy::digest(secret).into()
}

#[test]
fn a_gap_is_on_record_with_the_calls_that_lived_through_it() {
    for (cause, stopped) in [("service.stopping", true), ("twilio.ringing", false)] {
        let mut world = World::ringing();
        world.comes(2);
        world.leaves(2);
        let from = world.now;
        world.later(100.0);
        with_past(&mut world, BeforeStart { last_event: Some((from, cause.to_owned())), ..BeforeStart::default() });
        world.submit(Input::Started(start()));
        let gap = serde_json::Value::Object(world.last("service.gap").detail.clone());
        let told = serde_json::json!({ "from": from, "to": world.now, "stopped": stopped, "calls": [sid(1)] });
        assert_eq!(gap, told);
    }
    let mut world = World::ringing();
    world.submit(Input::Stopping);
    assert_eq!(world.causes_since(world.events.len() - 1), ["service.stopping"]);
    assert!(world.events.iter().all(|event| event.cause != "service.gap"), "nothing was before the first start");
}

#[test]
fn a_configuration_and_its_texts_are_on_record_where_they_are_new() {
    let text = |version: &str| SpokenText {
        version: version.to_owned(),
        prompt: Prompt::Nobody,
        language: "en".to_owned(),
        words: "Nobody.".to_owned(),
    };
    let with = |texts| Input::Started(Start { texts, ..start() });
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.submit(with(vec![text("v1")]));
    assert_eq!(world.last("configuration.is").detail["configuration"]["text nobody"], "v1");
    assert_eq!(world.last("texts.added").detail["texts"], serde_json::json!(["v1"]));
    let configuration = world.last("configuration.is").detail["configuration"].as_object().cloned();
    let before = BeforeStart { configuration, texts: ["v1".to_owned()].into(), ..BeforeStart::default() };
    with_past(&mut world, before.clone());
    let events = world.events.len();
    world.submit(with(vec![text("v1")]));
    assert_eq!(world.causes_since(events), ["service.started"], "all of it is known");
    with_past(&mut world, before);
    world.submit(with(vec![text("v1"), text("v2")]));
    assert_eq!(world.last("texts.added").detail["texts"], serde_json::json!(["v2"]));
    let changes = world.house.changes();
    assert_eq!(changes.texts.iter().map(|text| text.version.as_str()).collect::<Vec<_>>(), ["v2"]);
}

#[test]
fn after_a_start_every_line_that_may_be_up_is_asked_after_and_phones_wait_a_second_for_that() {
    let mut world = World::rung();
    world.comes(2);
    world.leaves(2);
    world.submit(Input::Claim { placements: 2, total: 2 });
    let legs = world.leg_ids(1);
    world.reports(legs[0], LineStatus::Ringing);
    world.later(2.0);
    world.submit(Input::Started(start()));
    world.under_way.clear();
    let callers: Vec<_> = world.all(CommandKind::AskCaller).into_iter().map(|question| question.call_sid).collect();
    assert_eq!(callers, [sid(1)], "not who has left");
    assert_eq!(world.open_for(CommandKind::AskLeg), [Some(legs[0])]);
    assert_eq!(world.leg_row(legs[1]).status, LegStatus::Unclear, "cut off while it was placed");
    let places = world.all(CommandKind::Place);
    let place = places.iter().find(|place| place.leg_id == Some(legs[2])).expect("still to be placed");
    assert_eq!((place.status, place.due_at), (CommandStatus::Pending, world.now + Duration::from_secs(1)));
    let patience: Vec<_> = (world.all(CommandKind::AskLeg).iter().chain(&world.all(CommandKind::AskCaller)))
        .map(|question| question.deadline.since(world.now).as_secs())
        .collect();
    assert_eq!(patience, [60, 60]);
    world.reports(legs[0], LineStatus::Busy);
    world.submit(Input::Started(start()));
    assert_eq!(
        world.open_for(CommandKind::AskLeg).len(),
        1,
        "no second question about the first, none about a dead line"
    );
}

#[test]
fn after_a_start_who_talks_is_asked_after_at_once() {
    let mut world = World::ringing();
    let winner = world.leg_ids(1)[0];
    world.takes(winner);
    world.comes(1);
    world.later(20.0);
    world.submit(Input::Started(start()));
    assert_eq!(world.row(1).status, CallStatus::Active);
    assert_eq!(world.all(CommandKind::AskCaller).len(), 1, "they may have left meanwhile");
    assert!(world.open_for(CommandKind::AskLeg).contains(&Some(winner)), "and so may who talks to them");
}

/// What was said of the roster since there were that many events.
fn of_roster(world: &World, events: usize) -> Vec<&str> {
    world.causes_since(events).into_iter().filter(|cause| cause.starts_with("roster.")).collect()
}

#[test]
fn the_roster_is_taken_over_by_name_and_number() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    let known: Vec<_> = world.house.organisers().map(|organiser| (organiser.id, organiser.name.clone())).collect();
    let events = world.events.len();
    let mut moved = roster();
    moved[1].number = "+15550007777".parse().expect("a number");
    world.submit(Input::Started(Start { roster: moved.clone(), ..Start::default() }));
    assert_eq!(of_roster(&world, events), ["roster.changed"]);
    let ben = world.house.organisers().find(|organiser| organiser.id == known[1].0).expect("the same person");
    assert_eq!((ben.number.as_str(), ben.retired_at), ("+15550007777", None));
    moved.remove(1);
    let events = world.events.len();
    world.submit(Input::Started(Start { roster: moved.clone(), ..Start::default() }));
    assert_eq!(of_roster(&world, events), ["roster.removed"]);
    let events = world.events.len();
    world.submit(Input::Started(Start { roster: moved, ..Start::default() }));
    assert!(of_roster(&world, events).is_empty(), "nobody leaves twice");
    world.comes(1);
    assert_eq!(world.leg_ids(1).len(), 2);
    let mut back = roster();
    back[1].number = "+15550007777".parse().expect("a number");
    for roster in [back, roster()] {
        let events = world.events.len();
        world.submit(Input::Started(Start { roster, ..Start::default() }));
        assert_eq!(of_roster(&world, events), ["roster.changed"], "who comes back is the same person");
    }
    assert_eq!(world.house.organisers().count(), 3);
}

#[test]
fn who_has_another_number_now_is_not_rung_at_the_old_one() {
    let mut world = World::rung();
    let mut moved = roster();
    moved[1].number = "+15550007777".parse().expect("a number");
    world.submit(Input::Started(Start { roster: moved, ..Start::default() }));
    let legs = world.leg_ids(1);
    assert_eq!(world.stands(legs[1]), (LegStatus::Canceled, Some(Reason::OffRoster)));
    assert_eq!(world.stands(legs[0]).0, LegStatus::Planned);
}

#[test]
fn what_was_on_its_way_and_can_be_repeated_is_sent_again() {
    let (mut world, _) = World::taken();
    world.sends();
    world.later(1.0);
    let events = world.events.len();
    world.submit(Input::Started(start()));
    assert!(world.causes_since(events).contains(&"command.hang_up.resumed"), "Twilio was asked nothing meanwhile");
    let ben = world.leg_ids(1)[1];
    let cut_off: Vec<_> = world.all(CommandKind::HangUp).into_iter().filter(|old| !old.status.is_open()).collect();
    let how = |old: &Command| (old.status, old.result.clone());
    assert!(cut_off.iter().all(|old| how(old) == (CommandStatus::Failed, Some("interrupted".to_owned()))));
    let hang_ups: Vec<_> = world.all(CommandKind::HangUp).into_iter().filter(|open| open.status.is_open()).collect();
    assert!(hang_ups.iter().all(|open| (open.status, open.due_at) == (CommandStatus::Pending, world.now)));
    assert_eq!(hang_ups.len(), cut_off.len());
    world.under_way.clear();
    world.submit(Input::Claim { placements: 0, total: 64 });
    let result = CommandResult::Line(fact(line_of(ben), LineStatus::Canceled));
    let id = hang_ups.iter().find(|open| open.leg_id == Some(ben)).expect("a hang-up").id;
    world.submit(Input::CommandDone { id, result });
    assert_eq!(world.stands(ben), (LegStatus::Canceled, Some(Reason::Taken)));
}

#[test]
fn what_is_saved_is_what_has_changed_and_under_which_status_it_was_loaded() {
    let mut world = World::rung();
    let changes = world.house.changes();
    assert!(!changes.is_empty());
    assert_eq!((changes.calls.len(), changes.legs.len(), changes.commands.len()), (1, 3, 3));
    assert!(changes.legs.iter().all(|leg| leg.stored.is_none()), "they are new");
    with_past(&mut world, BeforeStart::default());
    let changes = world.house.changes();
    assert!(changes.is_empty() && changes.calls.is_empty() && changes.legs.is_empty() && changes.commands.is_empty());
    world.submit(Input::Claim { placements: 1, total: 1 });
    let changes = world.house.changes();
    let legs: Vec<_> = changes.legs.iter().map(|leg| (leg.stored, leg.row.status)).collect();
    assert_eq!(legs, [(Some(LegStatus::Planned), LegStatus::Dialing)]);
}

#[test]
fn what_is_still_to_be_sent_does_not_go_by_the_times_of_a_clock_that_was_set() {
    let hour = Duration::from_secs(3600);
    for is_set_back in [true, false] {
        let (mut world, _) = World::taken();
        let ben = world.leg_ids(1)[1];
        let line = LineStatus::Ringing;
        world.submit(Input::LegStatus(LegReport { leg_id: ben, sid: sid(71), line, reason: None, by_dial: false }));
        let deeds = [CommandKind::HangUp, CommandKind::HangUpStranger];
        for kind in deeds {
            world.twilio_says(kind, &CommandResult::Unreachable);
        }
        let before = deeds.map(|kind| world.open_for(kind));
        world.now = if is_set_back { world.now - hour } else { world.now + hour };
        let events = world.events.len();
        world.submit(Input::Started(start()));
        let said = world.causes_since(events);
        assert!(!said.iter().any(|cause| cause.ends_with(".dropped")), "all of it is still wanted: {said:?}");
        assert_eq!(deeds.map(|kind| world.open_for(kind)), before, "each is ordered once more, and no more than once");
        for kind in deeds {
            for open in world.all(kind).into_iter().filter(|open| open.status.is_open()) {
                assert_eq!((open.due_at, open.deadline), (world.now, world.now + Duration::from_secs(600)));
                assert_eq!(open.target.is_some(), kind == CommandKind::HangUpStranger);
            }
        }
    }
}

#[test]
fn nor_does_a_phone_that_is_still_to_be_rung() {
    let hour = Duration::from_secs(3600);
    let mut world = World::rung();
    world.now = world.now - hour;
    world.submit(Input::Started(start()));
    let due: Vec<_> = world.all(CommandKind::Place).into_iter().map(|place| place.due_at.since(world.now)).collect();
    assert_eq!(due, [Duration::from_secs(1); 3]);
}

#[test]
fn nor_does_the_search_for_a_phone_that_may_ring() {
    let hour = Duration::from_secs(3600);
    for is_set_back in [true, false] {
        let mut world = World::rung();
        world.settings.give_up = Duration::from_secs(6000);
        world.twilio_says(CommandKind::Place, &CommandResult::Unclear);
        let legs = world.leg_ids(1);
        world.now = if is_set_back { world.now - hour } else { world.now + hour };
        world.submit(Input::Started(start()));
        world.wait(1.0);
        let wanted: Vec<_> = legs.iter().copied().map(Some).collect();
        assert_eq!(world.open_for(CommandKind::FindLeg), wanted, "at its time after the start");
        world.twilio_says(CommandKind::FindLeg, &CommandResult::Unclear);
        let stand: Vec<_> = legs.iter().map(|leg| world.stands(*leg).0).collect();
        assert_eq!(stand, [LegStatus::Unclear; 3], "Twilio was asked once, and did not answer");
    }
}
