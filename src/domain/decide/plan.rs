//! Who is rung, and when: a leg for everybody who may be rung, and a command to place it as soon
//! as their phone is free.

use serde_json::json;

use super::draft::Draft;
use super::{limits, settle};
use crate::domain::call::Call;
use crate::domain::command::CommandKind;
use crate::domain::event::Subject;
use crate::domain::ids::{CallSid, LegId};
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::organiser::Organiser;
use crate::domain::phone::PhoneNumber;

/// Plans the call's present round. Says whether anybody may be rung at all.
pub(super) fn plan_round(draft: &mut Draft<'_>, call_sid: &CallSid) -> bool {
    let Some(call) = draft.call(call_sid).cloned() else { return false };
    let team = draft.organisers().into_iter().filter(|organiser| organiser.retired_at.is_none());
    let (callers, team): (Vec<_>, Vec<_>) = team.partition(|organiser| calls(&call, organiser));
    for organiser in callers {
        not_rung(draft, &call, &organiser, "own_call");
    }
    let rung = limits::whom_to_ring(draft, &call, team);
    for organiser in &rung {
        plan_leg(draft, &call, organiser, "plan");
    }
    !rung.is_empty()
}

/// Whether it is this organiser's phone that calls.
pub(super) fn calls(call: &Call, organiser: &Organiser) -> bool {
    call.caller.as_ref().is_some_and(|caller| caller.is(&organiser.number))
}

/// Notes that somebody of the team is not rung in this round, and why.
pub(super) fn not_rung(draft: &mut Draft<'_>, call: &Call, organiser: &Organiser, reason: &str) {
    let subject = Subject::Organiser(Some(call.sid.clone()), organiser.id);
    draft.note(subject, "not_rung", json!({ "reason": reason, "round": call.round }));
}

/// Plans one more leg in place of one that Twilio knows nothing of.
pub(super) fn replace_leg(draft: &mut Draft<'_>, absent: &Leg) {
    let Some(call) = draft.call(&absent.call_sid).cloned() else { return };
    let tried = draft.round_of(&call).iter().filter(|leg| leg.organiser_id == absent.organiser_id).count();
    if !call.is_open() || absent.round != call.round || tried >= 2 {
        return;
    }
    let same = draft.organisers().into_iter().filter(|organiser| may_be_rung(organiser, absent));
    for organiser in limits::as_many_as_are_left(draft, &call, same.take(1).collect()) {
        plan_leg(draft, &call, &organiser, "replace");
    }
}

fn plan_leg(draft: &mut Draft<'_>, call: &Call, organiser: &Organiser, cause: &str) {
    let now = draft.now;
    let id = LegId::new(draft.ids(), now);
    let free = is_free(draft, &organiser.number);
    let leg = Leg {
        id,
        call_sid: call.sid.clone(),
        round: call.round,
        organiser_id: organiser.id,
        number: Some(organiser.number.clone()),
        status: LegStatus::Planned,
        reason: if free { None } else { Some(Reason::Occupied) },
        sid: None,
        line: None,
        lookups: 0,
        unclear_at: None,
        planned_at: now,
        dialed_at: None,
        answered_at: None,
        joined_at: None,
        connected_at: None,
        disconnected_at: None,
        ended_at: None,
    };
    draft.add_leg(leg, cause);
    if free {
        draft.order(CommandKind::Place, &call.sid, Some(id));
    }
}

/// Rings whoever has become free for the oldest call that waits for them.
pub(super) fn place_waiting(draft: &mut Draft<'_>) {
    if !account_has_room(draft) {
        return;
    }
    // Of a crowd, most wait for a phone that is still occupied.
    let free = |leg: &Leg| leg.number.as_ref().is_some_and(|number| is_free(draft, number));
    for id in draft.waiting_legs(free) {
        let Some(leg) = draft.leg(id).cloned() else { continue };
        let Some(call) = draft.call(&leg.call_sid).cloned() else { continue };
        if call.is_open() && leg.number.as_ref().is_some_and(|number| is_free(draft, number)) {
            draft.move_leg(id, LegStatus::Planned, None, "phone_free");
            draft.order(CommandKind::Place, &call.sid, Some(id));
        }
    }
}

/// Takes back what was planned for somebody who is no longer on the roster, or not with that
/// number: the call may be about them.
pub(super) fn cancel_off_roster(draft: &mut Draft<'_>) {
    let organisers = draft.organisers();
    for leg in draft.planned_legs() {
        if !organisers.iter().any(|organiser| may_be_rung(organiser, &leg)) {
            settle::release_leg(draft, &leg, Reason::OffRoster);
            settle::give_up_if_all_failed(draft, &leg.call_sid);
        }
    }
}

/// Whether this is the leg's organiser, still with the leg's number.
fn may_be_rung(organiser: &Organiser, leg: &Leg) -> bool {
    organiser.id == leg.organiser_id && Some(&organiser.number) == leg.number.as_ref() && organiser.retired_at.is_none()
}

fn is_free(draft: &Draft<'_>, number: &PhoneNumber) -> bool {
    let phone = draft.settings.legs_per_number.is_none_or(|limit| draft.occupied(number) < limit);
    phone && account_has_room(draft)
}

/// Whether Twilio lets us have one more leg.
fn account_has_room(draft: &Draft<'_>) -> bool {
    draft.settings.concurrent_legs.is_none_or(|limit| draft.legs_under_way() < limit)
}
