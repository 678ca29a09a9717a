//! What came of a command, and what follows from it.

use std::time::Duration;

use super::draft::{DELETION_WAITS, Draft};
use super::{line, plan, settle};
use crate::domain::call::{CallStatus, Outcome};
use crate::domain::command::{Command, CommandKind, CommandResult, CommandStatus, LineFact, back_off};
use crate::domain::contact::Contact;
use crate::domain::event::Source;
use crate::domain::ids::{CallSid, CommandId, LegId};
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::time::Timestamp;

/// Clocks differ: a line that Twilio made this much before we asked for it may still be ours.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(5);

/// How long an unclear leg is looked for while Twilio doesn't answer.
const SEARCH: Duration = Duration::from_secs(600);

/// The longest that Twilio's `Retry-After` is obeyed: a caller waits, or a phone rings.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What came of a command that certainly did not reach Twilio.
const UNREACHABLE: &str = "unreachable";

/// Takes in what came of a command.
pub(super) fn done(draft: &mut Draft<'_>, id: CommandId, result: &CommandResult) {
    let Some(command) = draft.command(id).cloned().filter(|command| command.status.is_open()) else { return };
    if !is_its_line(draft, &command, result) {
        return;
    }
    if !matches!(result, CommandResult::Busy { .. } | CommandResult::Unreachable | CommandResult::Unclear) {
        draft.hear(Contact::Reached);
        hurry(draft);
    }
    match (command.kind, command.leg_id) {
        (CommandKind::Place, Some(leg_id)) => placed(draft, command, leg_id, result),
        (CommandKind::FindLeg, Some(leg_id)) => {
            draft.source = Source::Reconcile;
            found(draft, command, leg_id, result);
        }
        (CommandKind::HangUp | CommandKind::TellLeg | CommandKind::AskLeg, Some(leg_id)) => {
            if command.kind == CommandKind::AskLeg {
                draft.source = Source::Reconcile;
            }
            leg_line(draft, command, leg_id, result);
        }
        (CommandKind::TellCaller | CommandKind::AskCaller, _) => {
            draft.source = Source::Reconcile;
            caller_line(draft, command, result);
        }
        (CommandKind::HangUpStranger, _) => close_or_retry(draft, command, result),
        (CommandKind::DeleteMessages | CommandKind::DeleteRecordings | CommandKind::DeleteCall, _) => {
            deleted(draft, command, result);
        }
        (CommandKind::Place | CommandKind::FindLeg | CommandKind::HangUp, None)
        | (CommandKind::TellLeg | CommandKind::AskLeg, None) => close(draft, command, CommandStatus::Failed, "no_leg"),
    }
}

/// Twilio is there again: what could not reach it is sent at once, and above all whether the caller is still there is
/// asked no later than a phone rings for them.
fn hurry(draft: &mut Draft<'_>) {
    for mut command in draft.delayed_commands(UNREACHABLE) {
        command.due_at = draft.now;
        draft.put_command(command);
    }
}

/// Whether an answer can be this command's: what is said of another line was never asked by it, whatever gave it that id.
fn is_its_line(draft: &Draft<'_>, command: &Command, result: &CommandResult) -> bool {
    let CommandResult::Line(fact) = result else { return true };
    let line = match command.kind {
        CommandKind::TellCaller | CommandKind::AskCaller => Some(command.call_sid.clone()),
        CommandKind::HangUp | CommandKind::TellLeg | CommandKind::AskLeg => {
            command.leg_id.and_then(|id| draft.leg(id)?.sid.clone())
        }
        CommandKind::Place
        | CommandKind::FindLeg
        | CommandKind::HangUpStranger
        | CommandKind::DeleteMessages
        | CommandKind::DeleteRecordings
        | CommandKind::DeleteCall => None,
    };
    line.is_none_or(|line| line == fact.sid)
}

