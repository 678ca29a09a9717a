//! A leg's line: what Twilio says of it, in whatever order it arrives.

use serde_json::json;

use super::draft::Draft;
use super::{settle, together};
use crate::domain::command::CommandKind;
use crate::domain::contact::Contact;
use crate::domain::event::Subject;
use crate::domain::ids::{CallSid, LegId};
use crate::domain::input::LegReport;
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::time::Timestamp;

/// A status callback of a leg's line.
pub(super) fn report(draft: &mut Draft<'_>, report: &LegReport) {
    if draft.leg(report.leg_id).is_none() {
        return;
    }
    draft.hear(Contact::Leg(report.leg_id));
    if !adopt(draft, report.leg_id, &report.sid) {
        return;
    }
    let call = draft.leg(report.leg_id).and_then(|leg| draft.call(&leg.call_sid));
    let is_dialling = report.by_dial && call.is_some_and(|call| !call.caller_in_room);
    if is_dialling && report.line.is_terminal() {
        // The caller may have left: if not, Twilio asks what is next for them.
        let cause = format!("twilio.{}", report.line);
        has_ended(draft, report.leg_id, report.line, report.reason, &cause, draft.now);
    } else {
        take_in(draft, report.leg_id, report.line, report.reason, draft.now);
    }
}

/// Takes in how a leg's line is; `at` is since when, as far as anybody knows.
pub(super) fn take_in(draft: &mut Draft<'_>, id: LegId, line: LineStatus, reason: Option<Reason>, at: Timestamp) {
    let cause = format!("twilio.{line}");
    if line.is_terminal() {
        has_ended(draft, id, line, reason, &cause, at);
        settle::leg_is_over(draft, id);
    } else {
        is_up(draft, id, line, &cause);
    }
}

/// Learns the leg's SID, which the event of what made it known tells. Says whether this line is the
/// leg's: another one is a stranger, which is hung up.
pub(super) fn adopt(draft: &mut Draft<'_>, id: LegId, sid: &CallSid) -> bool {
    let Some(leg) = draft.leg(id).cloned() else { return false };
    let subject = Subject::Leg(leg.call_sid.clone(), id);
    match &leg.sid {
        Some(known) if known == sid => true,
        Some(_) => {
            draft.note(subject, "stranger", json!({ "sid": sid }));
            hang_up_stranger(draft, &leg, sid);
            false
        }
        // Some other leg's line at this leg's address: nothing that Twilio does. It is left alone.
        None if draft.is_line_of_a_leg(sid) => {
            draft.note(subject, "stranger", json!({ "sid": sid }));
            false
        }
        None => {
            draft.change_leg(id, |leg| leg.sid = Some(sid.clone()));
            if matches!(leg.status, LegStatus::Unclear | LegStatus::Planned) {
                draft.move_leg(id, LegStatus::Dialing, None, "line_found");
            }
            release_if_unwanted(draft, id);
            true
        }
    }
}

/// Hangs up a line that must not be, once.
pub(super) fn hang_up_stranger(draft: &mut Draft<'_>, leg: &Leg, sid: &CallSid) {
    let known = draft.open_commands(&leg.call_sid).iter().any(|open| open.target.as_deref() == Some(sid.as_str()));
    if !known {
        draft.order_stranger(&leg.call_sid, leg.id, sid);
    }
}

/// The line is up: queued, ringing or answered. What comes late changes nothing.
pub(super) fn is_up(draft: &mut Draft<'_>, id: LegId, line: LineStatus, cause: &str) {
    let Some(leg) = draft.leg(id).cloned() else { return };
    if leg.line.is_some_and(|known| known.is_terminal() || known.rank() > line.rank()) {
        if leg.line.is_some_and(LineStatus::is_terminal) && line != LineStatus::InProgress {
            draft.note(Subject::Leg(leg.call_sid, id), cause, json!({ "late": true }));
        }
        return;
    }
    draft.change_leg(id, |leg| leg.line = Some(line));
    if leg.status.is_terminal() {
        came_back(draft, &leg, cause);
        return;
    }
    match line {
        LineStatus::Ringing if matches!(leg.status, LegStatus::Dialing | LegStatus::Unclear) => {
            draft.move_leg(id, LegStatus::Ringing, None, cause);
        }
        LineStatus::InProgress if !matches!(leg.status, LegStatus::Answered | LegStatus::Joined) => {
            answered(draft, &leg, cause);
        }
        _ => draft.note(Subject::Leg(leg.call_sid, id), cause, json!({})),
    }
}

