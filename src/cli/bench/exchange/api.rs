//! The REST API, as far as a hotline needs it: lines are placed, ended, sent elsewhere and asked after.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::form_urlencoded;

use super::line::{Line, Order, Placement};
use super::{Exchange, lock};
use crate::simulator::twiml::{self, Hook};

/// The longest request that is read.
const LONGEST: usize = 1 << 16;

pub(super) async fn serve(exchange: Arc<Exchange>, listener: TcpListener) -> io::Result<()> {
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    axum::serve(listener, Router::new().fallback(answer).with_state(exchange)).await
}

async fn answer(State(exchange): State<Arc<Exchange>>, request: Request) -> Response {
    exchange.seen.request();
    let (head, body) = request.into_parts();
    let form = form(body).await;
    let path = head.uri.path();
    let record = path.rsplit_once("/Calls/").and_then(|(_, record)| record.strip_suffix(".json"));
    let (status, body) = match (&head.method, record) {
        (&Method::POST, None) if path.ends_with("/Calls.json") => exchange.place(&form),
        (&Method::POST, Some(sid)) => exchange.change(sid, &form),
        (&Method::GET, Some(sid)) => exchange.ask(sid),
        (&Method::GET, None) => (StatusCode::OK, json!({ "calls": [], "next_page_uri": null })),
        _ => not_found(),
    };
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

async fn form(body: Body) -> Vec<(String, String)> {
    let body = to_bytes(body, LONGEST).await.unwrap_or_default();
    form_urlencoded::parse(&body).into_owned().collect()
}

fn get<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

fn hook(form: &[(String, String)], url: &str, method: &str) -> Option<Hook> {
    let method = if get(form, method) == Some("GET") { twiml::Method::Get } else { twiml::Method::Post };
    Some(Hook { url: get(form, url)?.to_owned(), method })
}

impl Exchange {
    fn place(self: &Arc<Self>, form: &[(String, String)]) -> (StatusCode, Value) {
        let (Some(to), Some(url)) = (get(form, "To"), hook(form, "Url", "Method")) else {
            return refused(StatusCode::BAD_REQUEST, 21205, "To and Url are required");
        };
        let events = form.iter().filter(|(name, _)| name == "StatusCallbackEvent").map(|(_, event)| event.clone());
        let placement = Placement {
            to: to.to_owned(),
            url,
            callback: hook(form, "StatusCallback", "StatusCallbackMethod"),
            events: events.collect(),
            is_screened: get(form, "MachineDetection").is_some(),
        };
        let line = Line::outbound(self.clone(), placement.to.clone());
        let body = self.resource(line.sid(), "queued", &self.plan.number, &placement.to);
        tokio::spawn(line.rings(placement));
        (StatusCode::CREATED, body)
    }

    fn change(&self, sid: &str, form: &[(String, String)]) -> (StatusCode, Value) {
        let up = lock(&self.up);
        let Some(line) = up.get(sid) else {
            return (StatusCode::OK, self.resource(sid, "completed", "", ""));
        };
        let (order, status) = match (get(form, "Status"), hook(form, "Url", "Method")) {
            (Some("canceled"), _) if line.status == "in-progress" => (None, line.status),
            (Some("canceled"), _) => (Some(Order::End), "canceled"),
            (Some(_), _) => (Some(Order::End), "completed"),
            (None, Some(_)) if line.status != "in-progress" => {
                return refused(StatusCode::BAD_REQUEST, 21220, "Call is not in-progress. Cannot redirect.");
            }
            (None, Some(hook)) => (Some(Order::GoTo(hook)), line.status),
            (None, None) => (None, line.status),
        };
        if let Some(order) = order {
            // A line that is over has no use for it.
            line.orders.send(order).ok();
        }
        (StatusCode::OK, self.resource(sid, status, &line.from, &line.to))
    }

    fn ask(&self, sid: &str) -> (StatusCode, Value) {
        let up = lock(&self.up);
        match up.get(sid) {
            Some(line) => (StatusCode::OK, self.resource(sid, line.status, &line.from, &line.to)),
            None => not_found(),
        }
    }

    fn resource(&self, sid: &str, status: &str, from: &str, to: &str) -> Value {
        let direction = if from == self.plan.number { "outbound-api" } else { "inbound" };
        json!({
            "sid": sid, "account_sid": self.plan.account_sid, "status": status, "from": from, "to": to,
            "direction": direction, "date_created": null, "start_time": null, "end_time": null, "duration": null,
            "answered_by": null, "api_version": "2010-04-01",
            "uri": format!("/2010-04-01/Accounts/{}/Calls/{sid}.json", self.plan.account_sid),
        })
    }
}

fn not_found() -> (StatusCode, Value) {
    refused(StatusCode::NOT_FOUND, 20404, "The requested resource was not found")
}

fn refused(status: StatusCode, code: u32, message: &str) -> (StatusCode, Value) {
    (status, json!({ "code": code, "message": message, "more_info": null, "status": status.as_u16() }))
}
