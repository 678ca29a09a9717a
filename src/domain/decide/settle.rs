//! How a call is settled: the winner, the wait that is over, the caller who leaves; and what each
//! means for the phones that still ring.

use std::time::Duration;

use serde_json::json;

use super::draft::Draft;
use super::{dial, plan, together};
use crate::domain::call::{CallStatus, Outcome};
use crate::domain::command::{Command, CommandKind, CommandStatus};
use crate::domain::event::Subject;
use crate::domain::ids::{CallSid, LegId, RoomName};
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::time::Timestamp;

/// How long a room that somebody has left may take to close, and Twilio to ask what is next.
const ROOM_CLOSES: Duration = Duration::from_secs(1);

/// Gives the call to this leg, if nobody has it yet. Says whether this leg has it.
pub(super) fn accept(draft: &mut Draft<'_>, leg_id: LegId, cause: &str) -> bool {
    let Some(leg) = draft.leg(leg_id).cloned() else { return false };
    let Some(call) = draft.call(&leg.call_sid).cloned() else { return false };
    if !call.is_open() || leg.round != call.round || !leg.may_still_win() {
        let has_it = is_winner(draft, &leg);
        if !has_it {
            draft.note(Subject::Leg(call.sid, leg_id), cause, json!({ "late": true }));
        }
        return has_it;
    }
    draft.move_leg(leg_id, LegStatus::Joined, None, cause);
    draft.move_call(&call.sid, CallStatus::Active, cause, json!({ "leg": leg_id, "round": call.round }));
    release(draft, &call.sid, Reason::Taken);
    together::connect(draft, &call.sid);
    true
}

/// Whether the caller belongs to this leg now.
pub(super) fn is_winner(draft: &Draft<'_>, leg: &Leg) -> bool {
    let call = draft.call(&leg.call_sid);
    leg.status == LegStatus::Joined
        && leg.disconnected_at.is_none()
        && call.is_some_and(|call| call.status == CallStatus::Active && call.round == leg.round)
}

/// The winner of the call's present round, while their line is up.
pub(super) fn winner(draft: &Draft<'_>, call_sid: &CallSid) -> Option<Leg> {
    draft.legs_of(call_sid).into_iter().find(|leg| is_winner(draft, leg))
}

/// The wait is over: the caller is told, nothing keeps ringing.
pub(super) fn give_up(draft: &mut Draft<'_>, call_sid: &CallSid, cause: &str) {
    let Some(call) = draft.call(call_sid).cloned() else { return };
    if !call.is_open() {
        return;
    }
    draft.move_call(call_sid, CallStatus::Unanswered, cause, json!({ "round": call.round }));
    release(draft, call_sid, Reason::GaveUp);
    if call.caller_in_room {
        tell_caller(draft, call_sid);
    }
}

/// Has the caller's line sent to the document that says where the call stands.
pub(super) fn tell_caller(draft: &mut Draft<'_>, call_sid: &CallSid) {
    draft.order_once(CommandKind::TellCaller, call_sid, None);
}

/// Has the caller fetched from the room soon, if the winner's line has ended just after they should have met there: they
/// may never have come into it, and a room that nobody leaves does not close.
pub(super) fn fetch_whom_nobody_met(draft: &mut Draft<'_>, winner: &Leg) {
    let met_just_now = winner.connected_at.is_some_and(|since| draft.now.since(since) < together::SUSPICION);
    let waits = draft
        .call(&winner.call_sid)
        .is_some_and(|call| call.status == CallStatus::Active && call.round == winner.round && call.caller_in_room);
    if met_just_now && waits {
        let due_at = draft.now + ROOM_CLOSES;
        draft.order_once_at(due_at, CommandKind::TellCaller, &winner.call_sid, None);
    }
}

/// Nobody has to be told any more: they have asked.
pub(super) fn is_told(draft: &mut Draft<'_>, call_sid: &CallSid) {
    drop_commands(draft, call_sid, |open| open.kind == CommandKind::TellCaller);
}

/// Gives up a round in which nobody is left who could come.
pub(super) fn give_up_if_all_failed(draft: &mut Draft<'_>, call_sid: &CallSid) {
    let Some(call) = draft.call(call_sid) else { return };
    if call.is_open() && draft.round_of(call).iter().all(|leg| leg.status.is_terminal()) {
        give_up(draft, call_sid, "nobody_left");
    }
}

/// Gives up the round if this leg was the last of whom somebody could come.
pub(super) fn leg_is_over(draft: &mut Draft<'_>, leg_id: LegId) {
    if let Some(leg) = draft.leg(leg_id).cloned() {
        give_up_if_all_failed(draft, &leg.call_sid);
    }
}

/// The caller's line is down, since `at`.
pub(super) fn leave(draft: &mut Draft<'_>, call_sid: &CallSid, cause: &str, at: Timestamp) {
    if let Some(leg) = winner(draft, call_sid)
        && together::suspected(draft, &leg).is_some()
    {
        together::was_alone(draft, &leg);
    }
    let Some(call) = draft.call(call_sid).cloned() else { return };
    if call.status == CallStatus::Ended {
        return;
    }
    end(draft, call_sid, call.outcome_on_leaving(), cause, at.max(call.started_at));
}

