//! What the limits must know of calls that are over: who called in the last minute, and whose phone was
//! rung when. It comes from the record and not from memory, so that a restart opens no purse.

use std::collections::BTreeMap;
use std::time::Duration;

use super::call::{Call, Outcome};
use super::ids::{CallSid, OrganiserId};
use super::leg::{Leg, LegStatus};
use super::phone::CallerId;
use super::settings::Limits;
use super::time::Timestamp;

/// For how long a call counts as one that has just come.
pub const MINUTE: Duration = Duration::from_secs(60);

/// For how long a phone counts as one that was rung lately.
pub const HOUR: Duration = Duration::from_secs(3600);

/// How long what was found may be used: what has meanwhile become older than an hour still counts.
const LASTS: Duration = Duration::from_secs(10);

/// The calls that are looked at if only those of one caller are limited.
const MANY_CALLS: u32 = 1000;

/// How far a batch has to look back for the limits that are set.
#[derive(Debug, Clone, Copy)]
pub struct LookBack {
    /// From when.
    pub now: Timestamp,
    /// How many calls of the last minute tell enough.
    pub calls: u32,
}

/// What was found there.
#[derive(Debug, Default, Clone)]
pub struct Recent {
    /// When it was found.
    pub at: Option<Timestamp>,
    /// The calls of the last minute that were not refused, with who called.
    pub calls: BTreeMap<CallSid, RecentCall>,
    /// When each organiser's phone was last rung.
    pub last_rung: BTreeMap<OrganiserId, Timestamp>,
    /// How many phones were rung in the last hour, beside those of the calls in the house.
    pub rung_elsewhere: u32,
}

/// A call of the last minute.
#[derive(Debug, Clone)]
pub struct RecentCall {
    /// When it came.
    pub started_at: Timestamp,
    /// Who called.
    pub caller: Option<CallerId>,
}

impl Limits {
    /// How far to look back, if any limit is set.
    pub fn look_back(&self, now: Timestamp) -> Option<LookBack> {
        // So many that the limit is reached even without the call that it is about.
        let calls = self.calls_per_minute.map_or(MANY_CALLS, |limit| limit.saturating_add(1));
        (*self != Self::default()).then_some(LookBack { now, calls })
    }
}

impl Recent {
    /// Whether it has to be looked at again, for a batch that looks back from there.
    pub fn is_old(&self, look_back: Option<&LookBack>) -> bool {
        look_back.is_some_and(|look_back| !self.at.is_some_and(|at| at.is_within(LASTS, look_back.now)))
    }

    /// Takes in what a batch has just decided about a call.
    pub(super) fn take_in(&mut self, call: &Call, now: Timestamp) {
        if call.outcome == Some(Outcome::Refused) {
            self.calls.remove(&call.sid);
        } else if call.started_at.is_within(MINUTE, now) {
            let recent = RecentCall { started_at: call.started_at, caller: call.caller.clone() };
            self.calls.insert(call.sid.clone(), recent);
        }
    }

    /// Forgets what was taken in of a call that is now as it was `before`, or is not.
    pub(super) fn take_back(&mut self, sid: &CallSid, before: Option<&Call>) {
        if before.is_none_or(|call| call.outcome == Some(Outcome::Refused)) {
            self.calls.remove(sid);
        }
    }

    /// These legs leave the house, and count elsewhere. While the database can't be asked, they do so for good:
    /// that may keep phones from ringing that could, after an hour of it, and never costs more than was allowed.
    pub(super) fn let_go<'a>(&mut self, legs: impl Iterator<Item = &'a Leg>) {
        let looked = self.at;
        let counts = |at: &Timestamp| looked.is_none_or(|looked| *at + HOUR > looked);
        for leg in legs {
            let Some(at) = leg.dialed_at.filter(counts) else { continue };
            self.rung_elsewhere = self.rung_elsewhere.saturating_add(1);
            let last = self.last_rung.entry(leg.organiser_id).or_insert(at);
            *last = at.max(*last);
        }
    }
}

impl Leg {
    /// Whether the leg counts among the phones rung in the last hour. One that is still to be rung does
    /// already: otherwise many calls at once could each believe that there is enough left for them.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        self.status == LegStatus::Planned || self.dialed_at.is_some_and(|at| at.is_within(HOUR, now))
    }
}
