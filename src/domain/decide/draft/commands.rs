//! The commands of a decision: those that there are, and those that it orders.

use std::time::Duration;

use serde_json::json;

use super::Draft;
use crate::domain::command::{Command, CommandKind, CommandStatus};
use crate::domain::ids::{CallSid, CommandId, LegId};
use crate::domain::privacy::Salt;
use crate::domain::time::Timestamp;

/// How long ending or redirecting a leg's line is tried. It does no harm to try again, and a phone that rings for
/// nobody does.
const PERSISTENCE: Duration = Duration::from_secs(600);

/// How long a question is asked before it is asked anew, and how long a caller is told.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long Twilio is asked to delete what it keeps: it may take days to finish a record.
const DELETION: Duration = Duration::from_secs(30 * 24 * 3600);

/// The longest until Twilio is asked once more to delete something.
pub(in crate::domain::decide) const DELETION_WAITS: Duration = Duration::from_secs(1 << 12);

impl Draft<'_> {
    /// The open commands of a call.
    pub(in crate::domain::decide) fn open_commands(&self, sid: &CallSid) -> Vec<Command> {
        let stored = self.house.commands_of(sid).map(|stored| self.decision.commands.get(&stored.id).unwrap_or(stored));
        let ordered = self.ordered.get(sid).into_iter().flatten();
        let all = stored.chain(ordered.filter_map(|id| self.decision.commands.get(id)));
        all.filter(|command| command.status.is_open()).cloned().collect()
    }

    /// The commands that are due: deeds before placements before questions, the oldest first.
    pub(in crate::domain::decide) fn due_commands(&self) -> Vec<Command> {
        let due = |command: &&Command| command.status == CommandStatus::Pending && command.due_at <= self.now;
        let mut commands: Vec<Command> = self.house.commands().filter(due).cloned().collect();
        commands.sort_by_key(|command| (command.kind.urgency(), command.due_at, command.id));
        commands
    }

    /// The commands that wait to be sent again after this result; what is deleted at Twilio is in no hurry.
    pub(in crate::domain::decide) fn delayed_commands(&self, result: &str) -> Vec<Command> {
        let waits = |command: &&Command| {
            command.status == CommandStatus::Pending
                && command.due_at > self.now
                && command.result.as_deref() == Some(result)
                && !command.kind.is_deletion()
        };
        self.house.commands().filter(waits).cloned().collect()
    }

    /// Orders a command once more, with times of its own, in place of an open one.
    pub(in crate::domain::decide) fn order_anew(&mut self, old: &Command) {
        self.note(old.about(), format!("command.{}.resumed", old.kind), json!({}));
        let command = self.new_command(old.kind, &old.call_sid, old.leg_id);
        self.put_command(Command { target: old.target.clone(), ..command });
        let (status, result) = if old.status == CommandStatus::Sending {
            (CommandStatus::Failed, Some("interrupted".to_owned()))
        } else {
            (CommandStatus::Dropped, old.result.clone())
        };
        self.put_command(Command { status, result, ..old.clone() });
    }

    /// Puts a command into the outbox, due now.
    pub(in crate::domain::decide) fn order(&mut self, kind: CommandKind, call_sid: &CallSid, leg_id: Option<LegId>) {
        let command = self.new_command(kind, call_sid, leg_id);
        self.put_command(command);
    }

    /// The same, unless it is in the outbox already.
    pub(in crate::domain::decide) fn order_once(
        &mut self,
        kind: CommandKind,
        call_sid: &CallSid,
        leg_id: Option<LegId>,
    ) {
        self.order_once_at(self.now, kind, call_sid, leg_id);
    }

    /// The same, to be sent at `due_at`.
    pub(in crate::domain::decide) fn order_once_at(
        &mut self,
        due_at: Timestamp,
        kind: CommandKind,
        call_sid: &CallSid,
        leg_id: Option<LegId>,
    ) {
        let open = self.open_commands(call_sid);
        if !open.iter().any(|command| command.kind == kind && command.leg_id == leg_id) {
            let command = self.new_command(kind, call_sid, leg_id);
            self.put_command(Command { due_at, ..command });
        }
    }

    /// Has a line hung up that claims to be a leg's and isn't.
    pub(in crate::domain::decide) fn order_stranger(&mut self, call_sid: &CallSid, leg_id: LegId, stranger: &CallSid) {
        let command = self.new_command(CommandKind::HangUpStranger, call_sid, Some(leg_id));
        self.put_command(Command { target: Some(stranger.to_string()), ..command });
    }

    pub(in crate::domain::decide) fn new_command(
        &mut self,
        kind: CommandKind,
        call_sid: &CallSid,
        leg_id: Option<LegId>,
    ) -> Command {
        Command {
            id: CommandId::new(self.ids, self.now),
            kind,
            call_sid: call_sid.clone(),
            leg_id,
            target: None,
            salt: None,
            status: CommandStatus::Pending,
            tries: 0,
            created_at: self.now,
            due_at: self.now,
            deadline: self.deadline(kind, call_sid),
            result: None,
        }
    }

    /// When a command that is ordered now is no longer worth trying.
    fn deadline(&self, kind: CommandKind, call_sid: &CallSid) -> Timestamp {
        match kind {
            CommandKind::Place => self.call(call_sid).map_or(self.now, |call| call.give_up_at),
            CommandKind::HangUp | CommandKind::HangUpStranger | CommandKind::TellLeg => self.now + PERSISTENCE,
            CommandKind::TellCaller | CommandKind::AskCaller | CommandKind::AskLeg | CommandKind::FindLeg => {
                self.now + PATIENCE
            }
            CommandKind::DeleteMessages | CommandKind::DeleteRecordings | CommandKind::DeleteCall => {
                self.now + DELETION
            }
        }
    }

    /// Replaces a command by what has become of it.
    pub(in crate::domain::decide) fn put_command(&mut self, mut command: Command) {
        if command.kind == CommandKind::DeleteMessages {
            if !command.status.is_open() {
                // The number was kept for this only.
                (command.target, command.salt) = (None, None);
            } else if command.salt.is_none() {
                // Of its own: the one of the call's numbers goes when this is ordered.
                command.salt = Some(Salt::new(self.ids, self.now));
            }
        }
        let (id, sid) = (command.id, command.call_sid.clone());
        if self.decision.commands.insert(id, command).is_none() && self.house.command(id).is_none() {
            self.ordered.entry(sid).or_default().push(id);
        }
    }
}
