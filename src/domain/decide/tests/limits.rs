//! How many phones ring when many call, and whose calls are our own ringing come back.

use std::collections::BTreeSet;

use super::{World, sid};
use crate::domain::call::{CallStatus, Outcome};
use crate::domain::command::CommandResult;
use crate::domain::event::Subject;
use crate::domain::ids::{CallSid, OrganiserId};
use crate::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegRequest};
use crate::domain::leg::{Leg, LegStatus};
use crate::domain::line::LineStatus;
use crate::domain::phone::CallerId;
use crate::domain::reply::{CallerReply, Reply};
use crate::domain::settings::{Limits, Screening, Waiting};

const ADA: &str = "+15550000001";
const HOTLINE: &str = "+15550006666";

fn limited(limits: Limits) -> World {
    let mut world = World::new(Screening::Keypress, Waiting::Music);
    world.settings.limits = limits;
    world
}

impl World {
    fn asks(&mut self, call: usize, from: &str, by: Option<&str>, moment: CallerMoment) -> CallerReply {
        let (caller, forwarded_from) = (CallerId::new(from), by.map(CallerId::new));
        let line = LineStatus::Ringing;
        let request = CallerRequest { call_sid: sid(call), caller, forwarded_from, line, moment };
        match self.submit(Input::Caller(request)) {
            Reply::Caller(reply) => reply,
            other => panic!("{other:?}"),
        }
    }

    /// Each call has a number of its own.
    fn dials(&mut self, call: usize) -> CallerReply {
        self.asks(call, &format!("+1555999{call:04}"), None, CallerMoment::Next)
    }

    fn legs(&self, call: usize) -> Vec<Leg> {
        let legs = self.house.legs_of(&sid(call)).iter();
        legs.map(|id| self.house.leg(*id).cloned().expect("a leg")).collect()
    }

    fn who_is_rung(&self, call: usize) -> Vec<OrganiserId> {
        self.legs(call).iter().map(|leg| leg.organiser_id).collect()
    }

    /// Why organisers were not rung for a call, and the limits that it was above.
    fn told_of(&self, call: usize) -> (Vec<String>, Vec<String>) {
        let word = |cause: &str, key: &str| -> Vec<String> {
            let of_call = |subject: &Subject| subject.call_sid() == Some(&sid(call));
            let events = self.events.iter().filter(|event| of_call(&event.subject) && event.cause == cause);
            events.map(|event| event.detail[key].as_str().expect("a word").to_owned()).collect()
        };
        (word("not_rung", "reason"), word("call.limited", "limit"))
    }

    fn rings_the_team(&mut self, call: usize) {
        self.dials(call);
        assert_eq!((self.legs(call).len(), self.told_of(call)), (3, Default::default()), "call {call}");
    }

    fn rings_one(&mut self, call: usize, limit: &str) {
        self.dials(call);
        self.is_above(call, limit);
    }

    fn is_above(&self, call: usize, limit: &str) {
        let told = (vec!["limited".to_owned(); 2], vec![limit.to_owned()]);
        assert_eq!((self.legs(call).len(), self.told_of(call)), (1, told), "call {call}");
    }

    /// Everything that is due is sent, and every phone that was to be rung rings.
    fn phones_ring(&mut self) {
        self.submit(Input::Claim { placements: 64, total: 64 });
        for claimed in std::mem::take(&mut self.under_way) {
            let result = self.result(&claimed, super::Answer::Good(LineStatus::Ringing));
            self.submit(Input::CommandDone { id: claimed.id, result });
        }
    }

    fn at_the_phone(&mut self, leg: &Leg, moment: LegMoment) {
        let line = super::line_of(leg.id);
        self.submit(Input::Leg(LegRequest {
            leg_id: leg.id,
            sid: line,
            line: LineStatus::InProgress,
            moment,
            by_dial: false,
        }));
    }
}

#[test]
fn above_the_limit_of_concurrent_calls_one_organiser_is_rung() {
    let mut world = limited(Limits { concurrent_calls: Some(2), ..Limits::default() });
    world.rings_the_team(1);
    world.rings_the_team(2);
    world.rings_one(3, "concurrent_calls");
    world.leaves(1);
    world.rings_one(4, "concurrent_calls");
    for call in [2, 3] {
        world.leaves(call);
    }
    world.rings_the_team(5);
}

#[test]
fn who_only_hears_that_nobody_comes_takes_no_place_from_the_next_caller() {
    let mut world = limited(Limits { concurrent_calls: Some(1), ..Limits::default() });
    world.rings_the_team(1);
    world.later(60.0);
    world.submit(Input::Tick);
    assert_eq!(world.row(1).status, CallStatus::Unanswered);
    world.rings_the_team(2);
}

