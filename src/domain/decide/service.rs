//! The service itself: its start, with the roster and with what a crash left behind, and its stop.

use std::time::Duration;

use serde_json::json;

use super::draft::{DELETION_WAITS, Draft};
use super::{outbox, plan};
use crate::domain::call::CallStatus;
use crate::domain::command::{Command, CommandKind, CommandStatus};
use crate::domain::contact::Contact;
use crate::domain::event::Subject;
use crate::domain::house::House;
use crate::domain::ids::OrganiserId;
use crate::domain::input::{Absence, Start};
use crate::domain::leg::LegStatus;
use crate::domain::organiser::{Organiser, RosterEntry};
use crate::domain::privacy::{Identity, Salt};

/// How long after a start a phone that was to be rung waits for the answers to our questions.
const QUESTIONS_FIRST: Duration = Duration::from_secs(1);

/// The service has started: its configuration is taken over, and everything that was under way is
/// looked after.
pub(super) fn started(draft: &mut Draft<'_>, house: &House, start: &Start) {
    begin_record(draft);
    draft.note(Subject::Service, "service.started", json!({ "version": env!("CARGO_PKG_VERSION") }));
    note_gap(draft, house);
    take_configuration(draft, house, start);
    resume_commands(draft, house);
    take_roster(draft, &start.roster);
    ask_after_lines(draft, house);
}

/// The first event of a record says which one it is.
fn begin_record(draft: &mut Draft<'_>) {
    if draft.identity().is_some() {
        return;
    }
    let now = draft.now;
    let identity = Identity::new(draft.ids(), now);
    let detail = json!({ "log": identity.log_id, "secret": identity.secret_digest() });
    draft.note(Subject::Service, "record.created", detail);
    draft.put_identity(identity);
}

/// Nobody was there since the last event; the calls that are live now lived through it.
fn note_gap(draft: &mut Draft<'_>, house: &House) {
    let Some((from, cause)) = &house.past().before_start.last_event else { return };
    let live = house.calls().filter(|call| call.status != CallStatus::Ended);
    let live: Vec<_> = live.map(|call| call.sid.as_str()).collect();
    let stopped = cause == "service.stopping";
    let detail = json!({ "from": from, "to": draft.now, "stopped": stopped, "calls": live });
    draft.note(Subject::Service, "service.gap", detail);
}

/// What is configured, and what is said, goes on record where it differs from before.
fn take_configuration(draft: &mut Draft<'_>, house: &House, start: &Start) {
    let before = &house.past().before_start;
    // The texts in force belong to it: an earlier one may come back.
    let mut configuration = start.configuration.clone();
    for text in &start.texts {
        configuration.insert(format!("text {}", text.prompt), json!(text.version));
    }
    if before.configuration.as_ref() != Some(&configuration) {
        draft.note(Subject::Service, "configuration.is", json!({ "configuration": configuration }));
    }
    let new: Vec<_> = start.texts.iter().filter(|text| !before.texts.contains(&text.version)).collect();
    if !new.is_empty() {
        let versions: Vec<_> = new.iter().map(|text| text.version.as_str()).collect();
        draft.note(Subject::Service, "texts.added", json!({ "texts": versions }));
    }
    for text in new {
        draft.put_text(text.clone());
    }
}

/// What was decided from memory is in the record now, under the times at which it came.
pub(super) fn caught_up(draft: &mut Draft<'_>, absence: &Absence) {
    let detail = json!({ "from": absence.from, "spool": absence.spool, "inputs": absence.inputs });
    draft.note(Subject::Service, "service.caught_up", detail);
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
        let salt = same.map_or_else(|| Salt::new(draft.ids(), now), |organiser| organiser.salt.clone());
        let (name, number) = (entry.name.clone(), entry.number.clone());
        let organiser = Organiser { id, name, number, salt, retired_at: None };
        if same != Some(&organiser) {
            draft.put_organiser(organiser, if same.is_none() { "roster.added" } else { "roster.changed" });
        }
    }
    for gone in known.into_iter().filter(|organiser| organiser.retired_at.is_none() && !kept.contains(&organiser.id)) {
        draft.put_organiser(Organiser { retired_at: Some(now), ..gone }, "roster.removed");
    }
    plan::cancel_off_roster(draft);
}

/// What was on its way when the last service died, and what was still to be sent. The clock may have been set since: no
/// time to send it is taken over, nor to give it up, but for placements, which end with the caller's wait, and deletions,
/// which have weeks.
fn resume_commands(draft: &mut Draft<'_>, house: &House) {
    for command in house.commands() {
        let is_placement = command.kind == CommandKind::Place;
        match command.status {
            CommandStatus::Pending if is_placement => {
                // First we ask whether the caller is still there.
                draft.put_command(Command { due_at: draft.now + QUESTIONS_FIRST, ..command.clone() });
            }
            CommandStatus::Pending if command.kind.is_deletion() => {
                let due_at = command.due_at.min(draft.now + DELETION_WAITS);
                draft.put_command(Command { due_at, ..command.clone() });
            }
            CommandStatus::Sending if is_placement || command.kind.is_deletion() => {
                outbox::interrupted(draft, command.clone());
            }
            CommandStatus::Pending | CommandStatus::Sending => draft.order_anew(command),
            CommandStatus::Done | CommandStatus::Failed | CommandStatus::Dropped => {}
        }
    }
}

fn ask_after_lines(draft: &mut Draft<'_>, house: &House) {
    for call in house.calls().filter(|call| call.status != CallStatus::Ended) {
        draft.hear(Contact::Caller(call.sid.clone()));
        draft.order_once(CommandKind::AskCaller, &call.sid, None);
    }
    for leg in house.legs().filter(|leg| leg.ended_at.is_none()) {
        if leg.sid.is_some() {
            draft.hear(Contact::Leg(leg.id));
            draft.order_once(CommandKind::AskLeg, &leg.call_sid, Some(leg.id));
        } else if leg.status == LegStatus::Unclear {
            draft.hear(Contact::Unclear(leg.id));
        }
    }
}
