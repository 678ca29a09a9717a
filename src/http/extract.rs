//! The one door for webhooks: what comes out of this extractor was signed by Twilio for this very
//! request, and is about a line of our account.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, header};
use futures_util::TryStreamExt;

use super::AppState;
use super::connections::Connection;
use super::error::WebhookError;
use crate::crash::{self, Point};
use crate::domain::ids::{CallSid, LegId};
use crate::twilio::form::Form;
use crate::urls;

/// The largest body that is read; Twilio's are a few kilobytes.
const BODY_LIMIT: usize = 64 * 1024;

/// Up to here a body over the limit is read, and forgotten: who still writes when we hang up never sees why.
const READ_ON: usize = 1024 * 1024;

/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(5);

/// A verified webhook.
#[derive(Debug)]
pub(super) struct Webhook {
    /// What Twilio says.
    pub(super) form: Form,
    /// The line that it is about.
    pub(super) call_sid: CallSid,
    /// What the address says about the leg.
    pub(super) leg: LegParameter,
    /// What the address says about the round.
    pub(super) round: Option<u32>,
    /// Whether the address is one of a leg that the caller's `<Dial>` rings.
    pub(super) by_dial: bool,
    /// Whether the address asks for a greeting.
    pub(super) greet: bool,
    /// The same for every try of one request.
    pub(super) token: Option<String>,
}

/// The leg in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LegParameter {
    /// The address is not a leg's.
    Absent,
    /// The address names something that is no leg id.
    Invalid,
    /// The address is this leg's.
    Leg(LegId),
}

impl FromRequest<AppState> for Webhook {
    type Rejection = WebhookError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, WebhookError> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let posted = match parts.method {
            Method::GET => None,
            Method::POST => {
                let bytes = state.clock.timeout(BODY_TIME, read(body)).await.map_err(|_| WebhookError::Slow)??;
                if !is_form(&parts.headers, bytes.is_empty()) {
                    return Err(WebhookError::NotAForm);
                }
                Some(Form::parse(&bytes))
            }
            _ => return Err(WebhookError::Method),
        };
        let claimed = text(&parts.headers, "x-twilio-signature").unwrap_or_default();
        if !state.verifier.verify(target, posted.as_ref(), claimed) {
            return Err(WebhookError::Signature);
        }
        if let Some(connection) = parts.extensions.get::<Arc<Connection>>() {
            connection.is_twilios();
        }
        let leg = leg(&query);
        let round = query.get(urls::ROUND).ok().flatten().and_then(|round| round.parse().ok());
        let by_dial = query.get(urls::DIAL).is_ok_and(|dial| dial.is_some());
        let greet = query.get(urls::GREET).is_ok_and(|greet| greet.is_some());
        let token = text(&parts.headers, "i-twilio-idempotency-token").map(str::to_owned);
        let form = posted.unwrap_or(query);
        let call_sid = form.call_sid().ok_or(WebhookError::CallSid)?;
        if form.account_sid().as_ref() != Some(&state.account_sid) {
            return Err(WebhookError::Account);
        }
        crash::point(Point::WebhookReceived);
        Ok(Self { form, call_sid, leg, round, by_dial, greet, token })
    }
}

async fn read(body: Body) -> Result<Vec<u8>, WebhookError> {
    let (mut bytes, mut size) = (Vec::new(), 0);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.try_next().await.map_err(|_| WebhookError::Broken)? {
        size += chunk.len();
        if size <= BODY_LIMIT {
            bytes.extend_from_slice(&chunk);
        } else if size > READ_ON {
            break;
        }
    }
    if size <= BODY_LIMIT { Ok(bytes) } else { Err(WebhookError::TooLarge) }
}

fn is_form(headers: &HeaderMap, body_is_empty: bool) -> bool {
    match text(headers, header::CONTENT_TYPE.as_str()) {
        Some(kind) => {
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }
        None => body_is_empty,
    }
}

fn leg(query: &Form) -> LegParameter {
    match query.get(urls::LEG) {
        Ok(None) => LegParameter::Absent,
        Ok(Some(text)) => text.parse().map_or(LegParameter::Invalid, LegParameter::Leg),
        Err(_) => LegParameter::Invalid,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
