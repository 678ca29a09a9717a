//! Is the service alive, and is it fit to take calls? For load balancers and monitors.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use super::AppState;

/// A database that takes longer than this to answer is not fine.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// The database answers, and the operator can write.
pub(super) async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if !state.switchboard.is_fine() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database can't be written\n");
    }
    let Some(reader) = &state.reader else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database is not open yet\n");
    };
    match state.clock.timeout(PATIENCE, reader.live_calls()).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database can't be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the database can't be read\n")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
