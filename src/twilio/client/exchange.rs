//! One HTTP exchange with Twilio: a request goes out once, and what is known of its answer comes
//! back. A trait, because the simulation plays Twilio without sockets; [`Network`] is the real one.
//! Knows nothing of what the requests are about.

use std::error::Error;
use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use reqwest::{redirect, retry};
use url::{Host, Url};

use super::error::{TwilioError, masked};
use super::{KEEP_ALIVE, Timeouts};

/// What came back: an answer, or what is known without one (`Unreachable` or `Unclear`).
pub type Exchanged = Result<Answer, TwilioError>;

/// Sends a request to Twilio.
pub trait Exchange: Send + Sync {
    /// Sends it once. Ends by itself within the time that a request may take.
    fn send(&self, request: Request<String>) -> Pin<Box<dyn Future<Output = Exchanged> + Send + '_>>;
}

/// An answer of Twilio's, or of something on the way.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or why it did not come whole.
    pub body: Result<Bytes, String>,
}

/// Real HTTP over connections that are kept alive.
#[derive(Debug)]
pub(super) struct Network(reqwest::Client);

impl Network {
    /// Connects to nothing yet. Fails only if TLS can't be set up on this machine.
    pub(super) fn new(api_url: &Url, timeouts: Timeouts) -> Result<Self, TwilioError> {
        let builder = reqwest::Client::builder()
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .pool_idle_timeout(KEEP_ALIVE)
            .redirect(redirect::Policy::none())
            .retry(retry::never());
        let builder = if is_loopback(api_url) { builder.no_proxy() } else { builder };
        // Without TLS, this machine need not have any root certificates.
        let builder = if api_url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        Ok(Self(builder.build().map_err(no_answer)?))
    }
}

impl Exchange for Network {
    fn send(&self, request: Request<String>) -> Pin<Box<dyn Future<Output = Exchanged> + Send + '_>> {
        Box::pin(async {
            let request = request.try_into().map_err(no_answer)?;
            let response = self.0.execute(request).await.map_err(no_answer)?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = response.bytes().await.map_err(|error| root_cause(&error.without_url()));
            Ok(Answer { status, headers, body })
        })
    }
}

/// A request that broke before it had an answer. Only a failure to connect is certain to have
/// had no effect.
fn no_answer(error: reqwest::Error) -> TwilioError {
    let certain = error.is_connect() || error.is_builder();
    let why = root_cause(&error.without_url());
    if certain { TwilioError::Unreachable { why } } else { TwilioError::Unclear { why } }
}

fn root_cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return if error.is_connect() { "no connection in time" } else { "no answer in time" }.to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    masked(&cause.to_string())
}

/// A Twilio on this machine is the simulator, and no proxy leads to it.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
