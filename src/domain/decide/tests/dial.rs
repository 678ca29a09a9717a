//! The caller's own `<Dial>`, for a Twilio that can't be had to ring: from when, whom, and what follows.

use std::time::Duration;

use super::{World, sid};
use crate::domain::call::{CallStatus, Outcome};
use crate::domain::command::{CommandKind, CommandResult};
use crate::domain::ids::LegId;
use crate::domain::input::{CallerMoment, Input, LegMoment};
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::reply::{CallerReply, LegReply};
use crate::domain::settings::{Screening, Waiting};

impl World {
    /// A call whose phones Twilio could not be had to ring, so many seconds after it came in.
    fn in_vain(waiting: Waiting, result: &CommandResult, seconds: f64) -> Self {
        let mut world = Self::new(Screening::Keypress, waiting);
        world.comes(1);
        world.twilio_says(CommandKind::Place, result);
        world.later(seconds);
        world
    }

    /// The same with the `<Dial>`.
    fn dialled() -> (Self, Vec<LegId>) {
        let mut world = Self::in_vain(Waiting::Ringing, &CommandResult::Unclear, 3.0);
        let legs = rung(&world.what_is_next(1)).expect("a <Dial>");
        assert_eq!(legs.len(), 3);
        (world, legs)
    }

    fn what_is_next(&mut self, call: usize) -> CallerReply {
        self.caller_line(call, CallerMoment::Next, LineStatus::Ringing)
    }

    fn dial_is_over(&mut self) -> CallerReply {
        self.caller_line(1, CallerMoment::AfterRoom { round: Some(1) }, LineStatus::Ringing)
    }
}

/// Whom a `<Dial>` rings.
fn rung(reply: &CallerReply) -> Option<Vec<LegId>> {
    match reply {
        CallerReply::Dial { numbers, .. } => Some(numbers.iter().map(|(id, _)| *id).collect()),
        _ => None,
    }
}

#[test]
fn a_caller_who_hears_ringing_is_answered_with_it_after_three_seconds() {
    for result in [CommandResult::Unclear, CommandResult::Unreachable, CommandResult::Busy { retry_after: None }] {
        let mut world = World::in_vain(Waiting::Ringing, &result, 2.999);
        assert_eq!(world.what_is_next(1), CallerReply::RingOn { may_hold: false }, "{result:?}");
        world.later(0.001);
        let legs = world.leg_ids(1);
        let reply = world.what_is_next(1);
        let ring = Duration::from_secs(20);
        assert!(matches!(reply, CallerReply::Dial { round: 1, ring: seconds, .. } if seconds == ring), "{reply:?}");
        assert!(!answers(&reply), "ringing costs them nothing");
        assert_eq!(rung(&reply), Some(legs.clone()));
        assert!(legs.iter().all(|leg| world.stands(*leg) == (LegStatus::Dialing, None)));
        assert_eq!(world.open_for(CommandKind::Place), [], "nobody is rung twice");
    }
}

/// Whether a `<Dial>` answers the caller's line.
fn answers(reply: &CallerReply) -> bool {
    matches!(reply, CallerReply::Dial { answers: true, .. })
}

#[test]
fn a_line_that_has_rung_for_ten_seconds_is_answered_so_that_its_network_does_not_cut_it_off() {
    for (seconds, answered) in [(10.0, false), (10.001, true), (29.0, true)] {
        let mut world = World::in_vain(Waiting::Ringing, &CommandResult::Unreachable, seconds);
        let reply = world.what_is_next(1);
        assert!(rung(&reply).is_some(), "{seconds}: {reply:?}");
        assert_eq!(answers(&reply), answered, "{seconds}");
    }
}

#[test]
fn whoever_would_be_sent_into_the_room_is_answered_with_it_at_once_for_thirty_seconds() {
    for (seconds, dials) in [(0.0, true), (29.999, true), (30.0, false)] {
        let mut world = World::in_vain(Waiting::Ringback, &CommandResult::Unreachable, seconds);
        world.leaves(1);
        world.comes(2);
        assert_eq!(world.row(2).caller_in_room, !dials, "{seconds}");
        assert_eq!(world.leg_ids(2).iter().all(|leg| world.stands(*leg).0 == LegStatus::Dialing), dials);
    }
}

