//! What is overdue. Deadlines are not stored: they follow from the rows and from when we last
//! heard of a line, so that a restart has nothing to re-arm.

use std::collections::BTreeSet;
use std::time::Duration;

use super::draft::Draft;
use super::{outbox, settle};
use crate::domain::call::{Call, CallStatus};
use crate::domain::command::{CommandKind, CommandStatus};
use crate::domain::contact::Contact;
use crate::domain::event::Source;
use crate::domain::house::House;
use crate::domain::ids::{CallSid, CommandId, LegId};
use crate::domain::leg::{Leg, LegStatus};
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;

/// How often Twilio is asked for an unclear leg before it is taken for absent.
pub(super) const LOOKUPS: u32 = 2;

/// When it is asked, counted from when it became unclear, or from a start since.
const LOOK_UP_AT: [Duration; LOOKUPS as usize] = [Duration::from_secs(1), Duration::from_secs(3)];

/// How long the winner waits for the caller before we ask Twilio where they are.
const CALLER_EXPECTED: Duration = Duration::from_secs(3);

/// How long the winner waits for the caller at all.
const WINNER_WAITS: Duration = Duration::from_secs(8);

/// How long sending a command may take; longer, and whoever sent it is gone.
const SENDING: Duration = Duration::from_secs(30);

/// When something must happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agenda {
    /// When the next deadline is due: then an [`Input::Tick`](crate::domain::input::Input::Tick).
    pub tick_at: Option<Timestamp>,
    /// When the next phone is to be rung; the account's pace may want it later.
    pub placement_at: Option<Timestamp>,
    /// When the next of all other commands is due.
    pub command_at: Option<Timestamp>,
}

/// When something must happen next in this house.
pub fn agenda(house: &House, settings: &Settings) -> Agenda {
    let due = |is_placement: bool| {
        let pending = house.commands().filter(|command| command.status == CommandStatus::Pending);
        pending
            .filter(|command| (command.kind == CommandKind::Place) == is_placement)
            .map(|command| command.due_at)
            .min()
    };
    Agenda {
        tick_at: deadlines(house, settings).into_iter().map(|(at, _)| at).min(),
        placement_at: due(true),
        command_at: due(false),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due<'a> {
    GiveUp(&'a CallSid),
    AskCaller(&'a CallSid),
    ReleaseWinner(LegId),
    FindLeg(LegId),
    AskLeg(LegId),
    Interrupted(CommandId),
}

/// Deals with all that is overdue.
pub(super) fn tick(draft: &mut Draft<'_>, house: &House) {
    let mut overdue = deadlines(house, draft.settings);
    overdue.retain(|(at, _)| *at <= draft.now);
    overdue.sort_by_key(|(at, _)| *at);
    for (_, due) in overdue {
        draft.source = Source::Timer;
        meet(draft, due);
    }
}

fn meet(draft: &mut Draft<'_>, due: Due<'_>) {
    match due {
        Due::GiveUp(sid) => settle::give_up(draft, sid, "timer.give_up"),
        Due::AskCaller(sid) => {
            draft.hear(Contact::Caller(sid.clone()));
            draft.order(CommandKind::AskCaller, sid, None);
        }
        Due::ReleaseWinner(id) => {
            if let Some(leg) = draft.leg(id).cloned() {
                settle::release_winner(draft, &leg);
            }
        }
        Due::Interrupted(id) => {
            if let Some(command) = draft.command(id).cloned() {
                outbox::interrupted(draft, command);
            }
        }
        Due::FindLeg(id) | Due::AskLeg(id) => {
            draft.hear(Contact::Leg(id));
            let kind = if due == Due::FindLeg(id) { CommandKind::FindLeg } else { CommandKind::AskLeg };
            if let Some(leg) = draft.leg(id).cloned() {
                draft.order(kind, &leg.call_sid, Some(id));
            }
        }
    }
}

fn deadlines<'a>(house: &'a House, settings: &Settings) -> Vec<(Timestamp, Due<'a>)> {
    let mut all = Vec::new();
    let asked = asked(house);
    for call in house.calls().filter(|call| call.status != CallStatus::Ended) {
        if call.is_open() {
            all.push((call.give_up_at, Due::GiveUp(&call.sid)));
        }
        if !asked.contains(&(&call.sid, None)) {
            all.push((caller_quiet_at(house, call), Due::AskCaller(&call.sid)));
        }
    }
    for leg in house.legs().filter(|leg| leg.ended_at.is_none()) {
        if let (Some(joined_at), None, None) = (leg.joined_at, leg.connected_at, leg.disconnected_at) {
            all.push((joined_at + WINNER_WAITS, Due::ReleaseWinner(leg.id)));
        }
        if !asked.contains(&(&leg.call_sid, Some(leg.id))) {
            all.extend(leg_deadline(house, settings, leg));
        }
    }
    for command in house.commands().filter(|command| command.status == CommandStatus::Sending) {
        all.push((command.due_at + SENDING, Due::Interrupted(command.id)));
    }
    all
}

/// The lines about which a question is under way.
fn asked(house: &House) -> BTreeSet<(&CallSid, Option<LegId>)> {
    let open = house.commands().filter(|command| command.status.is_open() && command.kind.is_question());
    open.map(|question| (&question.call_sid, question.leg_id)).collect()
}

fn caller_quiet_at(house: &House, call: &Call) -> Timestamp {
    let heard = house.heard(&Contact::Caller(call.sid.clone())).unwrap_or(call.started_at);
    let winner = house
        .legs_of(&call.sid)
        .iter()
        .filter_map(|id| house.leg(*id))
        .find(|leg| leg.round == call.round && leg.joined_at.is_some());
    match (call.status, winner.and_then(|leg| leg.joined_at)) {
        (CallStatus::Active, Some(joined_at)) if !call.caller_in_room => heard.max(joined_at) + CALLER_EXPECTED,
        // A held request and its pause take 7 s, a round of our ringing tone 12 s.
        (CallStatus::Pending, _) => heard + Duration::from_secs(25),
        (CallStatus::Active, _) => heard + Duration::from_secs(60),
        (CallStatus::Unanswered | CallStatus::Ended, _) => heard + Duration::from_secs(30),
    }
}

fn leg_deadline(house: &House, settings: &Settings, leg: &Leg) -> Option<(Timestamp, Due<'static>)> {
    if let Some(since) = house.looked_for_since(leg) {
        let wait = LOOK_UP_AT.get(leg.lookups as usize).copied().unwrap_or_default();
        return Some((since + wait, Due::FindLeg(leg.id)));
    }
    leg.sid.as_ref()?;
    let heard = house.heard(&Contact::Leg(leg.id)).or(leg.dialed_at).unwrap_or(leg.planned_at);
    let wanted = house.call(&leg.call_sid).is_some_and(|call| call.is_open() && call.round == leg.round);
    let quiet = match leg.status {
        LegStatus::Planned | LegStatus::Dialing | LegStatus::Ringing | LegStatus::Unclear if wanted => {
            settings.ring + Duration::from_secs(15)
        }
        LegStatus::Answered => Duration::from_secs(40),
        LegStatus::Joined => Duration::from_secs(60),
        LegStatus::Planned
        | LegStatus::Dialing
        | LegStatus::Ringing
        | LegStatus::Unclear
        | LegStatus::Completed
        | LegStatus::Lost
        | LegStatus::Declined
        | LegStatus::Machine
        | LegStatus::Busy
        | LegStatus::NoAnswer
        | LegStatus::Failed
        | LegStatus::Canceled => Duration::from_secs(10),
    };
    Some((heard + quiet, Due::AskLeg(leg.id)))
}
