//! Holding a webhook back while its caller's phone rings on: until the call is decided, but no
//! longer than Twilio's 15 s for a request allow, its own second try included.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::AppState;
use super::error::WebhookError;
use crate::crash::{self, Point};
use crate::domain::input::{CallerRequest, Input};
use crate::domain::reply::{CallerReply, Reply};

/// How long a webhook is held at most.
const HOLD: Duration = Duration::from_secs(6);

/// How many tokens of requests are remembered.
const REMEMBERED: usize = 8192;

/// Answers a caller's request; holds the answer back while it would be to ring on.
pub(super) async fn answer(
    state: &AppState,
    request: CallerRequest,
    may_hold: bool,
) -> Result<CallerReply, WebhookError> {
    let until = state.clock.now() + HOLD;
    let mut hold = state.switchboard.held().hold(&request.call_sid);
    let reply = ask(state, request.clone()).await?;
    if reply != (CallerReply::RingOn { may_hold: true }) || !may_hold {
        return Ok(reply);
    }
    tokio::select! {
        biased;
        () = hold.rung() => ask(state, request).await,
        () = state.clock.sleep_until(until) => Ok(reply),
        () = state.stop.cancelled() => Ok(reply),
    }
}

/// Answers a caller's request at once.
pub(super) async fn ask(state: &AppState, request: CallerRequest) -> Result<CallerReply, WebhookError> {
    let reply = state.submit(Input::Caller(request)).await?;
    crash::point(Point::WebhookDecided);
    match reply {
        Reply::Caller(reply) => Ok(reply),
        Reply::Noted | Reply::Leg(_) | Reply::Claimed(_) | Reply::Orphans(_) | Reply::Errand(_) => {
            Err(WebhookError::NotDurable)
        }
    }
}

/// The tokens of the latest requests. Twilio sends the same one with every try, and a try that
/// comes again must not be held again.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    seen: Mutex<(HashSet<String>, VecDeque<String>)>,
}

impl Tokens {
    /// Whether this is the first request with that token; without one, it is.
    pub(super) fn is_new(&self, token: Option<&str>) -> bool {
        let Some(token) = token else { return true };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, order) = &mut *seen;
        if !tokens.insert(token.to_owned()) {
            return false;
        }
        order.push_back(token.to_owned());
        if order.len() > REMEMBERED
            && let Some(oldest) = order.pop_front()
        {
            tokens.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_new_once_and_memory_is_bounded() {
        let tokens = Tokens::default();
        assert!(tokens.is_new(None) && tokens.is_new(None));
        assert!(tokens.is_new(Some("a")));
        assert!(!tokens.is_new(Some("a")));
        for number in 0..REMEMBERED {
            assert!(tokens.is_new(Some(&number.to_string())));
        }
        assert!(tokens.is_new(Some("a")), "long ago");
    }
}
