//! What follows from Twilio's answer to a command.

use std::time::Duration;

use super::play::line_is;
use super::{World, fact, line_of, sid};
use crate::domain::command::{CommandKind, CommandResult, CommandStatus, LineFact};
use crate::domain::event::Source;
use crate::domain::ids::LegId;
use crate::domain::input::{CallerMoment, Input, LegMoment};
use crate::domain::leg::{LegStatus, Reason};
use crate::domain::line::LineStatus;

const BUSY: CommandResult = CommandResult::Busy { retry_after: None };

fn refused(code: u32) -> CommandResult {
    CommandResult::Rejected { code }
}

#[test]
fn a_phone_that_was_certainly_not_rung_is_rung_again_after_a_pause() {
    let asks_for = |seconds| CommandResult::Busy { retry_after: Some(Duration::from_secs(seconds)) };
    let table = [
        (BUSY, "busy", 250),
        (CommandResult::Unreachable, "unreachable", 250),
        (asks_for(2), "busy", 2000),
        (asks_for(100), "busy", 8000),
    ];
    for (answer, word, pause) in table {
        let mut world = World::rung();
        world.twilio_says(CommandKind::Place, &answer);
        let ada = world.leg_ids(1)[0];
        assert_eq!(world.stands(ada).0, LegStatus::Planned);
        let place = &world.all(CommandKind::Place)[0];
        assert_eq!((place.status, place.result.as_deref()), (CommandStatus::Pending, Some(word)));
        assert_eq!(place.due_at, world.now + Duration::from_millis(pause), "{answer:?}");
        world.now = place.due_at;
        world.place();
        assert_eq!(world.all(CommandKind::Place)[0].tries, 2);
    }
}

#[test]
fn a_phone_is_not_rung_again_when_the_wait_would_be_over_or_nobody_waits() {
    for (left, status) in [(251, LegStatus::Planned), (250, LegStatus::Failed), (100, LegStatus::Failed)] {
        let mut world = World::rung();
        world.now = world.row(1).give_up_at - Duration::from_millis(left);
        world.twilio_says(CommandKind::Place, &BUSY);
        assert_eq!(world.stands(world.leg_ids(1)[0]).0, status, "{left}");
        if status == LegStatus::Failed {
            assert_eq!(world.stands(world.leg_ids(1)[0]).1, Some(Reason::Unreachable));
            assert_eq!(world.row(1).status, crate::domain::call::CallStatus::Unanswered, "nobody is left");
        }
    }
    let mut world = World::rung();
    world.sends();
    world.leaves(1);
    world.twilio_says(CommandKind::Place, &BUSY);
    let ada = world.leg_ids(1)[0];
    assert_eq!(world.stands(ada), (LegStatus::Canceled, Some(Reason::CallerLeft)));
    assert_eq!(world.leg_row(ada).ended_at, Some(world.now));
}

#[test]
fn a_placement_that_twilio_refuses_ends_this_leg_unless_its_line_has_shown_itself() {
    let mut world = World::rung();
    world.sends();
    let legs = world.leg_ids(1);
    world.reports(legs[0], LineStatus::Ringing);
    world.twilio_says(CommandKind::Place, &refused(21211));
    assert_eq!(world.stands(legs[0]), (LegStatus::Ringing, None));
    assert_eq!(world.stands(legs[1]), (LegStatus::Failed, Some(Reason::Twilio(21211))));
    assert_eq!(world.leg_row(legs[1]).ended_at, Some(world.now));
    let words: Vec<_> = world.all(CommandKind::Place).into_iter().filter_map(|place| place.result).collect();
    assert_eq!(words, ["placed", "twilio_21211", "twilio_21211"]);
}

/// The first leg is unclear and Twilio is being asked for its line.
fn looked_for() -> (World, LegId) {
    let mut world = World::rung();
    world.twilio_says(CommandKind::Place, &CommandResult::Unclear);
    let ada = world.leg_ids(1)[0];
    for other in &world.leg_ids(1)[1..] {
        world.reports(*other, LineStatus::Busy);
    }
    world.wait(1.0);
    (world, ada)
}

#[test]
fn only_a_line_that_may_be_the_legs_is_taken_for_it() {
    let (world, ada) = looked_for();
    let dialed = world.leg_row(ada).dialed_at.expect("when it was placed");
    let ben = world.leg_row(world.leg_ids(1)[1]).sid.expect("a line");
    let line = fact(sid(70), LineStatus::Ringing);
    let made = |at| LineFact { created_at: Some(at), ..line.clone() };
    let table = [
        (line.clone(), true),
        (made(dialed - Duration::from_secs(5)), true),
        (made(dialed - Duration::from_millis(5001)), false),
        (made(dialed + Duration::from_secs(1)), true),
        (LineFact { outbound_api: false, ..line.clone() }, false),
        (LineFact { sid: ben, ..line.clone() }, false),
    ];
    for (line, is_it) in table {
        let (mut world, ada) = looked_for();
        world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(vec![line.clone()]));
        assert_eq!(world.leg_row(ada).sid, is_it.then(|| line.sid.clone()), "{line:?}");
        assert_eq!(world.newest(CommandKind::FindLeg).1, "listed");
    }
}