fn answered(draft: &mut Draft<'_>, leg: &Leg, cause: &str) {
    draft.move_leg(leg.id, LegStatus::Answered, None, cause);
    if !draft.is_wanted(leg) {
        let why = settle::why_released(draft, leg);
        draft.move_leg(leg.id, LegStatus::Lost, Some(why), "answered_too_late");
    }
}

/// A line that we took for absent is there after all.
fn came_back(draft: &mut Draft<'_>, leg: &Leg, cause: &str) {
    if leg.ended_at.is_some() {
        draft.note(Subject::Leg(leg.call_sid.clone(), leg.id), cause, json!({ "contradicts": leg.status.as_str() }));
        draft.change_leg(leg.id, |leg| leg.ended_at = None);
        if let Some(leg) = draft.leg(leg.id).cloned() {
            settle::hang_up(draft, &leg);
        }
    }
}

/// Lets go of a leg whose line was learnt only after it was no longer wanted.
fn release_if_unwanted(draft: &mut Draft<'_>, id: LegId) {
    let Some(leg) = draft.leg(id).cloned() else { return };
    if !draft.is_wanted(&leg) {
        let why = settle::why_released(draft, &leg);
        settle::release_leg(draft, &leg, why);
    }
}

/// The line is down, since `at`.
pub(super) fn has_ended(
    draft: &mut Draft<'_>,
    id: LegId,
    line: LineStatus,
    reason: Option<Reason>,
    cause: &str,
    at: Timestamp,
) {
    let Some(leg) = draft.leg(id).cloned() else { return };
    if leg.line.is_some_and(LineStatus::is_terminal) && leg.ended_at.is_some() {
        return;
    }
    draft.change_leg(id, |leg| {
        leg.line = Some(line);
        leg.ended_at = leg.ended_at.or(Some(at.max(leg.planned_at)));
    });
    settle::drop_commands_of(draft, &leg, CommandKind::HangUp);
    settle::drop_commands_of(draft, &leg, CommandKind::TellLeg);
    if leg.status == LegStatus::Joined {
        together::disconnect(draft, id, at);
        settle::fetch_whom_nobody_met(draft, &leg);
    }
    if leg.status.is_terminal() {
        draft.note(Subject::Leg(leg.call_sid.clone(), id), cause, json!({}));
    } else {
        let (status, reason) = end_of(draft, &leg, line, reason);
        draft.move_leg(id, status, reason, cause);
    }
}

/// What a line's end means for a leg that is not terminal.
fn end_of(draft: &Draft<'_>, leg: &Leg, line: LineStatus, reason: Option<Reason>) -> (LegStatus, Option<Reason>) {
    let wanted = draft.is_wanted(leg);
    let released = (!wanted).then(|| settle::why_released(draft, leg));
    match (leg.status, line) {
        (LegStatus::Joined, _) => (LegStatus::Completed, None),
        (LegStatus::Answered, _) => (LegStatus::Declined, Some(Reason::NoKey)),
        (_, LineStatus::Busy) => (LegStatus::Busy, None),
        (_, LineStatus::NoAnswer) => (LegStatus::NoAnswer, None),
        (_, LineStatus::Failed) => (LegStatus::Failed, reason),
        (_, LineStatus::Canceled) => (LegStatus::Canceled, released),
        // Picked up and ended, and we heard of neither in time.
        (_, _) if wanted => (LegStatus::Declined, Some(Reason::NoKey)),
        (_, _) => (LegStatus::Canceled, released),
    }
}
