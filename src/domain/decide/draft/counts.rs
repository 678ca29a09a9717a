//! What the limits count: live calls, calls of the last minute, phones rung in the last hour.

use super::{Draft, count};
use crate::domain::call::{Call, CallStatus};
use crate::domain::ids::CallSid;
use crate::domain::leg::Leg;
use crate::domain::organiser::Organiser;
use crate::domain::phone::CallerId;
use crate::domain::recent::{MINUTE, RecentCall};
use crate::domain::time::Timestamp;

impl Draft<'_> {
    /// How many other calls wait or talk.
    pub(in crate::domain::decide) fn calls_beside(&self, sid: &CallSid) -> usize {
        let live = |call: &&Call| matches!(call.status, CallStatus::Pending | CallStatus::Active);
        self.house.calls().filter(|call| call.sid != *sid).filter(live).count()
    }

    /// Who called in the last minute, beside this call.
    pub(in crate::domain::decide) fn callers_beside(&self, sid: &CallSid) -> impl Iterator<Item = Option<&CallerId>> {
        let recent = self.house.past().recent.calls.iter();
        let lately = move |call: &RecentCall| call.started_at.is_within(MINUTE, self.now);
        recent.filter(move |(other, call)| *other != sid && lately(call)).map(|(_, call)| call.caller.as_ref())
    }

    /// How many phones were rung in the last hour, or are about to be.
    pub(in crate::domain::decide) fn rung_this_hour(&self) -> u32 {
        let spent = |leg: &Leg| i64::from(leg.is_spent(self.now));
        let here: i64 = self.house.legs().map(spent).sum();
        count(i64::from(self.house.past().recent.rung_elsewhere) + here + self.decided(spent))
    }

    /// The legs whose line is not down.
    pub(in crate::domain::decide) fn open_legs(&self) -> impl Iterator<Item = &Leg> {
        let stored = self.house.legs().map(|stored| self.decision.legs.get(&stored.id).unwrap_or(stored));
        let new = self.decision.legs.values().filter(|leg| self.house.leg(leg.id).is_none());
        stored.chain(new).filter(|leg| leg.ended_at.is_none())
    }

    /// When somebody's phone was last rung, or is about to be.
    pub(in crate::domain::decide) fn last_rung(&self, organiser: &Organiser) -> Option<Timestamp> {
        let theirs =
            self.house.legs().chain(self.decision.legs.values()).filter(|leg| leg.organiser_id == organiser.id);
        let here = theirs.filter_map(|leg| leg.dialed_at.or_else(|| leg.ended_at.is_none().then_some(leg.planned_at)));
        here.max().max(self.house.past().recent.last_rung.get(&organiser.id).copied())
    }
}
