//! What is looked up of all legs and commands, and would else mean going through all of them for every input.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::command::Command;
use crate::domain::ids::{CallSid, CommandId, LegId};
use crate::domain::leg::Leg;
use crate::domain::phone::PhoneNumber;

/// Of each leg and command that is in the house, and of no other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Index {
    /// How many legs occupy each phone.
    pub(super) occupied: BTreeMap<PhoneNumber, u32>,
    /// The legs that wait for a phone to be free.
    pub(super) waiting: BTreeSet<LegId>,
    /// Twilio's SIDs of the legs' lines; no two legs have the same.
    pub(super) lines: BTreeMap<CallSid, LegId>,
    /// The commands of each call that has any.
    pub(super) commands_of: BTreeMap<CallSid, BTreeSet<CommandId>>,
}

impl Index {
    pub(super) fn add_leg(&mut self, leg: &Leg) {
        if let Some(number) = leg.occupied_phone() {
            *self.occupied.entry(number.clone()).or_default() += 1;
        }
        if leg.waits_for_phone() {
            self.waiting.insert(leg.id);
        }
        if let Some(sid) = &leg.sid {
            self.lines.insert(sid.clone(), leg.id);
        }
    }

    pub(super) fn remove_leg(&mut self, leg: &Leg) {
        if let Some(number) = leg.occupied_phone()
            && let Some(count) = self.occupied.get_mut(number)
        {
            *count -= 1;
            if *count == 0 {
                self.occupied.remove(number);
            }
        }
        self.waiting.remove(&leg.id);
        if let Some(sid) = &leg.sid {
            self.lines.remove(sid);
        }
    }

    pub(super) fn add_command(&mut self, command: &Command) {
        self.commands_of.entry(command.call_sid.clone()).or_default().insert(command.id);
    }

    pub(super) fn remove_command(&mut self, command: &Command) {
        if let Some(commands) = self.commands_of.get_mut(&command.call_sid) {
            commands.remove(&command.id);
            if commands.is_empty() {
                self.commands_of.remove(&command.call_sid);
            }
        }
    }
}
