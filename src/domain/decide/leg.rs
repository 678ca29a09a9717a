//! The organiser's side: what to do with the line of a leg whose phone was picked up.

use std::time::Duration;

use serde_json::json;

use super::draft::Draft;
use super::{dial, line, settle, together};
use crate::domain::call::CallStatus;
use crate::domain::command::CommandKind;
use crate::domain::contact::Contact;
use crate::domain::event::Subject;
use crate::domain::ids::LegId;
use crate::domain::input::{LegMoment, LegRequest};
use crate::domain::leg::{Leg, LegStatus, Reason};
use crate::domain::line::{AnsweredBy, LineStatus};
use crate::domain::reply::{LegReply, Prompt};
use crate::domain::settings::Screening;

/// Who is alone in the room asks for its waiting document every 3 s. Two questions that far apart
/// are not one question that was late.
const ASKS_AGAIN: Duration = Duration::from_millis(2500);

/// Twilio asks what to do with a leg's line.
pub(super) fn request(draft: &mut Draft<'_>, request: &LegRequest) -> LegReply {
    let id = request.leg_id;
    if draft.leg(id).is_none() {
        return LegReply::HangUp;
    }
    draft.hear(Contact::Leg(id));
    if !line::adopt(draft, id, &request.sid) {
        return LegReply::HangUp;
    }
    if request.line.is_terminal() {
        // Twilio's last question about a line that is down: nobody hears the answer.
        line::take_in(draft, id, request.line, None, draft.now);
        return LegReply::HangUp;
    }
    // Every question of theirs says so.
    let is_known = |leg: &Leg| leg.line == Some(LineStatus::InProgress) && leg.ended_at.is_none();
    if !draft.leg(id).is_some_and(is_known) {
        line::is_up(draft, id, LineStatus::InProgress, "twilio.picked_up");
    }
    let reply = match &request.moment {
        LegMoment::PickedUp(answered_by) => picked_up(draft, id, *answered_by),
        LegMoment::Key(key) => key_pressed(draft, id, key),
        LegMoment::NoKey => decline(draft, id, Reason::NoKey, "key.none"),
        LegMoment::Next => stands(draft, id),
        LegMoment::InRoom => in_room(draft, id),
        LegMoment::AfterRoom => {
            together::disconnect(draft, id, draft.now);
            stands(draft, id)
        }
    };
    if request.by_dial { dial::reply(draft, id, reply) } else { reply }
}

fn picked_up(draft: &mut Draft<'_>, id: LegId, answered_by: Option<AnsweredBy>) -> LegReply {
    let asked = draft.leg(id).is_some_and(|leg| leg.status == LegStatus::Answered);
    match (draft.settings.screening, answered_by) {
        (Screening::Keypress, _) => {}
        (Screening::None, _) | (Screening::Amd, Some(AnsweredBy::Human)) if asked => {
            settle::accept(draft, id, "picked_up");
        }
        (Screening::Amd, Some(AnsweredBy::Machine | AnsweredBy::Fax)) if asked => {
            let call_sid = draft.leg(id).map(|leg| leg.call_sid.clone());
            draft.move_leg(id, LegStatus::Machine, None, "twilio.answered_by_machine");
            if let Some(call_sid) = call_sid {
                settle::give_up_if_all_failed(draft, &call_sid);
            }
        }
        (Screening::None | Screening::Amd, _) => {}
    }
    stands(draft, id)
}

/// Who hears a waiting document is alone in the room: the caller is on their way, or not coming.
fn in_room(draft: &mut Draft<'_>, id: LegId) -> LegReply {
    let Some(leg) = draft.leg(id).cloned() else { return LegReply::HangUp };
    if leg.ended_at.is_some() {
        // Late: their line is down.
        return LegReply::RoomWait { leg_id: id };
    }
    if !settle::is_winner(draft, &leg) {
        together::never_met(draft, &leg);
        settle::tell(draft, &leg);
    } else if leg.connected_at.is_some_and(|since| draft.now.since(since) > together::ON_THE_WAY) {
        suspect_alone(draft, &leg);
    }
    draft.say(Subject::Leg(leg.call_sid, id), Prompt::Connecting);
    LegReply::RoomWait { leg_id: id }
}

/// The caller should be in the room. Asked once, we ask Twilio; asked again soon, they are not
/// there. A single question may only have been late.
fn suspect_alone(draft: &mut Draft<'_>, leg: &Leg) {
    match together::suspected(draft, leg) {
        None => {
            draft.hear(Contact::AloneInRoom(leg.id));
            draft.order_once(CommandKind::AskCaller, &leg.call_sid, None);
        }
        Some(since) if since > ASKS_AGAIN => together::was_alone(draft, leg),
        Some(_) => {}
    }
}

