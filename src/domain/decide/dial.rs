//! Twilio can't be had to ring, yet asks us what to do with the caller's line: then that line's own `<Dial>` rings
//! the team. The legs, their webhooks and the rules are the same. Whom a `<Dial>` rings has a leg that is being
//! dialled although no command places it.

use std::time::Duration;

use super::draft::Draft;
use super::{line, outbox, settle, together};
use crate::domain::call::Call;
use crate::domain::command::{Command, CommandKind};
use crate::domain::contact::Contact;
use crate::domain::ids::LegId;
use crate::domain::leg::{Leg, LegStatus};
use crate::domain::line::LineStatus;
use crate::domain::reply::{CallerReply, LegReply, MOST_DIALLED};

/// How long the outbox tries by itself: a voicemail can't stop the other phones that it rings.
const OUTBOX_FIRST: Duration = Duration::from_secs(3);

/// How long it is held against Twilio that it could not be had to ring.
const REMEMBERED: Duration = Duration::from_secs(30);

/// How long the caller's network lets a line ring that nobody answers: a minute, with most.
const NETWORKS_RING: Duration = Duration::from_secs(55);

/// How long it may take from the end of the ringing until nobody is asked for a key any more: Twilio rings up to five
/// seconds longer than it is told to (Twilio docs: Dial, timeout), and it is asked three times.
const SCREENED: Duration = Duration::from_secs(25);

/// Rings whom the outbox can't, if that is due: for a caller who hears ringing, or is about to be sent into the
/// room, from where only the outbox can fetch them.
pub(super) fn instead(draft: &mut Draft<'_>, call: &Call, rings_on: bool) -> Option<CallerReply> {
    let mut legs = draft.round_of(call);
    if legs.iter().any(|leg| is_dialled(draft, leg)) {
        // Asked again: the answer was lost.
        legs.retain(|leg| is_dialled(draft, leg));
    } else if is_due(draft, call, &legs, rings_on) {
        // Who does not wait for room has theirs.
        let mut room = room(draft);
        legs.retain(|leg| may_be_dialled(draft, leg) && (leg.occupies_phone() || take_one(&mut room)));
    } else {
        return None;
    }
    legs.truncate(MOST_DIALLED);
    let numbers: Vec<_> = legs.iter().filter_map(|leg| Some((leg.id, leg.number.clone()?))).collect();
    if numbers.is_empty() {
        return None;
    }
    for leg in &legs {
        settle::drop_commands_of(draft, leg, CommandKind::Place);
        draft.move_leg(leg.id, LegStatus::Dialing, None, "caller.dial");
    }
    let ring = outbox::ring(draft, call);
    let answers = draft.now.since(call.started_at) + ring + SCREENED > NETWORKS_RING;
    Some(CallerReply::Dial { round: call.round, ring, answers, numbers })
}

fn is_due(draft: &Draft<'_>, call: &Call, legs: &[Leg], rings_on: bool) -> bool {
    let rings = legs.iter().any(|leg| leg.sid.is_some() && leg.ended_at.is_none());
    !rings && is_near(draft) && (!rings_on || draft.waited(call) >= OUTBOX_FIRST && !is_on_its_way(draft, legs))
}

/// Whether Twilio has yet to answer for most of those who could be rung: while their phones may ring by that, a `<Dial>`
/// would ring only the few others until it is over. An answer takes some seconds at most.
fn is_on_its_way(draft: &Draft<'_>, legs: &[Leg]) -> bool {
    let on_its_way = legs.iter().filter(|leg| leg.status == LegStatus::Dialing && leg.sid.is_none()).count();
    on_its_way > legs.iter().filter(|leg| may_be_dialled(draft, leg)).count()
}

/// Whether a leg waits to be rung, and no other has their phone.
fn may_be_dialled(draft: &Draft<'_>, leg: &Leg) -> bool {
    let mut others = draft.open_legs().filter(|other| other.id != leg.id && other.number == leg.number);
    matches!(leg.status, LegStatus::Planned | LegStatus::Unclear) && !others.any(|other| has_a_phone(draft, other))
}

/// Whether a phone rings or talks because of this leg, as far as it matters here. A leg that nobody wants and Twilio will
/// not tell of does not count: there may be one for each phone.
fn has_a_phone(draft: &Draft<'_>, leg: &Leg) -> bool {
    leg.occupies_phone() && (leg.status != LegStatus::Unclear || draft.is_wanted(leg))
}

/// How many phones more may be rung.
fn room(draft: &Draft<'_>) -> usize {
    let taken = || draft.open_legs().filter(|leg| has_a_phone(draft, leg)).count();
    draft.settings.concurrent_legs.map_or(usize::MAX, |limit| (limit as usize).saturating_sub(taken()))
}

fn take_one(room: &mut usize) -> bool {
    let left = room.checked_sub(1);
    *room = left.unwrap_or_default();
    left.is_some()
}

/// Whether a caller may be answered with a `<Dial>` soon: the last that we know of the outbox is that it could not
/// place a call.
pub(super) fn is_near(draft: &Draft<'_>) -> bool {
    let failed = draft.heard(&Contact::NotPlaced).filter(|failed| draft.now.since(*failed) < REMEMBERED);
    failed.is_some_and(|failed| draft.heard(&Contact::Placed).is_none_or(|placed| placed < failed))
}

/// Whether the caller's `<Dial>` rings this leg, and its line is not known yet.
pub(super) fn is_dialled(draft: &Draft<'_>, leg: &Leg) -> bool {
    let places = |open: &Command| open.kind == CommandKind::Place && open.leg_id == Some(leg.id);
    leg.status == LegStatus::Dialing && leg.sid.is_none() && !draft.open_commands(&leg.call_sid).iter().any(places)
}

/// The caller's `<Dial>` is over: nothing of it rings any more.
pub(super) fn is_over(draft: &mut Draft<'_>, call: &Call) {
    for leg in draft.round_of(call) {
        if is_dialled(draft, &leg) {
            line::has_ended(draft, leg.id, LineStatus::NoAnswer, None, "caller.dial_over", draft.now);
        }
    }
}

/// The same reply, for a leg that the caller's `<Dial>` rings: the end of its document is what connects it.
pub(super) fn reply(draft: &mut Draft<'_>, id: LegId, reply: LegReply) -> LegReply {
    match reply {
        LegReply::Screen { leg_id, .. } => LegReply::Screen { leg_id, by_dial: true },
        LegReply::Join { .. } => {
            if let Some(leg) = draft.leg(id).cloned() {
                draft.change_call(&leg.call_sid, |call| call.caller_in_room = true);
                together::connect(draft, &leg.call_sid);
            }
            LegReply::Connect
        }
        LegReply::Connect | LegReply::RoomWait { .. } | LegReply::Dismiss { .. } | LegReply::HangUp => reply,
    }
}
