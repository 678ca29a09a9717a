//! The webhooks, one function a route: a verified form becomes an input, the reply a document.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::emergency;
use super::error::WebhookError;
use super::extract::{LegParameter, Webhook};
use super::holding;
use crate::crash::{self, Point};
use crate::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegReport, LegRequest};
use crate::domain::leg::Reason;
use crate::domain::line::LineStatus;
use crate::domain::reply::{CallerReply, LegReply, Reply};

type Answer = Result<Response, WebhookError>;

/// `/`: a call comes in. Whether Twilio asks again if it gets no answer is not ours to say at this address.
pub(super) async fn incoming(State(state): State<AppState>, webhook: Webhook) -> Answer {
    let may_hold = state.tokens.is_new(webhook.token.as_deref());
    let reply = holding::answer(&state, caller_request(&webhook, CallerMoment::Next), may_hold).await;
    tell_caller(&state, &webhook, &CallerMoment::Next, reply, Tries::Last)
}

/// `/twilio/caller/next`: a call goes on. The answer may be held back.
pub(super) async fn caller_next(State(state): State<AppState>, webhook: Webhook) -> Answer {
    let tries = tries(&state, &webhook);
    let reply = holding::answer(&state, caller_request(&webhook, CallerMoment::Next), tries == Tries::More).await;
    tell_caller(&state, &webhook, &CallerMoment::Next, reply, tries)
}

/// `/twilio/caller/room`: what is to be heard while the caller waits in the room?
pub(super) async fn caller_room(State(state): State<AppState>, webhook: Webhook) -> Answer {
    caller(&state, &webhook, CallerMoment::InRoom { greet: webhook.greet }).await
}

/// `/twilio/caller/after`: the room has closed.
pub(super) async fn caller_after(State(state): State<AppState>, webhook: Webhook) -> Answer {
    caller(&state, &webhook, CallerMoment::AfterRoom { round: webhook.round }).await
}

/// `/twilio/caller/key`: the caller was asked whether to ring the team again.
pub(super) async fn caller_key(State(state): State<AppState>, webhook: Webhook) -> Answer {
    let key = webhook.form.digits().unwrap_or_default().to_owned();
    caller(&state, &webhook, CallerMoment::Key { round: webhook.round, key }).await
}

/// `/join`: an organiser's phone was picked up.
pub(super) async fn leg_join(State(state): State<AppState>, webhook: Webhook) -> Answer {
    let answered_by = webhook.form.answered_by();
    leg(&state, &webhook, LegMoment::PickedUp(answered_by)).await
}

/// `/twilio/leg/next`: where does the call stand for this leg?
pub(super) async fn leg_next(State(state): State<AppState>, webhook: Webhook) -> Answer {
    leg(&state, &webhook, LegMoment::Next).await
}

/// `/twilio/leg/key`: the organiser pressed a key.
pub(super) async fn leg_key(State(state): State<AppState>, webhook: Webhook) -> Answer {
    let key = webhook.form.digits().unwrap_or_default().to_owned();
    leg(&state, &webhook, LegMoment::Key(key)).await
}

/// `/twilio/leg/no-key`: the time for a key is over.
pub(super) async fn leg_no_key(State(state): State<AppState>, webhook: Webhook) -> Answer {
    leg(&state, &webhook, LegMoment::NoKey).await
}

/// `/twilio/leg/room`: what is to be heard while the winner waits for the caller?
pub(super) async fn leg_room(State(state): State<AppState>, webhook: Webhook) -> Answer {
    leg(&state, &webhook, LegMoment::InRoom).await
}

/// `/twilio/leg/after`: the room has closed.
pub(super) async fn leg_after(State(state): State<AppState>, webhook: Webhook) -> Answer {
    leg(&state, &webhook, LegMoment::AfterRoom).await
}

/// `/twilio/fallback`: another address failed; take the line up, whosever it is.
pub(super) async fn fallback(State(state): State<AppState>, webhook: Webhook) -> Answer {
    match webhook.leg {
        LegParameter::Absent => {
            let reply = holding::ask(&state, caller_request(&webhook, CallerMoment::Next)).await;
            tell_caller(&state, &webhook, &CallerMoment::Next, reply, Tries::Last)
        }
        LegParameter::Invalid | LegParameter::Leg(_) => tell_leg(&state, &webhook, LegMoment::Next, Tries::Last).await,
    }
}