fn placed(draft: &mut Draft<'_>, command: Command, leg_id: LegId, result: &CommandResult) {
    let now = draft.now;
    let known = draft.leg(leg_id).is_some_and(|leg| leg.sid.is_some());
    let acted = matches!(result, CommandResult::Line(_) | CommandResult::Rejected { .. });
    draft.hear(if acted { Contact::Placed } else { Contact::NotPlaced });
    match result {
        CommandResult::Line(fact) => {
            close(draft, command, CommandStatus::Done, "placed");
            if line::adopt(draft, leg_id, &fact.sid) {
                take_in(draft, leg_id, fact);
            }
        }
        // Whatever the answer says, the line's own webhooks have shown that it is there.
        _ if known => close(draft, command, CommandStatus::Done, "placed"),
        CommandResult::Rejected { code } => {
            close(draft, command, CommandStatus::Failed, &format!("twilio_{code}"));
            draft.move_leg(leg_id, LegStatus::Failed, Some(Reason::Twilio(*code)), format_args!("twilio.error.{code}"));
            draft.change_leg(leg_id, |leg| leg.ended_at = Some(now));
            settle::leg_is_over(draft, leg_id);
        }
        CommandResult::Busy { retry_after } => place_again(draft, command, leg_id, *retry_after, "busy"),
        CommandResult::Unreachable => place_again(draft, command, leg_id, None, UNREACHABLE),
        CommandResult::Unclear
        | CommandResult::NotFound
        | CommandResult::Redirected
        | CommandResult::NotInProgress
        | CommandResult::Deleted
        | CommandResult::Listed(_) => {
            close(draft, command, CommandStatus::Done, "unclear");
            draft.move_leg(leg_id, LegStatus::Unclear, None, "outbox.unclear");
        }
    }
}

/// Twilio certainly did not act: the leg may be placed again, while it is wanted and in time.
fn place_again(draft: &mut Draft<'_>, mut command: Command, leg_id: LegId, after: Option<Duration>, word: &str) {
    let now = draft.now;
    let Some(leg) = draft.leg(leg_id).cloned() else { return };
    let wanted = draft.is_wanted(&leg);
    let due_at = now + pause(draft, &command, after, word);
    if wanted && due_at < command.deadline {
        draft.move_leg(leg_id, LegStatus::Planned, None, format_args!("outbox.{word}"));
        command.status = CommandStatus::Pending;
        command.due_at = due_at;
        command.result = Some(word.to_owned());
        draft.put_command(command);
        return;
    }
    close(draft, command, CommandStatus::Failed, word);
    if wanted {
        draft.move_leg(leg_id, LegStatus::Failed, Some(Reason::Unreachable), format_args!("outbox.{word}"));
    } else {
        let why = settle::why_released(draft, &leg);
        draft.move_leg(leg_id, LegStatus::Canceled, Some(why), format_args!("released.{why}"));
    }
    draft.change_leg(leg_id, |leg| leg.ended_at = Some(now));
    settle::leg_is_over(draft, leg_id);
}

/// The lines to the organiser's number, one of which may be the leg's.
fn found(draft: &mut Draft<'_>, command: Command, leg_id: LegId, result: &CommandResult) {
    let Some(leg) = draft.leg(leg_id).cloned() else { return };
    if leg.sid.is_some() || leg.status != LegStatus::Unclear {
        close(draft, command, CommandStatus::Done, "found_meanwhile");
        return;
    }
    let CommandResult::Listed(lines) = result else {
        let since = draft.looked_for_since(&leg);
        let has_placed = draft.heard(&Contact::Placed).is_some_and(|at| since.is_none_or(|since| since < at));
        if !has_placed && !matches!(result, CommandResult::Rejected { .. }) {
            // The legs of a call that is over may have every phone: then nothing else shows that Twilio is away.
            draft.hear(Contact::NotPlaced);
        }
        if since.is_some_and(|since| draft.now.since(since) > SEARCH) {
            close(draft, command, CommandStatus::Failed, "gave_up");
            absent(draft, &leg);
        } else {
            close_or_retry(draft, command, result);
        }
        return;
    };
    close(draft, command, CommandStatus::Done, "listed");
    let mut candidates: Vec<&LineFact> = lines.iter().filter(|fact| may_be(draft, &leg, fact)).collect();
    candidates.sort_by_key(|fact| fact.created_at);
    let mut candidates = candidates.into_iter();
    if let Some(fact) = candidates.next() {
        line::adopt(draft, leg_id, &fact.sid);
        take_in(draft, leg_id, fact);
        for extra in candidates.filter(|fact| !fact.status.is_terminal()) {
            line::hang_up_stranger(draft, &leg, &extra.sid);
        }
        return;
    }
    draft.change_leg(leg_id, |leg| leg.lookups += 1);
    if leg.lookups + 1 >= super::deadline::LOOKUPS {
        absent(draft, &leg);
    }
}

fn may_be(draft: &Draft<'_>, leg: &Leg, fact: &LineFact) -> bool {
    let since = leg.dialed_at.unwrap_or(leg.planned_at) - CLOCK_DIFFERENCE;
    fact.outbound_api && !draft.is_line_of_a_leg(&fact.sid) && fact.created_at.is_none_or(|created| created >= since)
}

/// Twilio knows nothing of the leg. The organiser may be rung once more.
fn absent(draft: &mut Draft<'_>, leg: &Leg) {
    let now = draft.now;
    draft.move_leg(leg.id, LegStatus::Failed, Some(Reason::Absent), "twilio.absent");
    draft.change_leg(leg.id, |leg| leg.ended_at = Some(now));
    plan::replace_leg(draft, leg);
    settle::give_up_if_all_failed(draft, &leg.call_sid);
}

