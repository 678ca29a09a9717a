//! Caller and winner in their room: whether they met, since when they are together, and since when
//! no longer. Twilio's word for it could be lost, so it follows from who was sent where, and from
//! who still asks for a waiting document.

use std::time::Duration;

use serde_json::json;

use super::draft::Draft;
use super::settle::winner;
use crate::domain::call::Outcome;
use crate::domain::contact::Contact;
use crate::domain::event::Subject;
use crate::domain::ids::{CallSid, LegId};
use crate::domain::leg::Leg;
use crate::domain::time::Timestamp;

/// How long caller and winner may be on their way into the room.
pub(super) const ON_THE_WAY: Duration = Duration::from_secs(2);

/// How long a single question for a waiting document means something.
pub(super) const SUSPICION: Duration = Duration::from_secs(6);

/// Notes that caller and winner are together, if both were sent to the room.
pub(super) fn connect(draft: &mut Draft<'_>, call_sid: &CallSid) {
    let now = draft.now;
    let Some(leg) = winner(draft, call_sid) else { return };
    let in_room = draft.call(call_sid).is_some_and(|call| call.caller_in_room);
    if in_room && leg.connected_at.is_none() {
        draft.change_leg(leg.id, |leg| leg.connected_at = Some(now));
        draft.change_call(call_sid, |call| call.connected_at = call.connected_at.or(Some(now)));
        draft.note(Subject::Leg(call_sid.clone(), leg.id), "connected", json!({}));
    }
}

/// Takes back that caller and winner were together: the caller was sent to the room and is not
/// there. If they are still on the line they will ask again; if not, we find out.
pub(super) fn was_alone(draft: &mut Draft<'_>, leg: &Leg) {
    draft.change_leg(leg.id, |leg| leg.connected_at = None);
    let first = draft.legs_of(&leg.call_sid).iter().filter_map(|leg| leg.connected_at).min();
    draft.change_call(&leg.call_sid, |call| {
        call.connected_at = first;
        call.caller_in_room = false;
    });
    draft.note(Subject::Leg(leg.call_sid.clone(), leg.id), "alone_in_room", json!({}));
}

/// How long ago the winner asked for a waiting document when the caller should have been there, if
/// that was just now: who is alone asks every 3 s.
pub(super) fn suspected(draft: &Draft<'_>, leg: &Leg) -> Option<Duration> {
    let first = draft.heard(&Contact::AloneInRoom(leg.id))?;
    Some(draft.now.since(first)).filter(|since| *since < SUSPICION)
}

/// Takes back that caller and winner were together, for a winner who comes into the room after
/// the caller has left it.
pub(super) fn never_met(draft: &mut Draft<'_>, leg: &Leg) {
    let (Some(from), Some(to)) = (leg.connected_at, leg.disconnected_at) else { return };
    if to.since(from) >= ON_THE_WAY {
        return;
    }
    was_alone(draft, leg);
    draft.change_call(&leg.call_sid, |call| {
        if call.outcome == Some(Outcome::Connected) && call.connected_at.is_none() {
            call.outcome = Some(Outcome::Abandoned);
        }
    });
}

/// Notes that caller and winner are no longer together, since `at`.
pub(super) fn disconnect(draft: &mut Draft<'_>, leg_id: LegId, at: Timestamp) {
    let Some(leg) = draft.leg(leg_id).cloned() else { return };
    if leg.joined_at.is_some() && leg.disconnected_at.is_none() {
        let at = leg.connected_at.map_or(at, |connected| connected.max(at));
        draft.change_leg(leg_id, |leg| leg.disconnected_at = Some(at));
        draft.note(Subject::Leg(leg.call_sid, leg_id), "disconnected", json!({}));
    }
}
