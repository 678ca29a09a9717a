//! Owns the REST API over HTTP: hands each request to the world and sends its reply the way the
//! world wants it to travel. No rule of Twilio's is here.

use super::driver::Shared;
use super::rest::{Delivery, RestReply, RestRequest};
use super::wire::{Switch, Wire};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::header;
use std::io;
use std::sync::Arc;

/// Serves the API until the task is dropped.
pub(super) async fn serve(wire: Wire, shared: Arc<Shared>) {
    let router = Router::new().fallback(answer).with_state(shared);
    let service = router.into_make_service_with_connect_info::<Switch>();
    if let Err(error) = axum::serve(wire, service).await {
        tracing::error!(%error, "the simulated Twilio stopped serving");
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let text =
        |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = RestRequest {
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        authorization: text(header::AUTHORIZATION),
        content_type: text(header::CONTENT_TYPE),
        body: body.to_vec(),
    };
    let reply = shared.with(|world, now| world.handle_rest(&request, now));
    send(reply, &shared, &switch).await
}

async fn send(reply: RestReply, shared: &Shared, switch: &Switch) -> Response {
    match reply.delivery {
        Delivery::Whole => {}
        Delivery::Late(by) => shared.clock.sleep(by).await,
        Delivery::Never => std::future::pending().await,
        Delivery::Reset | Delivery::NoConnection(_) => switch.throw(),
        Delivery::Half => return half(reply),
    }
    let body = Body::from(reply.body.clone());
    response(&reply, body)
}

/// Promises the whole body and breaks off in its middle.
fn half(reply: RestReply) -> Response {
    let length = reply.body.len();
    let beginning = Bytes::copy_from_slice(&reply.body.as_bytes()[..length / 2]);
    let broken = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    let body = Body::from_stream(futures_util::stream::iter([Ok(beginning), broken]));
    let mut response = response(&reply, body);
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response
}

fn response(reply: &RestReply, body: Body) -> Response {
    let mut builder = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(*name, value);
    }
    builder.body(body).expect("statuses and headers are our own constants")
}