/// Whether Twilio asks again if it gets no answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tries {
    More,
    Last,
}

/// At addresses that we have written it does, and says by a token that it is the same question.
fn tries(state: &AppState, webhook: &Webhook) -> Tries {
    if state.tokens.is_new(webhook.token.as_deref()) { Tries::More } else { Tries::Last }
}

/// `/updates`: a line's status has changed, the caller's or a leg's.
pub(super) async fn updates(State(state): State<AppState>, webhook: Webhook) -> Answer {
    let input = webhook.form.call_status().and_then(|line| status_input(&webhook, line));
    if let Some(input) = input {
        state.submit(input).await?;
        crash::point(Point::WebhookDecided);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn status_input(webhook: &Webhook, line: LineStatus) -> Option<Input> {
    let call_sid = webhook.call_sid.clone();
    match webhook.leg {
        LegParameter::Absent => Some(Input::CallerStatus { call_sid, line }),
        LegParameter::Invalid => None,
        LegParameter::Leg(leg_id) => {
            let sip = webhook.form.sip_response_code().map(u32::from).map(Reason::Sip);
            let reason = webhook.form.error_code().map(Reason::Twilio).or(sip);
            Some(Input::LegStatus(LegReport { leg_id, sid: call_sid, line, reason, by_dial: webhook.by_dial }))
        }
    }
}

fn caller_request(webhook: &Webhook, moment: CallerMoment) -> CallerRequest {
    CallerRequest {
        call_sid: webhook.call_sid.clone(),
        caller: webhook.form.from(),
        forwarded_from: webhook.form.forwarded_from(),
        line: webhook.form.call_status().unwrap_or(LineStatus::Ringing),
        moment,
    }
}

async fn caller(state: &AppState, webhook: &Webhook, moment: CallerMoment) -> Answer {
    let tries = tries(state, webhook);
    let reply = holding::ask(state, caller_request(webhook, moment.clone())).await;
    tell_caller(state, webhook, &moment, reply, tries)
}

/// The document; where nothing could be made durable, one that needs nothing to be.
fn tell_caller(
    state: &AppState,
    webhook: &Webhook,
    moment: &CallerMoment,
    reply: Result<CallerReply, WebhookError>,
    tries: Tries,
) -> Answer {
    match (reply, tries) {
        (Ok(reply), _) => Ok(twiml(state.twiml.caller(&reply))),
        (Err(WebhookError::NotDurable), _) | (Err(WebhookError::Late), Tries::Last) => {
            Ok(emergency::caller(state, webhook, moment))
        }
        (Err(error), _) => Err(error),
    }
}

async fn leg(state: &AppState, webhook: &Webhook, moment: LegMoment) -> Answer {
    tell_leg(state, webhook, moment, tries(state, webhook)).await
}

async fn tell_leg(state: &AppState, webhook: &Webhook, moment: LegMoment, tries: Tries) -> Answer {
    let LegParameter::Leg(leg_id) = webhook.leg else {
        return Ok(twiml(state.twiml.leg(&LegReply::HangUp)));
    };
    let line = webhook.form.call_status().unwrap_or(LineStatus::InProgress);
    let request =
        LegRequest { leg_id, sid: webhook.call_sid.clone(), line, moment: moment.clone(), by_dial: webhook.by_dial };
    let reply = match (state.submit(Input::Leg(request)).await, tries) {
        (Err(WebhookError::NotDurable), _) | (Err(WebhookError::Late), Tries::Last) => {
            return Ok(emergency::leg(state, leg_id, &moment));
        }
        (reply, _) => reply?,
    };
    crash::point(Point::WebhookDecided);
    match reply {
        Reply::Leg(reply) => Ok(twiml(state.twiml.leg(&reply))),
        Reply::Noted | Reply::Caller(_) | Reply::Claimed(_) | Reply::Orphans(_) | Reply::Errand(_) => {
            Err(WebhookError::NotDurable)
        }
    }
}

pub(super) fn twiml(document: String) -> Response {
    ([(CONTENT_TYPE, "text/xml"), (CACHE_CONTROL, "no-store")], document).into_response()
}