/// Ends a call, whatever state it is in.
pub(super) fn end(draft: &mut Draft<'_>, call_sid: &CallSid, outcome: Outcome, cause: &str, at: Timestamp) {
    let together = winner(draft, call_sid);
    draft.end_call(call_sid, outcome, cause, at);
    release(draft, call_sid, Reason::CallerLeft);
    drop_commands(draft, call_sid, |open| matches!(open.kind, CommandKind::TellCaller | CommandKind::AskCaller));
    let Some(leg) = together else { return };
    together::disconnect(draft, leg.id, at);
    if leg.connected_at.is_none() {
        // They wait in the room for somebody who will not come. After a conversation the room
        // closes by itself and Twilio asks what is next.
        tell(draft, &leg);
    }
}

/// Begins another round, at the caller's wish.
pub(super) fn ring_again(draft: &mut Draft<'_>, call_sid: &CallSid, cause: &str) {
    let now = draft.now;
    let give_up_at = now + draft.settings.give_up;
    let room = RoomName::new(draft.ids(), now);
    is_told(draft, call_sid);
    for leg in draft.legs_of(call_sid).into_iter().filter(|leg| leg.status == LegStatus::Joined) {
        together::disconnect(draft, leg.id, now);
        hang_up(draft, &leg);
    }
    let round = draft.call(call_sid).map_or(1, |call| call.round + 1);
    draft.move_call(call_sid, CallStatus::Pending, cause, json!({ "round": round, "room": room.as_str() }));
    draft.change_call(call_sid, |call| {
        call.round = round;
        call.room = room;
        call.caller_in_room = false;
        call.give_up_at = give_up_at;
    });
    if !plan::plan_round(draft, call_sid) {
        give_up(draft, call_sid, "nobody_to_ring");
    }
}

/// Lets go of every leg that is not the winner.
fn release(draft: &mut Draft<'_>, call_sid: &CallSid, why: Reason) {
    for leg in draft.legs_of(call_sid) {
        release_leg(draft, &leg, why);
    }
}

/// Lets go of one leg, in the way that fits its state.
pub(super) fn release_leg(draft: &mut Draft<'_>, leg: &Leg, why: Reason) {
    match leg.status {
        LegStatus::Planned => {
            drop_commands_of(draft, leg, CommandKind::Place);
            cancel(draft, leg, why);
        }
        // It ends with the caller's `<Dial>`; should it not, its next webhook shows it.
        LegStatus::Dialing if dial::is_dialled(draft, leg) => cancel(draft, leg, why),
        // Without a SID there is nothing to hang up yet; `line::adopt` comes back here.
        LegStatus::Dialing | LegStatus::Ringing | LegStatus::Unclear => hang_up(draft, leg),
        LegStatus::Answered => {
            draft.move_leg(leg.id, LegStatus::Lost, Some(why), format_args!("released.{why}"));
            tell(draft, leg);
        }
        LegStatus::Joined
        | LegStatus::Completed
        | LegStatus::Lost
        | LegStatus::Declined
        | LegStatus::Machine
        | LegStatus::Busy
        | LegStatus::NoAnswer
        | LegStatus::Failed
        | LegStatus::Canceled => {}
    }
}

fn cancel(draft: &mut Draft<'_>, leg: &Leg, why: Reason) {
    let now = draft.now;
    draft.move_leg(leg.id, LegStatus::Canceled, Some(why), format_args!("released.{why}"));
    draft.change_leg(leg.id, |leg| leg.ended_at = Some(now));
}

/// Why a leg of this call is no longer wanted, in hindsight.
pub(super) fn why_released(draft: &Draft<'_>, leg: &Leg) -> Reason {
    let taken = draft.legs_of(&leg.call_sid).iter().any(|other| other.round == leg.round && other.joined_at.is_some());
    let call = draft.call(&leg.call_sid);
    match call.map(|call| (call.status, call.outcome)) {
        _ if taken => Reason::Taken,
        Some((CallStatus::Unanswered, _) | (CallStatus::Ended, Some(Outcome::Unanswered))) => Reason::GaveUp,
        Some((CallStatus::Pending | CallStatus::Active | CallStatus::Ended, _)) | None => Reason::CallerLeft,
    }
}

/// Has a leg's line ended, unless it is down or that is under way.
pub(super) fn hang_up(draft: &mut Draft<'_>, leg: &Leg) {
    order_once(draft, leg, CommandKind::HangUp);
}

/// Has a leg's line sent to the document that says where the call stands.
pub(super) fn tell(draft: &mut Draft<'_>, leg: &Leg) {
    order_once(draft, leg, CommandKind::TellLeg);
}

fn order_once(draft: &mut Draft<'_>, leg: &Leg, kind: CommandKind) {
    if leg.sid.is_some() && leg.ended_at.is_none() {
        draft.order_once(kind, &leg.call_sid, Some(leg.id));
    }
}

/// Releases the winner whom the caller did not come to.
pub(super) fn release_winner(draft: &mut Draft<'_>, leg: &Leg) {
    together::disconnect(draft, leg.id, draft.now);
    tell(draft, leg);
}

/// Drops a leg's commands of one kind that were not sent yet.
pub(super) fn drop_commands_of(draft: &mut Draft<'_>, leg: &Leg, kind: CommandKind) {
    drop_commands(draft, &leg.call_sid, |open| open.leg_id == Some(leg.id) && open.kind == kind);
}

fn drop_commands(draft: &mut Draft<'_>, call_sid: &CallSid, which: impl Fn(&Command) -> bool) {
    let unsent = |open: &Command| open.status == CommandStatus::Pending && which(open);
    for mut command in draft.open_commands(call_sid).into_iter().filter(unsent) {
        command.status = CommandStatus::Dropped;
        draft.put_command(command);
    }
}
