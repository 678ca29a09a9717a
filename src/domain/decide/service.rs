//! The service itself: its start, with the roster and with what a crash left behind, and its stop.

use std::time::Duration;

use serde_json::json;

use super::draft::{Draft, PATIENCE};
use super::{outbox, plan};
use crate::domain::call::CallStatus;
use crate::domain::command::{Command, CommandKind, CommandStatus};
use crate::domain::event::Subject;
use crate::domain::house::{Contact, House};
use crate::domain::ids::OrganiserId;
use crate::domain::organiser::{Organiser, RosterEntry};

/// How long after a start a phone that was to be rung waits for the answers to our questions.
const QUESTIONS_FIRST: Duration = Duration::from_secs(1);

/// The service has started: the roster is taken over, and everything that was under way is
/// looked after.
pub(super) fn started(draft: &mut Draft<'_>, house: &House, roster: &[RosterEntry]) {
    let live = house.calls().filter(|call| call.status != CallStatus::Ended).count();
    draft.note(Subject::Service, "service.started", json!({ "calls": live, "version": env!("CARGO_PKG_VERSION") }));
    resume_commands(draft, house);
    take_roster(draft, roster);
    ask_after_lines(draft, house);
}

/// The service is about to stop.
pub(super) fn stopping(draft: &mut Draft<'_>) {
    draft.note(Subject::Service, "service.stopping", json!({}));
}

/// Somebody is the same person with another number, but a number with another name is somebody
/// else: what the record says of the one must not become the other's.
fn take_roster(draft: &mut Draft<'_>, roster: &[RosterEntry]) {
    let now = draft.now;
    let known = draft.organisers();
    let mut kept = Vec::new();
    for entry in roster {
        let same_name = || known.iter().filter(|organiser| organiser.name == entry.name);
        let same = same_name().find(|organiser| organiser.number == entry.number);
        let same = same.or_else(|| same_name().find(|organiser| organiser.retired_at.is_none()));
        let id = same.map_or_else(|| OrganiserId::new(draft.ids(), now), |organiser| organiser.id);
        kept.push(id);
        let organiser = Organiser { id, name: entry.name.clone(), number: entry.number.clone(), retired_at: None };
        if same != Some(&organiser) {
            draft.put_organiser(organiser, if same.is_none() { "roster.added" } else { "roster.changed" });
        }
    }
    for gone in known.into_iter().filter(|organiser| organiser.retired_at.is_none() && !kept.contains(&organiser.id)) {
        draft.put_organiser(Organiser { retired_at: Some(now), ..gone }, "roster.removed");
    }
    plan::cancel_off_roster(draft);
}

/// What was on its way when the last service died, and what was still to be sent.
fn resume_commands(draft: &mut Draft<'_>, house: &House) {
    for command in house.commands() {
        match (command.status, command.kind) {
            (CommandStatus::Sending, _) => outbox::interrupted(draft, command.clone()),
            // First we ask whether the caller is still there.
            (CommandStatus::Pending, CommandKind::Place) => {
                let due_at = command.due_at.max(draft.now + QUESTIONS_FIRST);
                draft.put_command(Command { due_at, ..command.clone() });
            }
            (CommandStatus::Pending | CommandStatus::Done | CommandStatus::Failed | CommandStatus::Dropped, _) => {}
        }
    }
}

fn ask_after_lines(draft: &mut Draft<'_>, house: &House) {
    let deadline = draft.now + PATIENCE;
    for call in house.calls().filter(|call| call.status != CallStatus::Ended) {
        draft.hear(Contact::Caller(call.sid.clone()));
        draft.order_once(CommandKind::AskCaller, &call.sid, None, deadline);
    }
    for leg in house.legs().filter(|leg| leg.sid.is_some() && leg.ended_at.is_none()) {
        draft.hear(Contact::Leg(leg.id));
        draft.order_once(CommandKind::AskLeg, &leg.call_sid, Some(leg.id), deadline);
    }
}
