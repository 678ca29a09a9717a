//! What an organiser is answered who picks up.

use super::{World, fact, line_of, sid};
use crate::domain::call::CallStatus;
use crate::domain::command::{CommandKind, CommandResult};
use crate::domain::ids::LegId;
use crate::domain::input::{CallerMoment, LegMoment};
use crate::domain::leg::{LegStatus, Reason};
use crate::domain::line::{AnsweredBy, LineStatus};
use crate::domain::reply::{LegReply, Prompt};
use crate::domain::settings::{Screening, Waiting};

fn says(say: Prompt) -> LegReply {
    LegReply::Dismiss { say, taken_by: None }
}

fn key(key: &str) -> LegMoment {
    LegMoment::Key(key.to_owned())
}

/// A call that rings with this screening, and its legs.
fn screened(screening: Screening) -> (World, Vec<LegId>) {
    let mut world = World::new(screening, Waiting::Ringing);
    world.comes(1);
    world.place();
    let legs = world.leg_ids(1);
    (world, legs)
}

#[test]
fn who_picks_up_is_screened_as_it_is_configured() {
    let (human, machine, fax) = (Some(AnsweredBy::Human), Some(AnsweredBy::Machine), Some(AnsweredBy::Fax));
    let table = [
        (Screening::Keypress, None, LegStatus::Answered),
        (Screening::Keypress, human, LegStatus::Answered),
        (Screening::Keypress, machine, LegStatus::Answered),
        (Screening::Amd, human, LegStatus::Joined),
        (Screening::Amd, machine, LegStatus::Machine),
        (Screening::Amd, fax, LegStatus::Machine),
        (Screening::Amd, Some(AnsweredBy::Unknown), LegStatus::Answered),
        (Screening::Amd, None, LegStatus::Answered),
        (Screening::None, None, LegStatus::Joined),
        (Screening::None, machine, LegStatus::Joined),
    ];
    for (screening, answered_by, status) in table {
        let (mut world, legs) = screened(screening);
        let reply = world.organiser(legs[0], LegMoment::PickedUp(answered_by));
        assert_eq!(world.leg_row(legs[0]).status, status, "{screening:?} {answered_by:?}");
        match status {
            LegStatus::Answered => assert_eq!(reply, LegReply::Screen { leg_id: legs[0], by_dial: false }),
            LegStatus::Machine => assert_eq!(reply, LegReply::HangUp),
            _ => assert_eq!(reply, LegReply::Join { leg_id: legs[0], room: world.row(1).room }),
        }
    }
}

#[test]
fn a_question_that_comes_twice_takes_nothing_back() {
    let (mut world, legs) = screened(Screening::Amd);
    world.organiser(legs[0], LegMoment::PickedUp(Some(AnsweredBy::Human)));
    world.organiser(legs[0], LegMoment::PickedUp(Some(AnsweredBy::Machine)));
    assert_eq!(world.leg_row(legs[0]).status, LegStatus::Joined);
    let before = world.events.len();
    world.organiser(legs[1], LegMoment::PickedUp(Some(AnsweredBy::Human)));
    assert!(!world.causes_since(before).contains(&"picked_up"), "who was never asked has not tried");
}

#[test]
fn a_machine_that_was_the_last_hope_ends_the_wait() {
    let (mut world, legs) = screened(Screening::Amd);
    for leg in legs {
        assert_eq!(world.row(1).status, CallStatus::Pending);
        world.organiser(leg, LegMoment::PickedUp(Some(AnsweredBy::Machine)));
    }
    assert_eq!(world.row(1).status, CallStatus::Unanswered);
}

#[test]
fn a_key_takes_or_declines_and_each_hears_their_own_words() {
    let table = [
        (key(""), Reason::NoKey, Prompt::NoKey),
        (LegMoment::NoKey, Reason::NoKey, Prompt::NoKey),
        (key("5"), Reason::OtherKey, Prompt::Declined),
    ];
    for (moment, reason, prompt) in table {
        let (mut world, legs) = screened(Screening::Keypress);
        world.organiser(legs[0], LegMoment::PickedUp(None));
        assert_eq!(world.organiser(legs[0], moment), says(prompt));
        assert_eq!(world.stands(legs[0]), (LegStatus::Declined, Some(reason)));
        // Once declined, the 1 comes too late, and is on record all the same.
        world.organiser(legs[0], key("1"));
        assert_eq!(world.row(1).status, CallStatus::Pending);
        assert_eq!(world.last("key.1").detail["late"], true);
    }
}