#[test]
fn nobody_is_answered_with_it_while_twilio_does_as_it_is_told() {
    let mut world = World::ringing();
    world.later(10.0);
    assert_eq!(world.what_is_next(1), CallerReply::RingOn { may_hold: true });
    // One failed, and another was placed after that.
    let mut world = World::rung();
    let legs = world.leg_ids(1);
    world.submit(Input::Claim { placements: 2, total: 2 });
    let results = [CommandResult::Unreachable, super::play::line_is(legs[1], LineStatus::Queued)];
    for (claimed, result) in std::mem::take(&mut world.under_way).into_iter().zip(results) {
        world.later(1.0);
        world.submit(Input::CommandDone { id: claimed.id, result });
    }
    world.later(5.0);
    assert_eq!(world.what_is_next(1), CallerReply::RingOn { may_hold: true });
}

#[test]
fn a_phone_was_dialled_in_vain_if_twilio_was_asked_and_none_rings_as_far_as_we_know() {
    let world = World::ringing();
    let leg = world.leg_row(world.leg_ids(1)[0]);
    for (status, dialed_at, in_vain) in [
        (LegStatus::Planned, None, false),
        (LegStatus::Planned, leg.dialed_at, true),
        (LegStatus::Unclear, leg.dialed_at, true),
        (LegStatus::Ringing, leg.dialed_at, false),
    ] {
        let leg = Leg { status, dialed_at, ..leg.clone() };
        assert_eq!(leg.was_dialled_in_vain(), in_vain, "{leg:?}");
    }
}

#[test]
fn what_came_of_the_last_placement_tells_whether_the_outbox_can_place() {
    for (placed_first, gap, may_hold) in [(true, 1.0, false), (false, 1.0, true), (true, 0.0, true)] {
        let mut world = World::rung();
        let legs = world.leg_ids(1);
        world.submit(Input::Claim { placements: 2, total: 2 });
        let placed = super::play::line_is(legs[usize::from(!placed_first)], LineStatus::Queued);
        let mut results = [placed, CommandResult::Unreachable];
        if !placed_first {
            results.reverse();
        }
        for (claimed, result) in std::mem::take(&mut world.under_way).into_iter().zip(results) {
            world.later(gap);
            world.submit(Input::CommandDone { id: claimed.id, result });
        }
        assert_eq!(world.what_is_next(1), CallerReply::RingOn { may_hold }, "{placed_first} {gap}");
    }
}

#[test]
fn a_search_that_fails_says_nothing_against_an_outbox_that_has_placed_since() {
    for placed in [false, true] {
        let mut world = World::rung();
        let legs = world.leg_ids(1);
        world.submit(Input::Claim { placements: 2, total: 2 });
        let then = if placed { super::play::line_is(legs[1], LineStatus::Queued) } else { CommandResult::Unclear };
        for (claimed, result) in std::mem::take(&mut world.under_way).into_iter().zip([CommandResult::Unclear, then]) {
            world.later(0.5);
            world.submit(Input::CommandDone { id: claimed.id, result });
        }
        world.reports(legs[1], LineStatus::Failed);
        world.later(1.0);
        world.submit(Input::Tick);
        world.twilio_says(CommandKind::FindLeg, &CommandResult::Unclear);
        world.later(1.5);
        assert_eq!(rung(&world.what_is_next(1)).is_some(), !placed);
    }
}

#[test]
fn while_a_phone_of_the_round_rings_the_others_wait_for_the_outbox() {
    let mut world = World::in_vain(Waiting::Ringing, &CommandResult::Unclear, 3.0);
    let ada = world.leg_ids(1)[0];
    world.reports(ada, LineStatus::Ringing);
    assert_eq!(world.what_is_next(1), CallerReply::RingOn { may_hold: false });
    world.reports(ada, LineStatus::Busy);
    assert_eq!(rung(&world.what_is_next(1)), Some(world.leg_ids(1)[1..].to_vec()));
}

