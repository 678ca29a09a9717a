//! The sounds that Twilio fetches for waiting callers: the same for everybody, so not signed.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use bytes::Bytes;

use super::audio;

/// Made when the first caller hears them: a start has more urgent things to do.
static RINGBACK: LazyLock<Bytes> = LazyLock::new(|| audio::ringback().into());
static MUSIC: LazyLock<Bytes> = LazyLock::new(|| audio::music().into());

/// Our ringing tone.
pub(super) async fn ringback() -> impl IntoResponse {
    wav(RINGBACK.clone())
}

/// Music to wait by.
pub(super) async fn music() -> impl IntoResponse {
    wav(MUSIC.clone())
}

fn wav(sound: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "audio/wav"), (CACHE_CONTROL, "public, max-age=86400")], sound)
}