#[test]
fn of_several_lines_the_oldest_is_the_legs_and_the_others_are_hung_up_if_they_are_up() {
    let (mut world, ada) = looked_for();
    let made = |number, status, later| LineFact {
        created_at: Some(world.now + Duration::from_secs(later)),
        ..fact(sid(number), status)
    };
    let lines =
        vec![made(72, LineStatus::Ringing, 2), made(71, LineStatus::Ringing, 1), made(73, LineStatus::Completed, 3)];
    world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(lines));
    assert_eq!(world.leg_row(ada).sid, Some(sid(71)));
    let targets: Vec<_> = world.all(CommandKind::HangUpStranger).into_iter().filter_map(|open| open.target).collect();
    assert_eq!(targets, [sid(72).to_string()]);
    let found = world.last("twilio.ringing");
    assert_eq!((&found.detail["set"]["leg_sid"], found.source), (&sid(71).to_string().into(), Source::Reconcile));
}

#[test]
fn a_leg_that_showed_itself_is_no_longer_looked_for() {
    let (mut world, ada) = looked_for();
    world.sends();
    world.reports(ada, LineStatus::Ringing);
    world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(Vec::new()));
    assert_eq!(world.newest(CommandKind::FindLeg), (CommandStatus::Done, "found_meanwhile".to_owned()));
    assert_eq!(world.leg_row(ada).lookups, 0);
}

#[test]
fn a_leg_is_looked_for_ten_minutes_while_twilio_does_not_answer() {
    for (seconds, over) in [(600.0, false), (600.001, true)] {
        let (mut world, ada) = looked_for();
        world.settings.give_up = Duration::from_secs(6000);
        world.sends();
        world.now = world.leg_row(ada).unclear_at.expect("unclear") + Duration::from_secs_f64(seconds);
        world.twilio_says(CommandKind::FindLeg, &CommandResult::Unclear);
        assert_eq!(world.stands(ada).0 == LegStatus::Failed, over, "{seconds}");
    }
}

/// A call that somebody took, and the second leg, which is being hung up.
fn hung_up() -> (World, LegId) {
    let mut world = World::ringing();
    let legs = world.leg_ids(1);
    world.reports(legs[2], LineStatus::Canceled);
    world.takes(legs[0]);
    world.sends();
    (world, legs[1])
}

#[test]
fn a_hang_up_is_repeated_until_the_line_is_down() {
    let table = [
        (None, CommandStatus::Pending, "still_up"),
        (Some(CommandResult::Unclear), CommandStatus::Pending, "unclear"),
        (Some(BUSY), CommandStatus::Pending, "busy"),
        (Some(CommandResult::Unreachable), CommandStatus::Pending, "unreachable"),
        (Some(refused(20003)), CommandStatus::Pending, "twilio_20003"),
        (Some(CommandResult::NotFound), CommandStatus::Done, "not_found"),
        (Some(CommandResult::Redirected), CommandStatus::Done, "redirected"),
    ];
    for (answer, status, word) in table {
        let (mut world, ben) = hung_up();
        let answer = answer.unwrap_or_else(|| line_is(ben, LineStatus::Ringing));
        world.twilio_says(CommandKind::HangUp, &answer);
        let hang_ups = world.all(CommandKind::HangUp);
        let hang_up = hang_ups.iter().find(|command| command.leg_id == Some(ben)).expect("a hang-up");
        assert_eq!((hang_up.status, hang_up.result.as_deref()), (status, Some(word)), "{answer:?}");
        if status == CommandStatus::Pending {
            assert_eq!(hang_up.due_at, world.now + Duration::from_millis(250));
        }
        assert_eq!(world.leg_row(ben).ended_at.is_some(), word == "not_found");
    }
    let (mut world, ben) = hung_up();
    world.twilio_says(CommandKind::HangUp, &line_is(ben, LineStatus::Canceled));
    assert_eq!(world.newest(CommandKind::HangUp), (CommandStatus::Done, "canceled".to_owned()));
    assert_eq!(world.stands(ben), (LegStatus::Canceled, Some(Reason::Taken)));
}