#[test]
fn a_late_key_is_on_record_and_a_key_of_the_winners_is_not_late() {
    let (mut world, ada) = World::taken();
    let before = world.events.len();
    assert!(matches!(world.organiser(ada, key("1")), LegReply::Join { .. }));
    assert!(!world.causes_since(before).contains(&"key.1"), "{:?}", world.causes_since(before));
    world.organiser(ada, LegMoment::NoKey);
    assert!(!world.causes_since(before).contains(&"key.none"));
    world.organiser(ada, key("7"));
    assert_eq!(world.last("key.other").detail["late"], true);
    world.later(9.0);
    world.organiser(ada, LegMoment::AfterRoom);
    assert_eq!(world.organiser(ada, key("1")), says(Prompt::TalkEnded));
    assert_eq!(world.last("key.1").detail["late"], true);
}

#[test]
fn a_winner_whose_caller_left_before_they_met_hears_that() {
    let (mut world, legs) = screened(Screening::Keypress);
    world.takes(legs[0]);
    world.leaves(1);
    assert_eq!(world.organiser(legs[0], LegMoment::Next), says(Prompt::CallerLeft));
}

#[test]
fn who_comes_too_late_hears_why() {
    let (mut world, legs) = screened(Screening::Keypress);
    world.organiser(legs[1], LegMoment::PickedUp(None));
    world.takes(legs[0]);
    let taken = LegReply::Dismiss { say: Prompt::Taken, taken_by: Some("Organiser 1".to_owned()) };
    for leg in &legs[1..] {
        assert_eq!(world.organiser(*leg, LegMoment::PickedUp(None)), taken);
        assert_eq!(world.stands(*leg), (LegStatus::Lost, Some(Reason::Taken)));
    }

    let (mut world, legs) = screened(Screening::Keypress);
    world.wait(60.0);
    assert_eq!(world.organiser(legs[0], LegMoment::PickedUp(None)), says(Prompt::TooLate));
    world.leaves(1);
    assert_eq!(world.organiser(legs[1], LegMoment::PickedUp(None)), says(Prompt::TooLate), "still the reason");

    let (mut world, legs) = screened(Screening::Keypress);
    world.leaves(1);
    assert_eq!(world.organiser(legs[0], LegMoment::PickedUp(None)), says(Prompt::CallerLeft));
}

#[test]
fn the_name_is_that_of_who_took_the_call_in_the_same_round() {
    let (mut world, ada) = World::taken();
    world.reports(ada, LineStatus::Completed);
    world.presses(1, "1");
    world.place();
    let second = world.leg_ids(1)[3..].to_vec();
    world.takes(second[2]);
    let reply = world.organiser(second[1], LegMoment::PickedUp(None));
    assert_eq!(reply, LegReply::Dismiss { say: Prompt::Taken, taken_by: Some("Organiser 3".to_owned()) });
    let first = world.leg_ids(1)[1];
    let reply = world.organiser(first, LegMoment::PickedUp(None));
    assert_eq!(reply, LegReply::Dismiss { say: Prompt::Taken, taken_by: Some("Organiser 1".to_owned()) });
}

#[test]
fn who_is_being_told_is_not_sent_on_to_be_told_again() {
    let (mut world, legs) = screened(Screening::Keypress);
    world.organiser(legs[1], LegMoment::PickedUp(None));
    world.organiser(legs[2], LegMoment::PickedUp(None));
    world.takes(legs[0]);
    assert_eq!(world.open_for(CommandKind::TellLeg), [Some(legs[1]), Some(legs[2])]);
    world.organiser(legs[1], key("1"));
    assert_eq!(world.open_for(CommandKind::TellLeg), [Some(legs[2])]);
}

