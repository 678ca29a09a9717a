//! One life of the service, from its start to its death: the real operator on the real database,
//! the real outbox, sweep and router, over a network that is none.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt;
use futures_util::future::join;
use http::Request;
use sharedphone::app::{self, parts};
use sharedphone::clock::Clock;
use sharedphone::config::Config;
use sharedphone::crash::{self, Point};
use sharedphone::domain::errand::{Actor, Basis, Errand};
use sharedphone::domain::ids::{CallSid, IdSource};
use sharedphone::domain::input::Input;
use sharedphone::domain::privacy::DataClass;
use sharedphone::domain::time::Timestamp;
use sharedphone::simulator::engine::{Outcome, Outgoing};
use sharedphone::simulator::random::Chance;
use sharedphone::spool::Spool;
use sharedphone::store;
use sharedphone::sweep::Sweep;
use sharedphone::switchboard::{Operator, Switchboard};
use sharedphone::twilio::client::TwilioClient;
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Builder;

use super::network::{Event, Network, ToTwilio};
use super::still::Stillness;

/// Ids that a seed decides.
pub struct SeededIds(pub Chance);

impl IdSource for SeededIds {
    fn next(&mut self, now: Timestamp) -> uuid::Uuid {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.0.draw().to_be_bytes());
        random[8..].copy_from_slice(&self.0.draw().to_be_bytes()[..2]);
        Builder::from_unix_timestamp_millis(now.unix_millis().unsigned_abs(), &random).into_uuid()
    }
}

/// After so many steps of the operator's it is looked whether the database has what it keeps.
const LOOK: u32 = 32;

/// A running service.
pub struct Life {
    switchboard: Switchboard,
    operator: Operator,
    /// How many steps it has made.
    steps: u32,
    clock: Clock,
    router: Router,
    workers: JoinHandle<((), ())>,
    webhooks: BTreeMap<u64, AbortHandle>,
}

impl Life {
    /// Starts the service; `None` if it died on the way.
    pub async fn begin(
        config: &Config,
        clock: &Clock,
        network: &Network,
        stillness: &Stillness,
        ids: SeededIds,
    ) -> Option<Self> {
        let (writer, reader) = store::open(&config.database.path).await.expect("the database opens");
        let (switchboard, inbox) = Switchboard::new();
        let spool = Spool::open(&config.database.spool);
        let last_heard = reader.last_of_open_calls().await.expect("the database is read");
        let clock = &app::clock(clock.clone(), last_heard, &spool).await;
        let (mut done, settings) = (0, parts::settings(config));
        let mut operator = Operator::new(inbox, writer, spool, settings, clock.clone(), Box::new(ids));
        let started = Input::Started(parts::beginning(config));
        let submitted = tokio::spawn({
            let switchboard = switchboard.clone();
            async move { switchboard.submit(started).await }
        });
        stillness.wait().await;
        // Before it comes what a life before may have left in the spool.
        while !submitted.is_finished() {
            if !steps(&mut operator, &mut done).await {
                return None;
            }
            stillness.wait().await;
        }
        submitted.await.ok()?.ok()?;
        catch_unwind(|| crash::point(Point::StartRecorded)).ok()?;
        let stop = CancellationToken::new();
        let exchange = Arc::new(ToTwilio { network: network.clone(), clock: clock.clone() });
        let api_url = &config.twilio.api_url;
        let client = TwilioClient::over(exchange, api_url, parts::credentials(config), clock.clone());
        let to_twilio = parts::reach_twilio(config, client, switchboard.clone(), clock.clone(), stop.clone());
        let sweep = Sweep::new(switchboard.clone(), clock.clone());
        // In one task, because it is chance which of two tasks hears first of a new agenda.
        let workers = tokio::spawn(join(to_twilio, sweep.run(stop.clone())));
        let router =
            sharedphone::http::router(parts::state(config, switchboard.clone(), Some(reader), clock.clone(), stop));
        let clock = clock.clone();
        Some(Self { switchboard, operator, steps: done, clock, router, workers, webhooks: BTreeMap::new() })
    }

    /// Decides what has been reported. Only to be called when everything else waits: what is reported
    /// meanwhile would depend on how fast this machine is. Says whether there was something.
    pub async fn decide(&mut self) -> bool {
        self.operator.has_work() && steps(&mut self.operator, &mut self.steps).await
    }

    /// How soon the operator wants to wake by itself.
    pub fn wakes_in(&self) -> Option<Duration> {
        self.operator.due_at().map(|at| at.since(self.clock.now()))
    }

    /// A webhook comes in; its answer goes out when there is one.
    pub fn ask(&mut self, outgoing: Outgoing, network: &Network) {
        let (router, network, id) = (self.router.clone(), network.clone(), outgoing.id);
        let task = tokio::spawn(async move {
            let outcome = answer(router, outgoing).await;
            network.send(Event::WebhookReplies(id, outcome));
        });
        self.webhooks.insert(id, task.abort_handle());
    }

    /// Somebody wants all that is personal in a call erased.
    pub fn erase(&self, call_sid: CallSid) {
        let classes = vec![DataClass::Numbers, DataClass::Notes, DataClass::Recordings];
        let input =
            Input::Errand { errand: Errand::Erase { call_sid, classes, basis: Basis::Request }, by: Actor::Service };
        let switchboard = self.switchboard.clone();
        drop(tokio::spawn(async move { switchboard.submit(input).await }));
    }

    /// Twilio does not wait for this answer any more.
    pub fn drop_webhook(&mut self, id: u64) {
        if let Some(task) = self.webhooks.remove(&id) {
            task.abort();
        }
    }

    /// Nothing of it goes on. Who waited for an answer sees the connection close.
    pub async fn end(mut self, network: &Network) {
        for (id, task) in std::mem::take(&mut self.webhooks) {
            if !task.is_finished() {
                task.abort();
                let why = "the service died".to_owned();
                network.send(Event::WebhookReplies(id, Outcome::Broken { partial: false, why }));
            }
        }
        self.workers.abort();
        // Cancelled, or died by itself: both are meant.
        self.workers.await.ok();
    }
}

/// One step of the operator's; false if it died of it. Now and then it is looked whether the database has the same.
async fn steps(operator: &mut Operator, done: &mut u32) -> bool {
    let lives = AssertUnwindSafe(operator.step()).catch_unwind().await.is_ok();
    *done += 1;
    if lives && done.is_multiple_of(LOOK) {
        let drift = operator.drift().await.expect("a database that can be read");
        assert!(drift.is_empty(), "the house that is kept differs from the database: {drift:#?}");
    }
    lives
}

async fn answer(router: Router, outgoing: Outgoing) -> Outcome {
    let target = outgoing.url.split_once("//").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let mut request = Request::builder().method(outgoing.method).uri(target.expect("an absolute address"));
    for (name, value) in &outgoing.headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(outgoing.body.unwrap_or_default())).expect("a request");
    let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let content_type = parts.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let hidden = outgoing.hides_answer;
    if hidden {
        return Outcome::ConnectFailed("the answer was lost".into());
    }
    Outcome::Answered {
        status: parts.status.as_u16(),
        content_type: content_type.map(str::to_owned),
        body: body.to_vec(),
    }
}

/// A database with the schema and nothing in it, to be copied: migrating takes longer than a call.
pub async fn empty_database(path: &Path) {
    let (writer, reader) = store::open(path).await.expect("a new database");
    reader.close().await;
    writer.close().await.expect("closed");
}

/// How long a dead service stays away.
pub const AWAY: Duration = Duration::from_millis(800);
