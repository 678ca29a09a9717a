//! A decision in the making: the house as it would be, and the record of why. Every change of a
//! status goes through here, so that none is without its event.

mod commands;
mod counts;
mod sealed;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use serde_json::{Map, Value, json};

pub(super) use self::commands::DELETION_WAITS;
use self::sealed::seal;
use super::entry;
use crate::domain::call::{Call, CallStatus, Outcome};
use crate::domain::command::Command;
use crate::domain::contact::Contact;
use crate::domain::event::{Event, Source, Subject};
use crate::domain::house::{Decision, House};
use crate::domain::ids::{CallSid, CommandId, IdSource, LegId, OrganiserId};
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::organiser::Organiser;
use crate::domain::phone::PhoneNumber;
use crate::domain::privacy::{Field, Personal};
use crate::domain::reply::Prompt;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;

/// A decision in the making.
pub(super) struct Draft<'a> {
    house: &'a House,
    pub(super) settings: &'a Settings,
    pub(super) now: Timestamp,
    pub(super) source: Source,
    ids: &'a mut dyn IdSource,
    decision: Decision,
    /// The commands that the decision adds to the outbox, by call.
    ordered: BTreeMap<CallSid, Vec<CommandId>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        house: &'a House,
        settings: &'a Settings,
        now: Timestamp,
        source: Source,
        ids: &'a mut dyn IdSource,
    ) -> Self {
        Self { house, settings, now, source, ids, decision: Decision::default(), ordered: BTreeMap::new() }
    }

    pub(super) fn finish(mut self) -> Decision {
        entry::complete(self.house, &mut self.decision, self.source);
        self.decision
    }

    pub(super) fn ids(&mut self) -> &mut dyn IdSource {
        self.ids
    }

    // What is, with what was decided so far.

    pub(super) fn call(&self, sid: &CallSid) -> Option<&Call> {
        self.decision.calls.get(sid).or_else(|| self.house.call(sid))
    }

    pub(super) fn leg(&self, id: LegId) -> Option<&Leg> {
        self.decision.legs.get(&id).or_else(|| self.house.leg(id))
    }

    pub(super) fn command(&self, id: CommandId) -> Option<&Command> {
        self.decision.commands.get(&id).or_else(|| self.house.command(id))
    }

    pub(super) fn organisers(&self) -> Vec<Organiser> {
        let stored = self.house.organisers();
        stored.map(|stored| self.decision.organisers.get(&stored.id).unwrap_or(stored).clone()).collect()
    }

    /// The legs of a call, oldest first.
    pub(super) fn legs_of(&self, sid: &CallSid) -> Vec<Leg> {
        let stored = self.house.legs_of(sid).iter().filter_map(|id| self.leg(*id));
        let new = self.decision.legs.values().filter(|leg| &leg.call_sid == sid && self.house.leg(leg.id).is_none());
        let mut legs: Vec<Leg> = stored.chain(new).cloned().collect();
        legs.sort_by_key(|leg| (leg.planned_at, leg.id));
        legs
    }

    /// Whether a leg of theirs is not over.
    pub(super) fn is_rung(&self, organiser: OrganiserId) -> bool {
        self.house.legs().any(|leg| leg.organiser_id == organiser && leg.ended_at.is_none())
    }

    /// The legs of the call's present round.
    pub(super) fn round_of(&self, call: &Call) -> Vec<Leg> {
        let mut legs = self.legs_of(&call.sid);
        legs.retain(|leg| leg.round == call.round);
        legs
    }

    /// The legs that wait for a phone to be free and fit, the oldest call's first.
    pub(super) fn waiting_legs(&self, fits: impl Fn(&Leg) -> bool) -> Vec<LegId> {
        let decided = &self.decision.legs;
        let stored = self.house.waiting().filter(|id| !decided.contains_key(id)).filter_map(|id| self.house.leg(id));
        let all = stored.chain(decided.values());
        let mut waiting: Vec<&Leg> = all.filter(|leg| leg.waits_for_phone() && fits(leg)).collect();
        waiting
            .sort_by_cached_key(|leg| (self.call(&leg.call_sid).map(|call| call.started_at), leg.planned_at, leg.id));
        waiting.iter().map(|leg| leg.id).collect()
    }

    /// The stored legs that are planned and not yet rung.
    pub(super) fn planned_legs(&self) -> Vec<Leg> {
        self.house.legs().filter(|leg| leg.status == LegStatus::Planned).cloned().collect()
    }

    /// How many legs occupy this number's phone.
    pub(super) fn occupied(&self, number: &PhoneNumber) -> u32 {
        let here = |leg: &Leg| i64::from(leg.occupied_phone() == Some(number));
        count(i64::from(self.house.occupied(number)) + self.decided(here))
    }

    /// How many legs occupy a phone.
    pub(super) fn legs_under_way(&self) -> u32 {
        let anywhere = |leg: &Leg| i64::from(leg.occupies_phone());
        count(i64::from(self.house.legs_under_way()) + self.decided(anywhere))
    }

    /// What the changed legs add to a count over all legs.
    fn decided(&self, of: impl Fn(&Leg) -> i64) -> i64 {
        let legs = self.decision.legs.values();
        legs.map(|leg| of(leg) - self.house.leg(leg.id).map_or(0, &of)).sum()
    }

    /// How long the caller has waited in the call's present round.
    pub(super) fn waited(&self, call: &Call) -> Duration {
        self.settings.give_up.saturating_sub(call.give_up_at.since(self.now))
    }

    /// Whether the caller still waits for this leg.
    pub(super) fn is_wanted(&self, leg: &Leg) -> bool {
        self.call(&leg.call_sid).is_some_and(|call| call.is_open() && call.round == leg.round)
    }

    /// Whether any leg has this line.
    pub(super) fn is_line_of_a_leg(&self, sid: &CallSid) -> bool {
        let mut decided = self.decision.legs.values();
        self.house.is_line_of_a_leg(sid) || decided.any(|leg| leg.sid.as_ref() == Some(sid))
    }

    // What is to be.

    /// Adds an event that is not a change of status.
    pub(super) fn note(&mut self, subject: Subject, cause: impl Into<String>, detail: Value) {
        self.event(subject, None, None, cause.into(), detail, Vec::new());
    }

    /// Notes what somebody is told.
    pub(super) fn say(&mut self, subject: Subject, prompt: Prompt) {
        let text = self.settings.texts.get(&prompt);
        self.note(subject, format!("said.{prompt}"), json!({ "text": text }));
    }

    pub(super) fn hear(&mut self, contact: Contact) {
        self.decision.contacts.push(contact);
    }

    pub(super) fn heard(&self, contact: &Contact) -> Option<Timestamp> {
        self.house.heard(contact)
    }

    /// Since when the line of an unclear leg is looked for.
    pub(super) fn looked_for_since(&self, leg: &Leg) -> Option<Timestamp> {
        self.house.looked_for_since(leg)
    }

    /// Adds a call with the event of its first status.
    pub(super) fn add_call(&mut self, call: Call, cause: &str) {
        let caller = call.caller.as_ref().and_then(|caller| {
            let link = self.identity().and_then(|identity| identity.link(caller));
            Some(Personal { link, ..seal(&call.salts, Field::Caller, caller.as_str().to_owned())? })
        });
        let subject = Subject::Call(call.sid.clone());
        let personal = caller.into_iter().collect();
        self.event(subject, None, Some(call.status.as_str()), cause.to_owned(), json!({}), personal);
        self.decision.calls.insert(call.sid.clone(), call);
    }

    /// Changes a call otherwise than in its status.
    pub(super) fn change_call(&mut self, sid: &CallSid, change: impl FnOnce(&mut Call)) {
        if let Some(mut call) = self.call(sid).cloned() {
            change(&mut call);
            self.decision.calls.insert(sid.clone(), call);
        }
    }

    /// Moves a call to another status. A call that has ended stays as it is.
    pub(super) fn move_call(&mut self, sid: &CallSid, to: CallStatus, cause: &str, detail: Value) {
        let Some(mut call) = self.call(sid).cloned() else { return };
        if call.status == CallStatus::Ended || call.status == to {
            return;
        }
        let from = call.status;
        call.status = to;
        let subject = Subject::Call(sid.clone());
        self.event(subject, Some(from.as_str()), Some(to.as_str()), cause.to_owned(), detail, Vec::new());
        self.decision.calls.insert(sid.clone(), call);
    }

    /// Ends a call with its outcome.
    pub(super) fn end_call(&mut self, sid: &CallSid, outcome: Outcome, cause: &str, at: Timestamp) {
        self.move_call(sid, CallStatus::Ended, cause, json!({}));
        self.change_call(sid, |call| {
            call.outcome = Some(outcome);
            call.ended_at = Some(at);
        });
    }

    /// Adds a leg with the event of its first status.
    pub(super) fn add_leg(&mut self, leg: Leg, cause: &str) {
        let salts = self.call(&leg.call_sid).map(|call| call.salts.clone()).unwrap_or_default();
        let number = leg.number.as_ref().and_then(|number| seal(&salts, Field::Number, number.as_str().to_owned()));
        let subject = Subject::Leg(leg.call_sid.clone(), leg.id);
        let personal = number.into_iter().collect();
        self.event(subject, None, Some(leg.status.as_str()), cause.to_owned(), json!({}), personal);
        self.decision.legs.insert(leg.id, leg);
    }

    /// Changes a leg otherwise than in its status.
    pub(super) fn change_leg(&mut self, id: LegId, change: impl FnOnce(&mut Leg)) {
        if let Some(mut leg) = self.leg(id).cloned() {
            change(&mut leg);
            self.decision.legs.insert(id, leg);
        }
    }

    /// Moves a leg to another status. A terminal status never changes.
    pub(super) fn move_leg(&mut self, id: LegId, to: LegStatus, reason: Option<Reason>, cause: impl Display) {
        let Some(mut leg) = self.leg(id).cloned() else { return };
        if leg.status.is_terminal() || (leg.status == to && leg.reason == reason) {
            return;
        }
        let from = leg.status;
        leg.status = to;
        leg.reason = reason;
        match to {
            LegStatus::Dialing => leg.dialed_at = Some(self.now),
            LegStatus::Unclear => leg.unclear_at = Some(self.now),
            LegStatus::Answered => leg.answered_at = leg.answered_at.or(Some(self.now)),
            LegStatus::Joined => {
                leg.answered_at = leg.answered_at.or(Some(self.now));
                leg.joined_at = Some(self.now);
            }
            LegStatus::Planned
            | LegStatus::Ringing
            | LegStatus::Completed
            | LegStatus::Lost
            | LegStatus::Declined
            | LegStatus::Machine
            | LegStatus::Busy
            | LegStatus::NoAnswer
            | LegStatus::Failed
            | LegStatus::Canceled => {}
        }
        let subject = Subject::Leg(leg.call_sid.clone(), id);
        self.event(subject, Some(from.as_str()), Some(to.as_str()), cause.to_string(), json!({}), Vec::new());
        self.decision.legs.insert(id, leg);
    }

    /// Replaces an organiser, or adds one.
    pub(super) fn put_organiser(&mut self, organiser: Organiser, cause: &str) {
        let sealed = json!({
            "name": organiser.salt.seal("name", &organiser.name),
            "number": organiser.salt.seal("number", organiser.number.as_str()),
        });
        let detail = json!({ "sealed": sealed, "set": { "retired_at": organiser.retired_at } });
        self.note(Subject::Organiser(None, organiser.id), cause, detail);
        self.decision.organisers.insert(organiser.id, organiser);
    }

    fn event(
        &mut self,
        subject: Subject,
        from_status: Option<&'static str>,
        to_status: Option<&'static str>,
        cause: String,
        detail: Value,
        personal: Vec<Personal>,
    ) {
        let mut detail = match detail {
            Value::Object(mut map) => {
                map.retain(|_, value| !value.is_null());
                map
            }
            _ => Map::new(),
        };
        if !personal.is_empty() {
            let sealed = personal.iter().map(|value| (value.field.to_string(), Value::from(value.sealed.as_str())));
            detail.insert("sealed".to_owned(), Value::Object(sealed.collect()));
        }
        let source = self.source;
        self.decision.events.push(Event { subject, from_status, to_status, cause, source, detail, personal });
    }
}

fn count(sum: i64) -> u32 {
    u32::try_from(sum.max(0)).unwrap_or(u32::MAX)
}
