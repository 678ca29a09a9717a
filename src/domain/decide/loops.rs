//! Calls that are our own ringing come back: an organiser's phone that forwards to the hotline would
//! ring everybody for ever.
//!
//! A phone's forward shows the number that rang it, which is ours, or its own, or none. Whoever shows
//! another number is a person, even if an organiser's phone has forwarded them: they called somebody of the
//! team, and are not to be lost. An organiser who calls while their own phone rings for another call is taken
//! for its forward, since a phone that rings can't dial; once they have let go of it they are a caller like
//! all others.

use super::draft::Draft;
use crate::domain::input::CallerRequest;
use crate::domain::leg::Leg;
use crate::domain::phone::PhoneNumber;

/// Why this new call is nobody's but our own, if it is.
pub(super) fn recognise(draft: &Draft<'_>, request: &CallerRequest) -> Option<&'static str> {
    if comes_from(request, &draft.settings.hotline_number) {
        return Some("call.from_ourselves");
    }
    let rings = |leg: &&Leg| leg.dialed_at.is_some() && !leg.is_picked_up();
    let mut ringing = draft.open_legs().filter(rings).filter_map(|leg| leg.number.as_ref());
    ringing.any(|number| comes_from(request, number)).then_some("call.forwarded_by_organiser")
}

/// Whether a call shows this number, or shows nobody's and was forwarded by it.
fn comes_from(request: &CallerRequest, number: &PhoneNumber) -> bool {
    let forwarded = request.forwarded_from.as_ref().is_some_and(|by| by.is(number));
    request.caller.is(number) || (forwarded && !request.caller.is_a_number())
}
