//! Whose phone is rung, and when it is free.

use std::time::Duration;

use super::{World, roster, sid};
use crate::domain::call::CallStatus;
use crate::domain::command::{CommandKind, CommandResult, Effect};
use crate::domain::input::{CallerMoment, CallerRequest, Input};
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::phone::CallerId;
use crate::domain::settings::{Screening, Waiting};

impl World {
    /// Promise 5: a phone rings for one leg at a time.
    pub(super) fn check_phones(&self) {
        for entry in roster() {
            let open = |leg: &&Leg| leg.occupied_phone() == Some(&entry.number);
            let ringing = self.house.legs().filter(open).filter(|leg| leg.status != LegStatus::Failed);
            // A leg that Twilio will not tell of keeps no caller from being dialled, and may turn up.
            let (mut dialled, placed): (Vec<_>, Vec<_>) = ringing.partition(|leg| self.dialled.contains(&leg.id));
            // One that is over with its caller may turn up, late.
            dialled.retain(|leg| leg.status != LegStatus::Canceled);
            assert!(dialled.len() <= 1 && placed.len() <= 1, "promise 5: {placed:?} and {dialled:?} to one phone");
        }
    }
}

#[test]
fn a_second_call_waits_for_each_phone_and_gets_it_in_the_same_moment() {
    let mut world = World::ringing();
    world.comes(2);
    let second = world.leg_ids(2);
    let waits = (LegStatus::Planned, Some(Reason::Occupied));
    assert!(second.iter().all(|leg| world.stands(*leg) == waits));
    assert_eq!(world.open_for(CommandKind::Place), []);
    world.reports(world.leg_ids(1)[0], LineStatus::Busy);
    assert_eq!(world.stands(second[0]), (LegStatus::Planned, None));
    assert_eq!(world.open_for(CommandKind::Place), [Some(second[0])]);
    assert_eq!(world.stands(second[1]), waits);
}

#[test]
fn the_oldest_call_gets_the_phone() {
    let mut world = World::ringing();
    for call in [3, 2] {
        world.later(1.0);
        world.comes(call);
    }
    world.reports(world.leg_ids(1)[0], LineStatus::Busy);
    assert_eq!(world.open_for(CommandKind::Place), [Some(world.leg_ids(3)[0])]);
}

#[test]
fn the_account_has_only_so_many_lines() {
    for (limit, rung) in [(0, 0), (1, 1), (2, 2), (3, 3), (9, 3)] {
        let mut world = World::new(Screening::Keypress, Waiting::Ringing);
        world.settings.concurrent_legs = Some(limit);
        world.comes(1);
        assert_eq!(world.open_for(CommandKind::Place).len(), rung, "{limit}");
    }
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.settings.concurrent_legs = Some(2);
    world.comes(1);
    world.place();
    let legs = world.leg_ids(1);
    world.reports(legs[1], LineStatus::Busy);
    assert_eq!(world.open_for(CommandKind::Place), [Some(legs[2])]);
    world.place();
    world.settings.legs_per_number = None;
    world.comes(2);
    assert_eq!(world.open_for(CommandKind::Place), [], "the account has no third line");
}

#[test]
fn an_organiser_who_calls_is_not_rung_for_their_own_call() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    let request = CallerRequest {
        call_sid: sid(1),
        caller: CallerId::new("+15550000002"),
        forwarded_from: None,
        line: LineStatus::Ringing,
        moment: CallerMoment::Next,
    };
    world.submit(Input::Caller(request));
    assert_eq!(world.leg_ids(1).len(), 2);
    assert_eq!(world.last("not_rung").detail["reason"], "own_call");
}

/// Twilio knows nothing of any phone that it was to ring.
fn vanish(world: &mut World) {
    world.twilio_says(CommandKind::Place, &CommandResult::Unclear);
    for _ in 0..2 {
        world.wait(3.0);
        world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(Vec::new()));
    }
}

#[test]
fn an_organiser_is_rung_twice_at_most_in_a_round() {
    let mut world = World::rung();
    for others in &world.leg_ids(1)[1..] {
        world.submit(Input::Claim { placements: 64, total: 64 });
        world.reports(*others, LineStatus::Busy);
    }
    let claimed = world.under_way.remove(0);
    world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::Unclear });
    for _ in 0..2 {
        world.wait(3.0);
        world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(Vec::new()));
    }
    assert_eq!((world.leg_ids(1).len(), world.row(1).status), (4, CallStatus::Pending), "one more try");
    vanish(&mut world);
    assert_eq!((world.leg_ids(1).len(), world.row(1).status), (4, CallStatus::Unanswered), "and not a third");
}

#[test]
fn a_phone_rings_as_long_as_configured_while_the_caller_waits_and_never_shorter_than_5_seconds() {
    for (waited, seconds) in [(0.0, 20), (39.0, 20), (50.0, 10), (57.0, 5)] {
        let mut world = World::rung();
        world.later(waited);
        let rings: Vec<u64> = (world.sends().iter())
            .filter_map(|effect| match effect {
                Effect::Place { ring, .. } => Some(ring.as_secs()),
                _ => None,
            })
            .collect();
        assert_eq!(rings, [seconds; 3], "{waited}");
    }
}

#[test]
fn as_many_phones_are_rung_as_the_pace_allows_and_deeds_go_before() {
    let mut world = World::rung();
    let claims = |world: &mut World, placements, total| {
        world.submit(Input::Claim { placements, total });
        let placed = world.under_way.iter().filter(|claimed| claimed.is_placement()).count();
        (placed, world.under_way.len())
    };
    assert_eq!(claims(&mut world, 0, 64), (0, 0));
    assert_eq!(claims(&mut world, 1, 64), (1, 1));
    assert_eq!(claims(&mut world, 9, 1), (2, 2));
    assert_eq!(claims(&mut world, 9, 64), (3, 3));
    assert!(world.all(CommandKind::Place).iter().all(|command| command.tries == 1));
}

#[test]
fn a_placement_is_sent_until_the_wait_is_over_and_not_after() {
    for (late, sent) in [(0, 3), (1, 0)] {
        let mut world = World::rung();
        world.now = world.row(1).give_up_at + Duration::from_millis(late);
        assert_eq!(world.sends().len(), sent);
        if sent == 0 {
            let failed = (LegStatus::Failed, Some(Reason::Unreachable));
            assert!(world.leg_ids(1).iter().all(|leg| world.stands(*leg) == failed));
            assert_eq!(world.newest(CommandKind::Place).1, "too_late");
        }
    }
}

#[test]
fn where_a_phone_may_ring_twice_each_leg_is_placed_once_all_the_same() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.settings.legs_per_number = None;
    world.comes(1);
    world.submit(Input::Tick);
    assert_eq!(world.open_for(CommandKind::Place).len(), 3);
    world.comes(2);
    assert_eq!(world.open_for(CommandKind::Place).len(), 6);
}
