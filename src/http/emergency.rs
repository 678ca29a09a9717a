//! What lines are told while nothing can be made durable, neither in the database nor in the spool: a person
//! goes before the record, so callers are connected by Twilio alone. Asks nobody anything.

use axum::extract::State;
use axum::response::Response;
use tracing::error;

use super::AppState;
use super::extract::Webhook;
use super::webhooks::twiml;
use crate::domain::ids::LegId;
use crate::domain::input::{CallerMoment, LegMoment};
use crate::domain::reply::{CallerReply, LegReply, Prompt};

/// For the caller's line, wherever it comes from.
pub(super) fn caller(state: &AppState, webhook: &Webhook, moment: &CallerMoment) -> Response {
    error!(call_sid = %webhook.call_sid, "a caller is served without a record: Twilio rings the team by itself");
    let emergency = &state.emergency;
    let dial = || emergency.dial(&webhook.form.from());
    twiml(match moment {
        CallerMoment::Next => dial(),
        // A waiting document can't ring anybody. They are told to call again, and then are connected.
        CallerMoment::InRoom { .. } => state.twiml.caller(&CallerReply::RoomNobody),
        CallerMoment::AfterRoom { .. } => dial_is_over(state, webhook),
        CallerMoment::Key { key, .. } if key == "1" => dial(),
        CallerMoment::Key { .. } => state.twiml.caller(&CallerReply::Goodbye),
    })
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

/// `/twilio/emergency/screen`: an organiser whom Twilio has rung picked up.
pub(super) async fn screen(State(state): State<AppState>, _: Webhook) -> Response {
    twiml(state.emergency.screen())
}

/// `/twilio/emergency/key`: they pressed a key.
pub(super) async fn key(State(state): State<AppState>, webhook: Webhook) -> Response {
    twiml(state.emergency.key(webhook.form.digits().unwrap_or_default()))
}

/// `/twilio/emergency/after`: ringing or talking is over.
pub(super) async fn after(State(state): State<AppState>, webhook: Webhook) -> Response {
    twiml(dial_is_over(&state, &webhook))
}

/// For a caller whose `<Dial>` is over, of their own or into the room.
fn dial_is_over(state: &AppState, webhook: &Webhook) -> String {
    // "completed" also where somebody picked up and was not connected, as far as is known.
    let ended = matches!(webhook.form.dial_call_status(), Some("completed" | "answered"));
    if ended { state.emergency.ended() } else { state.emergency.nobody() }
}
