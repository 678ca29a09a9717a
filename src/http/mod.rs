//! HTTP: the whole router on this page, and nothing behind it but thin handlers: a verified form
//! becomes an input, the switchboard's reply becomes a document. No rules, no SQL.

mod audio;
mod connections;
mod emergency;
mod error;
mod extract;
mod health;
mod holding;
mod sounds;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::error;

pub use self::connections::serve;
use self::error::WebhookError;
use self::holding::Tokens;
use crate::clock::{Clock, TookTooLong};
use crate::domain::ids::AccountSid;
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::store::Reader;
use crate::switchboard::{Switchboard, Writing};
use crate::twilio::emergency::EmergencyTwiml;
use crate::twilio::signature::Verifier;
use crate::twilio::twiml::Twiml;
use crate::urls;

/// The longest that a request may take; longer than a held one, shorter than Twilio waits.
const LONGEST: Duration = Duration::from_secs(7);

/// How long a request waits until it is durable. Where Twilio asks again, it waits once more; then a disk that hangs is
/// as good as none.
const DURABLE: Duration = Duration::from_secs(4);

/// What every handler may use.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The parts behind [`AppState`].
pub struct Shared {
    /// The way in.
    pub switchboard: Switchboard,
    /// Reads the database; none as long as that is not open.
    pub reader: Option<Reader>,
    /// Tells Twilio from others.
    pub verifier: Verifier,
    /// Our account.
    pub account_sid: AccountSid,
    /// Writes documents.
    pub twiml: Twiml,
    /// Writes those that need no database.
    pub emergency: EmergencyTwiml,
    /// The time.
    pub clock: Clock,
    /// Cancelled when the service is to stop.
    pub stop: CancellationToken,
    tokens: Tokens,
}

/// What lines are told, as documents.
pub struct Documents {
    /// Writes them.
    pub twiml: Twiml,
    /// Writes those that need no database.
    pub emergency: EmergencyTwiml,
}

impl AppState {
    /// The state for one hotline.
    pub fn new(
        switchboard: Switchboard,
        reader: Option<Reader>,
        verifier: Verifier,
        account_sid: AccountSid,
        Documents { twiml, emergency }: Documents,
        clock: Clock,
        stop: CancellationToken,
    ) -> Self {
        Self(Arc::new(Shared {
            switchboard,
            reader,
            verifier,
            account_sid,
            twiml,
            emergency,
            clock,
            stop,
            tokens: Tokens::default(),
        }))
    }
}

impl Shared {
    /// Reports what has come in, and waits until what follows from it is durable.
    async fn submit(&self, input: Input) -> Result<Reply, WebhookError> {
        match self.clock.timeout(DURABLE, self.switchboard.submit(input)).await {
            Ok(submitted) => Ok(submitted?),
            Err(TookTooLong) => {
                if self.switchboard.writes(Writing::Nowhere) {
                    error!(
                        "the disk of the database or of the spool does not answer: until it does, callers are connected by \
                         Twilio alone, and NOTHING IS ON RECORD"
                    );
                }
                Err(WebhookError::Late)
            }
        }
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Every route. What is not a webhook says so by standing below the webhooks.
pub fn router(state: AppState) -> Router {
    Router::new()
        // Webhooks: each verified by the extractor `extract::Webhook`.
        .route(urls::INCOMING, webhook(webhooks::incoming))
        .route(urls::JOIN, webhook(webhooks::leg_join))
        .route(urls::UPDATES, webhook(webhooks::updates))
        .route(urls::FALLBACK, webhook(webhooks::fallback))
        .route(urls::CALLER_NEXT, webhook(webhooks::caller_next))
        .route(urls::CALLER_ROOM, webhook(webhooks::caller_room))
        .route(urls::CALLER_AFTER, webhook(webhooks::caller_after))
        .route(urls::CALLER_KEY, webhook(webhooks::caller_key))
        .route(urls::LEG_NEXT, webhook(webhooks::leg_next))
        .route(urls::LEG_KEY, webhook(webhooks::leg_key))
        .route(urls::LEG_NO_KEY, webhook(webhooks::leg_no_key))
        .route(urls::LEG_ROOM, webhook(webhooks::leg_room))
        .route(urls::LEG_AFTER, webhook(webhooks::leg_after))
        // The same for lines that Twilio connects by itself, when nothing can be made durable.
        .route(urls::EMERGENCY_DIAL, webhook(emergency::dial))
        .route(urls::EMERGENCY_SCREEN, webhook(emergency::screen))
        .route(urls::EMERGENCY_KEY, webhook(emergency::key))
        .route(urls::EMERGENCY_AFTER, webhook(emergency::after))
        // Sounds, the same for everybody.
        .route(urls::RINGBACK, get(sounds::ringback))
        .route(urls::MUSIC, get(sounds::music))
        // For machines that watch over the service.
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(TraceLayer::new_for_http().make_span_with(error::span))
        .with_state(state)
}

/// Twilio may be configured to GET or to POST. HEAD comes with GET and is not asked for.
fn webhook<H, T>(handler: H) -> MethodRouter<AppState>
where
    H: axum::handler::Handler<T, AppState> + Clone,
    T: 'static,
{
    get(handler.clone()).post(handler)
}
