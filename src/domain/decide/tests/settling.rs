//! What is let go of when a call is settled, and how long it is tried.

use std::time::Duration;

use super::{World, sid};
use crate::domain::call::{CallStatus, Outcome};
use crate::domain::command::{CommandKind, CommandResult, CommandStatus, Effect};
use crate::domain::input::{CallerMoment, Input, LegMoment};
use crate::domain::leg::{LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::reply::CallerReply;
use crate::domain::settings::{Screening, Waiting};

#[test]
fn each_leg_is_let_go_of_as_fits_its_state() {
    let mut world = World::rung();
    world.submit(Input::Claim { placements: 2, total: 64 });
    let legs = world.leg_ids(1);
    world.reports(legs[1], LineStatus::InProgress);
    world.leaves(1);
    let left = Some(Reason::CallerLeft);
    assert_eq!(world.stands(legs[0]), (LegStatus::Dialing, None), "nobody knows its line yet");
    assert_eq!(world.stands(legs[1]), (LegStatus::Lost, left));
    assert_eq!(world.stands(legs[2]), (LegStatus::Canceled, left));
    assert_eq!(world.leg_row(legs[2]).ended_at, Some(world.now));
    assert!(world.open_for(CommandKind::HangUp).is_empty());
    assert_eq!(world.open_for(CommandKind::TellLeg), [Some(legs[1])]);
    let dropped: Vec<_> = world.all(CommandKind::Place).into_iter().filter(|c| !c.status.is_open()).collect();
    assert_eq!(
        dropped.iter().map(|c| (c.leg_id, c.status)).collect::<Vec<_>>(),
        [(Some(legs[2]), CommandStatus::Dropped)]
    );
}

#[test]
fn a_deed_is_tried_for_ten_minutes_and_a_question_for_one() {
    let (mut world, ada) = World::taken();
    let legs = world.leg_ids(1);
    world.reports(legs[2], LineStatus::InProgress);
    world.later(3.0);
    world.caller(1, CallerMoment::InRoom { greet: false });
    world.organiser(ada, LegMoment::InRoom);
    let stranger = crate::domain::input::LegReport {
        leg_id: ada,
        sid: sid(77),
        line: LineStatus::Ringing,
        reason: None,
        by_dial: false,
    };
    world.submit(Input::LegStatus(stranger));
    world.leaves(1);
    world.organiser(legs[2], LegMoment::InRoom);
    let mut lost = World::new(Screening::Keypress, Waiting::Music);
    lost.settings.give_up = Duration::from_secs(45);
    lost.caller(1, CallerMoment::Next);
    lost.wait(45.0);
    let all = world.house.commands().chain(lost.house.commands());
    let mut patience: Vec<_> = all.map(|c| (c.kind, c.deadline.since(c.created_at).as_secs())).collect();
    patience.sort_unstable();
    patience.dedup();
    assert_eq!(
        patience,
        [
            (CommandKind::Place, 45),
            (CommandKind::Place, 60),
            (CommandKind::HangUp, 600),
            (CommandKind::TellLeg, 600),
            (CommandKind::TellCaller, 60),
            (CommandKind::AskLeg, 60),
            (CommandKind::AskCaller, 60),
            (CommandKind::HangUpStranger, 600),
        ]
    );
}

#[test]
fn nothing_is_ordered_twice() {
    let mut world = World::ringing();
    let legs = world.leg_ids(1);
    world.organiser(legs[1], LegMoment::PickedUp(None));
    world.takes(legs[0]);
    for _ in 0..2 {
        world.organiser(legs[1], LegMoment::InRoom);
    }
    assert_eq!(world.open_for(CommandKind::TellLeg), [Some(legs[1])]);
    let hang_ups = world.open_for(CommandKind::HangUp);
    assert_eq!(hang_ups, [Some(legs[2])]);
    world.leaves(1);
    assert_eq!(world.open_for(CommandKind::HangUp), hang_ups);
}

#[test]
fn a_caller_in_the_room_is_told_that_nobody_comes_and_one_who_still_rings_hears_it_when_they_ask() {
    for (waiting, told) in [(Waiting::Music, 1), (Waiting::Ringing, 0)] {
        let mut world = World::new(Screening::Keypress, waiting);
        world.comes(1);
        world.wait(59.999);
        assert_eq!(world.row(1).status, CallStatus::Pending);
        world.wait(0.001);
        assert_eq!(world.row(1).status, CallStatus::Unanswered);
        assert_eq!(world.open_for(CommandKind::TellCaller).len(), told);
        if told == 1 {
            assert!(world.sends().contains(&Effect::TellCaller { sid: sid(1) }));
        }
    }
}

#[test]
fn who_was_fetched_from_the_room_is_not_fetched_again_at_a_question_that_comes_late() {
    for (seconds, again) in [(10.0, 0), (10.001, 1)] {
        let mut world = World::new(Screening::Keypress, Waiting::Music);
        world.comes(1);
        world.wait(60.0);
        world.twilio_says(CommandKind::TellCaller, &CommandResult::Redirected);
        world.later(seconds);
        world.caller(1, CallerMoment::InRoom { greet: false });
        assert_eq!(world.open_for(CommandKind::TellCaller).len(), again, "{seconds}");
    }
}

#[test]
fn who_has_left_is_neither_told_nor_asked_after() {
    let mut world = World::new(Screening::Keypress, Waiting::Music);
    world.comes(1);
    world.wait(60.0);
    world.leaves(1);
    assert!(world.open_for(CommandKind::TellCaller).is_empty());
    assert_eq!(world.row(1).outcome, Some(Outcome::Unanswered));
}

#[test]
fn a_talk_that_ends_lets_the_room_do_the_telling() {
    let (mut world, ada) = World::taken();
    world.later(9.0);
    world.leaves(1);
    assert_eq!(world.leg_row(ada).disconnected_at, Some(world.now));
    assert!(world.open_for(CommandKind::TellLeg).is_empty());
    assert_eq!(world.row(1).outcome, Some(Outcome::Connected));
}

#[test]
fn a_winner_who_declined_before_is_none() {
    let (mut world, ada) = World::taken();
    world.organiser(ada, LegMoment::AfterRoom);
    let before = world.leg_row(ada).disconnected_at;
    world.later(1.0);
    world.organiser(ada, LegMoment::AfterRoom);
    assert_eq!(world.leg_row(ada).disconnected_at, before, "they parted once");
    let ben = world.leg_ids(1)[1];
    world.organiser(ben, LegMoment::AfterRoom);
    assert_eq!(world.leg_row(ben).disconnected_at, None, "who never joined does not part");
}

#[test]
fn twilio_knows_nothing_of_a_caller_ends_only_what_is_settled() {
    let mut world = World::ringing();
    world.wait(26.0);
    assert!(world.sends().contains(&Effect::Ask { sid: sid(1) }), "asked, and not sent on");
    world.twilio_says(CommandKind::AskCaller, &CommandResult::NotFound);
    assert_eq!(world.row(1).status, CallStatus::Pending, "phones are ringing");

    let (mut world, ada) = World::taken();
    world.wait(61.0);
    world.twilio_says(CommandKind::AskCaller, &CommandResult::NotFound);
    assert_eq!(world.row(1).status, CallStatus::Active, "they talk");
    world.reports(ada, LineStatus::Completed);
    world.wait(61.0);
    world.twilio_says(CommandKind::AskCaller, &CommandResult::NotFound);
    assert_eq!((world.row(1).status, world.row(1).outcome), (CallStatus::Ended, Some(Outcome::Connected)));

    let mut world = World::rung();
    world.wait(60.0);
    world.wait(31.0);
    world.twilio_says(CommandKind::AskCaller, &CommandResult::NotFound);
    assert_eq!((world.row(1).status, world.row(1).outcome), (CallStatus::Ended, Some(Outcome::Unanswered)));
}

#[test]
fn whom_twilio_rings_for_by_itself_is_let_go_of_by_us() {
    for taken in [false, true] {
        let mut world = World::ringing();
        let legs = world.leg_ids(1);
        if taken {
            world.takes(legs[0]);
        }
        world.submit(Input::LeftToTwilio { call_sid: sid(1) });
        assert_eq!(world.row(1).outcome, Some(Outcome::Failed));
        assert_eq!(world.open_for(CommandKind::HangUp).len(), if taken { 2 } else { 3 }, "nothing rings on");
        assert_eq!(world.open_for(CommandKind::TellLeg).len(), usize::from(taken), "nor waits for them");
        // They come back all the same: the answer was lost, or a voicemail has them.
        assert_eq!(world.caller(1, CallerMoment::Next), CallerReply::LeftToTwilio);
        assert_eq!(world.presses(1, "1"), CallerReply::LeftToTwilio);
        assert_eq!(world.presses(1, "2"), CallerReply::Goodbye);
        world.submit(Input::LeftToTwilio { call_sid: sid(2) });
        assert!(world.house.call(&sid(2)).is_none(), "nothing is known of them");
    }
}

#[test]
fn who_talks_again_is_not_fetched_by_what_was_still_on_its_way() {
    let (mut world, ada) = World::taken();
    world.reports(ada, LineStatus::Completed);
    world.later(1.0);
    assert!(world.sends().iter().any(|effect| matches!(effect, Effect::TellCaller { .. })));
    world.presses(1, "1");
    world.twilio_says(CommandKind::TellCaller, &CommandResult::Unreachable);
    for (seconds, status) in [(2.0, CallStatus::Pending), (3.0, CallStatus::Active)] {
        if status == CallStatus::Active {
            world.place();
            world.takes(world.leg_ids(1)[4]);
        }
        world.later(seconds);
        assert_eq!(world.row(1).status, status);
        assert!(!world.sends().iter().any(|effect| matches!(effect, Effect::TellCaller { .. })), "{status:?}");
    }
}
