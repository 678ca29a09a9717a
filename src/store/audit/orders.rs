//! The outbox beside what the events tell: no command without the event that ordered it, none that is
//! aimed elsewhere or may be tried longer than it was ordered, and none that was put off, sent,
//! answered or dropped otherwise than on record.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement};

use super::replay::{Order, Story};
use super::report::Problems;
use super::rows::{is, shown};
use crate::domain::command::{CommandKind, CommandStatus, sealed_target};
use crate::domain::fold::Step;
use crate::domain::ids::CallSid;
use crate::domain::privacy::Salt;

/// By its key, since a command is of one call for ever.
const COMMAND: &str = "SELECT call_sid, kind, status, tries, result, leg_id, created_at,
    coalesce(target, number), due_at, deadline, event_seq, salt
    FROM outbox LEFT JOIN outbox_numbers USING (command_id) WHERE command_id = ?1";

/// The outbox.
pub(super) struct Commands<'c> {
    command: Statement<'c>,
    found: u64,
    numbers_found: u64,
}

impl<'c> Commands<'c> {
    pub(super) fn open(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self { command: connection.prepare(COMMAND)?, found: 0, numbers_found: 0 })
    }

    /// How many commands were found where the events lead, and how many numbers with them.
    pub(super) fn found(&self) -> (u64, u64) {
        (self.found, self.numbers_found)
    }

    /// Compares the commands of one call with its story.
    pub(super) fn compare(&mut self, story: &Story, problems: &mut Problems) -> rusqlite::Result<()> {
        for (id, step) in &story.fold.commands {
            let mut rows = self.command.query([id])?;
            let Some(row) = rows.next()? else {
                problems.say_of(
                    story.last,
                    format_args!(
                        "up to here, command {id:?} of call {} is told of, and it is not in the outbox",
                        story.call_sid
                    ),
                );
                continue;
            };
            self.found += 1;
            self.numbers_found += u64::from(row.get_ref(11)? != ValueRef::Null);
            compare(story, id, step, row, problems)?;
        }
        Ok(())
    }
}

fn compare(story: &Story, id: &str, step: &Step, row: &Row<'_>, problems: &mut Problems) -> rusqlite::Result<()> {
    let Some(order) = story.orders.get(id) else { return Ok(()) };
    let columns = [
        ("call_sid", is(row.get_ref(0)?, &story.call_sid)),
        ("kind", is(row.get_ref(1)?, &step.kind)),
        ("status", is(row.get_ref(2)?, &step.status)),
        ("tries", row.get_ref(3)? == ValueRef::Integer(step.tries)),
        ("result", optional(row.get_ref(4)?, step.result.as_deref())),
        ("leg_id", optional(row.get_ref(5)?, order.leg_id.as_deref())),
        ("created_at", is(row.get_ref(6)?, &order.at)),
        ("target", is_a_target(story, &step.kind, row.get_ref(7)?) && is_the_target(order, step, row)?),
        ("due_at", optional(row.get_ref(8)?, order.due_at.as_deref())),
        ("deadline", optional(row.get_ref(9)?, order.deadline.as_deref())),
        ("event_seq", row.get_ref(10)? == ValueRef::Integer(order.last)),
    ];
    for (place, (name, _)) in columns.iter().enumerate().filter(|(_, (_, agrees))| !agrees) {
        // The target may be a number.
        let there = if *name == "target" { String::new() } else { format!(" {}", shown(row.get_ref(place)?)) };
        let seq = if matches!(*name, "target" | "deadline") { order.seq } else { order.last };
        problems.say_of(
            seq,
            format_args!(
                "up to here, command {id:?} of call {} is not told to have the {name}{there} that the outbox says",
                story.call_sid
            ),
        );
    }
    Ok(())
}

fn optional(value: ValueRef<'_>, told: Option<&str>) -> bool {
    told.map_or(value == ValueRef::Null, |told| is(value, told))
}

/// Whether the command is aimed at what it was ordered for. A number is kept only while the command is
/// open, with the salt that seals it.
fn is_the_target(order: &Order, step: &Step, row: &Row<'_>) -> rusqlite::Result<bool> {
    let (target, salt) = (row.get_ref(7)?, row.get_ref(11)?);
    if step.kind != CommandKind::DeleteMessages.as_str() {
        return Ok(salt == ValueRef::Null && optional(target, order.target.as_deref()));
    }
    if !step.status.parse().is_ok_and(CommandStatus::is_open) {
        return Ok(salt == ValueRef::Null && target == ValueRef::Null);
    }
    let digest = || Some(sealed_target(&salt.as_str().ok()?.parse::<Salt>().ok()?, target.as_str().ok()?));
    Ok(order.target.is_some() && digest() == order.target)
}

/// Whether a command of this kind may be aimed at this: whoever deletes at Twilio, deletes what
/// belongs to the call.
fn is_a_target(story: &Story, kind: &str, target: ValueRef<'_>) -> bool {
    let Ok(kind) = kind.parse::<CommandKind>() else { return false };
    let target = match target {
        ValueRef::Null => None,
        target => match target.as_str() {
            Ok(target) => Some(target),
            Err(_) => return false,
        },
    };
    match (kind, target) {
        (CommandKind::DeleteCall | CommandKind::DeleteRecordings, Some(line)) => {
            let mut legs = story.fold.legs.values();
            line == story.call_sid || legs.any(|leg| leg.columns.get("leg_sid").is_some_and(|sid| sid == line))
        }
        (CommandKind::HangUpStranger, Some(line)) => line.parse::<CallSid>().is_ok(),
        (CommandKind::DeleteMessages, _) => true,
        (CommandKind::DeleteCall | CommandKind::DeleteRecordings | CommandKind::HangUpStranger, None) => false,
        (
            CommandKind::Place
            | CommandKind::HangUp
            | CommandKind::TellLeg
            | CommandKind::TellCaller
            | CommandKind::AskLeg
            | CommandKind::AskCaller
            | CommandKind::FindLeg,
            target,
        ) => target.is_none(),
    }
}
