//! The house: the calls, legs and open commands that a batch may concern, as the database has
//! them, with the changes made to them so far. Plain data; the rules are in `decide/`.

use std::collections::{BTreeMap, HashMap};

use super::call::{Call, CallStatus};
use super::command::Command;
use super::event::Event;
use super::ids::{CallSid, CommandId, LegId, OrganiserId};
use super::leg::{Leg, LegStatus};
use super::organiser::Organiser;
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// When we last heard of a line or asked about it. Kept in memory only: after a restart
/// everything is asked about anyway.
pub type Contacts = HashMap<Contact, Timestamp>;

/// A line that we hear of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Contact {
    /// A caller's line.
    Caller(CallSid),
    /// A leg's line.
    Leg(LegId),
    /// A winner's question for a waiting document, when the caller should have been there.
    AloneInRoom(LegId),
}

/// A row with the status under which the database has it; `None` if it is new.
#[derive(Debug, Clone)]
struct Row<T, S> {
    row: T,
    stored: Option<S>,
    changed: bool,
}

/// A changed row; the database must still have it under status `stored`, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T, S> {
    /// The row as it is to be.
    pub row: T,
    /// The status under which it was loaded; `None` for a new row.
    pub stored: Option<S>,
}

/// What a batch has changed, to be saved in one transaction.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New and changed calls.
    pub calls: Vec<Change<Call, CallStatus>>,
    /// New and changed legs.
    pub legs: Vec<Change<Leg, LegStatus>>,
    /// New and changed commands; `stored` says whether the row exists.
    pub commands: Vec<Change<Command, ()>>,
    /// New and changed organisers; `stored` says whether the row exists.
    pub organisers: Vec<Change<Organiser, ()>>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Changes {
    /// Whether there is nothing to save.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
            && self.legs.is_empty()
            && self.commands.is_empty()
            && self.organisers.is_empty()
            && self.events.is_empty()
    }
}

/// What one input changes: whole rows as they are to be, and what happened.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Calls, new or changed.
    pub calls: BTreeMap<CallSid, Call>,
    /// Legs, new or changed.
    pub legs: BTreeMap<LegId, Leg>,
    /// Commands, new or changed.
    pub commands: BTreeMap<CommandId, Command>,
    /// Organisers, new or changed.
    pub organisers: BTreeMap<OrganiserId, Organiser>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Lines that we have heard of or asked about just now.
    pub contacts: Vec<Contact>,
}

/// The rows that a batch may concern.
#[derive(Debug, Default, Clone)]
pub struct House {
    calls: BTreeMap<CallSid, Row<Call, CallStatus>>,
    legs: BTreeMap<LegId, Row<Leg, LegStatus>>,
    legs_of: BTreeMap<CallSid, Vec<LegId>>,
    occupied: BTreeMap<PhoneNumber, u32>,
    commands: BTreeMap<CommandId, Row<Command, ()>>,
    organisers: BTreeMap<OrganiserId, Row<Organiser, ()>>,
    contacts: Contacts,
    events: Vec<Event>,
}

impl House {
    /// A house with the rows that were loaded and the contacts that are remembered.
    pub fn new(
        calls: Vec<Call>,
        legs: Vec<Leg>,
        commands: Vec<Command>,
        organisers: Vec<Organiser>,
        contacts: Contacts,
    ) -> Self {
        let mut house = Self { contacts, ..Self::default() };
        for call in calls {
            let stored = Some(call.status);
            house.calls.insert(call.sid.clone(), Row { row: call, stored, changed: false });
        }
        for leg in legs {
            house.put_leg(leg, true);
        }
        for command in commands {
            house.commands.insert(command.id, Row { row: command, stored: Some(()), changed: false });
        }
        for organiser in organisers {
            house.organisers.insert(organiser.id, Row { row: organiser, stored: Some(()), changed: false });
        }
        house
    }

    /// The call, if it is known.
    pub fn call(&self, sid: &CallSid) -> Option<&Call> {
        self.calls.get(sid).map(|row| &row.row)
    }