/// Hanging up, sending on or asking after a leg's line.
fn leg_line(draft: &mut Draft<'_>, command: Command, leg_id: LegId, result: &CommandResult) {
    draft.hear(Contact::Leg(leg_id));
    let Some(leg) = draft.leg(leg_id).cloned() else { return };
    match result {
        CommandResult::Line(fact) if command.kind == CommandKind::HangUp && !fact.status.is_terminal() => {
            take_in(draft, leg_id, fact);
            retry(draft, command, None, "still_up");
        }
        CommandResult::Line(fact) => {
            close(draft, command, CommandStatus::Done, fact.status.as_str());
            take_in(draft, leg_id, fact);
            hang_up_if_over(draft, leg_id);
        }
        // Reads lag behind: a phone that has just been placed may still be unknown.
        CommandResult::NotFound if command.kind == CommandKind::AskLeg && is_fresh(draft, &leg) => {
            close(draft, command, CommandStatus::Done, "not_found_yet");
        }
        CommandResult::NotFound => {
            close(draft, command, CommandStatus::Done, "not_found");
            let end = if leg.is_picked_up() { LineStatus::Completed } else { LineStatus::Canceled };
            line::has_ended(draft, leg_id, end, None, "twilio.not_found", draft.now);
            settle::leg_is_over(draft, leg_id);
        }
        CommandResult::NotInProgress => {
            close(draft, command, CommandStatus::Done, "not_in_progress");
            settle::hang_up(draft, &leg);
        }
        CommandResult::Rejected { code } if command.kind == CommandKind::TellLeg => {
            close(draft, command, CommandStatus::Failed, &format!("twilio_{code}"));
            settle::hang_up(draft, &leg);
        }
        // A phone must not ring on because Twilio did not like our token for a moment.
        CommandResult::Rejected { code } if command.kind == CommandKind::HangUp => {
            retry(draft, command, None, &format!("twilio_{code}"));
        }
        CommandResult::Redirected
        | CommandResult::Deleted
        | CommandResult::Listed(_)
        | CommandResult::Rejected { .. }
        | CommandResult::Busy { .. }
        | CommandResult::Unreachable
        | CommandResult::Unclear => close_or_retry(draft, command, result),
    }
}

fn take_in(draft: &mut Draft<'_>, leg_id: LegId, fact: &LineFact) {
    let at = since(draft, fact);
    line::take_in(draft, leg_id, fact.status, None, at);
}

/// Since when a line is as it is. Twilio's word counts where we were away; it is to the second
/// and by Twilio's clock, so that ours is better for what has just happened.
fn since(draft: &Draft<'_>, fact: &LineFact) -> Timestamp {
    let long_ago = |ended: &Timestamp| draft.now.since(*ended) > CLOCK_DIFFERENCE;
    fact.ended_at.filter(long_ago).unwrap_or(draft.now)
}

/// A line that is up although its leg is over was not reached by our hang-up.
fn hang_up_if_over(draft: &mut Draft<'_>, leg_id: LegId) {
    let Some(leg) = draft.leg(leg_id).cloned() else { return };
    if leg.status != LegStatus::Joined && !draft.is_wanted(&leg) {
        settle::hang_up(draft, &leg);
    }
}

fn is_fresh(draft: &Draft<'_>, leg: &Leg) -> bool {
    let limit = draft.settings.ring + CLOCK_DIFFERENCE;
    draft.is_wanted(leg) && leg.dialed_at.is_some_and(|dialed| draft.now.since(dialed) < limit)
}

/// Sending on or asking after the caller's line.
fn caller_line(draft: &mut Draft<'_>, command: Command, result: &CommandResult) {
    let sid = command.call_sid.clone();
    draft.hear(Contact::Caller(sid.clone()));
    match result {
        CommandResult::Line(fact) => {
            close(draft, command, CommandStatus::Done, fact.status.as_str());
            if fact.status.is_terminal() {
                let at = since(draft, fact);
                settle::leave(draft, &sid, &format!("twilio.{}", fact.status), at);
            }
        }
        CommandResult::NotFound => {
            close(draft, command, CommandStatus::Done, "not_found");
            not_found(draft, &sid);
        }
        CommandResult::NotInProgress => {
            close(draft, command, CommandStatus::Done, "not_in_progress");
            draft.order(CommandKind::AskCaller, &sid, None);
        }
        CommandResult::Redirected => {
            close(draft, command, CommandStatus::Done, "redirected");
            draft.hear(Contact::Fetched(sid));
        }
        CommandResult::Deleted
        | CommandResult::Listed(_)
        | CommandResult::Rejected { .. }
        | CommandResult::Busy { .. }
        | CommandResult::Unreachable
        | CommandResult::Unclear => close_or_retry(draft, command, result),
    }
}