#[test]
fn while_twilio_has_yet_to_answer_for_most_of_them_the_others_ring_on() {
    for (failed, dials) in [(1, 0), (2, 2)] {
        let mut world = World::rung();
        let legs = world.leg_ids(1);
        world.submit(Input::Claim { placements: 3, total: 3 });
        world.later(8.0);
        for claimed in std::mem::take(&mut world.under_way).into_iter().take(failed) {
            world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::Unclear });
        }
        let dialled = rung(&world.what_is_next(1)).unwrap_or_default();
        assert_eq!(dialled, legs[..dials], "{failed} of three");
    }
}

#[test]
fn no_more_are_rung_than_twilio_lets_us_have() {
    for limit in [1, 2, 3, 9] {
        let mut world = World::new(Screening::Keypress, Waiting::Ringing);
        world.settings.concurrent_legs = Some(limit);
        world.comes(1);
        world.twilio_says(CommandKind::Place, &CommandResult::Unclear);
        world.later(3.0);
        let rung = rung(&world.what_is_next(1)).expect("a <Dial>");
        assert_eq!(rung.len(), limit.min(3) as usize);
    }
}

#[test]
fn a_leg_that_nobody_wants_and_twilio_will_not_tell_of_keeps_nobody_from_being_dialled() {
    let mut world = World::in_vain(Waiting::Ringing, &CommandResult::Unclear, 1.0);
    world.comes(2);
    world.later(3.0);
    assert_eq!(rung(&world.what_is_next(2)), None, "the first caller still waits for these phones");
    world.leaves(1);
    assert_eq!(rung(&world.what_is_next(2)), Some(world.leg_ids(2)));
}

#[test]
fn who_calls_long_after_is_dialled_while_twilio_will_not_tell_of_the_legs_that_are_left() {
    for limit in [None, Some(3)] {
        let mut world = World::new(Screening::Keypress, Waiting::Ringing);
        world.settings.concurrent_legs = limit;
        world.comes(1);
        world.twilio_says(CommandKind::Place, &CommandResult::Unclear);
        world.later(1.0);
        world.leaves(1);
        for _ in 0..12 {
            world.later(8.0);
            world.submit(Input::Tick);
            world.twilio_says(CommandKind::FindLeg, &CommandResult::Unclear);
        }
        world.comes(2);
        assert_eq!(world.open_for(CommandKind::Place), [], "each phone may still ring for the first");
        world.later(3.0);
        assert_eq!(rung(&world.what_is_next(2)), Some(world.leg_ids(2)), "{limit:?}");
    }
}

#[test]
fn ten_are_rung_at_most() {
    let mut world = World::in_vain(Waiting::Ringing, &CommandResult::Unreachable, 3.0);
    let (call, leg) = (world.row(1), world.leg_row(world.leg_ids(1)[0]));
    let mut decision = crate::domain::house::Decision::default();
    for more in 0..12_u128 {
        let id: LegId = uuid::Uuid::from_u128(0xffff + more).to_string().parse().expect("an id");
        let number = Some(format!("+1555777{more:04}").parse().expect("a number"));
        decision.legs.insert(id, Leg { id, number, dialed_at: None, ..leg.clone() });
    }
    world.house.apply(decision, world.now);
    let (decision, reply) = super::decide(
        &world.house,
        &world.settings,
        &Input::Caller(super::CallerRequest {
            call_sid: call.sid,
            caller: call.caller.expect("a caller"),
            forwarded_from: None,
            line: LineStatus::Ringing,
            moment: CallerMoment::Next,
        }),
        world.now,
        &mut world.ids,
    );
    let super::Reply::Caller(reply) = reply else { panic!("{reply:?}") };
    assert_eq!(rung(&reply).map(|legs| legs.len()), Some(10));
    assert_eq!(decision.legs.len(), 10, "the others stay with the outbox");
}

