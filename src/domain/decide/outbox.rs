//! Handing out commands: which are due, which are no longer wanted, and what exactly is sent.

use std::time::Duration;

use super::draft::Draft;
use super::settle;
use crate::domain::call::{Call, CallStatus};
use crate::domain::command::{Claimed, Command, CommandKind, CommandStatus, Effect};
use crate::domain::ids::CallSid;
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::phone::CallerId;

/// The shortest ringing that is asked for: less would not reach a pocket.
const SHORTEST_RING: Duration = Duration::from_secs(5);

/// Hands out what is due: deeds before placements before questions, the oldest first.
pub(super) fn claim(draft: &mut Draft<'_>, mut placements: usize, total: usize) -> Vec<Claimed> {
    let mut claimed = Vec::new();
    for command in draft.due_commands() {
        if claimed.len() == total {
            break;
        }
        let is_placement = command.kind == CommandKind::Place;
        if is_placement && placements == 0 {
            continue;
        }
        if let Some(effect) = take(draft, command.clone()) {
            claimed.push(Claimed { id: command.id, effect });
            placements -= usize::from(is_placement);
        }
    }
    claimed
}

/// Marks one command as on its way, or drops it if it is no longer wanted.
fn take(draft: &mut Draft<'_>, mut command: Command) -> Option<Effect> {
    if draft.now > command.deadline {
        expire(draft, command);
        return None;
    }
    let effect = effect(draft, &command);
    command.status = if effect.is_some() { CommandStatus::Sending } else { CommandStatus::Dropped };
    command.tries += u32::from(effect.is_some());
    command.due_at = draft.now;
    if let Some(Effect::Place { leg_id, .. }) = &effect {
        draft.move_leg(*leg_id, LegStatus::Dialing, None, "outbox.place");
    }
    draft.put_command(command);
    effect
}

fn expire(draft: &mut Draft<'_>, mut command: Command) {
    let now = draft.now;
    command.status = CommandStatus::Failed;
    // What Twilio said to the last try tells more.
    command.result.get_or_insert_with(|| "too_late".to_owned());
    if let (CommandKind::Place, Some(leg_id)) = (command.kind, command.leg_id) {
        draft.move_leg(leg_id, LegStatus::Failed, Some(Reason::Unreachable), "outbox.too_late");
        draft.change_leg(leg_id, |leg| leg.ended_at = Some(now));
    }
    draft.put_command(command);
}

fn effect(draft: &Draft<'_>, command: &Command) -> Option<Effect> {
    let leg = command.leg_id.and_then(|id| draft.leg(id));
    let line = leg.filter(|leg| leg.ended_at.is_none());
    let line_sid = line.and_then(|leg| leg.sid.clone());
    match command.kind {
        CommandKind::Place => place(draft, leg?),
        CommandKind::HangUp => Some(Effect::HangUp { sid: line_sid?, picked_up: line?.is_picked_up() }),
        CommandKind::TellLeg => Some(Effect::TellLeg { sid: line_sid?, leg_id: line?.id }),
        CommandKind::AskLeg => Some(Effect::Ask { sid: line_sid? }),
        CommandKind::FindLeg => {
            let lost = line.filter(|leg| leg.status == LegStatus::Unclear)?;
            Some(Effect::Find { to: lost.number.clone()? })
        }
        CommandKind::TellCaller | CommandKind::AskCaller => {
            let call = draft.call(&command.call_sid).filter(|call| call.ended_at.is_none())?;
            let sid = call.sid.clone();
            match command.kind {
                CommandKind::AskCaller => Some(Effect::Ask { sid }),
                _ => is_left_alone(draft, call).then_some(Effect::TellCaller { sid }),
            }
        }
        CommandKind::HangUpStranger => Some(Effect::HangUp { sid: target_line(command)?, picked_up: true }),
        CommandKind::DeleteMessages => Some(Effect::DeleteMessages { with: CallerId::new(command.target.as_deref()?) }),
        CommandKind::DeleteRecordings => Some(Effect::DeleteRecordings { sid: target_line(command)? }),
        CommandKind::DeleteCall => Some(Effect::DeleteCall { sid: target_line(command)? }),
    }
}

/// Whether the caller still has to be told that nobody is there: they may have asked for the team again meanwhile, and
/// talk to somebody.
fn is_left_alone(draft: &Draft<'_>, call: &Call) -> bool {
    match call.status {
        CallStatus::Unanswered => true,
        CallStatus::Active => settle::winner(draft, &call.sid).is_none(),
        CallStatus::Pending | CallStatus::Ended => false,
    }
}

fn target_line(command: &Command) -> Option<CallSid> {
    command.target.as_ref()?.parse().ok()
}

fn place(draft: &Draft<'_>, leg: &Leg) -> Option<Effect> {
    let call = draft.call(&leg.call_sid)?;
    let wanted = call.is_open() && call.round == leg.round && leg.status == LegStatus::Planned;
    let to = leg.number.clone().filter(|_| wanted)?;
    Some(Effect::Place { leg_id: leg.id, to, ring: ring(draft, call) })
}

/// How long a phone that is rung now is to ring for this call.
pub(super) fn ring(draft: &Draft<'_>, call: &Call) -> Duration {
    let left = call.give_up_at.since(draft.now);
    draft.settings.ring.min(left).max(SHORTEST_RING)
}

/// What becomes of a command whose sending was cut off: nobody can know whether a phone rings
/// because of it; everything else is simply sent again.
pub(super) fn interrupted(draft: &mut Draft<'_>, mut command: Command) {
    command.result = Some("interrupted".to_owned());
    match (command.kind.is_repeatable(), command.leg_id) {
        (false, Some(leg_id)) => {
            command.status = CommandStatus::Done;
            if draft.leg(leg_id).is_some_and(|leg| leg.sid.is_none()) {
                draft.move_leg(leg_id, LegStatus::Unclear, None, "outbox.interrupted");
            }
        }
        (true, _) | (false, None) => {
            command.status = CommandStatus::Pending;
            command.due_at = draft.now;
        }
    }
    draft.put_command(command);
}
