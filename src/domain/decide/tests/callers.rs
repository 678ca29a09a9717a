//! What a caller is answered.

use super::{World, sid};
use crate::domain::call::{Call, CallStatus, Outcome};
use crate::domain::command::{CommandKind, CommandResult, Effect};
use crate::domain::contact::Contacts;
use crate::domain::decide::decide;
use crate::domain::house::{BeforeStart, House, Notes, Past};
use crate::domain::ids::{CommandId, LegId};
use crate::domain::input::{CallerMoment, CallerRequest, Input, LegMoment};
use crate::domain::leg::{Leg, LegStatus};
use crate::domain::line::LineStatus;
use crate::domain::phone::CallerId;
use crate::domain::recent::{HOUR, Recent};
use crate::domain::reply::{CallerReply, Prompt, Reply};
use crate::domain::settings::{Screening, Waiting};

/// Whether the caller is sent to the room, and with a greeting.
fn room(reply: &CallerReply) -> Option<bool> {
    match reply {
        CallerReply::RingOn { may_hold: true } => None,
        CallerReply::EnterRoom { greet, .. } => Some(*greet),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_is_left_to_ring_for_40_seconds_at_most_and_only_where_that_is_wanted() {
    let table = [
        (Waiting::Ringing, LineStatus::Ringing, 0.0, None),
        (Waiting::Ringing, LineStatus::Ringing, 39.999, None),
        (Waiting::Ringing, LineStatus::Ringing, 40.0, Some(false)),
        (Waiting::Ringing, LineStatus::Ringing, 50.0, Some(false)),
        (Waiting::Ringing, LineStatus::InProgress, 0.0, Some(false)),
        (Waiting::Ringback, LineStatus::Ringing, 0.0, Some(true)),
        (Waiting::Music, LineStatus::InProgress, 50.0, Some(true)),
    ];
    for (waiting, line, seconds, answer) in table {
        let mut world = World::new(Screening::Keypress, waiting);
        world.submit(Input::Caller(request("+15559990000", line)));
        world.later(seconds);
        assert_eq!(room(&world.caller_line(1, CallerMoment::Next, line)), answer, "{waiting:?} {line} {seconds}");
        assert_eq!(world.row(1).caller_in_room, answer.is_some());
    }
}

fn request(caller: &str, line: LineStatus) -> CallerRequest {
    let caller = CallerId::new(caller);
    CallerRequest { call_sid: sid(1), caller, forwarded_from: None, line, moment: CallerMoment::Next }
}

#[test]
fn who_was_in_the_room_once_does_not_go_back_to_ringing() {
    let mut world = World::rung();
    assert_eq!(room(&world.caller(1, CallerMoment::Next)), Some(false));
    assert_eq!(room(&world.caller_line(1, CallerMoment::Next, LineStatus::Ringing)), Some(false));
}

#[test]
fn only_the_first_round_greets() {
    let (mut world, ada) = World::taken();
    world.reports(ada, LineStatus::Completed);
    assert_eq!(room(&world.presses(1, "1")), Some(false));
    let row = world.row(1);
    assert_eq!((row.round, row.give_up_at.since(world.now).as_secs()), (2, 60), "the wait begins anew");
}

#[test]
fn the_hotline_does_not_ring_for_itself_and_says_so_each_time() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    for _ in 0..2 {
        let reply = world.submit(Input::Caller(request("+15550006666", LineStatus::Ringing)));
        assert_eq!(reply, Reply::Caller(CallerReply::Refuse));
    }
    assert_eq!(world.row(1).outcome, Some(Outcome::Refused));
    assert!(world.leg_ids(1).is_empty());
}

#[test]
fn whose_call_is_over_is_asked_to_call_again() {
    let mut world = World::ringing();
    world.leaves(1);
    for (moment, reply) in [
        (CallerMoment::Next, CallerReply::CallAgain),
        (CallerMoment::InRoom { greet: false }, CallerReply::RoomNobody),
        (CallerMoment::AfterRoom { round: Some(1) }, CallerReply::Goodbye),
        (CallerMoment::Key { round: Some(1), key: "1".to_owned() }, CallerReply::Goodbye),
    ] {
        assert_eq!(world.caller_line(1, moment.clone(), LineStatus::InProgress), reply, "{moment:?}");
    }
}

#[test]
fn who_waits_in_the_room_hears_first_what_this_is_and_after_8_seconds_that_we_still_try() {
    let news = Some(Prompt::StillRinging);
    let table = [
        (Waiting::Music, 0.0, true, Some(Prompt::Greeting)),
        (Waiting::Music, 8.0, false, None),
        (Waiting::Music, 8.001, false, news),
        (Waiting::Ringback, 20.0, false, news),
        (Waiting::Ringing, 20.0, false, None),
    ];
    for (waiting, seconds, greet, say) in table {
        let mut world = World::new(Screening::Keypress, waiting);
        world.caller(1, CallerMoment::Next);
        world.later(seconds);
        let reply = world.caller(1, CallerMoment::InRoom { greet });
        assert_eq!(reply, CallerReply::RoomTone { say }, "{waiting:?} {seconds}");
    }
}

#[test]
fn what_is_said_is_on_record_with_its_version() {
    let mut world = World::new(Screening::Keypress, Waiting::Music);
    world.settings.texts.insert(Prompt::Greeting, "v1".to_owned());
    world.caller(1, CallerMoment::Next);
    world.caller(1, CallerMoment::InRoom { greet: true });
    assert_eq!(world.last("said.greeting").detail["text"], "v1");
}

#[test]
fn a_caller_who_is_alone_after_two_seconds_has_the_organisers_line_asked_after() {
    for (seconds, asked) in [(0.0, false), (2.0, false), (2.001, true)] {
        let (mut world, ada) = World::taken();
        world.later(seconds);
        assert_eq!(world.caller(1, CallerMoment::InRoom { greet: false }), CallerReply::RoomTone { say: None });
        let questions = world.open_for(CommandKind::AskLeg);
        assert_eq!(questions, if asked { vec![Some(ada)] } else { Vec::new() }, "{seconds}");
    }
}

#[test]
fn a_caller_whom_nobody_was_sent_to_yet_has_nobody_asked_after() {
    let mut world = World::ringing();
    let ada = world.leg_ids(1)[0];
    world.takes(ada);
    world.later(5.0);
    world.caller(1, CallerMoment::InRoom { greet: false });
    assert!(world.open_for(CommandKind::AskLeg).is_empty());
}

#[test]
fn whose_room_has_closed_is_cut_off() {
    let (mut world, ada) = World::taken();
    world.later(9.0);
    let reply = world.caller(1, CallerMoment::AfterRoom { round: Some(1) });
    assert_eq!(reply, CallerReply::CutOff { round: 1 });
    assert_eq!(world.leg_row(ada).disconnected_at, Some(world.now));
    assert!(!world.row(1).caller_in_room);
}

#[test]
fn whose_winner_is_gone_at_once_is_fetched_from_the_room_unless_it_closes() {
    for (seconds, fetched) in [(0.0, 1), (5.999, 1), (6.0, 0)] {
        let (mut world, ada) = World::taken();
        world.later(seconds);
        world.reports(ada, LineStatus::Completed);
        world.later(0.999);
        assert!(!world.sends().iter().any(|effect| matches!(effect, Effect::TellCaller { .. })), "the room may close");
        world.later(0.001);
        let sent = world.sends();
        assert_eq!(
            sent.iter().filter(|effect| matches!(effect, Effect::TellCaller { .. })).count(),
            fetched,
            "{seconds}"
        );
    }
    let (mut world, ada) = World::taken();
    world.reports(ada, LineStatus::Completed);
    world.caller(1, CallerMoment::AfterRoom { round: Some(1) });
    assert_eq!(world.open_for(CommandKind::TellCaller), [], "they are being told");
}

#[test]
fn who_falls_out_of_the_waiting_room_goes_back_with_a_word() {
    let mut world = World::new(Screening::Keypress, Waiting::Music);
    world.caller(1, CallerMoment::Next);
    let reply = world.caller(1, CallerMoment::AfterRoom { round: Some(1) });
    assert!(matches!(reply, CallerReply::EnterRoom { say: Some(Prompt::StillRinging), .. }), "{reply:?}");
}

#[test]
fn a_key_rings_the_team_again_if_it_is_one_and_nobody_talks() {
    let (mut world, ada) = World::taken();
    assert!(matches!(world.presses(1, "1"), CallerReply::EnterRoom { round: 1, .. }), "somebody is there");
    assert_eq!(world.row(1).round, 1);
    world.reports(ada, LineStatus::Completed);
    assert_eq!(world.presses(1, "2"), CallerReply::Goodbye);
    assert_eq!((world.row(1).status, world.row(1).round), (CallStatus::Active, 1));
    assert_eq!(world.last("key.other").subject.call_sid(), Some(&sid(1)));
    assert!(matches!(world.presses(1, "1"), CallerReply::EnterRoom { round: 2, .. }));
}

#[test]
fn a_key_of_the_first_round_does_not_ring_a_third() {
    let (mut world, ada) = World::taken();
    world.reports(ada, LineStatus::Completed);
    world.presses(1, "1");
    world.place();
    let ben = world.leg_ids(1)[4];
    world.takes(ben);
    world.reports(ben, LineStatus::Completed);
    assert_eq!(world.presses(1, "1"), CallerReply::CutOff { round: 2 });
    assert!(matches!(world.presses(2, "1"), CallerReply::EnterRoom { round: 3, .. }));
}

#[test]
fn ringing_again_hangs_up_who_had_the_call_and_nobody_else() {
    let (mut world, ada) = World::taken();
    let ben = world.leg_ids(1)[1];
    assert_eq!(world.leg_row(ben).status, LegStatus::Dialing);
    world.reports(ben, LineStatus::Canceled);
    world.organiser(ada, LegMoment::AfterRoom);
    assert_eq!(world.open_for(CommandKind::HangUp).len(), 1, "of the third phone");
    world.presses(1, "1");
    assert!(world.open_for(CommandKind::HangUp).contains(&Some(ada)));
}

#[test]
fn of_a_batch_that_can_not_be_saved_nothing_is_left() {
    let (mut world, ada) = World::taken();
    world.house = world.house.clone().remembered();
    let before = world.house.clone();
    world.later(1.0);
    world.comes(2);
    world.reports(ada, LineStatus::Completed);
    world.leaves(1);
    world.leaves(2);
    world.submit(Input::Claim { placements: 9, total: 9 });
    let mut stranger = Call { sid: sid(7), status: CallStatus::Ended, ..world.row(1) };
    stranger.ended_at = Some(world.now);
    let number = Some("+15550009999".parse().expect("a number"));
    let id = LegId::new(&mut world.ids, world.now);
    let status = LegStatus::Ringing;
    let leg = Leg { id, call_sid: sid(7), sid: Some(sid(9)), number, status, ended_at: None, ..world.leg_row(ada) };
    world.house.visit(vec![stranger], vec![leg]);
    assert_ne!(world.house.differs_from(&before), [""; 0]);
    let undone = world.house.undone().expect("nothing was erased");
    assert_eq!(undone.differs_from(&before), [""; 0]);
    assert_eq!(undone.contacts(), before.contacts());
    assert_eq!(undone.past().recent.calls.len(), before.past().recent.calls.len());
    assert!(undone.changes().is_empty());
    let rung = |house: &House| house.past().recent.rung_elsewhere;
    assert_eq!(rung(&undone), rung(&before) + 1, "the visitor's phone counts when they have left");
}

#[test]
fn only_what_was_rung_within_the_hour_counts_when_its_call_leaves() {
    for (hours, counted) in [(0, 3), (1, 0)] {
        let mut world = World::ringing();
        let looked = Some(world.now + hours * HOUR);
        world.leaves(1);
        for id in world.leg_ids(1) {
            world.reports(id, LineStatus::Canceled);
        }
        let recent = Recent { at: looked, ..Recent::default() };
        world.house.look_back(Notes::new(), BeforeStart::default(), Some(recent));
        let house = world.house.settled();
        assert_eq!((house.call(&sid(1)), house.past().recent.rung_elsewhere), (None, counted), "{hours}");
    }
}

#[test]
fn a_call_that_was_over_when_it_was_named_leaves_with_the_batch() {
    let mut world = World::ringing();
    world.leaves(1);
    let over = Call { ended_at: Some(world.now), ..world.row(1) };
    let house = House::new(vec![over], Vec::new(), Vec::new(), Vec::new(), Past::default(), Contacts::new());
    assert_eq!(house.call(&sid(1)).map(|call| call.status), Some(CallStatus::Ended));
    assert_eq!(house.settled().call(&sid(1)), None);
}

#[test]
fn a_call_stays_until_all_that_is_to_be_done_for_it_is_done() {
    let mut world = World::ringing();
    world.leaves(1);
    world.submit(Input::Claim { placements: 9, total: 9 });
    for id in world.leg_ids(1) {
        world.reports(id, LineStatus::Canceled);
    }
    let hang_ups: Vec<CommandId> = world.all(CommandKind::HangUp).iter().map(|command| command.id).collect();
    assert_eq!(hang_ups.len(), 3);
    for id in hang_ups {
        assert!(world.house.clone().settled().call(&sid(1)).is_some(), "a phone may still have to be hung up");
        world.submit(Input::CommandDone { id, result: CommandResult::NotFound });
    }
    assert_eq!(world.house.clone().settled().call(&sid(1)), None);
}

#[test]
fn what_is_over_stays_in_a_house_that_has_no_database() {
    let mut world = World::rung();
    world.leaves(1);
    let house = world.house.clone().remembered();
    assert_eq!(house.call(&sid(1)).map(|call| call.status), Some(CallStatus::Ended));
    assert!(house.changes().is_empty() && house.commands().all(|command| command.status.is_open()));
}

#[test]
fn who_has_left_is_no_new_call_to_a_house_that_no_longer_has_them() {
    let mut world = World::rung();
    world.leaves(1);
    let house = world.house.clone().settled();
    assert!(house.call(&sid(1)).is_none());
    let late = Input::Caller(request("+15559990000", LineStatus::Ringing));
    let (decision, _) = decide(&house, &world.settings, &late, world.now, &mut world.ids);
    assert!(decision.legs.is_empty(), "{decision:?}");
}
