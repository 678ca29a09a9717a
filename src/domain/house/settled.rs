//! What a house comes to after a batch: the changes to be saved, and the house as it is when they are, or are not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::batch::{Batch, Others};
use super::{BeforeStart, Change, Changes, House};
use crate::domain::call::{Call, CallStatus};
use crate::domain::contact::Contact;
use crate::domain::ids::CallSid;
use crate::domain::leg::Leg;

impl House {
    /// What is to be saved.
    pub fn changes(&self) -> Changes {
        let Batch { calls, legs, commands, organisers, others, .. } = &self.batch;
        let Others { identity, salts, texts, erasures, forgotten, remarks, events } = others.clone();
        let mut changes = Changes {
            calls: changed(calls, &self.calls, |call: &Call| call.status),
            legs: changed(legs, &self.legs, |leg: &Leg| leg.status),
            commands: changed(commands, &self.commands, |_| ()),
            organisers: changed(organisers, &self.organisers, |_| ()),
            identity,
            salts,
            texts,
            erasures,
            forgotten,
            remarks,
            events,
        };
        changes.legs.sort_by_key(|change| (change.row.planned_at, change.row.id));
        changes
    }

    /// The house when its changes are durable, as it would be loaded again: what is over is left out.
    pub fn settled(mut self) -> Self {
        for sid in self.touched() {
            let is_over = self.call(&sid).is_some_and(|call| !self.is_live(call));
            if !is_over {
                continue;
            }
            let (call, legs) = self.remove_call(&sid);
            self.past.recent.let_go(legs.iter());
            // Should memory have to do, a late request of theirs is not to be a new call.
            self.contacts.extend(call.and_then(|call| Some((Contact::Gone(sid), call.ended_at?))));
        }
        self.remembered()
    }

    /// The same without leaving out anything: for as long as there is no database that knows what is over.
    pub fn remembered(mut self) -> Self {
        let batch = std::mem::take(&mut self.batch);
        for id in batch.commands.into_keys() {
            if self.command(id).is_some_and(|command| !command.status.is_open()) {
                self.remove_command(id);
            }
        }
        (self.past.notes, self.past.before_start) = (BTreeMap::new(), BeforeStart::default());
        if self.contacts.len() >= self.tidy_at {
            let contacts = std::mem::take(&mut self.contacts);
            self.contacts = self.still_of_use(contacts);
            self.tidy_at = 2 * self.contacts.len();
        }
        self
    }

    /// Which rows are not the same in another house.
    pub fn differs_from(&self, other: &Self) -> Vec<String> {
        let mut found = differences(&self.calls, &other.calls);
        found.extend(differences(&self.legs, &other.legs));
        found.extend(differences(&self.legs_of, &other.legs_of));
        found.extend(differences(&self.commands, &other.commands));
        found.extend(differences(&self.organisers, &other.organisers));
        let (ours, theirs) = (self.past.last_case_number, other.past.last_case_number);
        found.extend((ours != theirs).then(|| format!("case {ours} and {theirs}")));
        let (ours, theirs) = (&self.index, &other.index);
        found.extend((ours != theirs).then(|| format!("{ours:?} and {theirs:?}")));
        found
    }

    /// The calls that this batch may have ended.
    fn touched(&self) -> BTreeSet<CallSid> {
        let Batch { calls, legs, commands, visitors, .. } = &self.batch;
        let of_legs = legs.keys().filter_map(|id| self.leg(*id)).map(|leg| &leg.call_sid);
        let of_commands = commands.keys().filter_map(|id| self.command(*id)).map(|command| &command.call_sid);
        calls.keys().chain(visitors).chain(of_legs).chain(of_commands).cloned().collect()
    }

    /// Whether anything may still come of a call.
    pub(super) fn is_live(&self, call: &Call) -> bool {
        let has_line =
            || self.legs_of(&call.sid).iter().filter_map(|id| self.leg(*id)).any(|leg| leg.ended_at.is_none());
        let has_command = || self.commands_of(&call.sid).any(|command| command.status.is_open());
        call.status != CallStatus::Ended || has_line() || has_command()
    }
}

/// The rows that have changed, with what the database must still have of them.
fn changed<K: Ord, T: Clone, S>(
    before: &BTreeMap<K, Option<T>>,
    now: &BTreeMap<K, T>,
    stored: impl Fn(&T) -> S,
) -> Vec<Change<T, S>> {
    let changed = before.iter().filter_map(|(key, before)| Some((now.get(key)?, before)));
    changed.map(|(row, before)| Change { row: row.clone(), stored: before.as_ref().map(&stored) }).collect()
}

fn differences<K: Ord + Debug, T: PartialEq + Debug>(ours: &BTreeMap<K, T>, theirs: &BTreeMap<K, T>) -> Vec<String> {
    let keys: BTreeSet<&K> = ours.keys().chain(theirs.keys()).collect();
    let odd = keys.into_iter().filter(|key| ours.get(key) != theirs.get(key));
    odd.map(|key| format!("{key:?}: {:?} and {:?}", ours.get(key), theirs.get(key))).collect()
}
