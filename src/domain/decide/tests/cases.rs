//! Single histories that went wrong once.

use super::{World, fact, line_of, roster, sid};
use crate::domain::call::{CallStatus, Outcome};
use crate::domain::command::{CommandKind, CommandResult, Effect};
use crate::domain::ids::{CallSid, LegId};
use crate::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegReport, LegRequest, LineUp, Start};
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::phone::CallerId;
use crate::domain::reply::{CallerReply, LegReply, Prompt, Reply};
use crate::domain::settings::{Screening, Waiting};

impl World {
    pub(super) fn caller(&mut self, call: usize, moment: CallerMoment) -> CallerReply {
        self.caller_line(call, moment, LineStatus::InProgress)
    }

    pub(super) fn caller_line(&mut self, call: usize, moment: CallerMoment, line: LineStatus) -> CallerReply {
        let caller = CallerId::new("+15559990000");
        match self.submit(Input::Caller(CallerRequest {
            call_sid: sid(call),
            caller,
            forwarded_from: None,
            line,
            moment,
        })) {
            Reply::Caller(reply) => reply,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn organiser(&mut self, leg_id: LegId, moment: LegMoment) -> LegReply {
        let line = LineStatus::InProgress;
        let by_dial = self.dialled.contains(&leg_id);
        match self.submit(Input::Leg(LegRequest { leg_id, sid: line_of(leg_id), line, moment, by_dial })) {
            Reply::Leg(reply) => reply,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn reports(&mut self, leg_id: LegId, line: LineStatus) {
        let by_dial = self.dialled.contains(&leg_id);
        self.submit(Input::LegStatus(LegReport { leg_id, sid: line_of(leg_id), line, reason: None, by_dial }));
    }

    /// Claims everything that is due and answers what rings phones.
    pub(super) fn place(&mut self) {
        self.submit(Input::Claim { placements: 64, total: 64 });
        let placements: Vec<_> = self.under_way.extract_if(.., |claimed| claimed.is_placement()).collect();
        for claimed in placements {
            let Effect::Place { leg_id, .. } = claimed.effect else { continue };
            let result = CommandResult::Line(fact(line_of(leg_id), LineStatus::Queued));
            self.submit(Input::CommandDone { id: claimed.id, result });
        }
    }

    pub(super) fn leg_ids(&self, call: usize) -> Vec<LegId> {
        self.house.legs_of(&sid(call)).to_vec()
    }

    pub(super) fn leg_row(&self, id: LegId) -> Leg {
        self.house.leg(id).cloned().expect("a leg")
    }

    pub(super) fn is_ordered(&self, kind: CommandKind, call: usize) -> bool {
        let sid: CallSid = sid(call);
        self.house.commands().any(|open| open.kind == kind && open.call_sid == sid && open.status.is_open())
    }

    pub(super) fn wait(&mut self, seconds: f64) {
        self.now = self.now + std::time::Duration::from_secs_f64(seconds);
        self.submit(Input::Tick);
    }

    /// A call whose first organiser has taken it, the caller being in the room.
    pub(super) fn taken() -> (Self, LegId) {
        let mut world = Self::new(Screening::Keypress, Waiting::Music);
        world.caller(1, CallerMoment::Next);
        world.place();
        let ada = world.leg_ids(1)[0];
        world.organiser(ada, LegMoment::PickedUp(None));
        let reply = world.organiser(ada, LegMoment::Key("1".to_owned()));
        assert!(matches!(reply, LegReply::Join { .. }), "{reply:?}");
        (world, ada)
    }
}

#[test]
fn a_winner_who_enters_after_the_caller_has_left_is_told() {
    let (mut world, ada) = World::taken();
    world.submit(Input::CallerStatus { call_sid: sid(1), line: LineStatus::Completed });
    world.organiser(ada, LegMoment::InRoom);
    assert!(world.is_ordered(CommandKind::TellLeg, 1));
    let call = world.house.call(&sid(1)).expect("the call");
    assert_eq!((call.outcome, call.connected_at), (Some(Outcome::Abandoned), None), "they never met");
}

#[test]
fn a_caller_whose_winner_never_entered_is_asked_what_to_do() {
    let (mut world, ada) = World::taken();
    world.reports(ada, LineStatus::Completed);
    world.caller(1, CallerMoment::InRoom { greet: false });
    assert!(world.is_ordered(CommandKind::TellCaller, 1));
    assert!(matches!(world.caller(1, CallerMoment::Next), CallerReply::CutOff { round: 1 }));
}

#[test]
fn a_late_key_of_the_first_round_leaves_the_second_rounds_conversation_alone() {
    let (mut world, ada) = World::taken();
    world.reports(ada, LineStatus::Completed);
    let key = CallerMoment::Key { round: Some(1), key: "1".to_owned() };
    world.caller(1, key.clone());
    world.place();
    let ben = world.leg_ids(1)[4];
    world.organiser(ben, LegMoment::PickedUp(None));
    world.organiser(ben, LegMoment::Key("1".to_owned()));
    for late in [key, CallerMoment::AfterRoom { round: Some(1) }] {
        assert!(matches!(world.caller(1, late), CallerReply::EnterRoom { round: 2, .. }));
        let leg = world.leg_row(ben);
        assert_eq!((leg.status, leg.disconnected_at), (LegStatus::Joined, None));
    }
}

#[test]
fn one_late_waiting_document_does_not_part_caller_and_organiser() {
    let (mut world, ada) = World::taken();
    world.organiser(ada, LegMoment::InRoom);
    world.wait(20.0);
    world.organiser(ada, LegMoment::InRoom);
    world.organiser(ada, LegMoment::InRoom);
    world.wait(30.0);
    world.organiser(ada, LegMoment::InRoom);
    world.wait(10.0);
    let leg = world.leg_row(ada);
    assert!(leg.connected_at.is_some() && leg.disconnected_at.is_none(), "{leg:?}");
}

#[test]
fn a_winner_who_asks_again_and_again_is_alone_and_is_released() {
    let (mut world, ada) = World::taken();
    for _ in 0..4 {
        world.organiser(ada, LegMoment::InRoom);
        world.wait(3.0);
    }
    assert_eq!(world.leg_row(ada).connected_at, None);
    assert!(world.is_ordered(CommandKind::TellLeg, 1));
}

#[test]
fn a_caller_who_hears_that_nobody_comes_is_redirected_even_if_it_failed_once() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringback);
    world.caller(1, CallerMoment::Next);
    world.wait(60.0);
    world.submit(Input::Claim { placements: 0, total: 64 });
    for claimed in std::mem::take(&mut world.under_way) {
        world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::NotInProgress });
    }
    assert!(!world.is_ordered(CommandKind::TellCaller, 1));
    assert_eq!(world.caller(1, CallerMoment::InRoom { greet: false }), CallerReply::RoomNobody);
    assert!(world.is_ordered(CommandKind::TellCaller, 1));
}

