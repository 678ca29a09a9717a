//! What a batch does to a house, and how that is undone if it can't be saved.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Decision, Erasure, House, NewSalt, Remark};
use crate::domain::call::Call;
use crate::domain::command::Command;
use crate::domain::contact::Contact;
use crate::domain::event::Event;
use crate::domain::ids::{CallSid, CommandId, LegId, OrganiserId};
use crate::domain::leg::Leg;
use crate::domain::organiser::Organiser;
use crate::domain::privacy::{DataClass, Identity};
use crate::domain::texts::SpokenText;
use crate::domain::time::Timestamp;

/// What the present batch has done to a house: what it has changed, as it was before, and nothing where there was none.
#[derive(Debug, Default, Clone)]
pub(super) struct Batch {
    pub(super) calls: BTreeMap<CallSid, Option<Call>>,
    pub(super) legs: BTreeMap<LegId, Option<Leg>>,
    pub(super) commands: BTreeMap<CommandId, Option<Command>>,
    pub(super) organisers: BTreeMap<OrganiserId, Option<Organiser>>,
    contacts: HashMap<Contact, Option<Timestamp>>,
    last_case_number: Option<u64>,
    /// Calls that were loaded for it alone, live or not.
    pub(super) visitors: BTreeSet<CallSid>,
    /// What is to be saved beside rows.
    pub(super) others: Others,
}

/// What is saved of a batch beside rows.
#[derive(Debug, Default, Clone)]
pub(super) struct Others {
    pub(super) identity: Option<Identity>,
    pub(super) salts: Vec<NewSalt>,
    pub(super) texts: Vec<SpokenText>,
    pub(super) erasures: Vec<Erasure>,
    pub(super) forgotten: Vec<OrganiserId>,
    pub(super) remarks: Vec<Remark>,
    pub(super) events: Vec<Event>,
}

impl House {
    /// Lets in calls with their legs that only this batch concerns.
    pub fn visit(&mut self, calls: Vec<Call>, legs: Vec<Leg>) {
        for call in calls {
            self.batch.visitors.insert(call.sid.clone());
            self.calls.insert(call.sid.clone(), call);
        }
        for leg in legs {
            self.put_leg(leg);
        }
    }

    /// Takes over what one input has decided, before the next input is looked at.
    pub fn apply(&mut self, decision: Decision, now: Timestamp) {
        self.batch.last_case_number.get_or_insert(self.past.last_case_number);
        for call in decision.calls.values() {
            self.past.last_case_number = self.past.last_case_number.max(call.case_number);
            self.past.recent.take_in(call, now);
        }
        for (sid, call) in decision.calls {
            let before = self.calls.insert(sid.clone(), call);
            self.batch.calls.entry(sid).or_insert(before);
        }
        let mut legs: Vec<Leg> = decision.legs.into_values().collect();
        legs.sort_by_key(|leg| (leg.planned_at, leg.id));
        for leg in legs {
            let id = leg.id;
            let before = self.put_leg(leg);
            self.batch.legs.entry(id).or_insert(before);
        }
        for (id, command) in decision.commands {
            let before = self.put_command(command);
            self.batch.commands.entry(id).or_insert(before);
        }
        for (id, organiser) in decision.organisers {
            let before = self.organisers.insert(id, organiser);
            self.batch.organisers.entry(id).or_insert(before);
        }
        let others = &mut self.batch.others;
        if let Some(identity) = decision.identity {
            self.past.identity = Some(identity.clone());
            others.identity = Some(identity);
        }
        for NewSalt { call_sid, class, salt } in &decision.salts {
            if let (DataClass::Notes, Some(call)) = (class, self.calls.get_mut(call_sid)) {
                call.salts.notes = Some(salt.clone());
            }
        }
        others.salts.extend(decision.salts);
        others.texts.extend(decision.texts);
        others.remarks.extend(decision.remarks);
        others.events.extend(decision.events);
        for erasure in decision.erasures {
            self.forget(&erasure);
            self.batch.others.erasures.push(erasure);
        }
        for id in decision.forgotten {
            self.organisers.remove(&id);
            self.batch.others.forgotten.push(id);
        }
        for contact in decision.contacts {
            let before = self.contacts.insert(contact.clone(), now);
            self.batch.contacts.entry(contact).or_insert(before);
        }
    }

    /// What is erased is gone for the inputs that follow, too.
    fn forget(&mut self, erasure: &Erasure) {
        let Some(call) = self.calls.get_mut(&erasure.call_sid) else { return };
        if erasure.classes.contains(&DataClass::Notes) {
            call.salts.notes = None;
        }
        if erasure.classes.contains(&DataClass::Numbers) {
            call.caller = None;
            call.salts.numbers = None;
            let legs = self.legs_of.get(&erasure.call_sid).cloned().unwrap_or_default();
            for leg in legs.into_iter().filter_map(|id| self.remove_leg(id)).collect::<Vec<_>>() {
                self.put_leg(Leg { number: None, ..leg });
            }
        }
        if erasure.classes.contains(&DataClass::Timeline) {
            for id in self.commands_of(&erasure.call_sid).map(|command| command.id).collect::<Vec<_>>() {
                self.remove_command(id);
            }
            self.remove_call(&erasure.call_sid);
        }
    }

    /// The house as it was before the batch, which could not be saved. Nothing, if the batch erased something or began
    /// the record: then only the database knows.
    pub fn undone(mut self) -> Option<Self> {
        let batch = std::mem::take(&mut self.batch);
        let Others { identity, erasures, forgotten, .. } = &batch.others;
        if identity.is_some() || !erasures.is_empty() || !forgotten.is_empty() {
            return None;
        }
        for (id, before) in batch.legs {
            match before {
                Some(leg) => drop(self.put_leg(leg)),
                None => drop(self.remove_leg(id)),
            }
        }
        for (sid, before) in batch.calls {
            self.past.recent.take_back(&sid, before.as_ref());
            put_back(&mut self.calls, sid, before);
        }
        for (id, before) in batch.commands {
            match before {
                Some(command) => drop(self.put_command(command)),
                None => drop(self.remove_command(id)),
            }
        }
        for (id, before) in batch.organisers {
            put_back(&mut self.organisers, id, before);
        }
        for (contact, before) in batch.contacts {
            match before {
                Some(heard) => self.contacts.insert(contact, heard),
                None => self.contacts.remove(&contact),
            };
        }
        for visitor in &batch.visitors {
            let (_, legs) = self.remove_call(visitor);
            self.past.recent.let_go(legs.iter());
        }
        self.past.last_case_number = batch.last_case_number.unwrap_or(self.past.last_case_number);
        self.legs_of.retain(|_, legs| !legs.is_empty());
        Some(self)
    }
}

fn put_back<K: Ord, T>(rows: &mut BTreeMap<K, T>, key: K, before: Option<T>) {
    match before {
        Some(row) => drop(rows.insert(key, row)),
        None => drop(rows.remove(&key)),
    }
}
