//! When something is due, to the second.

use super::{World, fact, line_of, sid};
use crate::domain::command::{CommandKind, CommandResult, CommandStatus};
use crate::domain::decide::agenda;
use crate::domain::input::{CallerMoment, Input, LegMoment};
use crate::domain::leg::LegStatus;
use crate::domain::line::LineStatus;
use crate::domain::settings::{Screening, Waiting};
use crate::domain::time::Timestamp;

impl World {
    /// In how many seconds a tick is wanted.
    fn tick_in(&self) -> f64 {
        self.seconds_to(agenda(&self.house, &self.settings).tick_at)
    }

    fn seconds_to(&self, at: Option<Timestamp>) -> f64 {
        at.map_or(f64::INFINITY, |at| at.since(self.now).as_secs_f64())
    }

    /// Ticks one millisecond before, when nothing may happen, and then in time.
    fn tick_then(&mut self, kind: CommandKind) {
        let (at, before) = (self.tick_in(), self.events.len());
        self.wait(at - 0.001);
        assert_eq!(self.causes_since(before), Vec::<&str>::new(), "before it is due");
        self.wait(0.001);
        assert_eq!(self.open_for(kind).len(), 1, "{kind}");
    }
}

#[test]
fn the_agenda_knows_placements_from_all_else() {
    let mut world = World::rung();
    world.later(1.0);
    let due = agenda(&world.house, &world.settings);
    assert_eq!((due.placement_at, due.command_at), (Some(world.row(1).started_at), None));
    world.place();
    assert_eq!(agenda(&world.house, &world.settings).placement_at, None, "what is sent is not due");
    world.takes(world.leg_ids(1)[0]);
    let due = agenda(&world.house, &world.settings);
    assert_eq!((due.placement_at, due.command_at), (None, Some(world.now)));
}

#[test]
fn a_quiet_caller_is_asked_after_and_then_left_in_peace_until_there_is_an_answer() {
    let mut world = World::rung();
    world.settings.give_up = std::time::Duration::from_secs(600);
    world.comes(2);
    assert_eq!(world.tick_in(), 25.0);
    world.submit(Input::CallerStatus { call_sid: sid(1), line: LineStatus::Completed });
    world.tick_then(CommandKind::AskCaller);
    assert!(world.tick_in() > 25.0, "a question is under way");
    let answer = CommandResult::Line(fact(sid(2), LineStatus::InProgress));
    world.twilio_says(CommandKind::AskCaller, &answer);
    assert_eq!(world.tick_in(), 25.0);
}

#[test]
fn a_conversation_is_asked_after_every_minute_on_both_sides() {
    let (mut world, ada) = World::taken();
    for leg in &world.leg_ids(1)[1..] {
        world.reports(*leg, LineStatus::Canceled);
    }
    assert_eq!(world.tick_in(), 60.0);
    world.tick_then(CommandKind::AskCaller);
    assert_eq!(world.open_for(CommandKind::AskLeg), [Some(ada)]);
}

#[test]
fn who_was_told_that_nobody_comes_is_asked_after_in_half_a_minute() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.comes(1);
    for leg in world.leg_ids(1) {
        world.sends();
        world.reports(leg, LineStatus::Busy);
    }
    assert_eq!(world.tick_in(), 30.0);
    world.under_way.clear();
    world.tick_then(CommandKind::AskCaller);
}

#[test]
fn a_winner_waits_three_seconds_until_the_caller_is_asked_after_and_eight_at_all() {
    let mut world = World::ringing();
    let legs = world.leg_ids(1);
    world.later(2.0);
    world.takes(legs[2]);
    for leg in &legs[..2] {
        world.reports(*leg, LineStatus::Canceled);
    }
    assert_eq!(world.tick_in(), 3.0);
    world.tick_then(CommandKind::AskCaller);
    assert_eq!(world.tick_in(), 5.0);
    world.tick_then(CommandKind::TellLeg);
    assert_eq!(world.leg_row(legs[2]).disconnected_at, Some(world.now));
}

#[test]
fn a_caller_who_was_heard_of_since_the_key_has_three_seconds_from_then() {
    let mut world = World::ringing();
    world.takes(world.leg_ids(1)[0]);
    world.later(2.0);
    world.submit(Input::CallerStatus { call_sid: sid(1), line: LineStatus::Ringing });
    assert_eq!(world.tick_in(), 3.0);
}