fn key_pressed(draft: &mut Draft<'_>, id: LegId, key: &str) -> LegReply {
    match key {
        "1" => {
            settle::accept(draft, id, "key.1");
            stands(draft, id)
        }
        "" => decline(draft, id, Reason::NoKey, "key.none"),
        _ => decline(draft, id, Reason::OtherKey, "key.other"),
    }
}

fn decline(draft: &mut Draft<'_>, id: LegId, reason: Reason, cause: &str) -> LegReply {
    if let Some(leg) = draft.leg(id).cloned()
        && leg.status == LegStatus::Answered
    {
        draft.move_leg(id, LegStatus::Declined, Some(reason), cause);
        settle::give_up_if_all_failed(draft, &leg.call_sid);
    } else if let Some(leg) = draft.leg(id).cloned()
        && reason == Reason::OtherKey
    {
        draft.note(Subject::Leg(leg.call_sid, id), cause, json!({ "late": true }));
    }
    stands(draft, id)
}

/// Where the call stands for this leg, as it is to be told.
fn stands(draft: &mut Draft<'_>, id: LegId) -> LegReply {
    let Some(leg) = draft.leg(id).cloned() else { return LegReply::HangUp };
    let subject = Subject::Leg(leg.call_sid.clone(), id);
    let reply = standing(draft, &leg);
    match &reply {
        LegReply::Screen { .. } => draft.say(subject, Prompt::Screen),
        LegReply::Dismiss { say, .. } => {
            // They are being told; sent on, they would hear it begin anew.
            settle::drop_commands_of(draft, &leg, CommandKind::TellLeg);
            draft.say(subject, *say);
        }
        LegReply::Join { .. } | LegReply::Connect | LegReply::RoomWait { .. } | LegReply::HangUp => {}
    }
    reply
}

fn standing(draft: &Draft<'_>, leg: &Leg) -> LegReply {
    let Some(call) = draft.call(&leg.call_sid) else { return LegReply::HangUp };
    match (leg.status, leg.reason) {
        (LegStatus::Joined, _) if settle::is_winner(draft, leg) => {
            LegReply::Join { leg_id: leg.id, room: call.room.clone() }
        }
        (LegStatus::Joined | LegStatus::Completed, _) if leg.connected_at.is_some() => dismiss(Prompt::TalkEnded),
        (LegStatus::Joined | LegStatus::Completed, _) => dismiss(Prompt::CallerLeft),
        (LegStatus::Machine, _) => LegReply::HangUp,
        (LegStatus::Declined, Some(Reason::OtherKey)) => dismiss(Prompt::Declined),
        (LegStatus::Declined, _) => dismiss(Prompt::NoKey),
        (LegStatus::Answered, _) if call.status == CallStatus::Pending => {
            LegReply::Screen { leg_id: leg.id, by_dial: false }
        }
        (
            LegStatus::Planned
            | LegStatus::Dialing
            | LegStatus::Ringing
            | LegStatus::Answered
            | LegStatus::Lost
            | LegStatus::Busy
            | LegStatus::NoAnswer
            | LegStatus::Failed
            | LegStatus::Canceled
            | LegStatus::Unclear,
            _,
        ) => too_late(draft, leg),
    }
}

fn too_late(draft: &Draft<'_>, leg: &Leg) -> LegReply {
    if draft.is_wanted(leg) {
        return dismiss(Prompt::Unexpected);
    }
    match settle::why_released(draft, leg) {
        Reason::Taken => LegReply::Dismiss { say: Prompt::Taken, taken_by: taken_by(draft, leg) },
        Reason::GaveUp => dismiss(Prompt::TooLate),
        _ => dismiss(Prompt::CallerLeft),
    }
}

fn dismiss(say: Prompt) -> LegReply {
    LegReply::Dismiss { say, taken_by: None }
}

/// The name of whoever took the call in this leg's round.
fn taken_by(draft: &Draft<'_>, leg: &Leg) -> Option<String> {
    let legs = draft.legs_of(&leg.call_sid);
    let winner = legs.iter().find(|other| other.round == leg.round && other.joined_at.is_some())?;
    let organisers = draft.organisers();
    organisers.into_iter().find(|organiser| organiser.id == winner.organiser_id).map(|organiser| organiser.name)
}
