//! The sounds that Twilio fetches for waiting callers: the same for everybody, so not signed.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use bytes::Bytes;

use super::AppState;

/// Our ringing tone.
pub(super) async fn ringback(State(state): State<AppState>) -> impl IntoResponse {
    wav(state.ringback.clone())
}

/// Music to wait by.
pub(super) async fn music(State(state): State<AppState>) -> impl IntoResponse {
    wav(state.music.clone())
}

fn wav(sound: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "audio/wav"), (CACHE_CONTROL, "public, max-age=86400")], sound)
}