#[test]
fn pauses_grow_until_it_is_too_late() {
    let (mut world, _) = hung_up();
    let mut pauses = Vec::new();
    for _ in 0..4 {
        world.twilio_says(CommandKind::HangUp, &CommandResult::Unclear);
        let due_at = world.all(CommandKind::HangUp).into_iter().map(|c| c.due_at).max().expect("a hang-up");
        pauses.push(due_at.since(world.now).as_millis());
        world.now = due_at;
    }
    assert_eq!(pauses, [250, 500, 1000, 2000]);
    let deadline = world.all(CommandKind::HangUp)[0].deadline;
    world.now = deadline - Duration::from_secs(4);
    world.twilio_says(CommandKind::HangUp, &CommandResult::Unclear);
    assert_eq!(world.newest(CommandKind::HangUp), (CommandStatus::Failed, "unclear".to_owned()));
}

/// The organiser is screened and the caller leaves: they are to be told.
fn told() -> (World, LegId) {
    let mut world = World::ringing();
    let ada = world.leg_ids(1)[0];
    world.organiser(ada, LegMoment::PickedUp(None));
    world.leaves(1);
    (world, ada)
}

#[test]
fn who_can_not_be_told_is_hung_up() {
    let table = [
        (CommandResult::Redirected, CommandStatus::Done, "redirected", false),
        (CommandResult::NotInProgress, CommandStatus::Done, "not_in_progress", true),
        (refused(21220), CommandStatus::Failed, "twilio_21220", true),
        (CommandResult::Unclear, CommandStatus::Pending, "unclear", false),
    ];
    for (answer, status, word, hung_up) in table {
        let (mut world, ada) = told();
        world.twilio_says(CommandKind::TellLeg, &answer);
        assert_eq!(world.newest(CommandKind::TellLeg), (status, word.to_owned()));
        assert_eq!(world.open_for(CommandKind::HangUp).contains(&Some(ada)), hung_up, "{answer:?}");
    }
}

/// A call that rings on one phone, which was quiet for long enough to be asked after.
fn asked_after() -> (World, LegId) {
    let mut world = World::rung();
    world.settings.give_up = Duration::from_secs(600);
    world.comes(2);
    world.place();
    world.leaves(1);
    let first = world.leg_ids(1);
    for leg in first {
        world.reports(leg, LineStatus::Canceled);
    }
    world.place();
    let ada = world.leg_ids(2)[0];
    world.later(20.0);
    world.caller_line(2, CallerMoment::Next, LineStatus::Ringing);
    world.later(15.0);
    world.submit(Input::Tick);
    assert!(world.open_for(CommandKind::AskLeg).contains(&Some(ada)));
    (world, ada)
}

#[test]
fn a_question_about_a_leg_has_an_answer_or_is_asked_again() {
    let (mut world, ada) = asked_after();
    world.twilio_says(CommandKind::AskLeg, &line_is(ada, LineStatus::Ringing));
    assert!(!world.open_for(CommandKind::AskLeg).contains(&Some(ada)), "it is answered");
    assert_eq!(world.last("twilio.ringing").source, Source::Reconcile);
    assert!(!world.open_for(CommandKind::HangUp).contains(&Some(ada)), "it is wanted");

    let (mut world, _) = asked_after();
    world.twilio_says(CommandKind::AskLeg, &refused(20003));
    assert_eq!(world.newest(CommandKind::AskLeg), (CommandStatus::Pending, "twilio_20003".to_owned()));
}

#[test]
fn a_line_that_is_up_although_its_leg_is_over_is_hung_up() {
    let (mut world, ada) = told();
    world.twilio_says(CommandKind::TellLeg, &CommandResult::Redirected);
    world.wait(10.0);
    world.twilio_says(CommandKind::AskLeg, &line_is(ada, LineStatus::InProgress));
    assert!(world.open_for(CommandKind::HangUp).contains(&Some(ada)));

    let (mut world, ada) = World::taken();
    world.wait(60.0);
    world.twilio_says(CommandKind::AskLeg, &line_is(ada, LineStatus::InProgress));
    assert!(!world.open_for(CommandKind::HangUp).contains(&Some(ada)), "the winner talks");
}

#[test]
fn a_phone_just_placed_may_be_unknown_for_a_while() {
    // Asked after 10 s, when the caller of another line has left.
    for (dialed, fresh) in [(24.999, true), (25.0, false), (30.0, false)] {
        let mut world = World::rung();
        world.place();
        let ada = world.leg_ids(1)[0];
        world.submit(Input::Started(super::start()));
        world.sends();
        world.later(dialed);
        world.twilio_says(CommandKind::AskLeg, &CommandResult::NotFound);
        assert_eq!(world.leg_row(ada).ended_at.is_none(), fresh, "{dialed}");
        let word = if fresh { "not_found_yet" } else { "not_found" };
        assert_eq!(world.newest(CommandKind::AskLeg).1, word);
    }
    let (mut world, ada) = told();
    world.submit(Input::Started(super::start()));
    world.twilio_says(CommandKind::AskLeg, &CommandResult::NotFound);
    assert!(world.leg_row(ada).ended_at.is_some(), "nobody waits for it");
    assert_eq!(world.leg_row(ada).line, Some(LineStatus::Completed), "it was picked up");
    assert_eq!(world.leg_row(world.leg_ids(1)[1]).line, Some(LineStatus::Canceled), "it was not");
}

