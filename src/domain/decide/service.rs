//! The service itself: its start, with the roster and with what a crash left behind, and its stop.

use std::time::Duration;

use serde_json::json;

use super::draft::Draft;
use super::outbox;
use crate::domain::call::CallStatus;
use crate::domain::command::{CommandKind, CommandStatus};
use crate::domain::event::Subject;
use crate::domain::house::{Contact, House};
use crate::domain::ids::OrganiserId;
use crate::domain::organiser::{Organiser, RosterEntry};

/// How long the first questions after a start are asked.
const QUESTION: Duration = Duration::from_secs(60);

/// The service has started: the roster is taken over, and everything that was under way is
/// looked after.
pub(super) fn started(draft: &mut Draft<'_>, house: &House, roster: &[RosterEntry]) {
    let live = house.calls().filter(|call| call.status != CallStatus::Ended).count();
    draft.note(Subject::Service, "service.started", json!({ "calls": live, "version": env!("CARGO_PKG_VERSION") }));
    take_roster(draft, roster);
    resume_commands(draft, house);
    ask_after_lines(draft, house);
}

/// The service is about to stop.
pub(super) fn stopping(draft: &mut Draft<'_>) {
    draft.note(Subject::Service, "service.stopping", json!({}));
}

fn take_roster(draft: &mut Draft<'_>, roster: &[RosterEntry]) {
    let now = draft.now;
    let known = draft.organisers();
    let mut kept = Vec::new();
    for entry in roster {
        let same_number = known.iter().find(|organiser| organiser.number == entry.number);
        let same_name =
            || known.iter().find(|organiser| organiser.name == entry.name && organiser.retired_at.is_none());
        let same = same_number.or_else(same_name).filter(|organiser| !kept.contains(&organiser.id));
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
}

/// What was on its way when the last service died: a placement may or may not have reached
/// Twilio, everything else is simply sent again.
fn resume_commands(draft: &mut Draft<'_>, house: &House) {
    for command in house.commands().filter(|command| command.status == CommandStatus::Sending) {
        let mut command = command.clone();
        match (command.kind.is_repeatable(), command.leg_id) {
            (false, Some(leg_id)) => {
                command.status = CommandStatus::Done;
                command.result = Some("interrupted".to_owned());
                if draft.leg(leg_id).is_some_and(|leg| leg.sid.is_none()) {
                    outbox::interrupted(draft, leg_id);
                }
            }
            (true, _) | (false, None) => {
                command.status = CommandStatus::Pending;
                command.due_at = draft.now;
            }
        }
        draft.put_command(command);
    }
}

fn ask_after_lines(draft: &mut Draft<'_>, house: &House) {
    let deadline = draft.now + QUESTION;
    for call in house.calls().filter(|call| call.status != CallStatus::Ended) {
        draft.hear(Contact::Caller(call.sid.clone()));
        draft.order(CommandKind::AskCaller, &call.sid, None, deadline);
    }
    for leg in house.legs().filter(|leg| leg.sid.is_some() && leg.ended_at.is_none()) {
        draft.hear(Contact::Leg(leg.id));
        draft.order(CommandKind::AskLeg, &leg.call_sid, Some(leg.id), deadline);
    }
}
