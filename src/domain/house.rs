//! The house: the calls, legs and open commands that a batch may concern, as the database has
//! them, with the changes made to them so far. Plain data; the rules are in `decide/`.

mod settled;

use std::collections::{BTreeMap, BTreeSet};

use super::call::{Call, CallStatus};
use super::columns::Columns;
use super::command::{Command, CommandKind};
use super::contact::{Contact, Contacts};
use super::event::Event;
use super::ids::{CallSid, CommandId, LegId, OrganiserId};
use super::leg::{Leg, LegStatus};
use super::organiser::Organiser;
use super::phone::PhoneNumber;
use super::privacy::{DataClass, Identity, Salt};
use super::recent::Recent;
use super::texts::SpokenText;
use super::time::Timestamp;

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
    /// The identity of a new record.
    pub identity: Option<Identity>,
    /// Salts of what was added.
    pub salts: Vec<NewSalt>,
    /// Texts that are spoken for the first time.
    pub texts: Vec<SpokenText>,
    /// What is erased.
    pub erasures: Vec<Erasure>,
    /// Organisers whose names are erased.
    pub forgotten: Vec<OrganiserId>,
    /// What somebody wrote about the record itself.
    pub remarks: Vec<Remark>,
    /// What happened, in order, with the personal data that the events vouch for.
    pub events: Vec<Event>,
}

impl Changes {
    /// Whether there is nothing to save.
    pub fn is_empty(&self) -> bool {
        // Nothing changes without an event.
        self.events.is_empty()
    }

    /// Whether something is removed that must not be left anywhere in the file.
    pub fn forgets(&self) -> bool {
        let number_gone = |change: &Change<Command, ()>| {
            change.stored.is_some() && change.row.kind == CommandKind::DeleteMessages && change.row.target.is_none()
        };
        !self.erasures.is_empty() || !self.forgotten.is_empty() || self.commands.iter().any(number_gone)
    }
}

/// A salt to be kept until what it sealed is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSalt {
    /// Of which call.
    pub call_sid: CallSid,
    /// Of which class of its data.
    pub class: DataClass,
    /// The salt.
    pub salt: Salt,
}

/// What somebody wrote about the record itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The cause of its event.
    pub cause: &'static str,
    /// The words.
    pub words: String,
}

/// What is erased of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The call.
    pub call_sid: CallSid,
    /// What of it.
    pub classes: Vec<DataClass>,
}

/// What the database knows besides the rows of calls.
#[derive(Debug, Default, Clone)]
pub struct Past {
    /// Which record this is; nothing before its first start.
    pub identity: Option<Identity>,
    /// The number of the newest case.
    pub last_case_number: u64,
    /// The notes of the calls that the batch writes notes for, with their last revisions.
    pub notes: BTreeMap<CallSid, BTreeMap<u32, u32>>,
    /// What the limits look back on.
    pub recent: Recent,
    /// What a start looks back on.
    pub before_start: BeforeStart,
}

/// What a start looks back on.
#[derive(Debug, Default, Clone)]
pub struct BeforeStart {
    /// When the last event was, and its cause.
    pub last_event: Option<(Timestamp, String)>,
    /// The configuration as the record has it.
    pub configuration: Option<Columns>,
    /// The versions of texts that are known.
    pub texts: BTreeSet<String>,
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
    /// The identity of a new record.
    pub identity: Option<Identity>,
    /// Salts of what was added.
    pub salts: Vec<NewSalt>,
    /// Texts that are spoken for the first time.
    pub texts: Vec<SpokenText>,
    /// What is erased.
    pub erasures: Vec<Erasure>,
    /// Organisers whose names are erased.
    pub forgotten: Vec<OrganiserId>,
    /// What somebody wrote about the record itself.
    pub remarks: Vec<Remark>,
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
    past: Past,
    identity: Option<Identity>,
    salts: Vec<NewSalt>,
    texts: Vec<SpokenText>,
    erasures: Vec<Erasure>,
    forgotten: Vec<OrganiserId>,
    remarks: Vec<Remark>,
    events: Vec<Event>,
}

impl House {
    /// A house with the rows that were loaded and the contacts that are remembered.
    pub fn new(
        calls: Vec<Call>,
        legs: Vec<Leg>,
        commands: Vec<Command>,
        organisers: Vec<Organiser>,
        past: Past,
        contacts: Contacts,
    ) -> Self {
        let mut house = Self { contacts, past, ..Self::default() };
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

    /// What the database knows besides the rows of calls.
    pub fn past(&self) -> &Past {
        &self.past
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

    /// Who was heard of when.
    pub fn contacts(&self) -> &Contacts {
        &self.contacts
    }

    /// Takes over what one input has decided, before the next input is looked at.
    pub fn apply(&mut self, decision: Decision, now: Timestamp) {
        for call in decision.calls.values() {
            self.past.last_case_number = self.past.last_case_number.max(call.case_number);
            self.past.recent.take_in(call, now);
        }
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
        if let Some(identity) = decision.identity {
            self.past.identity = Some(identity.clone());
            self.identity = Some(identity);
        }
        self.salts.extend(decision.salts);
        self.texts.extend(decision.texts);
        for erasure in decision.erasures {
            self.forget(&erasure);
            self.erasures.push(erasure);
        }
        for id in decision.forgotten {
            self.organisers.remove(&id);
            self.forgotten.push(id);
        }
        self.remarks.extend(decision.remarks);
        self.events.extend(decision.events);
        for contact in decision.contacts {
            self.contacts.insert(contact, now);
        }
    }

    /// What is erased is gone for the inputs that follow, too.
    fn forget(&mut self, erasure: &Erasure) {
        let Some(call) = self.calls.get_mut(&erasure.call_sid) else { return };
        let legs = self.legs_of.get(&erasure.call_sid).cloned().unwrap_or_default();
        if erasure.classes.contains(&DataClass::Numbers) {
            call.row.caller = None;
            call.row.salts.numbers = None;
            for id in &legs {
                if let Some(leg) = self.legs.get_mut(id) {
                    leg.row.number = None;
                }
            }
        }
        if erasure.classes.contains(&DataClass::Notes) {
            call.row.salts.notes = None;
        }
        if erasure.classes.contains(&DataClass::Timeline) {
            self.calls.remove(&erasure.call_sid);
            self.legs_of.remove(&erasure.call_sid);
            self.commands.retain(|_, command| command.row.call_sid != erasure.call_sid);
            for id in &legs {
                self.legs.remove(id);
            }
        }
    }

    fn put_leg(&mut self, leg: Leg, as_stored: bool) {
        let before = self.legs.get(&leg.id);
        if let Some(number) = before.and_then(|row| row.row.occupied_phone()) {
            let count = self.occupied.entry(number.clone()).or_default();
            *count = count.saturating_sub(1);
        }
        if let Some(number) = leg.occupied_phone() {
            *self.occupied.entry(number.clone()).or_default() += 1;
        }
        if before.is_none() {
            self.legs_of.entry(leg.call_sid.clone()).or_default().push(leg.id);
        }
        let stored = if as_stored { Some(leg.status) } else { before.and_then(|row| row.stored) };
        self.legs.insert(leg.id, Row { row: leg, stored, changed: !as_stored });
    }
}
