//! The limits on what a call may set in motion. Above a soft one a call rings one organiser only: there
//! may be a person in need among whoever floods the line. The hard one is about money: above it no
//! phone is rung, and the caller hears so at once.

use serde_json::json;

use super::draft::Draft;
use super::plan;
use crate::domain::call::Call;
use crate::domain::event::Subject;
use crate::domain::organiser::Organiser;

/// Whom a round of this call rings, of all who may be rung. Says on record who is not, and why.
pub(super) fn whom_to_ring(draft: &mut Draft<'_>, call: &Call, team: Vec<Organiser>) -> Vec<Organiser> {
    let team = match soft_limit(draft, call) {
        Some(limit) => keep(draft, call, team, 1, limit, "limited"),
        None => team,
    };
    as_many_as_are_left(draft, call, team)
}

/// Whom there is enough left to ring, this hour.
pub(super) fn as_many_as_are_left(draft: &mut Draft<'_>, call: &Call, team: Vec<Organiser>) -> Vec<Organiser> {
    let Some(limit) = draft.settings.limits.legs_per_hour else { return team };
    let left = limit.saturating_sub(draft.rung_this_hour());
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    if left < team.len() { keep(draft, call, team, left, "legs_per_hour", "spent") } else { team }
}

/// Whether nobody was rung for this round although there was whom to ring: then nothing was left.
pub(super) fn rang_nobody(draft: &Draft<'_>, call: &Call) -> bool {
    draft.settings.limits.legs_per_hour.is_some()
        && draft.round_of(call).is_empty()
        && draft.organisers().iter().any(|organiser| organiser.retired_at.is_none() && !plan::calls(call, organiser))
}

/// The soft limit above which this call is, if any. The call itself does not count.
fn soft_limit(draft: &Draft<'_>, call: &Call) -> Option<&'static str> {
    let limits = draft.settings.limits;
    let reached = |limit: Option<u32>, count: usize| limit.is_some_and(|limit| count >= limit as usize);
    // Withheld numbers are nobody's in particular: one nuisance would speak for all who withhold theirs.
    let number = call.caller.as_ref().filter(|caller| caller.is_a_number());
    let of_caller = |number| draft.callers_beside(&call.sid).filter(|caller| *caller == Some(number)).count();
    if reached(limits.concurrent_calls, draft.calls_beside(&call.sid)) {
        Some("concurrent_calls")
    } else if reached(limits.calls_per_minute, draft.callers_beside(&call.sid).count()) {
        Some("calls_per_minute")
    } else if number.is_some_and(|number| reached(limits.calls_per_caller, of_caller(number))) {
        Some("calls_per_caller_per_minute")
    } else {
        None
    }
}

/// Leaves that many of them: whose phones have the fewest calls, and who were rung least recently.
fn keep(
    draft: &mut Draft<'_>,
    call: &Call,
    mut team: Vec<Organiser>,
    count: usize,
    limit: &str,
    reason: &str,
) -> Vec<Organiser> {
    draft.note(Subject::Call(call.sid.clone()), "call.limited", json!({ "limit": limit, "round": call.round }));
    team.sort_by_cached_key(|organiser| {
        let calls = draft.open_legs().filter(|leg| leg.number.as_ref() == Some(&organiser.number)).count();
        (calls, draft.last_rung(organiser), organiser.id)
    });
    for organiser in team.split_off(count.min(team.len())) {
        plan::not_rung(draft, call, &organiser, reason);
    }
    team
}
