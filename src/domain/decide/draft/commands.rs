//! The commands of a decision: those that there are, and those that it orders.

use super::{Draft, PERSISTENCE};
use crate::domain::command::{Command, CommandKind, CommandStatus};
use crate::domain::ids::{CallSid, CommandId, LegId};
use crate::domain::privacy::Salt;
use crate::domain::time::Timestamp;

impl Draft<'_> {
    /// The open commands of a call.
    pub(in crate::domain::decide) fn open_commands(&self, sid: &CallSid) -> Vec<Command> {
        let stored = self.house.commands_of(sid).map(|stored| self.decision.commands.get(&stored.id).unwrap_or(stored));
        let new = self.decision.commands.values().filter(|command| self.house.command(command.id).is_none());
        let all = stored.chain(new.filter(|command| &command.call_sid == sid));
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

    /// Puts a command into the outbox, due now.
    pub(in crate::domain::decide) fn order(
        &mut self,
        kind: CommandKind,
        call_sid: &CallSid,
        leg_id: Option<LegId>,
        deadline: Timestamp,
    ) {
        let command = self.new_command(kind, call_sid, leg_id, deadline);
        self.put_command(command);
    }

    /// The same, unless it is in the outbox already.
    pub(in crate::domain::decide) fn order_once(
        &mut self,
        kind: CommandKind,
        call_sid: &CallSid,
        leg_id: Option<LegId>,
        deadline: Timestamp,
    ) {
        self.order_once_at(self.now, kind, call_sid, leg_id, deadline);
    }

    /// The same, to be sent at `due_at`.
    pub(in crate::domain::decide) fn order_once_at(
        &mut self,
        due_at: Timestamp,
        kind: CommandKind,
        call_sid: &CallSid,
        leg_id: Option<LegId>,
        deadline: Timestamp,
    ) {
        let open = self.open_commands(call_sid);
        if !open.iter().any(|command| command.kind == kind && command.leg_id == leg_id) {
            let command = self.new_command(kind, call_sid, leg_id, deadline);
            self.put_command(Command { due_at, ..command });
        }
    }

    /// Has a line hung up that claims to be a leg's and isn't.
    pub(in crate::domain::decide) fn order_stranger(&mut self, call_sid: &CallSid, leg_id: LegId, stranger: &CallSid) {
        let deadline = self.now + PERSISTENCE;
        let command = self.new_command(CommandKind::HangUpStranger, call_sid, Some(leg_id), deadline);
        self.put_command(Command { target: Some(stranger.to_string()), ..command });
    }

    pub(in crate::domain::decide) fn new_command(
        &mut self,
        kind: CommandKind,
        call_sid: &CallSid,
        leg_id: Option<LegId>,
        deadline: Timestamp,
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
            deadline,
            result: None,
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
        self.decision.commands.insert(command.id, command);
    }
}
