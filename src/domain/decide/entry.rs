//! The entry in the record: whatever a decision changes is told by its events, down to the column, so
//! that the events replay to the tables. What no event of the decision is about gets one here, and what
//! has not changed is left out of the decision.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::domain::columns::{call_difference, leg_difference};
use crate::domain::command::{Command, CommandStatus};
use crate::domain::event::{Event, Source, Subject};
use crate::domain::house::{Decision, House};
use crate::domain::time::Timestamp;

/// Completes the events by what has changed in each row: `set` has the columns of a call or leg,
/// `commands` the steps of its commands.
pub(super) fn complete(house: &House, decision: &mut Decision, source: Source) {
    let Decision { calls, legs, commands, events, .. } = decision;
    let mut entry = Entry::of(events, source);
    calls.retain(|sid, call| {
        let before = house.call(sid);
        let changed = call_difference(before, call);
        let moved = before.is_none_or(|before| before.status != call.status);
        let about = [Subject::Call(sid.clone()), Subject::Review(Some(sid.clone()))];
        entry.tell(&about, changed) || moved
    });
    legs.retain(|id, leg| {
        let before = house.leg(*id);
        let changed = leg_difference(before, leg);
        let moved = before.is_none_or(|before| before.status != leg.status);
        entry.tell(&[Subject::Leg(leg.call_sid.clone(), *id)], changed) || moved
    });
    commands.retain(|id, command| {
        let before = house.command(*id);
        let moved = before.is_none_or(|before| step(before) != step(command));
        if moved {
            entry.note(before, command);
        }
        moved
    });
}

/// The events of a decision, which may be many.
struct Entry<'a> {
    events: &'a mut Vec<Event>,
    source: Source,
    /// Where the last event about each subject is.
    last: HashMap<Subject, usize>,
}

impl<'a> Entry<'a> {
    fn of(events: &'a mut Vec<Event>, source: Source) -> Self {
        let last = events.iter().enumerate().map(|(at, event)| (event.subject.clone(), at)).collect();
        Self { events, source, last }
    }

    /// Puts changed columns into the last event about the row. Says whether there were any.
    fn tell(&mut self, about: &[Subject], changed: Map<String, Value>) -> bool {
        if changed.is_empty() {
            return false;
        }
        let event = self.last_about(about, "changed");
        event.detail.insert("set".to_owned(), Value::Object(changed));
        true
    }

    /// Puts the step of a command into the last event about whom it is for. What it is aimed at and until when
    /// it may be tried is told once, when it is ordered.
    fn note(&mut self, before: Option<&Command>, command: &Command) {
        let happened = match (before.map(|before| before.status), command.status) {
            (None, _) => "ordered",
            // Ordered anew, for another time.
            (Some(CommandStatus::Pending), CommandStatus::Pending) => "ordered",
            (Some(_), CommandStatus::Sending) => "sent",
            (Some(_), CommandStatus::Dropped) => "dropped",
            (Some(_), CommandStatus::Pending | CommandStatus::Done | CommandStatus::Failed) => "answered",
        };
        let event = self.last_about(&[command.about()], &format!("command.{}.{happened}", command.kind));
        if let Value::Array(commands) = event.detail.entry("commands").or_insert_with(|| json!([])) {
            commands.push(told(before, command));
        }
    }

    /// The last event about one of these subjects; a new one if there is none.
    fn last_about(&mut self, about: &[Subject], cause: &str) -> &mut Event {
        let at = about.iter().filter_map(|subject| self.last.get(subject).copied()).max().unwrap_or_else(|| {
            let subject = about[0].clone();
            self.last.insert(subject.clone(), self.events.len());
            let (detail, personal) = (Map::new(), Vec::new());
            let (cause, source) = (cause.to_owned(), self.source);
            self.events.push(Event { subject, from_status: None, to_status: None, cause, source, detail, personal });
            self.events.len() - 1
        });
        &mut self.events[at]
    }
}

/// The step of a command, as an event tells it.
fn told(before: Option<&Command>, command: &Command) -> Value {
    let mut told = Map::new();
    told.insert("id".to_owned(), json!(command.id));
    told.insert("kind".to_owned(), json!(command.kind));
    told.insert("status".to_owned(), json!(command.status));
    told.insert("tries".to_owned(), json!(command.tries));
    told.insert("due_at".to_owned(), json!(command.due_at));
    if let Some(result) = &command.result {
        told.insert("result".to_owned(), json!(result));
    }
    if before.is_none() {
        told.insert("deadline".to_owned(), json!(command.deadline));
        told.extend(command.told_target().map(|target| ("target".to_owned(), json!(target))));
    }
    Value::Object(told)
}

/// What of a command may change.
fn step(command: &Command) -> (CommandStatus, u32, Option<&str>, Timestamp) {
    (command.status, command.tries, command.result.as_deref(), command.due_at)
}
