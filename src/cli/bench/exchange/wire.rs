//! How webhooks travel: signed as Twilio signs them, over connections that are kept alive. Knows nothing of what they
//! are about.

use axum::body::{Body, to_bytes};
use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::simulator::engine::signed_request;
use crate::simulator::twiml::Hook;

/// The longest document that is read.
const LONGEST: usize = 1 << 16;

/// The way to the application.
pub(super) struct Wire {
    client: Client<HttpConnector, Body>,
    auth_token: String,
}

impl Wire {
    pub(super) fn new(auth_token: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, auth_token: auth_token.to_owned() }
    }

    /// Sends it once; what a good answer says.
    pub(super) async fn send(&self, hook: &Hook, params: &[(String, String)]) -> Option<String> {
        let signed = signed_request(&self.auth_token, hook, params);
        let mut request = Request::builder().method(signed.method).uri(&signed.url);
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }
        let request = request.body(signed.body.map_or_else(Body::empty, Body::from)).ok()?;
        let answer = self.client.request(request).await.ok()?;
        let good = answer.status().is_success();
        let body = to_bytes(Body::new(answer.into_body()), LONGEST).await.ok()?;
        good.then(|| String::from_utf8_lossy(&body).into_owned())
    }
}
