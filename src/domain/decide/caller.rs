//! The caller's side: what to do with the line of somebody who called.

use std::time::Duration;

use serde_json::json;

use super::draft::Draft;
use super::{dial, limits, loops, plan, settle, together};
use crate::domain::call::{Call, CallStatus, Outcome, Salts};
use crate::domain::case_name::CaseName;
use crate::domain::command::CommandKind;
use crate::domain::contact::Contact;
use crate::domain::event::Subject;
use crate::domain::ids::{CallSid, RoomName};
use crate::domain::input::{CallerMoment, CallerRequest};
use crate::domain::line::LineStatus;
use crate::domain::note::CaseStatus;
use crate::domain::privacy::DataClass;
use crate::domain::reply::{CallerReply, Prompt};
use crate::domain::settings::Waiting;

/// How long a call is left to ring unanswered: carriers cut off endless ringing, some after 60 s. The rest is for
/// a held answer and for two questions of Twilio that come late.
const RING_ON: Duration = Duration::from_secs(40);

/// How long the caller waits in the room before hearing that we are still trying.
const FIRST_NEWS: Duration = Duration::from_secs(8);

/// How late a question from the room may come after its caller was fetched.
const QUESTION_IS_LATE: Duration = Duration::from_secs(10);

/// Twilio asks what to do with the caller's line.
pub(super) fn request(draft: &mut Draft<'_>, request: &CallerRequest) -> CallerReply {
    let sid = &request.call_sid;
    draft.hear(Contact::Caller(sid.clone()));
    if request.line.is_terminal() {
        // Late, or Twilio's last question about a line that is down: nobody hears the answer.
        settle::leave(draft, sid, &format!("twilio.{}", request.line), draft.now);
        return CallerReply::Goodbye;
    }
    if draft.call(sid).is_none() {
        take(draft, request);
    }
    let current =
        |round: &Option<u32>| round.is_none_or(|round| draft.call(sid).is_some_and(|call| call.round == round));
    match &request.moment {
        CallerMoment::InRoom { greet } => in_room(draft, sid, *greet),
        CallerMoment::AfterRoom { round } if current(round) => after_room(draft, sid, request.line),
        CallerMoment::Key { round, key } if current(round) => key_pressed(draft, sid, request.line, key),
        CallerMoment::Next | CallerMoment::AfterRoom { .. } | CallerMoment::Key { .. } => {
            next(draft, sid, request.line)
        }
    }
}

/// The caller's line changed.
pub(super) fn status(draft: &mut Draft<'_>, sid: &CallSid, line: LineStatus) {
    if draft.call(sid).is_none() {
        if line.is_terminal() {
            draft.hear(Contact::Gone(sid.clone()));
        }
        return;
    }
    draft.hear(Contact::Caller(sid.clone()));
    if line.is_terminal() {
        settle::leave(draft, sid, &format!("twilio.{line}"), draft.now);
    }
}

/// Twilio rings the team for this caller by itself: here the call is over, and rings nobody.
pub(super) fn left_to_twilio(draft: &mut Draft<'_>, sid: &CallSid) {
    if draft.call(sid).is_some_and(|call| call.ended_at.is_none()) {
        settle::end(draft, sid, Outcome::Failed, "caller.left_to_twilio", draft.now);
    }
}