#[test]
fn who_presses_1_is_connected_by_the_end_of_their_document() {
    let (mut world, legs) = World::dialled();
    let [ada, ben, _] = legs[..] else { panic!("{legs:?}") };
    assert_eq!(world.organiser(ada, LegMoment::PickedUp(None)), LegReply::Screen { leg_id: ada, by_dial: true });
    world.organiser(ben, LegMoment::PickedUp(None));
    assert_eq!(world.organiser(ada, LegMoment::Key("1".to_owned())), LegReply::Connect);
    assert!(world.row(1).connected_at.is_some());
    assert!(matches!(world.organiser(ben, LegMoment::Key("1".to_owned())), LegReply::Dismiss { .. }));
    assert_eq!(world.stands(legs[2]), (LegStatus::Canceled, Some(Reason::Taken)), "it ends with the <Dial>");
    world.reports(ada, LineStatus::Completed);
    assert_eq!(world.dial_is_over(), CallerReply::CutOff { round: 1 });
    world.leaves(1);
    assert_eq!(world.row(1).outcome, Some(Outcome::Connected));
}

#[test]
fn an_answer_that_was_lost_is_given_again_to_whom_twilio_has_not_rung() {
    let (mut world, legs) = World::dialled();
    assert_eq!(rung(&world.what_is_next(1)), Some(legs.clone()));
    world.reports(legs[0], LineStatus::Ringing);
    assert_eq!(rung(&world.what_is_next(1)), Some(legs[1..].to_vec()));
}

#[test]
fn what_the_dial_has_rung_is_over_with_it_and_the_caller_is_told() {
    let (mut world, legs) = World::dialled();
    world.reports(legs[0], LineStatus::Ringing);
    world.reports(legs[0], LineStatus::NoAnswer);
    assert_eq!(world.dial_is_over(), CallerReply::Nobody);
    assert!(legs.iter().all(|leg| world.stands(*leg).0 == LegStatus::NoAnswer));
    assert!(legs.iter().all(|leg| world.leg_row(*leg).ended_at.is_some()));
}

#[test]
fn that_all_its_phones_are_down_may_be_because_the_caller_has_left() {
    let (mut world, legs) = World::dialled();
    for leg in &legs {
        world.reports(*leg, LineStatus::Ringing);
        world.reports(*leg, LineStatus::Canceled);
    }
    assert_eq!(world.row(1).status, CallStatus::Pending);
    world.leaves(1);
    assert_eq!(world.row(1).outcome, Some(Outcome::Abandoned));
    // Or they have not, and ask.
    let (mut world, legs) = World::dialled();
    for leg in &legs {
        world.reports(*leg, LineStatus::Failed);
    }
    assert_eq!(world.what_is_next(1), CallerReply::Nobody);
}

#[test]
fn who_leaves_has_nothing_left_to_be_hung_up() {
    let (mut world, legs) = World::dialled();
    world.leaves(1);
    assert!(legs.iter().all(|leg| world.stands(*leg) == (LegStatus::Canceled, Some(Reason::CallerLeft))));
    assert_eq!(world.open_for(CommandKind::HangUp), []);
    assert_eq!(world.house.call(&sid(1)).map(|call| call.status), Some(CallStatus::Ended));
}

#[test]
fn who_was_rung_by_the_outbox_after_all_meets_the_caller_when_the_dial_is_over() {
    let mut world = World::in_vain(Waiting::Ringing, &CommandResult::Unreachable, 3.0);
    let legs = world.leg_ids(1);
    // The first is on its way to Twilio once more when the others are dialled.
    world.submit(Input::Claim { placements: 1, total: 1 });
    let dialled = rung(&world.what_is_next(1)).expect("a <Dial>");
    assert!(!dialled.contains(&legs[0]), "{dialled:?}");
    world.twilio_says(CommandKind::Place, &super::play::line_is(legs[0], LineStatus::Queued));
    world.takes(legs[0]);
    let reply = world.dial_is_over();
    assert!(matches!(reply, CallerReply::EnterRoom { .. }), "{reply:?}");
    assert_eq!(world.leg_row(legs[0]).disconnected_at, None);
}

#[test]
fn a_phone_whose_end_is_told_after_the_dial_is_nobody_who_could_still_come() {
    let (mut world, legs) = World::dialled();
    world.reports(legs[2], LineStatus::Ringing);
    world.dial_is_over();
    world.later(45.0);
    assert!(matches!(world.what_is_next(1), CallerReply::EnterRoom { .. }), "two are over, one may still come");
    world.reports(legs[2], LineStatus::NoAnswer);
    assert_eq!(world.row(1).status, CallStatus::Unanswered);
}
