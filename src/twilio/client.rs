//! Twilio's REST API, as much of it as a call needs: place, hang up, redirect, fetch, list
//! (<https://www.twilio.com/docs/voice/api/call-resource>), delete (`erase`), and text (`message`). Sends each
//! request once and says exactly what is known afterwards; whether and when to try again is the
//! caller's business.

mod credentials;
mod difference;
mod erase;
mod error;
mod exchange;
mod line;
mod message;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;
use url::form_urlencoded::Serializer;

pub use self::credentials::Credentials;
use self::credentials::Which;
use self::difference::Difference;
pub use self::erase::Deleted;
pub use self::error::TwilioError;
use self::error::{body, decoded};
use self::exchange::Network;
pub use self::exchange::{Answer, Exchange, Exchanged};
pub use self::line::Line;
use self::line::{Page, page_path};
use crate::clock::Clock;
use crate::domain::ids::CallSid;
use crate::domain::line::LineStatus;
use crate::domain::phone::PhoneNumber;
use crate::domain::time::Timestamp;

/// "Call is not in the right state for this" (<https://www.twilio.com/docs/api/errors/21220>).
const WRONG_STATE: u32 = 21220;

/// Most pages of a list that are read, 50 records each.
const LIST_PAGES: usize = 4;

/// How long an unused connection is kept; shorter than any server's own limit that we know of,
/// since a request on a connection that is just being closed has an unclear result.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// How long one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until connected, TLS included.
    pub connect: Duration,
    /// From start to the last byte of the answer.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), total: Duration::from_secs(8) }
    }
}

/// One phone to be rung. All URLs are absolute.
#[derive(Debug, Clone)]
pub struct Placement {
    /// Who is rung.
    pub to: PhoneNumber,
    /// The number that they see; one of the account's own.
    pub from: PhoneNumber,
    /// Asked for TwiML when the phone was answered.
    pub url: String,
    /// Asked instead when `url` fails.
    pub fallback_url: String,
    /// Told of each status change.
    pub status_callback: String,
    /// How long the phone rings.
    pub ring_seconds: u32,
    /// When Twilio ends the call by itself, counted from the answer.
    pub time_limit_seconds: u32,
    /// Whether Twilio tells humans from machines before it asks `url`; takes about 4 s.
    pub machine_detection: bool,
}

/// What became of a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirected {
    /// The line has left its document and asks for the new one.
    Done,
    /// The line is not answered yet, is over, or is unknown; nothing happened.
    NotInProgress,
}

/// What a list had.
struct Listed<T> {
    records: Vec<T>,
    /// Whether these are all.
    is_whole: bool,
}

/// One account at one Twilio. Cheap to clone; connections are shared and kept alive.
#[derive(Clone)]
pub struct TwilioClient {
    exchange: Arc<dyn Exchange>,
    api_url: String,
    credentials: Credentials,
    difference: Difference,
}

impl TwilioClient {
    /// Connects to nothing yet. Fails only if TLS can't be set up on this machine.
    pub fn new(api_url: &Url, credentials: Credentials, timeouts: Timeouts, clock: Clock) -> Result<Self, TwilioError> {
        let network = Network::new(api_url, timeouts)?;
        Ok(Self::over(Arc::new(network), api_url, credentials, clock))
    }

    /// The same over another way of exchange.
    pub fn over(exchange: Arc<dyn Exchange>, api_url: &Url, credentials: Credentials, clock: Clock) -> Self {
        let api_url = api_url.as_str().trim_end_matches('/').to_owned();
        Self { exchange, api_url, credentials, difference: Difference::new(clock) }
    }

    /// Rings a phone. After `Unclear` it may be ringing: Twilio knows no idempotency key.
    pub async fn place(&self, placement: &Placement) -> Result<Line, TwilioError> {
        let ring = placement.ring_seconds.to_string();
        let limit = placement.time_limit_seconds.to_string();
        let mut form = vec![
            ("To", placement.to.as_str()),
            ("From", placement.from.as_str()),
            ("Url", &placement.url),
            ("Method", "POST"),
            ("FallbackUrl", &placement.fallback_url),
            ("FallbackMethod", "POST"),
            ("StatusCallback", &placement.status_callback),
            ("StatusCallbackMethod", "POST"),
            ("Timeout", &ring),
            ("TimeLimit", &limit),
        ];
        form.extend(["initiated", "ringing", "answered", "completed"].map(|event| ("StatusCallbackEvent", event)));
        if placement.machine_detection {
            form.push(("MachineDetection", "Enable"));
        }
        self.line(&self.post(&self.list_path("Calls"), &form).await?)
    }

    /// Ends a line, whatever its state turns out to be. `answered` is what we believe: Twilio's
    /// `canceled` does nothing to an answered line. A status that is not terminal means that the
    /// line was still alive when last seen, and that asking again later is right.
    pub async fn hang_up(&self, sid: &CallSid, answered: bool) -> Result<LineStatus, TwilioError> {
        let first = if answered { LineStatus::Completed } else { LineStatus::Canceled };
        if let Some(status) = self.end(sid, first).await?
            && status.is_terminal()
        {
            return Ok(status);
        }
        let Some(line) = self.fetch(sid).await? else { return Ok(LineStatus::Completed) };
        if line.status.is_terminal() {
            return Ok(line.status);
        }
        let rings = line.status != LineStatus::InProgress;
        let second = if answered && rings { LineStatus::Canceled } else { LineStatus::Completed };
        Ok(self.end(sid, second).await?.unwrap_or(line.status))
    }