/// A call comes in: the call, and a leg for everybody who may be rung.
fn take(draft: &mut Draft<'_>, request: &CallerRequest) {
    let now = draft.now;
    let case_number = draft.next_case_number();
    let secret = draft.identity().map(|identity| identity.secret.clone()).unwrap_or_default();
    let call = Call {
        sid: request.call_sid.clone(),
        case_number,
        case_name: CaseName::of(case_number, secret.as_bytes()),
        status: CallStatus::Pending,
        outcome: None,
        caller: Some(request.caller.clone()),
        salts: Salts {
            numbers: Some(draft.new_salt(&request.call_sid, DataClass::Numbers)),
            notes: Some(draft.new_salt(&request.call_sid, DataClass::Notes)),
        },
        round: 1,
        room: RoomName::new(draft.ids(), now),
        caller_in_room: false,
        started_at: now,
        give_up_at: now + draft.settings.give_up,
        connected_at: None,
        ended_at: None,
        case_status: CaseStatus::Open,
        held_since: None,
        expunge_on: None,
    };
    draft.add_call(call, "call.comes_in");
    if let Some(cause) = loops::recognise(draft, request) {
        draft.end_call(&request.call_sid, Outcome::Refused, cause, now);
    } else if draft.heard(&Contact::Gone(request.call_sid.clone())).is_some() {
        // This request is late: the caller has left. Nobody's phone is to ring for them.
        draft.end_call(&request.call_sid, Outcome::Abandoned, "call.was_over", now);
    } else if !plan::plan_round(draft, &request.call_sid) {
        settle::give_up(draft, &request.call_sid, "nobody_to_ring");
    }
}

fn next(draft: &mut Draft<'_>, sid: &CallSid, line: LineStatus) -> CallerReply {
    // The caller's own `<Dial>` leaves that to us.
    settle::give_up_if_all_failed(draft, sid);
    let Some(call) = draft.call(sid).cloned() else { return CallerReply::CallAgain };
    let rings_on = rings_on(draft, &call, line);
    if call.is_open()
        && let Some(dial) = dial::instead(draft, &call, rings_on)
    {
        return dial;
    }
    match call.status {
        CallStatus::Pending if rings_on => CallerReply::RingOn { may_hold: !dial::is_near(draft) },
        CallStatus::Pending => {
            let greet = draft.settings.waiting != Waiting::Ringing && call.round == 1;
            enter_room(draft, &call, greet)
        }
        CallStatus::Active if settle::winner(draft, sid).is_some() => enter_room(draft, &call, false),
        CallStatus::Active => cut_off(draft, sid),
        CallStatus::Unanswered if limits::rang_nobody(draft, &call) => {
            draft.say(Subject::Call(sid.clone()), Prompt::Overloaded);
            CallerReply::Overloaded
        }
        CallStatus::Unanswered => {
            draft.say(Subject::Call(sid.clone()), Prompt::Nobody);
            CallerReply::Nobody
        }
        CallStatus::Ended if call.outcome == Some(Outcome::Refused) => CallerReply::Refuse,
        CallStatus::Ended if call.outcome == Some(Outcome::Failed) => CallerReply::LeftToTwilio,
        CallStatus::Ended => CallerReply::CallAgain,
    }
}

/// Whether the caller can be left to hear their own network's ringing.
fn rings_on(draft: &Draft<'_>, call: &Call, line: LineStatus) -> bool {
    draft.settings.waiting == Waiting::Ringing
        && line != LineStatus::InProgress
        && !call.caller_in_room
        && draft.now.since(call.started_at) < RING_ON
}

fn enter_room(draft: &mut Draft<'_>, call: &Call, greet: bool) -> CallerReply {
    if !call.caller_in_room {
        draft.change_call(&call.sid, |call| call.caller_in_room = true);
        let subject = Subject::Call(call.sid.clone());
        draft.note(subject, "caller.enters_room", json!({}));
    }
    together::connect(draft, &call.sid);
    CallerReply::EnterRoom { room: call.room.clone(), round: call.round, greet, say: None }
}

fn in_room(draft: &mut Draft<'_>, sid: &CallSid, greet: bool) -> CallerReply {
    let Some(call) = draft.call(sid).cloned() else { return CallerReply::RoomNobody };
    match call.status {
        CallStatus::Pending => {
            let news = draft.settings.waiting != Waiting::Ringing && draft.waited(&call) > FIRST_NEWS;
            let say = if greet { Some(Prompt::Greeting) } else { news.then_some(Prompt::StillRinging) };
            if let Some(prompt) = say {
                draft.say(Subject::Call(sid.clone()), prompt);
            }
            CallerReply::RoomTone { say }
        }
        CallStatus::Active => {
            alone(draft, &call);
            CallerReply::RoomTone { say: None }
        }
        CallStatus::Unanswered => {
            fetch(draft, sid);
            draft.say(Subject::Call(sid.clone()), Prompt::Nobody);
            CallerReply::RoomNobody
        }
        CallStatus::Ended => CallerReply::RoomNobody,
    }
}