#[test]
fn above_the_limit_of_calls_a_minute_one_organiser_is_rung() {
    let mut world = limited(Limits { calls_per_minute: Some(2), ..Limits::default() });
    for call in 1..=2 {
        world.rings_the_team(call);
        world.leaves(call);
    }
    world.rings_one(3, "calls_per_minute");
}

#[test]
fn above_the_limit_of_a_callers_calls_one_organiser_is_rung_for_that_caller() {
    let mut world = limited(Limits { calls_per_caller: Some(2), ..Limits::default() });
    for call in 1..=3 {
        world.asks(call, "+15559990000", None, CallerMoment::Next);
        world.leaves(call);
    }
    assert_eq!((world.legs(1).len(), world.legs(2).len()), (3, 3));
    world.is_above(3, "calls_per_caller_per_minute");
    world.rings_the_team(4);
}

#[test]
fn who_withholds_their_number_does_not_answer_for_others_who_do() {
    let mut world = limited(Limits { calls_per_caller: Some(1), ..Limits::default() });
    for (call, from) in ["anonymous", "anonymous", "+266696687", "+266696687", "", ""].into_iter().enumerate() {
        world.asks(call, from, None, CallerMoment::Next);
        assert_eq!(world.legs(call).len(), 3, "{from}");
    }
}

#[test]
fn calls_that_were_refused_do_not_count() {
    let calls_per_minute = Some(1);
    let mut world = limited(Limits { calls_per_minute, ..Limits::default() });
    for call in 1..4 {
        assert_eq!(world.asks(call, HOTLINE, None, CallerMoment::Next), CallerReply::Refuse);
    }
    world.rings_the_team(4);
}

#[test]
fn the_one_who_is_rung_has_a_free_phone_and_was_rung_least_recently() {
    let mut world = limited(Limits { concurrent_calls: Some(1), ..Limits::default() });
    world.dials(1);
    world.phones_ring();
    let legs = world.legs(1);
    // The first takes the call, the second's phone was rung; who comes now has the others.
    world.at_the_phone(&legs[0], LegMoment::PickedUp(None));
    world.at_the_phone(&legs[0], LegMoment::Key("1".to_owned()));
    world.phones_ring();
    for leg in &legs[1..] {
        world.submit(super::Input::LegStatus(super::LegReport {
            leg_id: leg.id,
            sid: super::line_of(leg.id),
            line: LineStatus::Canceled,
            reason: None,
            by_dial: false,
        }));
    }
    world.now = world.now + std::time::Duration::from_secs(1);
    let mut rung = Vec::new();
    for call in 2..=4 {
        world.rings_one(call, "concurrent_calls");
        rung.extend(world.who_is_rung(call));
    }
    assert_eq!(rung, [legs[1].organiser_id, legs[2].organiser_id, legs[0].organiser_id]);
}

#[test]
fn another_round_is_held_to_the_limits_as_well() {
    let mut world = limited(Limits { concurrent_calls: Some(1), ..Limits::default() });
    world.dials(1);
    world.phones_ring();
    let ada = world.legs(1)[0].clone();
    world.at_the_phone(&ada, LegMoment::PickedUp(None));
    world.at_the_phone(&ada, LegMoment::Key("1".to_owned()));
    world.dials(2);
    let over = super::LegReport {
        leg_id: ada.id,
        sid: super::line_of(ada.id),
        line: LineStatus::Completed,
        reason: None,
        by_dial: false,
    };
    world.submit(Input::LegStatus(over));
    let key = CallerMoment::Key { round: Some(1), key: "1".to_owned() };
    world.asks(1, "", None, key);
    let second = world.legs(1).iter().filter(|leg| leg.round == 2).count();
    assert_eq!((second, world.told_of(1).1), (1, vec!["concurrent_calls".to_owned()]));
}

#[test]
fn when_the_hours_phones_are_rung_no_more_are_and_the_caller_hears_so() {
    let mut world = limited(Limits { legs_per_hour: Some(5), ..Limits::default() });
    world.rings_the_team(1);
    assert!(matches!(world.dials(2), CallerReply::EnterRoom { .. }));
    let told = (vec!["spent".to_owned()], vec!["legs_per_hour".to_owned()]);
    assert_eq!((world.legs(2).len(), world.told_of(2)), (2, told));
    world.phones_ring();
    assert_eq!(world.dials(3), CallerReply::Overloaded);
    assert_eq!(world.dials(3), CallerReply::Overloaded, "and again, if Twilio asks again");
    let call = world.house.call(&sid(3)).expect("the call");
    assert_eq!((call.status, world.legs(3).len()), (CallStatus::Unanswered, 0));
    // What was planned and never rung is not lost.
    world.leaves(2);
    world.rings_phones_of(4, 2);
    world.now = world.now + std::time::Duration::from_secs(3600);
    world.rings_the_team(5);
}