/// Twilio does not know the caller's line. Reads lag behind, so this ends a call only when
/// nobody talks in it and nobody is being rung for it.
fn not_found(draft: &mut Draft<'_>, sid: &CallSid) {
    let Some(call) = draft.call(sid).cloned() else { return };
    let settled = match call.status {
        CallStatus::Pending | CallStatus::Ended => false,
        CallStatus::Active => settle::winner(draft, sid).is_none(),
        CallStatus::Unanswered => true,
    };
    if settled {
        let outcome = match call.outcome_on_leaving() {
            Outcome::Abandoned => Outcome::Failed,
            outcome => outcome,
        };
        settle::end(draft, sid, outcome, "twilio.not_found", draft.now);
    }
}

/// Ends a repeatable command, or has it sent again if Twilio did not say yes or no.
fn close_or_retry(draft: &mut Draft<'_>, command: Command, result: &CommandResult) {
    match result {
        CommandResult::Busy { retry_after } => retry(draft, command, *retry_after, "busy"),
        CommandResult::Unreachable => retry(draft, command, None, UNREACHABLE),
        CommandResult::Unclear => retry(draft, command, None, "unclear"),
        // The next question may be answered: what we ask about is there, as far as we know.
        CommandResult::Rejected { code } if command.kind.is_question() => {
            retry(draft, command, None, &format!("twilio_{code}"));
        }
        CommandResult::Rejected { code } => close(draft, command, CommandStatus::Failed, &format!("twilio_{code}")),
        CommandResult::Line(fact) => close(draft, command, CommandStatus::Done, fact.status.as_str()),
        CommandResult::Redirected => close(draft, command, CommandStatus::Done, "redirected"),
        CommandResult::NotInProgress => close(draft, command, CommandStatus::Done, "not_in_progress"),
        CommandResult::NotFound => close(draft, command, CommandStatus::Done, "not_found"),
        CommandResult::Deleted => close(draft, command, CommandStatus::Done, "deleted"),
        CommandResult::Listed(_) => close(draft, command, CommandStatus::Done, "listed"),
    }
}

/// How long until a command is sent again: what Twilio asks for, within reason. Not long, if another has reached Twilio
/// since this one, which did not, was sent.
fn pause(draft: &Draft<'_>, command: &Command, after: Option<Duration>, word: &str) -> Duration {
    let is_back = word == UNREACHABLE && draft.heard(&Contact::Reached).is_some_and(|at| at >= command.due_at);
    let tries = if is_back { 1 } else { command.tries };
    after.unwrap_or_default().min(LONGEST_PAUSE).max(back_off(tries))
}

/// Twilio was to delete something. Whatever it says against it may pass, and there is time: it is asked
/// again, less and less often.
fn deleted(draft: &mut Draft<'_>, command: Command, result: &CommandResult) {
    let code;
    let word = match result {
        CommandResult::Deleted | CommandResult::NotFound => {
            return close(draft, command, CommandStatus::Done, "deleted");
        }
        CommandResult::Busy { .. } => "busy",
        CommandResult::Unreachable => UNREACHABLE,
        CommandResult::Unclear => "unclear",
        CommandResult::Rejected { code: number } => {
            code = format!("twilio_{number}");
            &code
        }
        CommandResult::Line(_)
        | CommandResult::Redirected
        | CommandResult::NotInProgress
        | CommandResult::Listed(_) => "strange",
    };
    let wait = Duration::from_secs(1 << command.tries.min(32)).min(DELETION_WAITS);
    postpone(draft, command, draft.now + wait, word);
}

fn retry(draft: &mut Draft<'_>, command: Command, after: Option<Duration>, word: &str) {
    let due_at = draft.now + pause(draft, &command, after, word);
    postpone(draft, command, due_at, word);
}

/// Has a command sent again then, if that is not too late.
fn postpone(draft: &mut Draft<'_>, mut command: Command, due_at: Timestamp, word: &str) {
    if due_at >= command.deadline {
        close(draft, command, CommandStatus::Failed, word);
        return;
    }
    command.status = CommandStatus::Pending;
    command.due_at = due_at;
    command.result = Some(word.to_owned());
    draft.put_command(command);
}

fn close(draft: &mut Draft<'_>, mut command: Command, status: CommandStatus, result: &str) {
    command.status = status;
    command.result = Some(result.to_owned());
    draft.put_command(command);
}
