//! What is refused, and how. Everything that the outside can send has an answer here below 500;
//! 503 says that we could not make it durable, and Twilio asks again or goes to the fallback URL.

use std::any::Any;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tracing::{Span, error, info_span, warn};

use crate::switchboard::SubmitError;

/// Why a webhook was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Neither GET nor POST.
    #[error("webhooks are GET or POST")]
    Method,
    /// A body that is no form.
    #[error("the body has to be application/x-www-form-urlencoded")]
    NotAForm,
    /// A body that does not come.
    #[error("the body did not come in time")]
    Slow,
    /// A body of which only the beginning came.
    #[error("the body did not come whole")]
    Broken,
    /// A body beyond the limit.
    #[error("the body is too large")]
    TooLarge,
    /// No signature, or not one of Twilio's for this request.
    #[error("the signature is missing or wrong")]
    Signature,
    /// Signed, and without a call SID.
    #[error("CallSid is missing or no call SID")]
    CallSid,
    /// Signed, and not of our account.
    #[error("AccountSid is missing or not ours")]
    Account,
    /// It is not durable yet, and may be soon: who asks again finds out.
    #[error("it is not recorded yet")]
    Late,
    /// It could not be made durable.
    #[error("it could not be recorded")]
    NotDurable,
    /// The service stops; who asks again finds the next one.
    #[error("the service is stopping")]
    Stopping,
}

impl WebhookError {
    /// The HTTP status that says so.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Signature | Self::Account => StatusCode::FORBIDDEN,
            Self::CallSid | Self::Broken => StatusCode::BAD_REQUEST,
            Self::Late | Self::NotDurable | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<SubmitError> for WebhookError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::NotDurable | SubmitError::Refused => Self::NotDurable,
            SubmitError::Stopped => Self::Stopping,
        }
    }
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        if self == Self::Signature {
            warn!(
                "a request without a good signature was refused; if your callers hear an error, compare [server] \
                 public_url with the address at Twilio, and [twilio] auth_token with the account's"
            );
        }
        (self.status(), format!("{self}\n")).into_response()
    }
}

/// A panic in a handler is a fault of ours; the line goes to its fallback URL.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    error!("a fault in a handler");
    WebhookError::NotDurable.into_response()
}

/// A request's span: method and path, never the query or the body.
pub(super) fn span<B>(request: &Request<B>) -> Span {
    info_span!("request", method = %request.method(), path = request.uri().path())
}