impl World {
    fn rings_phones_of(&mut self, call: usize, phones: usize) {
        self.dials(call);
        assert_eq!(self.legs(call).len(), phones, "call {call}");
    }
}

#[test]
fn a_call_whom_nobody_could_be_rung_for_anyway_is_not_told_of_too_many_calls() {
    let mut world = limited(Limits { legs_per_hour: Some(100), ..Limits::default() });
    let (without, all) = (super::Start::default(), super::start());
    world.submit(Input::Started(without));
    assert_eq!(world.dials(1), CallerReply::Nobody);
    world.submit(Input::Started(all));
    world.rings_the_team(2);
}

#[test]
fn a_leg_that_twilio_lost_is_replaced_only_while_there_is_enough_left() {
    for (limit, legs) in [(3, 3), (4, 4)] {
        let mut world = limited(Limits { legs_per_hour: Some(limit), ..Limits::default() });
        world.dials(1);
        world.submit(Input::Claim { placements: 1, total: 1 });
        let claimed = world.under_way.remove(0);
        world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::Unclear });
        for _ in 0..2 {
            world.now = world.now + std::time::Duration::from_secs(3);
            world.submit(Input::Tick);
            world.submit(Input::Claim { placements: 0, total: 64 });
            for claimed in std::mem::take(&mut world.under_way) {
                world.submit(Input::CommandDone { id: claimed.id, result: CommandResult::Listed(Vec::new()) });
            }
        }
        assert_eq!(world.legs(1)[0].status, LegStatus::Failed);
        assert_eq!(world.legs(1).len(), legs, "of {limit}");
    }
}

/// What a call shows, who has forwarded it, and what it is while Ada's phone rings and while it doesn't.
#[test]
fn our_own_ringing_is_known_when_it_comes_back_and_no_person_is_taken_for_it() {
    let (refused, taken) = (true, false);
    let cases = [
        (HOTLINE, None, refused, refused),
        (HOTLINE, Some(ADA), refused, refused),
        ("anonymous", Some(HOTLINE), refused, refused),
        (ADA, None, refused, taken),
        (ADA, Some(ADA), refused, taken),
        ("anonymous", Some(ADA), refused, taken),
        ("+266696687", Some(ADA), refused, taken),
        // People whom a phone of the team's has forwarded, or whose carrier says odd things.
        ("+15559990001", Some(ADA), taken, taken),
        ("+15559990001", Some(HOTLINE), taken, taken),
        ("anonymous", Some("+15559990002"), taken, taken),
        ("anonymous", None, taken, taken),
        ("+15559990001", None, taken, taken),
    ];
    for (from, by, while_ringing, otherwise) in cases {
        for (rings, wanted) in [(true, while_ringing), (false, otherwise)] {
            let mut world = limited(Limits::default());
            if rings {
                world.dials(1);
                world.phones_ring();
            }
            world.asks(2, from, by, CallerMoment::Next);
            let call = world.house.call(&sid(2)).expect("on record in any case");
            let is_refused = call.outcome == Some(Outcome::Refused) && world.legs(2).is_empty();
            assert_eq!(is_refused, wanted, "{from:?} forwarded by {by:?}, ringing: {rings}");
        }
    }
}

#[test]
fn an_organiser_whose_phone_was_picked_up_or_rings_no_more_is_a_caller_like_all_others() {
    let mut world = limited(Limits::default());
    world.dials(1);
    assert!(!matches!(world.asks(2, ADA, None, CallerMoment::Next), CallerReply::Refuse), "not rung yet");
    world.phones_ring();
    let ada = world.legs(1)[0].clone();
    assert_eq!(world.asks(3, ADA, None, CallerMoment::Next), CallerReply::Refuse);
    world.at_the_phone(&ada, LegMoment::PickedUp(None));
    assert!(!matches!(world.asks(4, ADA, None, CallerMoment::Next), CallerReply::Refuse), "picked up");
}

#[test]
fn refused_calls_name_their_cause() {
    let mut world = limited(Limits::default());
    world.dials(1);
    world.phones_ring();
    world.asks(2, ADA, None, CallerMoment::Next);
    world.asks(3, HOTLINE, None, CallerMoment::Next);
    let ended = |call: usize| -> BTreeSet<&str> {
        let sid: CallSid = sid(call);
        let events = world.events.iter().filter(|event| event.subject == Subject::Call(sid.clone()));
        events.filter(|event| event.to_status == Some("ended")).map(|event| event.cause.as_str()).collect()
    };
    assert_eq!(ended(2), BTreeSet::from(["call.forwarded_by_organiser"]));
    assert_eq!(ended(3), BTreeSet::from(["call.from_ourselves"]));
}
