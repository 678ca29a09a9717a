//! What becomes of a leg when its line changes, in whatever order that is told.

use super::{World, fact, line_of, sid};
use crate::domain::call::CallStatus;
use crate::domain::command::{CommandKind, CommandResult, CommandStatus};
use crate::domain::input::{Input, LegMoment, LegReport, LegRequest};
use crate::domain::leg::{LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::reply::{LegReply, Reply};

#[test]
fn a_line_goes_forward_and_what_comes_late_changes_nothing() {
    use LineStatus::{Completed, InProgress, Initiated, Queued, Ringing};
    let table: [(&[LineStatus], LegStatus, Option<LineStatus>); 7] = [
        (&[], LegStatus::Dialing, Some(Queued)),
        (&[Initiated], LegStatus::Dialing, Some(Initiated)),
        (&[Ringing], LegStatus::Ringing, Some(Ringing)),
        (&[Ringing, Initiated], LegStatus::Ringing, Some(Ringing)),
        (&[Ringing, InProgress], LegStatus::Answered, Some(InProgress)),
        (&[InProgress, Ringing], LegStatus::Answered, Some(InProgress)),
        (&[InProgress, Completed, Ringing], LegStatus::Declined, Some(Completed)),
    ];
    for (reports, status, line) in table {
        let mut world = World::ringing();
        let ada = world.leg_ids(1)[0];
        for report in reports {
            world.reports(ada, *report);
        }
        let leg = world.leg_row(ada);
        assert_eq!((leg.status, leg.line), (status, line), "{reports:?}");
    }
}

#[test]
fn a_report_that_is_told_twice_is_on_record_twice_and_a_late_one_as_late() {
    let mut world = World::ringing();
    let ada = world.leg_ids(1)[0];
    world.reports(ada, LineStatus::Ringing);
    let before = world.events.len();
    world.reports(ada, LineStatus::Ringing);
    assert_eq!(world.causes_since(before), ["twilio.ringing"]);
    world.reports(ada, LineStatus::InProgress);
    let before = world.events.len();
    world.reports(ada, LineStatus::Ringing);
    assert!(world.causes_since(before).is_empty(), "overtaken, which is nothing new");
    world.organiser(ada, LegMoment::PickedUp(None));
    assert_eq!(world.causes_since(before), ["said.screen"], "every question says that the line is up");
    world.reports(ada, LineStatus::Completed);
    world.reports(ada, LineStatus::Ringing);
    assert_eq!(world.last("twilio.ringing").detail["late"], true);
    let before = world.events.len();
    world.organiser(ada, LegMoment::Next);
    assert!(!world.causes_since(before).contains(&"twilio.picked_up"), "every question would say so");
}

#[test]
fn the_end_of_a_line_means_what_it_was_before() {
    use LineStatus::{Busy, Canceled, Completed, Failed, InProgress, NoAnswer, Ringing};
    let no_key = Some(Reason::NoKey);
    let table = [
        (Ringing, Busy, None, (LegStatus::Busy, None)),
        (Ringing, NoAnswer, None, (LegStatus::NoAnswer, None)),
        (Ringing, Failed, Some(Reason::Sip(404)), (LegStatus::Failed, Some(Reason::Sip(404)))),
        (Ringing, Canceled, None, (LegStatus::Canceled, None)),
        (Ringing, Completed, None, (LegStatus::Declined, no_key)),
        (InProgress, Completed, None, (LegStatus::Declined, no_key)),
    ];
    for (up, down, reason, stands) in table {
        let mut world = World::ringing();
        let ada = world.leg_ids(1)[0];
        world.reports(ada, up);
        world.submit(Input::LegStatus(LegReport {
            leg_id: ada,
            sid: line_of(ada),
            line: down,
            reason,
            by_dial: false,
        }));
        assert_eq!(world.stands(ada), stands, "{up} {down}");
        assert_eq!(world.leg_row(ada).ended_at, Some(world.now));
    }
}

#[test]
fn the_end_of_a_line_that_was_not_wanted_says_why_it_was_not() {
    for (line, settle) in [(LineStatus::Canceled, 0), (LineStatus::Completed, 1), (LineStatus::Completed, 2)] {
        let mut world = World::ringing();
        let legs = world.leg_ids(1);
        let why = match settle {
            0 => {
                world.takes(legs[0]);
                Reason::Taken
            }
            1 => {
                world.leaves(1);
                Reason::CallerLeft
            }
            _ => {
                world.wait(60.0);
                Reason::GaveUp
            }
        };
        world.reports(legs[1], line);
        assert_eq!(world.stands(legs[1]), (LegStatus::Canceled, Some(why)));
    }
}

#[test]
fn who_picks_up_too_late_has_lost_in_whatever_way_we_hear_of_it() {
    let mut world = World::ringing();
    let legs = world.leg_ids(1);
    world.takes(legs[0]);
    world.reports(legs[1], LineStatus::InProgress);
    assert_eq!(world.stands(legs[1]), (LegStatus::Lost, Some(Reason::Taken)));
    assert!(world.causes_since(0).contains(&"answered_too_late"));
    assert_eq!(world.leg_row(legs[1]).answered_at, Some(world.now));
}

#[test]
fn the_winners_line_ends_the_talk_and_a_losers_does_not() {
    let (mut world, ada) = World::taken();
    let ben = world.leg_ids(1)[1];
    world.later(7.0);
    world.reports(ben, LineStatus::Completed);
    assert_eq!(world.leg_row(ada).disconnected_at, None);
    world.reports(ada, LineStatus::Completed);
    let leg = world.leg_row(ada);
    assert_eq!((leg.status, leg.disconnected_at), (LegStatus::Completed, Some(world.now)));
}

#[test]
fn what_was_still_to_be_sent_to_a_line_is_dropped_when_it_is_down() {
    let mut world = World::ringing();
    let legs = world.leg_ids(1);
    world.organiser(legs[1], LegMoment::PickedUp(None));
    world.takes(legs[0]);
    assert_eq!(world.open_for(CommandKind::TellLeg), [Some(legs[1])]);
    assert_eq!(world.open_for(CommandKind::HangUp), [Some(legs[2])]);
    world.reports(legs[1], LineStatus::Completed);
    assert!(world.open_for(CommandKind::TellLeg).is_empty());
    assert_eq!(world.open_for(CommandKind::HangUp), [Some(legs[2])]);
    world.reports(legs[2], LineStatus::Canceled);
    assert!(world.open_for(CommandKind::HangUp).is_empty());
    assert_eq!(world.all(CommandKind::HangUp)[0].status, CommandStatus::Dropped);
}

#[test]
fn what_is_on_its_way_is_not_dropped() {
    let (mut world, _) = World::taken();
    let ben = world.leg_ids(1)[1];
    world.sends();
    world.reports(ben, LineStatus::Canceled);
    assert_eq!(world.open_for(CommandKind::HangUp).len(), 2);
}

#[test]
fn a_line_that_is_learnt_after_the_call_was_settled_is_hung_up() {
    let mut world = World::rung();
    world.sends();
    let legs = world.leg_ids(1);
    world.reports(legs[0], LineStatus::Ringing);
    world.takes(legs[0]);
    assert!(world.open_for(CommandKind::HangUp).is_empty(), "there is no line yet to hang up");
    world.reports(legs[1], LineStatus::Ringing);
    assert_eq!(world.open_for(CommandKind::HangUp), [Some(legs[1])]);
    let mut wanted = World::rung();
    wanted.sends();
    wanted.reports(wanted.leg_ids(1)[1], LineStatus::Ringing);
    assert!(wanted.open_for(CommandKind::HangUp).is_empty());
}

#[test]
fn a_line_of_another_leg_is_left_alone_at_the_address_of_a_leg_without_one() {
    let mut world = World::rung();
    world.sends();
    let legs = world.leg_ids(1);
    world.reports(legs[0], LineStatus::Ringing);
    let moment = LegMoment::PickedUp(None);
    let request =
        LegRequest { leg_id: legs[1], sid: line_of(legs[0]), line: LineStatus::InProgress, moment, by_dial: false };
    assert_eq!(world.submit(Input::Leg(request)), Reply::Leg(LegReply::HangUp));
    assert_eq!(world.leg_row(legs[1]).sid, None);
    assert!(world.all(CommandKind::HangUpStranger).is_empty());
}

#[test]
fn another_stranger_is_hung_up_too() {
    let mut world = World::ringing();
    let ada = world.leg_ids(1)[0];
    for stranger in [71, 72, 71] {
        let line = LineStatus::Ringing;
        world.submit(Input::LegStatus(LegReport {
            leg_id: ada,
            sid: sid(stranger),
            line,
            reason: None,
            by_dial: false,
        }));
    }
    let targets: Vec<_> = world.all(CommandKind::HangUpStranger).into_iter().filter_map(|open| open.target).collect();
    assert_eq!(targets, [sid(71).to_string(), sid(72).to_string()]);
}

#[test]
fn a_round_in_which_every_line_has_failed_is_over() {
    let mut world = World::ringing();
    let legs = world.leg_ids(1);
    world.reports(legs[0], LineStatus::Busy);
    world.reports(legs[1], LineStatus::NoAnswer);
    assert_eq!(world.row(1).status, CallStatus::Pending);
    world.reports(legs[2], LineStatus::Failed);
    assert_eq!(world.row(1).status, CallStatus::Unanswered);
    assert_eq!(world.events.iter().filter(|event| event.cause == "nobody_left").count(), 1);
}

#[test]
fn a_line_that_ended_long_ago_has_its_end_then_and_one_that_just_ended_now() {
    for (seconds, known) in [(5.0, false), (5.001, true), (30.0, true)] {
        let (mut world, ada) = World::taken();
        let ended = world.now;
        world.later(seconds);
        world.ask_after(ada);
        let line = fact(line_of(ada), LineStatus::Completed);
        let result = CommandResult::Line(crate::domain::command::LineFact { ended_at: Some(ended), ..line });
        world.twilio_says(CommandKind::AskLeg, &result);
        let end = if known { ended } else { world.now };
        assert_eq!(world.leg_row(ada).ended_at, Some(end), "{seconds}");
    }
}

impl World {
    /// The caller says that they are alone, whereupon the organiser's line is asked after.
    fn ask_after(&mut self, leg: crate::domain::ids::LegId) {
        self.caller(1, crate::domain::input::CallerMoment::InRoom { greet: false });
        assert_eq!(self.open_for(CommandKind::AskLeg), [Some(leg)]);
    }
}