#[test]
fn a_winner_alone_for_two_seconds_has_the_caller_asked_after_and_is_alone_if_they_ask_again() {
    let (mut world, ada) = World::taken();
    world.later(2.0);
    assert_eq!(world.organiser(ada, LegMoment::InRoom), LegReply::RoomWait { leg_id: ada });
    assert!(world.open_for(CommandKind::AskCaller).is_empty(), "they may be on their way");
    world.later(0.001);
    world.organiser(ada, LegMoment::InRoom);
    assert_eq!(world.open_for(CommandKind::AskCaller).len(), 1);
    world.later(2.5);
    world.organiser(ada, LegMoment::InRoom);
    assert!(world.leg_row(ada).connected_at.is_some(), "may be the same question, late");
    world.later(0.001);
    world.organiser(ada, LegMoment::InRoom);
    assert_eq!(world.leg_row(ada).connected_at, None);
    assert_eq!((world.row(1).connected_at, world.row(1).caller_in_room), (None, false));
}

#[test]
fn a_suspicion_is_over_after_six_seconds() {
    for (seconds, alone) in [(5.999, true), (6.0, false)] {
        let (mut world, ada) = World::taken();
        world.later(20.0);
        world.organiser(ada, LegMoment::InRoom);
        world.later(seconds);
        world.organiser(ada, LegMoment::InRoom);
        assert_eq!(world.leg_row(ada).connected_at.is_none(), alone, "{seconds}");
    }
}

#[test]
fn who_is_told_to_enter_while_the_caller_still_rings_is_not_together_with_them() {
    let (mut world, legs) = screened(Screening::Keypress);
    world.takes(legs[0]);
    assert_eq!(world.leg_row(legs[0]).connected_at, None);
    world.later(1.0);
    world.caller(1, CallerMoment::Next);
    assert_eq!(world.leg_row(legs[0]).connected_at, Some(world.now));
    let met = world.now;
    world.later(1.0);
    world.caller(1, CallerMoment::Next);
    assert_eq!(world.leg_row(legs[0]).connected_at, Some(met), "since when they are together stays");
    assert_eq!(world.row(1).connected_at, Some(met));
}

#[test]
fn a_winner_who_comes_into_the_room_after_a_talk_has_talked() {
    for (seconds, talked) in [(1.999, false), (2.0, true)] {
        let (mut world, ada) = World::taken();
        world.later(seconds);
        world.leaves(1);
        world.organiser(ada, LegMoment::InRoom);
        assert_eq!(world.row(1).connected_at.is_some(), talked, "{seconds}");
    }
}

#[test]
fn a_stranger_at_a_legs_address_is_hung_up_once() {
    let (mut world, legs) = screened(Screening::Keypress);
    for _ in 0..2 {
        let request = crate::domain::input::LegRequest {
            leg_id: legs[0],
            sid: sid(77),
            line: LineStatus::InProgress,
            moment: LegMoment::PickedUp(None),
            by_dial: false,
        };
        let reply = world.submit(crate::domain::input::Input::Leg(request));
        assert_eq!(reply, crate::domain::reply::Reply::Leg(LegReply::HangUp));
    }
    let strangers = world.all(CommandKind::HangUpStranger);
    assert_eq!(strangers.len(), 1);
    let effects = world.sends();
    let hang_up = crate::domain::command::Effect::HangUp { sid: sid(77), picked_up: true };
    assert_eq!(effects, [hang_up]);
    let done = CommandResult::Line(fact(sid(77), LineStatus::Completed));
    world.twilio_says_under_way(&done);
    assert_eq!(world.newest(CommandKind::HangUpStranger).1, "completed");
    assert_eq!(world.leg_row(legs[0]).sid, Some(line_of(legs[0])), "the leg's own line is left alone");
}

impl World {
    fn twilio_says_under_way(&mut self, result: &CommandResult) {
        for claimed in std::mem::take(&mut self.under_way) {
            self.submit(crate::domain::input::Input::CommandDone { id: claimed.id, result: result.clone() });
        }
    }
}

#[test]
fn a_winner_who_comes_into_the_room_after_the_caller_fell_out_of_it_ends_nothing() {
    let (mut world, ada) = World::taken();
    world.later(1.0);
    world.caller(1, CallerMoment::AfterRoom { round: Some(1) });
    world.organiser(ada, LegMoment::InRoom);
    let row = world.row(1);
    assert_eq!((row.status, row.outcome, row.connected_at), (CallStatus::Active, None, None));
}
