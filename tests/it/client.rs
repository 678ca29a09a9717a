//! Twilio as an HTTP client, for tests that ask the service directly: webhooks are signed by code
//! written for this purpose alone, and can be spoilt in one way each.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use sha1::Sha1;
use sharedphone::simulator::{Options, twiml};

/// The type of Twilio's bodies.
const FORM_TYPE: &str = "application/x-www-form-urlencoded; charset=UTF-8";

/// Sends webhooks to one service.
#[derive(Clone)]
pub struct Twilio {
    base: String,
    http: reqwest::Client,
}

impl Twilio {
    /// Twilio, configured with the address `base`.
    pub fn calling(base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        Self { base: base.to_owned(), http: http.expect("a client") }
    }

    /// A signed webhook with its parameters in a form.
    pub fn post(&self, path: &str, params: &Params) -> Webhook {
        self.webhook(Method::POST, path, params)
    }

    /// A signed webhook with its parameters in the query.
    pub fn get(&self, path: &str, params: &Params) -> Webhook {
        self.webhook(Method::GET, path, params)
    }

    /// A signed webhook by GET or POST.
    pub fn webhook(&self, method: Method, path: &str, params: &Params) -> Webhook {
        let mut webhook = Webhook {
            twilio: self.clone(),
            method,
            path: path.to_owned(),
            params: params.clone(),
            signature: None,
            content_type: Some(FORM_TYPE.to_owned()),
            token: None,
        };
        webhook.sign(&Options::default().auth_token);
        webhook
    }
}

/// Names and values; a value may be any bytes.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, Vec<u8>)>);

impl Params {
    /// What every webhook about a line in conversation says.
    pub fn of_line(call_sid: &str) -> Self {
        let options = Options::default();
        Self::default()
            .with("CallSid", call_sid)
            .with("AccountSid", options.account_sid)
            .with("ApiVersion", "2010-04-01")
            .with("From", "+15557770000")
            .with("To", options.hotline)
            .with("CallStatus", "in-progress")
            .with("Digits", "1")
    }

    /// These, with one more or one changed.
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.set(name, value);
        self
    }

    /// Adds a parameter or changes it.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref().to_vec();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Adds parameters without a value, whether or not they are there.
    pub fn add_empty(&mut self, names: impl Iterator<Item = String>) {
        self.0.extend(names.map(|name| (name, Vec::new())));
    }

    /// Takes a parameter out.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// As a form or a query has them.
    pub fn encoded(&self) -> String {
        let encode =
            |bytes: &[u8]| percent_encoding::percent_encode(bytes, percent_encoding::NON_ALPHANUMERIC).to_string();
        let pairs = self.0.iter().map(|(name, value)| format!("{}={}", encode(name.as_bytes()), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// A webhook before it is sent. What is changed after the signing is not signed.
#[derive(Clone)]
pub struct Webhook {
    twilio: Twilio,
    pub method: Method,
    /// The path, and what the address has for a query of its own.
    pub path: String,
    pub params: Params,
    pub signature: Option<String>,
    pub content_type: Option<String>,
    /// The same for every try of one webhook.
    pub token: Option<String>,
}

impl Webhook {
    /// Signs it as it is now: the URL and, for a form, all names and values in byte order.
    pub fn sign(&mut self, auth_token: &str) {
        let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("any key");
        mac.update(self.url().as_bytes());
        if self.method != Method::GET {
            let sorted: BTreeSet<(&[u8], &[u8])> =
                self.params.0.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())).collect();
            for (name, value) in sorted {
                mac.update(name);
                mac.update(value);
            }
        }
        self.signature = Some(STANDARD.encode(mac.finalize().into_bytes()));
    }

    /// The same with our account's token.
    pub fn sign_again(&mut self) {
        self.sign(&Options::default().auth_token);
    }

    /// The address that it is sent to.
    pub fn url(&self) -> String {
        let bare = format!("{}{}", self.twilio.base, self.path);
        match (&self.method, self.params.encoded()) {
            (&Method::GET, query) if !query.is_empty() => {
                let joint = if bare.contains('?') { '&' } else { '?' };
                format!("{bare}{joint}{query}")
            }
            _ => bare,
        }
    }

    /// The bytes of a POST, after whose answer the connection is closed.
    pub fn on_the_wire(&self, host: &str) -> Vec<u8> {
        let (path, body) = (&self.path, self.params.encoded());
        let (signature, content_type) = (self.signature.as_deref(), self.content_type.as_deref());
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nX-Twilio-Signature: {}\r\nContent-Type: {}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            signature.unwrap_or_default(),
            content_type.unwrap_or_default(),
            body.len()
        )
        .into_bytes()
    }

    /// Sends it. Nothing that the outside can send is ever answered with a 5xx.
    pub async fn send(&self) -> Answer {
        let answer = self.try_send().await;
        assert!(answer.status < 500, "{self}: {}", answer.status);
        answer
    }

    /// Sends it to a service that may have nowhere to write.
    pub async fn try_send(&self) -> Answer {
        let mut request = self.twilio.http.request(self.method.clone(), self.url());
        if let Some(signature) = &self.signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        if let Some(token) = &self.token {
            request = request.header("I-Twilio-Idempotency-Token", token);
        }
        if self.method != Method::GET {
            if let Some(content_type) = &self.content_type {
                request = request.header("Content-Type", content_type);
            }
            request = request.body(self.params.encoded());
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{self}: {error:?}"));
        let content_type = response.headers().get("content-type").map(|value| value.to_str().expect("ASCII"));
        let content_type = content_type.unwrap_or_default().to_owned();
        let status = response.status().as_u16();
        let body = response.bytes().await.expect("a whole answer").to_vec();
        Answer { status, content_type, body, asked: self.to_string() }
    }
}

impl std::fmt::Display for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let params: String = self.params.encoded().chars().take(300).collect();
        write!(f, "{} {} ({params})", self.method, self.path)
    }
}

/// What the service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
    asked: String,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap_or_else(|error| panic!("{}: {error}", self.asked))
    }

    /// The document: `200 text/xml`, and nothing in it that Twilio would complain about.
    #[track_caller]
    pub fn twiml(&self) -> String {
        let text = self.text();
        assert_eq!((self.status, self.content_type.as_str()), (200, "text/xml"), "{}: {text}", self.asked);
        let document = twiml::read(&text, "http://127.0.0.1/").unwrap_or_else(|why| panic!("{why:?}: {text}"));
        assert!(document.complaints.is_empty(), "{:?}: {text}", document.complaints);
        assert!(!document.verbs.is_empty(), "{}: a document that says nothing", self.asked);
        text
    }

    /// A document that hangs up without a word.
    #[track_caller]
    pub fn is_a_hang_up(&self) {
        let text = self.twiml();
        assert!(text.ends_with("<Response><Hangup/></Response>"), "{}: {text}", self.asked);
    }

    /// `204` with nothing in it.
    #[track_caller]
    pub fn is_noted(&self) {
        assert_eq!((self.status, self.body.len()), (204, 0), "{}", self.asked);
    }
}

/// The SID of a call that nobody else makes.
pub fn call_sid(number: usize) -> String {
    format!("CA{number:032x}")
}