#[test]
fn a_late_question_for_a_caller_who_has_left_rings_nobody() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    assert_eq!(world.caller_line(1, CallerMoment::Next, LineStatus::Completed), CallerReply::Goodbye);
    assert!(world.house.call(&sid(1)).is_none());
    world.caller_line(2, CallerMoment::Next, LineStatus::Ringing);
    world.caller_line(2, CallerMoment::Next, LineStatus::Completed);
    assert_eq!(world.house.call(&sid(2)).map(|call| call.status), Some(CallStatus::Ended));
}

#[test]
fn a_line_that_belongs_to_a_leg_is_not_adopted_by_another() {
    let (mut world, ada) = World::taken();
    let other = world.leg_ids(1)[1];
    let request = LegRequest {
        leg_id: other,
        sid: line_of(ada),
        line: LineStatus::InProgress,
        moment: LegMoment::PickedUp(None),
        by_dial: false,
    };
    assert_eq!(world.submit(Input::Leg(request)), Reply::Leg(LegReply::HangUp));
    assert_eq!(world.leg_row(other).sid, Some(line_of(other)));
}

#[test]
fn a_leg_that_was_taken_for_absent_and_rings_after_all_is_turned_away_with_true_words() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.caller_line(1, CallerMoment::Next, LineStatus::Ringing);
    world.submit(Input::Claim { placements: 1, total: 1 });
    let claimed = world.under_way.remove(0);
    world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::Unclear });
    for _ in 0..2 {
        world.wait(3.0);
        world.submit(Input::Claim { placements: 0, total: 64 });
        for claimed in std::mem::take(&mut world.under_way) {
            world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::Listed(Vec::new()) });
        }
    }
    let ada = world.leg_ids(1)[0];
    assert_eq!(world.leg_row(ada).reason, Some(Reason::Absent));
    assert_eq!(world.leg_ids(1).len(), 4, "one replacement");
    let reply = world.organiser(ada, LegMoment::PickedUp(None));
    assert_eq!(reply, LegReply::Dismiss { say: Prompt::Unexpected, taken_by: None });
    assert!(world.is_ordered(CommandKind::HangUp, 1));
}

