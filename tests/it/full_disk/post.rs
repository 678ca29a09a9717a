//! What passes between Twilio and the service: every webhook and its answer go through here, and what was
//! acknowledged is written down.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::kept::{Fact, acknowledged};

/// Stands at the service's public address; dropping it closes the way.
pub struct Post {
    shared: Arc<Shared>,
    task: AbortHandle,
}

struct Shared {
    service: String,
    http: reqwest::Client,
    log: Mutex<Log>,
}

/// What was answered so far.
#[derive(Debug, Default, Clone)]
pub struct Log {
    /// What must never be lost from here on, in order.
    pub acknowledged: Vec<Fact>,
    /// How many webhooks were answered, in whatever way.
    pub answered: usize,
    /// How many callers Twilio itself has to connect.
    pub emergencies: usize,
    /// What was not taken in, as address and status.
    pub refused: Vec<String>,
}

impl Post {
    /// Takes what comes for `base` to the service that listens at `service`.
    pub async fn at(base: &str, service: &str) -> Self {
        let listener = TcpListener::bind(base.trim_start_matches("http://")).await.expect("a free port");
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let shared = Arc::new(Shared {
            service: format!("http://{service}"),
            http: http.expect("a client"),
            log: Mutex::default(),
        });
        let router = Router::new().fallback(pass_on).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { shared, task: task.abort_handle() }
    }

    /// What was answered so far.
    pub fn log(&self) -> Log {
        self.shared.log().clone()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pass_on(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut headers = parts.headers;
    headers.remove(HOST);
    let asked = shared.http.request(parts.method, format!("{}{target}", shared.service));
    let Ok(answer) = asked.headers(headers).body(form.clone()).send().await else {
        shared.log().refused.push(format!("{target}: no answer"));
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, kind) = (answer.status(), answer.headers().get(CONTENT_TYPE).cloned());
    let Ok(body) = answer.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
    shared.log().note(target, &form, status, &body);
    let mut answer = (status, body).into_response();
    answer.headers_mut().remove(CONTENT_TYPE);
    answer.headers_mut().extend(kind.map(|kind| (CONTENT_TYPE, kind)));
    answer
}

impl Log {
    fn note(&mut self, target: &str, form: &Bytes, status: StatusCode, body: &Bytes) {
        self.answered += 1;
        let document = String::from_utf8_lossy(body);
        if !status.is_success() {
            self.refused.push(format!("{target}: {status}"));
        } else if document.contains("<Number") {
            self.emergencies += 1;
        } else {
            self.acknowledged.extend(acknowledged(target, form, &document));
        }
    }
}