    /// Sends an answered line to another document.
    pub async fn redirect(&self, sid: &CallSid, url: &str) -> Result<Redirected, TwilioError> {
        match self.post(&self.call_path(sid), &[("Url", url), ("Method", "POST")]).await {
            Ok(_) => Ok(Redirected::Done),
            Err(error) if error.is_not_found() || error.code() == Some(WRONG_STATE) => Ok(Redirected::NotInProgress),
            Err(error) => Err(error),
        }
    }

    /// What Twilio has about a line; may lag behind its callbacks. `None` if it has nothing.
    pub async fn fetch(&self, sid: &CallSid) -> Result<Option<Line>, TwilioError> {
        match self.send(Method::GET, &self.call_path(sid), None).await {
            Ok(body) => self.line(&body).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The lines from one number to another, newest first, at most 200.
    pub async fn list(&self, to: &PhoneNumber, from: &PhoneNumber) -> Result<Vec<Line>, TwilioError> {
        let listed = self.listed("Calls", [("To", to.as_str()), ("From", from.as_str())]).await?;
        Ok(listed.records.into_iter().map(|line| self.by_our_clock(line)).collect())
    }

    /// The lines from this number that are up: waiting to be dialled, ringing, or answered.
    pub async fn up(&self, from: &PhoneNumber) -> Result<Vec<Line>, TwilioError> {
        let mut up = Vec::new();
        for status in [LineStatus::Queued, LineStatus::Ringing, LineStatus::InProgress] {
            let listed = self.listed("Calls", [("From", from.as_str()), ("Status", status.as_str())]).await?;
            up.extend(listed.records.into_iter().map(|line| self.by_our_clock(line)));
        }
        Ok(up)
    }

    fn line(&self, body: &[u8]) -> Result<Line, TwilioError> {
        decoded(body).map(|line| self.by_our_clock(line))
    }

    fn by_our_clock(&self, line: Line) -> Line {
        let ours = |twilios: Option<Timestamp>| twilios.map(|at| self.difference.by_our_clock(at));
        Line { date_created: ours(line.date_created), end_time: ours(line.end_time), ..line }
    }

    /// Asks Twilio to end a line. `None`: it is in the wrong state for this verb.
    async fn end(&self, sid: &CallSid, verb: LineStatus) -> Result<Option<LineStatus>, TwilioError> {
        match self.post(&self.call_path(sid), &[("Status", verb.as_str())]).await {
            Ok(body) => decoded::<Line>(&body).map(|line| Some(line.status)),
            Err(error) if error.is_not_found() => Ok(Some(LineStatus::Completed)),
            Err(error) if error.code() == Some(WRONG_STATE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The records of this kind that `filters` let through, newest first, as far as so many pages go.
    async fn listed<T: DeserializeOwned>(
        &self,
        kind: &str,
        filters: impl IntoIterator<Item = (&str, &str)>,
    ) -> Result<Listed<T>, TwilioError> {
        let pairs = filters.into_iter().chain([("PageSize", "50")]);
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mut next = Some(format!("{}?{query}", self.list_path(kind)));
        let mut records = Vec::new();
        for _ in 0..LIST_PAGES {
            let Some(path) = next.take() else { break };
            let page: Page<T> = decoded(&self.send(Method::GET, &path, None).await?)?;
            records.extend(page.records);
            next = page.next_page_uri.map(page_path).transpose()?;
        }
        Ok(Listed { records, is_whole: next.is_none() })
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Bytes, TwilioError> {
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        self.send(Method::POST, path, Some(form)).await
    }

    /// Sends a request once; gives the body of a 2xx. Who is refused at the door for a token that is being changed comes
    /// again with the other: nothing was carried out.
    async fn send(&self, method: Method, path: &str, form: Option<String>) -> Result<Bytes, TwilioError> {
        let token = self.credentials.used();
        let mut answer = self.exchange.send(self.request(&method, path, form.as_deref(), token)?).await?;
        if answer.status == StatusCode::UNAUTHORIZED
            && let Some(other) = self.credentials.instead_of(token)
        {
            answer = self.exchange.send(self.request(&method, path, form.as_deref(), other)?).await?;
            if answer.status != StatusCode::UNAUTHORIZED {
                self.credentials.use_from_now_on(other);
            }
        }
        self.difference.measure(&answer.headers);
        body(answer)
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        form: Option<&str>,
        token: Which,
    ) -> Result<Request<String>, TwilioError> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.api_url));
        if form.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.header(AUTHORIZATION, self.credentials.basic(token));
        let request = request.body(form.unwrap_or_default().to_owned());
        request.map_err(|error| TwilioError::Unreachable { why: error.to_string() })
    }

    fn call_path(&self, sid: &CallSid) -> String {
        self.record_path("Calls", sid.as_str())
    }

    fn list_path(&self, kind: &str) -> String {
        format!("/2010-04-01/Accounts/{}/{kind}.json", self.credentials.account_sid())
    }

    fn record_path(&self, kind: &str, sid: &str) -> String {
        format!("/2010-04-01/Accounts/{}/{kind}/{sid}.json", self.credentials.account_sid())
    }
}
