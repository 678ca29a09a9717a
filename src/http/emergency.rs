//! What lines are told while nothing can be made durable, neither in the database nor in the spool: a person
//! goes before the record, so callers are connected by Twilio alone. Asks nobody anything.

use axum::extract::State;
use axum::response::Response;
use tracing::{debug, error};

use super::AppState;
use super::extract::Webhook;
use super::webhooks::twiml;
use crate::domain::ids::{CallSid, LegId};
use crate::domain::input::{CallerMoment, Input, LegMoment};
use crate::domain::reply::{CallerReply, LegReply, Prompt};

/// For the caller's line, wherever it comes from.
pub(super) fn caller(state: &AppState, webhook: &Webhook, moment: &CallerMoment) -> Response {
    error!(call_sid = %webhook.call_sid, "a caller is served without a record: Twilio rings the team by itself");
    twiml(match moment {
        CallerMoment::Next => left_to_twilio(state, webhook),
        // A waiting document can't ring anybody. They are told to call again, and then are connected.
        CallerMoment::InRoom { .. } => state.twiml.caller(&CallerReply::RoomNobody),
        CallerMoment::AfterRoom { .. } => dial_is_over(state, webhook),
        CallerMoment::Key { key, .. } if key == "1" => left_to_twilio(state, webhook),
        CallerMoment::Key { .. } => state.twiml.caller(&CallerReply::Goodbye),
    })
}

/// Twilio rings the team. What is on record of the call, or becomes durable after all, must ring nobody then.
fn left_to_twilio(state: &AppState, webhook: &Webhook) -> String {
    is_left(state, webhook.call_sid.clone());
    state.emergency.dial(&webhook.form.from())
}

/// Puts that on record, if that can be. It is said again with whatever comes of it: a service that was killed meanwhile
/// does not know.
fn is_left(state: &AppState, call_sid: CallSid) {
    let state = state.clone();
    tokio::spawn(async move {
        if let Err(error) = state.switchboard.submit(Input::LeftToTwilio { call_sid }).await {
            debug!(%error, "that a caller is left to Twilio is not on record");
        }
    });
}

/// For a leg that was rung before: whether its call is still to be had, nobody knows.
pub(super) fn leg(state: &AppState, leg_id: LegId, moment: &LegMoment) -> Response {
    let dismiss = |say| LegReply::Dismiss { say, taken_by: None };
    twiml(state.twiml.leg(&match moment {
        LegMoment::InRoom => LegReply::RoomWait { leg_id },
        LegMoment::AfterRoom => dismiss(Prompt::TalkEnded),
        LegMoment::PickedUp(_) | LegMoment::Key(_) | LegMoment::NoKey | LegMoment::Next => dismiss(Prompt::Unexpected),
    }))
}

/// `/twilio/emergency/dial`: a caller comes here once more.
pub(super) async fn dial(State(state): State<AppState>, webhook: Webhook) -> Response {
    twiml(left_to_twilio(&state, &webhook))
}

/// `/twilio/emergency/screen`: an organiser whom Twilio has rung picked up.
pub(super) async fn screen(State(state): State<AppState>, webhook: Webhook) -> Response {
    if let Some(caller) = webhook.form.parent_call_sid() {
        is_left(&state, caller);
    }
    twiml(state.emergency.screen())
}

/// `/twilio/emergency/key`: they pressed a key.
pub(super) async fn key(State(state): State<AppState>, webhook: Webhook) -> Response {
    twiml(state.emergency.key(webhook.form.digits().unwrap_or_default()))
}

/// `/twilio/emergency/after`: ringing or talking is over.
pub(super) async fn after(State(state): State<AppState>, webhook: Webhook) -> Response {
    is_left(&state, webhook.call_sid.clone());
    twiml(dial_is_over(&state, &webhook))
}

/// For a caller whose `<Dial>` is over, of their own or into the room.
fn dial_is_over(state: &AppState, webhook: &Webhook) -> String {
    // "completed" also where somebody picked up and was not connected, as far as is known.
    let ended = matches!(webhook.form.dial_call_status(), Some("completed" | "answered"));
    if ended { state.emergency.ended() } else { state.emergency.nobody() }
}
