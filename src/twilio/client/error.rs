//! What is known when a request to Twilio did not succeed. Owns the line between "certainly not
//! done" and "perhaps done", on which everything that is sent twice or not depends.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::exchange::Answer;

/// Longest part of Twilio's explanation that is kept, in characters.
const MESSAGE_LENGTH: usize = 200;

/// From so many digits on a run of them may be somebody's phone number.
const TELLING_DIGITS: usize = 6;

/// Why a request did not succeed. No text in it has a phone number or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TwilioError {
    /// 429: too many requests at once. Not carried out; may be sent again.
    #[error("Twilio is busy (429)")]
    Busy {
        /// How long Twilio asks us to wait, if it does.
        retry_after: Option<Duration>,
    },
    /// Another 4xx: Twilio understood and will not do it. Not carried out; sending the same
    /// again is of no use.
    #[error("Twilio refused: {message} (HTTP {http}, code {})", code.map_or("none".to_owned(), |code| code.to_string()))]
    Rejected {
        /// The HTTP status.
        http: u16,
        /// Twilio's own code (<https://www.twilio.com/docs/api/errors>), if it gave one.
        code: Option<u32>,
        /// Twilio's explanation, digits masked.
        message: String,
    },
    /// It may have been carried out or not; only asking Twilio can tell.
    #[error("no clear answer from Twilio: {why}")]
    Unclear {
        /// What came instead of an answer.
        why: String,
    },
    /// The request never left this machine, or never reached a Twilio. May be sent again.
    #[error("can't reach Twilio: {why}")]
    Unreachable {
        /// What was in the way.
        why: String,
    },
}

impl TwilioError {
    /// Twilio's own code, if it refused and gave one.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Rejected { code, .. } => *code,
            Self::Busy { .. } | Self::Unclear { .. } | Self::Unreachable { .. } => None,
        }
    }

    /// Whether Twilio does not know the account, or not its token.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Rejected { http: 401, .. })
    }

    /// Whether Twilio says that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Rejected { http: 404, .. })
    }

    pub(super) fn unclear(why: impl Into<String>) -> Self {
        Self::Unclear { why: why.into() }
    }
}

/// The body of a 2xx.
pub(super) fn body(answer: Answer) -> Result<Bytes, TwilioError> {
    match answer.status {
        status if status.is_success() => answer.body.map_err(TwilioError::unclear),
        StatusCode::TOO_MANY_REQUESTS => Err(TwilioError::Busy { retry_after: retry_after(&answer.headers) }),
        status if status.is_client_error() => Err(rejected(status, answer.body.unwrap_or_default().as_ref())),
        status => Err(TwilioError::unclear(format!("HTTP {}", status.as_u16()))),
    }
}

/// Reads the JSON of a 2xx. What can't be read may still have been carried out.
pub(super) fn decoded<T: DeserializeOwned>(body: &[u8]) -> Result<T, TwilioError> {
    serde_json::from_slice(body).map_err(|error| {
        TwilioError::unclear(format!("an answer that can't be read (line {}, {:?})", error.line(), error.classify()))
    })
}

#[derive(Deserialize)]
struct Refusal {
    code: Option<u32>,
    #[serde(default)]
    message: String,
}

/// A refusal stands by its status alone: a gateway's body need not be JSON.
fn rejected(status: StatusCode, body: &[u8]) -> TwilioError {
    let refusal = serde_json::from_slice(body).unwrap_or(Refusal { code: None, message: String::new() });
    let message = if refusal.message.is_empty() { "it gave no reason" } else { &refusal.message };
    TwilioError::Rejected { http: status.as_u16(), code: refusal.code, message: masked(message) }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// One printable line without phone numbers: long runs of digits, also when written in groups,
/// become a single mark.
pub(super) fn masked(text: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for c in text.chars().filter(|c| !c.is_control()).take(MESSAGE_LENGTH).chain(['\n']) {
        if c.is_ascii_digit() || (!run.is_empty() && " -.()".contains(c)) {
            run.push(c);
            continue;
        }
        let digits = run.chars().filter(char::is_ascii_digit).count();
        if digits < TELLING_DIGITS {
            shown.push_str(&run);
        } else {
            shown.push('…');
            shown.push_str(&run[run.trim_end_matches(|c: char| !c.is_ascii_digit()).len()..]);
        }
        run.clear();
        shown.push(c);
    }
    shown.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_masked_and_codes_are_not() {
        for (text, shown) in [
            ("The 'To' number +15550000001 is not valid.", "The 'To' number +… is not valid."),
            ("number (415) 867-5309 bad", "number (… bad"),
            ("ends in 447700900123", "ends in …"),
            ("Call is not in-progress. Cannot redirect. 21220", "Call is not in-progress. Cannot redirect. 21220"),
            ("os error 111", "os error 111"),
            ("two\r\nlines", "twolines"),
        ] {
            assert_eq!(masked(text), shown);
        }
        assert_eq!(masked(&"x".repeat(999)).len(), MESSAGE_LENGTH);
    }
}