#[test]
fn a_search_that_twilio_refuses_is_not_repeated_as_fast_as_it_refuses() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.caller_line(1, CallerMoment::Next, LineStatus::Ringing);
    world.submit(Input::Claim { placements: 1, total: 1 });
    let claimed = world.under_way.remove(0);
    world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::Unclear });
    world.wait(1.0);
    world.submit(Input::Claim { placements: 0, total: 64 });
    let search = world.under_way.remove(0);
    world.submit(Input::CommandDone { id: search.id, result: CommandResult::Rejected { code: 20003 } });
    world.wait(0.1);
    world.submit(Input::Claim { placements: 0, total: 64 });
    assert_eq!(world.under_way, []);
    world.wait(0.2);
    world.submit(Input::Claim { placements: 0, total: 64 });
    assert_eq!(world.under_way.len(), 1);
}

#[test]
fn somebody_taken_off_the_roster_is_no_longer_rung() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.caller_line(1, CallerMoment::Next, LineStatus::Ringing);
    let without_ada = roster().split_off(1);
    world.submit(Input::Started(Start { roster: without_ada, ..Start::default() }));
    let ada = world.leg_row(world.leg_ids(1)[0]);
    assert_eq!((ada.status, ada.reason), (LegStatus::Canceled, Some(Reason::OffRoster)));
    world.wait(2.0);
    world.place();
    assert_eq!(world.leg_row(ada.id).dialed_at, None);
}

#[test]
fn a_number_that_goes_to_somebody_else_keeps_the_record_of_who_had_it() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    let mut roster = roster();
    roster[0].name = "Somebody else".to_owned();
    world.submit(Input::Started(Start { roster: roster.clone(), ..Start::default() }));
    let of_number = |world: &World| {
        let all = world.house.organisers().filter(|organiser| organiser.number == roster[0].number);
        all.map(|organiser| (organiser.name.clone(), organiser.retired_at.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(of_number(&world), [("Organiser 1".to_owned(), true), ("Somebody else".to_owned(), false)]);
}

#[test]
fn a_hang_up_that_twilio_refuses_is_tried_again() {
    let (mut world, _) = World::taken();
    world.submit(Input::Claim { placements: 0, total: 64 });
    let hang_ups: Vec<_> = std::mem::take(&mut world.under_way);
    for claimed in hang_ups {
        world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::Rejected { code: 20003 } });
    }
    assert!(world.is_ordered(CommandKind::HangUp, 1));
}

#[test]
fn a_command_whose_sender_is_gone_is_taken_up_again() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.caller_line(1, CallerMoment::Next, LineStatus::Ringing);
    world.submit(Input::Claim { placements: 1, total: 1 });
    world.under_way.clear();
    let ada = world.leg_ids(1)[0];
    assert_eq!(world.leg_row(ada).status, LegStatus::Dialing);
    world.wait(31.0);
    assert_eq!(world.leg_row(ada).status, LegStatus::Unclear);
}

#[test]
fn a_caller_who_was_gone_before_their_first_request_came_rings_nobody() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.submit(Input::CallerStatus { call_sid: sid(1), line: LineStatus::NoAnswer });
    world.caller_line(1, CallerMoment::Next, LineStatus::Ringing);
    let call = world.house.call(&sid(1)).expect("on record all the same");
    assert_eq!((call.status, call.outcome), (CallStatus::Ended, Some(Outcome::Abandoned)));
    assert!(world.leg_ids(1).is_empty());
    world.caller_line(2, CallerMoment::Next, LineStatus::Ringing);
    assert_eq!(world.leg_ids(2).len(), 3, "another caller is not concerned");
}

#[test]
fn only_a_line_to_the_team_that_is_old_enough_and_no_legs_is_an_orphan() {
    let mut world = World::new(Screening::Keypress, Waiting::Ringing);
    world.caller_line(1, CallerMoment::Next, LineStatus::Ringing);
    world.place();
    let known = world.house.leg(world.leg_ids(1)[0]).and_then(|leg| leg.sid.clone()).expect("a line");
    let up = |sid: &CallSid, to: &str, created_at| LineUp {
        sid: sid.clone(),
        to: to.parse().expect("a number"),
        created_at,
    };
    let (born, team) = (world.now, "+15550000001");
    world.now = world.now + std::time::Duration::from_secs(15);
    let lines = vec![
        up(&known, team, born),
        up(&sid(91), team, born),
        up(&sid(92), team, world.now),
        up(&sid(93), "+15550009999", born),
    ];
    assert_eq!(world.submit(Input::LinesUp(lines.clone())), Reply::Orphans(vec![sid(91)]));
    // Another leg to that number has no line yet: it may be this one.
    world.submit(Input::CallerStatus { call_sid: sid(1), line: LineStatus::Completed });
    for leg_id in world.leg_ids(1) {
        world.reports(leg_id, LineStatus::Canceled);
    }
    world.caller_line(2, CallerMoment::Next, LineStatus::Ringing);
    world.submit(Input::Claim { placements: 64, total: 64 });
    assert_eq!(world.submit(Input::LinesUp(lines)), Reply::Orphans(Vec::new()));
}
