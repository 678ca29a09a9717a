//! A call as the REST API shows it, and a page of them. Owns the reading of Twilio's JSON.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

use super::error::TwilioError;
use crate::domain::ids::CallSid;
use crate::domain::line::{AnsweredBy, LineStatus};
use crate::domain::time::Timestamp;

/// One line as Twilio has it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// Twilio's id.
    pub sid: CallSid,
    /// How far it has come; Twilio says that what it shows here may be a little old.
    pub status: LineStatus,
    /// Who was called.
    #[serde(default, deserialize_with = "text")]
    pub to: String,
    /// Who called.
    #[serde(default, deserialize_with = "text")]
    pub from: String,
    /// `inbound`, `outbound-api` or `outbound-dial`.
    #[serde(default, deserialize_with = "text")]
    pub direction: String,
    /// When Twilio took it in, by our clock.
    #[serde(default, deserialize_with = "date")]
    pub date_created: Option<Timestamp>,
    /// When it ended, by our clock.
    #[serde(default, deserialize_with = "date")]
    pub end_time: Option<Timestamp>,
    /// What picked up, if machine detection was asked and has decided.
    #[serde(default, deserialize_with = "answered_by")]
    pub answered_by: Option<AnsweredBy>,
}

/// Leaves out who called whom.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} {} {})", self.sid, self.direction, self.status)
    }
}

/// One page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    #[serde(alias = "calls", alias = "recordings", alias = "messages")]
    pub(super) records: Vec<T>,
    pub(super) next_page_uri: Option<String>,
}

/// The next page's path. It is put behind our API's address, and only a path may be: anything
/// else could lead the account's token to another host.
pub(super) fn page_path(uri: String) -> Result<String, TwilioError> {
    if uri.starts_with('/') { Ok(uri) } else { Err(TwilioError::unclear("a next page that is no path")) }
}

/// Twilio writes null where it has nothing.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let written = Option::<String>::deserialize(deserializer)?;
    let parsed = written.and_then(|text| DateTime::parse_from_rfc2822(&text).ok());
    Ok(parsed.map(|time| Timestamp::new(time.with_timezone(&Utc))))
}

fn answered_by<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AnsweredBy>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().map(AnsweredBy::from_twilio))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_twilio_writes_it() {
        let json = r#"{"sid":"CA0123456789abcdef0123456789abcdef","status":"in-progress","to":"+15550000001",
            "from":"+15550006666","direction":"outbound-api","date_created":"Sun, 22 Nov 2026 10:00:00 +0000",
            "answered_by":"machine_start","price":null,"queue_time":"0","annotation":null}"#;
        let line: Line = serde_json::from_str(json).expect("a line");
        assert_eq!((line.status, line.answered_by), (LineStatus::InProgress, Some(AnsweredBy::Machine)));
        assert_eq!((line.to.as_str(), line.from.as_str()), ("+15550000001", "+15550006666"));
        assert_eq!(line.date_created.map(String::from).as_deref(), Some("2026-11-22T10:00:00.000Z"));
        assert_eq!(format!("{line:?}"), "Line(CA0123456789abcdef0123456789abcdef outbound-api in-progress)");
    }

    #[test]
    fn a_fresh_line_has_little_in_it() {
        let json = r#"{"sid":"CA0123456789abcdef0123456789abcdef","status":"queued","to":null,"date_created":null,"answered_by":null}"#;
        let line: Line = serde_json::from_str(json).expect("a line");
        assert_eq!((line.to.as_str(), line.date_created, line.answered_by), ("", None, None));
    }
}