#[test]
fn a_winner_of_the_first_round_says_nothing_about_the_second() {
    let (mut world, ada) = World::taken();
    world.reports(ada, LineStatus::Completed);
    world.later(1.0);
    world.presses(1, "1");
    world.place();
    let ben = world.leg_ids(1)[4];
    world.later(1.0);
    world.takes(ben);
    world.twilio_says(CommandKind::HangUp, &CommandResult::Redirected);
    for leg in world.leg_ids(1) {
        if leg != ben {
            world.reports(leg, LineStatus::Canceled);
        }
    }
    assert_eq!(world.tick_in(), 59.0, "the caller came into the second room a second before");
}

#[test]
fn a_phone_that_goes_quiet_is_asked_after_when_its_ringing_should_be_over() {
    let quiet = |prepare: fn(&mut World)| {
        let mut world = World::ringing();
        world.settings.give_up = std::time::Duration::from_secs(600);
        for leg in &world.leg_ids(1)[1..] {
            world.reports(*leg, LineStatus::Busy);
        }
        prepare(&mut world);
        for _ in 0..3 {
            world.caller_is_there();
            let leg = world.leg_ids(1)[0];
            if world.open_for(CommandKind::AskLeg) == [Some(leg)] {
                break;
            }
            let at = world.tick_in();
            world.wait(at);
        }
        world.now.since(world.leg_row(world.leg_ids(1)[0]).planned_at).as_secs()
    };
    assert_eq!(quiet(|_| {}), 35, "rung for 20 s");
    assert_eq!(quiet(|world| world.reports(world.leg_ids(1)[0], LineStatus::Ringing)), 35);
    assert_eq!(quiet(|world| world.reports(world.leg_ids(1)[0], LineStatus::InProgress)), 40, "screened");
    assert_eq!(quiet(|world| world.leaves(1)), 10, "to be hung up");
}

impl World {
    /// So that no question about the caller comes between.
    fn caller_is_there(&mut self) {
        self.submit(Input::CallerStatus { call_sid: sid(1), line: LineStatus::Ringing });
    }
}

#[test]
fn a_lost_phone_is_looked_for_after_one_second_and_after_three() {
    let mut world = World::rung();
    for leg in &world.leg_ids(1)[1..] {
        world.sends();
        world.reports(*leg, LineStatus::Busy);
    }
    world.twilio_says(CommandKind::Place, &CommandResult::Unclear);
    let ada = world.leg_ids(1)[0];
    assert_eq!(world.leg_row(ada).unclear_at, Some(world.now));
    assert_eq!(world.tick_in(), 1.0);
    world.tick_then(CommandKind::FindLeg);
    world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(Vec::new()));
    assert_eq!((world.leg_row(ada).lookups, world.stands(ada).0), (1, LegStatus::Unclear));
    assert_eq!(world.tick_in(), 2.0);
    world.tick_then(CommandKind::FindLeg);
    world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(Vec::new()));
    assert_eq!(world.stands(ada).0, LegStatus::Failed);
}

#[test]
fn a_command_that_nobody_reports_on_counts_as_interrupted_after_half_a_minute() {
    let (mut world, _) = World::taken();
    world.sends();
    world.under_way.clear();
    world.later(29.999);
    world.submit(Input::Tick);
    assert!(world.all(CommandKind::HangUp).iter().all(|open| open.status == CommandStatus::Sending));
    world.wait(0.001);
    let hang_up = world.all(CommandKind::HangUp).pop().expect("a hang-up");
    assert_eq!((hang_up.status, hang_up.due_at), (CommandStatus::Pending, world.now), "sent again");
    assert_eq!(hang_up.result.as_deref(), Some("interrupted"));
}

#[test]
fn an_interrupted_placement_whose_line_is_known_is_done() {
    let mut world = World::rung();
    world.sends();
    world.under_way.clear();
    let ada = world.leg_ids(1)[0];
    world.reports(ada, LineStatus::Ringing);
    world.wait(30.0);
    assert_eq!(world.leg_row(ada).status, LegStatus::Ringing);
    assert_eq!(world.leg_row(ada).sid, Some(line_of(ada)));
    assert_eq!(world.leg_row(world.leg_ids(1)[1]).status, LegStatus::Unclear);
    assert!(world.all(CommandKind::Place).iter().all(|place| place.status == CommandStatus::Done));
}

#[test]
fn a_caller_in_the_room_is_heard_of_by_their_questions() {
    let mut world = World::new(Screening::Keypress, Waiting::Music);
    world.comes(1);
    world.later(24.0);
    world.caller(1, CallerMoment::InRoom { greet: false });
    assert_eq!(world.tick_in(), 25.0);
    let ada = world.leg_ids(1)[0];
    world.place();
    world.later(20.0);
    world.organiser(ada, LegMoment::PickedUp(None));
    assert_eq!(world.tick_in(), 5.0);
}
