//! The house: the calls, legs and open commands that a batch may concern, as the database has
//! them, with the changes made to them so far. Plain data; the rules are in `decide/`.

mod batch;
mod index;
mod settled;

use std::collections::{BTreeMap, BTreeSet};

use self::batch::Batch;
use self::index::Index;
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

/// Calls with their notes, and the last revision of each.
pub type Notes = BTreeMap<CallSid, BTreeMap<u32, u32>>;

/// What the database knows besides the rows of calls.
#[derive(Debug, Default, Clone)]
pub struct Past {
    /// Which record this is; nothing before its first start.
    pub identity: Option<Identity>,
    /// The number of the newest case.
    pub last_case_number: u64,
    /// The notes of the calls that the batch writes notes for, with their last revisions.
    pub notes: Notes,
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
    calls: BTreeMap<CallSid, Call>,
    legs: BTreeMap<LegId, Leg>,
    legs_of: BTreeMap<CallSid, Vec<LegId>>,
    commands: BTreeMap<CommandId, Command>,
    organisers: BTreeMap<OrganiserId, Organiser>,
    contacts: Contacts,
    /// With how many contacts those that are of no use any more are forgotten.
    tidy_at: usize,
    past: Past,
    index: Index,
    batch: Batch,
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
        house.calls = calls.into_iter().map(|call| (call.sid.clone(), call)).collect();
        for leg in legs {
            house.put_leg(leg);
        }
        for command in commands {
            house.put_command(command);
        }
        house.organisers = organisers.into_iter().map(|organiser| (organiser.id, organiser)).collect();
        // What is over was named by the batch that this is loaded for, and leaves with it.
        let over = house.calls.values().filter(|call| !house.is_live(call)).map(|call| call.sid.clone());
        house.batch.visitors = over.collect();
        house
    }

    /// What the database knows besides the rows of calls.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// What this batch looks back on.
    pub fn look_back(&mut self, notes: Notes, before_start: BeforeStart, recent: Option<Recent>) {
        (self.past.notes, self.past.before_start) = (notes, before_start);
        if let Some(recent) = recent {
            self.past.recent = recent;
        }
    }

    /// The call, if it is known.
    pub fn call(&self, sid: &CallSid) -> Option<&Call> {
        self.calls.get(sid)
    }

    /// The leg, if it is known.
    pub fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.get(&id)
    }

    /// The command, if it is open.
    pub fn command(&self, id: CommandId) -> Option<&Command> {
        self.commands.get(&id)
    }

    /// All calls that were loaded.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.values()
    }

    /// All legs that were loaded.
    pub fn legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.values()
    }

    /// The ids of a call's legs, in the order in which they were planned.
    pub fn legs_of(&self, sid: &CallSid) -> &[LegId] {
        self.legs_of.get(sid).map_or(&[], Vec::as_slice)
    }

    /// The legs that wait for a phone to be free.
    pub fn waiting(&self) -> impl Iterator<Item = LegId> {
        self.index.waiting.iter().copied()
    }

    /// Whether any leg has this line.
    pub fn is_line_of_a_leg(&self, sid: &CallSid) -> bool {
        self.index.lines.contains_key(sid)
    }

    /// The open commands of a call, the oldest first.
    pub fn commands_of(&self, sid: &CallSid) -> impl Iterator<Item = &Command> {
        self.index.commands_of.get(sid).into_iter().flatten().filter_map(|id| self.commands.get(id))
    }

    /// All open commands.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.commands.values()
    }

    /// Everybody who is or was on the roster.
    pub fn organisers(&self) -> impl Iterator<Item = &Organiser> {
        self.organisers.values()
    }

    /// An organiser, if known.
    pub fn organiser(&self, id: OrganiserId) -> Option<&Organiser> {
        self.organisers.get(&id)
    }

    /// How many legs occupy this number's phone.
    pub fn occupied(&self, number: &PhoneNumber) -> u32 {
        self.index.occupied.get(number).copied().unwrap_or(0)
    }

    /// How many legs occupy a phone.
    pub fn legs_under_way(&self) -> u32 {
        self.index.occupied.values().sum()
    }

    /// When we last heard of a line, if ever since the start.
    pub fn heard(&self, contact: &Contact) -> Option<Timestamp> {
        self.contacts.get(contact).copied()
    }

    /// Who was heard of when.
    pub fn contacts(&self) -> &Contacts {
        &self.contacts
    }

    /// Puts a leg into its place; the one that was there.
    fn put_leg(&mut self, leg: Leg) -> Option<Leg> {
        let (id, call_sid) = (leg.id, leg.call_sid.clone());
        let before = self.legs.remove(&id);
        if let Some(before) = &before {
            self.index.remove_leg(before);
        }
        self.index.add_leg(&leg);
        self.legs.insert(id, leg);
        if before.is_none() {
            let legs = self.legs_of.entry(call_sid).or_default();
            legs.push(id);
            legs.sort_by_key(|id| self.legs.get(id).map(|leg| (leg.planned_at, leg.id)));
        }
        before
    }

    fn remove_leg(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.legs.remove(&id)?;
        self.index.remove_leg(&leg);
        if let Some(legs) = self.legs_of.get_mut(&leg.call_sid) {
            legs.retain(|other| *other != id);
        }
        Some(leg)
    }

    /// Puts a command into its place; the one that was there.
    fn put_command(&mut self, command: Command) -> Option<Command> {
        self.index.add_command(&command);
        self.commands.insert(command.id, command)
    }

    fn remove_command(&mut self, id: CommandId) -> Option<Command> {
        let command = self.commands.remove(&id)?;
        self.index.remove_command(&command);
        Some(command)
    }

    /// Removes a call with its legs.
    fn remove_call(&mut self, sid: &CallSid) -> (Option<Call>, Vec<Leg>) {
        let legs = self.legs_of.get(sid).cloned().unwrap_or_default();
        let legs = legs.into_iter().filter_map(|id| self.remove_leg(id)).collect();
        self.legs_of.remove(sid);
        (self.calls.remove(sid), legs)
    }
}
