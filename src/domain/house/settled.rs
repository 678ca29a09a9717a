//! What a house comes to after a batch: the changes to be saved, and the house as it is when they are.

use std::collections::{BTreeMap, BTreeSet};

use super::{BeforeStart, Change, Changes, House, Past, Row};
use crate::domain::call::{Call, CallStatus};
use crate::domain::contact::Contact;
use crate::domain::ids::CallSid;

impl House {
    /// What is to be saved.
    pub fn changes(&self) -> Changes {
        let mut changes = Changes {
            calls: changed(&self.calls),
            legs: changed(&self.legs),
            commands: changed(&self.commands),
            organisers: changed(&self.organisers),
            identity: self.identity.clone(),
            salts: self.salts.clone(),
            texts: self.texts.clone(),
            erasures: self.erasures.clone(),
            forgotten: self.forgotten.clone(),
            remarks: self.remarks.clone(),
            events: self.events.clone(),
        };
        changes.legs.sort_by_key(|change| (change.row.planned_at, change.row.id));
        changes
    }

    /// The house when its changes are durable, as it would be loaded again: what is over is left out.
    pub fn settled(mut self) -> Self {
        let live: BTreeSet<CallSid> =
            self.calls().filter(|call| self.is_live(call)).map(|call| call.sid.clone()).collect();
        // Should memory have to do, a late request of theirs is not to be a new call.
        let over = self.calls.values().map(|row| &row.row).filter(|call| !live.contains(&call.sid));
        let gone = over.filter_map(|call| Some((Contact::Gone(call.sid.clone()), call.ended_at?)));
        self.contacts.extend(gone.collect::<Vec<_>>());
        self.once_stored(|call_sid| live.contains(call_sid))
    }

    /// The same without leaving out anything: for as long as there is no database that knows what is over.
    pub fn remembered(self) -> Self {
        self.once_stored(|_| true)
    }

    fn once_stored(mut self, keeps: impl Fn(&CallSid) -> bool) -> Self {
        let contacts = std::mem::take(&mut self.contacts);
        let contacts = self.still_of_use(contacts);
        let mut past = Past { notes: BTreeMap::new(), before_start: BeforeStart::default(), ..self.past };
        let legs = self.legs.into_values().map(|row| row.row);
        let (legs, over): (Vec<_>, Vec<_>) = legs.partition(|leg| keeps(&leg.call_sid));
        past.recent.let_go(over.iter());
        Self::new(
            self.calls.into_values().map(|row| row.row).filter(|call| keeps(&call.sid)).collect(),
            legs,
            self.commands.into_values().map(|row| row.row).filter(|command| command.status.is_open()).collect(),
            self.organisers.into_values().map(|row| row.row).collect(),
            past,
            contacts,
        )
    }

    /// Whether anything may still come of a call.
    fn is_live(&self, call: &Call) -> bool {
        let has_line =
            || self.legs_of(&call.sid).iter().filter_map(|id| self.leg(*id)).any(|leg| leg.ended_at.is_none());
        let has_command = || self.commands().any(|command| command.call_sid == call.sid && command.status.is_open());
        call.status != CallStatus::Ended || has_line() || has_command()
    }
}

fn changed<K, T: Clone, S: Copy>(rows: &BTreeMap<K, Row<T, S>>) -> Vec<Change<T, S>> {
    let changed = rows.values().filter(|row| row.changed);
    changed.map(|row| Change { row: row.row.clone(), stored: row.stored }).collect()
}