    /// The leg, if it is known.
    pub fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.get(&id).map(|row| &row.row)
    }

    /// The command, if it is open.
    pub fn command(&self, id: CommandId) -> Option<&Command> {
        self.commands.get(&id).map(|row| &row.row)
    }

    /// All calls that were loaded.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.values().map(|row| &row.row)
    }

    /// All legs that were loaded.
    pub fn legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.values().map(|row| &row.row)
    }

    /// The ids of a call's legs, in the order in which they were planned.
    pub fn legs_of(&self, sid: &CallSid) -> &[LegId] {
        self.legs_of.get(sid).map_or(&[], Vec::as_slice)
    }

    /// All open commands.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.commands.values().map(|row| &row.row)
    }

    /// Everybody who is or was on the roster.
    pub fn organisers(&self) -> impl Iterator<Item = &Organiser> {
        self.organisers.values().map(|row| &row.row)
    }

    /// An organiser, if known.
    pub fn organiser(&self, id: OrganiserId) -> Option<&Organiser> {
        self.organisers.get(&id).map(|row| &row.row)
    }

    /// How many legs occupy this number's phone.
    pub fn occupied(&self, number: &PhoneNumber) -> u32 {
        self.occupied.get(number).copied().unwrap_or(0)
    }

    /// How many legs occupy a phone.
    pub fn legs_under_way(&self) -> u32 {
        self.occupied.values().sum()
    }

    /// When we last heard of a line, if ever since the start.
    pub fn heard(&self, contact: &Contact) -> Option<Timestamp> {
        self.contacts.get(contact).copied()
    }

    /// Takes over what one input has decided, before the next input is looked at.
    pub fn apply(&mut self, decision: Decision, now: Timestamp) {
        for (sid, call) in decision.calls {
            let stored = self.calls.get(&sid).and_then(|row| row.stored);
            self.calls.insert(sid, Row { row: call, stored, changed: true });
        }
        let mut legs: Vec<Leg> = decision.legs.into_values().collect();
        legs.sort_by_key(|leg| (leg.planned_at, leg.id));
        for leg in legs {
            self.put_leg(leg, false);
        }
        for (id, command) in decision.commands {
            let stored = self.commands.get(&id).and_then(|row| row.stored);
            self.commands.insert(id, Row { row: command, stored, changed: true });
        }
        for (id, organiser) in decision.organisers {
            let stored = self.organisers.get(&id).and_then(|row| row.stored);
            self.organisers.insert(id, Row { row: organiser, stored, changed: true });
        }
        self.events.extend(decision.events);
        for contact in decision.contacts {
            self.contacts.insert(contact, now);
        }
    }

    /// What is to be saved, and the contacts to remember: those of lines that are up.
    pub fn into_changes(mut self) -> (Changes, Contacts) {
        let mut contacts = std::mem::take(&mut self.contacts);
        contacts.retain(|contact, _| match contact {
            Contact::Caller(sid) => self.call(sid).is_some_and(|call| call.ended_at.is_none()),
            Contact::Leg(id) | Contact::AloneInRoom(id) => self.leg(*id).is_some_and(|leg| leg.ended_at.is_none()),
        });
        let mut changes = Changes {
            calls: changed(self.calls),
            legs: changed(self.legs),
            commands: changed(self.commands),
            organisers: changed(self.organisers),
            events: self.events,
        };
        changes.legs.sort_by_key(|change| (change.row.planned_at, change.row.id));
        (changes, contacts)
    }

    fn put_leg(&mut self, leg: Leg, as_stored: bool) {
        let before = self.legs.get(&leg.id);
        if before.is_some_and(|row| row.row.occupies_phone()) {
            let count = self.occupied.entry(leg.number.clone()).or_default();
            *count = count.saturating_sub(1);
        }
        if leg.occupies_phone() {
            *self.occupied.entry(leg.number.clone()).or_default() += 1;
        }
        if before.is_none() {
            self.legs_of.entry(leg.call_sid.clone()).or_default().push(leg.id);
        }
        let stored = if as_stored { Some(leg.status) } else { before.and_then(|row| row.stored) };
        self.legs.insert(leg.id, Row { row: leg, stored, changed: !as_stored });
    }
}

fn changed<K, T, S>(rows: BTreeMap<K, Row<T, S>>) -> Vec<Change<T, S>> {
    let changed = rows.into_values().filter(|row| row.changed);
    changed.map(|row| Change { row: row.row, stored: row.stored }).collect()
}