#[test]
fn a_caller_who_can_not_be_sent_on_is_asked_after() {
    let mut world = World::new(Default::default(), crate::domain::settings::Waiting::Music);
    world.comes(1);
    world.later(59.0);
    world.caller(1, CallerMoment::InRoom { greet: false });
    world.wait(1.0);
    world.twilio_says(CommandKind::TellCaller, &CommandResult::NotInProgress);
    assert_eq!(world.open_for(CommandKind::AskCaller).len(), 1);
    let down = CommandResult::Line(fact(sid(1), LineStatus::Completed));
    world.twilio_says(CommandKind::AskCaller, &down);
    assert!(world.row(1).ended_at.is_some());
}

#[test]
fn a_leg_whose_line_is_picked_up_is_ended_by_the_verb_for_that() {
    for (line, picked_up) in [(LineStatus::Ringing, false), (LineStatus::InProgress, true)] {
        let mut world = World::ringing();
        let legs = world.leg_ids(1);
        world.reports(legs[0], line);
        if line == LineStatus::InProgress {
            world.leaves(1);
            world.twilio_says(CommandKind::TellLeg, &CommandResult::NotInProgress);
        } else {
            world.leaves(1);
        }
        let hang_up = crate::domain::command::Effect::HangUp { sid: line_of(legs[0]), picked_up };
        assert!(world.sends().contains(&hang_up), "{line}");
    }
}

#[test]
fn a_leg_that_was_taken_for_absent_is_up_or_down_as_twilio_says_in_the_end() {
    let absent = || {
        let (mut world, ada) = looked_for();
        world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(Vec::new()));
        world.wait(2.0);
        world.twilio_says(CommandKind::FindLeg, &CommandResult::Listed(Vec::new()));
        assert_eq!(world.stands(ada), (LegStatus::Failed, Some(Reason::Absent)));
        (world, ada)
    };
    let (mut world, ada) = absent();
    world.reports(ada, LineStatus::InProgress);
    let hang_up = crate::domain::command::Effect::HangUp { sid: line_of(ada), picked_up: true };
    assert!(world.sends().contains(&hang_up), "nobody was screened, and it is picked up");
    let (mut world, ada) = absent();
    world.reports(ada, LineStatus::Completed);
    assert_eq!(world.leg_row(ada).line, Some(LineStatus::Completed));
}

#[test]
fn a_lost_leg_is_looked_for_by_its_number_and_no_longer_once_it_is_found() {
    let find =
        |world: &World, ada| crate::domain::command::Effect::Find { to: world.leg_row(ada).number.expect("a number") };
    let (mut world, ada) = looked_for();
    assert_eq!(world.sends(), [find(&world, ada)]);
    let (mut world, ada) = looked_for();
    world.reports(ada, LineStatus::Ringing);
    assert!(!world.sends().contains(&find(&world, ada)));
    assert_eq!(world.newest(CommandKind::FindLeg).0, CommandStatus::Dropped);
}

#[test]
fn a_leg_without_a_line_explains_lines_to_its_own_number_only() {
    let mut world = World::rung();
    world.sends();
    world.reports(world.leg_ids(1)[0], LineStatus::Ringing);
    world.later(15.0);
    let to = "+15550000001".parse().expect("the first organiser's");
    let line = crate::domain::input::LineUp { sid: sid(90), to, created_at: world.row(1).started_at };
    let reply = world.submit(Input::LinesUp(vec![line]));
    assert_eq!(reply, crate::domain::reply::Reply::Orphans(vec![sid(90)]));
}

/// An id may stand for another question, if the spool is taken in by a service that decides otherwise.
#[test]
fn what_is_said_of_another_line_is_no_answer() {
    let (mut world, ada) = World::taken();
    world.later(60.0);
    world.submit(Input::Tick);
    let before = world.row(1);
    let ended = |sid| CommandResult::Line(fact(sid, LineStatus::Completed));
    world.twilio_says(CommandKind::AskCaller, &ended(line_of(ada)));
    assert_eq!(world.row(1), before, "the caller is still there");
    world.twilio_says(CommandKind::AskLeg, &ended(sid(1)));
    assert_eq!(world.stands(ada), (LegStatus::Joined, None));
}