/// The caller waits in the room although somebody took the call: either they are on their way,
/// or their line has ended before they got there.
fn alone(draft: &mut Draft<'_>, call: &Call) {
    match settle::winner(draft, &call.sid) {
        None => fetch(draft, &call.sid),
        Some(leg) if leg.connected_at.is_some_and(|since| draft.now.since(since) > together::ON_THE_WAY) => {
            draft.order_once(CommandKind::AskLeg, &call.sid, Some(leg.id));
        }
        Some(_) => {}
    }
}

/// Has the caller sent out of the room. Not again at a question that comes late: it would cost them the words that are
/// on their way.
fn fetch(draft: &mut Draft<'_>, sid: &CallSid) {
    let fetched = draft.heard(&Contact::Fetched(sid.clone()));
    if fetched.is_none_or(|at| draft.now.since(at) > QUESTION_IS_LATE) {
        settle::tell_caller(draft, sid);
    }
}

fn after_room(draft: &mut Draft<'_>, sid: &CallSid, line: LineStatus) -> CallerReply {
    let Some(call) = draft.call(sid).cloned() else { return CallerReply::CallAgain };
    match call.status {
        // Their `<Dial>` is over, and meanwhile somebody whom the outbox rang has taken the call.
        CallStatus::Active if !call.caller_in_room && settle::winner(draft, sid).is_some() => next(draft, sid, line),
        CallStatus::Active => {
            draft.change_call(sid, |call| call.caller_in_room = false);
            if let Some(leg) = settle::winner(draft, sid) {
                together::disconnect(draft, leg.id, draft.now);
            }
            cut_off(draft, sid)
        }
        CallStatus::Pending if !call.caller_in_room => {
            dial::is_over(draft, &call);
            next(draft, sid, line)
        }
        // Fell out of the waiting room. The words keep a room that can't be had from being asked
        // for without a breath.
        CallStatus::Pending => {
            let say = Some(Prompt::StillRinging);
            CallerReply::EnterRoom { room: call.room, round: call.round, greet: false, say }
        }
        CallStatus::Unanswered => next(draft, sid, line),
        CallStatus::Ended => CallerReply::Goodbye,
    }
}

fn cut_off(draft: &mut Draft<'_>, sid: &CallSid) -> CallerReply {
    settle::is_told(draft, sid);
    draft.say(Subject::Call(sid.clone()), Prompt::CutOff);
    CallerReply::CutOff { round: draft.call(sid).map_or(1, |call| call.round) }
}

fn key_pressed(draft: &mut Draft<'_>, sid: &CallSid, line: LineStatus, key: &str) -> CallerReply {
    let Some(call) = draft.call(sid).cloned() else { return CallerReply::CallAgain };
    match call.status {
        CallStatus::Active if settle::winner(draft, sid).is_some() => next(draft, sid, line),
        CallStatus::Active if key == "1" => {
            settle::ring_again(draft, sid, "key.1");
            next(draft, sid, line)
        }
        CallStatus::Active => {
            draft.note(Subject::Call(sid.clone()), "key.other", json!({}));
            CallerReply::Goodbye
        }
        CallStatus::Ended if key == "1" && call.outcome == Some(Outcome::Failed) => CallerReply::LeftToTwilio,
        CallStatus::Ended => CallerReply::Goodbye,
        // The same key again, after a lost answer.
        CallStatus::Pending | CallStatus::Unanswered => next(draft, sid, line),
    }
}
