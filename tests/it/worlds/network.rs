//! Everything between the service and Twilio, in virtual time: what was sent arrives a little later,
//! and two things that leave together may arrive in either order. No sockets.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use sharedphone::clock::Clock;
use sharedphone::domain::time::Timestamp;
use sharedphone::simulator::engine::{Outcome, Outgoing};
use sharedphone::simulator::random::Chance;
use sharedphone::simulator::rest::{Delivery, RestReply, RestRequest};
use sharedphone::twilio::client::{Answer, Exchange, Exchanged, TwilioError};
use tokio::sync::oneshot;

/// As long as a real request may take, answer included.
const PATIENCE: Duration = Duration::from_secs(8);

/// Everything arrives at a multiple of this, so that much arrives at once.
const GRAIN: Duration = Duration::from_millis(10);

/// What is on its way, or will happen at its time.
pub enum Event {
    /// A request has come to Twilio's REST API.
    RestArrives(RestRequest, oneshot::Sender<Exchanged>),
    /// Its answer has come to the service.
    RestReplies(oneshot::Sender<Exchanged>, Exchanged),
    /// A webhook has come to the service.
    WebhookArrives(Outgoing),
    /// Its answer has come to Twilio.
    WebhookReplies(u64, Outcome),
    /// A person does something.
    Person(Act),
    /// The service is killed.
    Kill,
    /// It is started again.
    Start,
    /// The database's disk is full from now on, or no longer.
    DiskFull(bool),
}

/// What a person does.
#[derive(Debug, Clone)]
pub enum Act {
    /// Calls the hotline.
    Calls(&'static str),
    /// Hangs up.
    HangsUp(&'static str),
    /// Has everything erased that is kept of their first call; a recording and a text are there.
    IsErased(&'static str),
}

/// The network of one world.
#[derive(Clone)]
pub struct Network(Arc<Mutex<State>>);

struct State {
    events: BTreeMap<(Duration, u64), Event>,
    count: u64,
    chance: Chance,
    now: Duration,
    /// What left the service before its death may arrive; nothing leaves it after.
    service_lives: bool,
}

impl Network {
    pub fn new(seed: u64) -> Self {
        let chance = Chance::new(seed);
        Self(Arc::new(Mutex::new(State {
            events: BTreeMap::new(),
            count: 0,
            chance,
            now: Duration::ZERO,
            service_lives: false,
        })))
    }

    /// When the next thing happens.
    pub fn next(&self) -> Option<Duration> {
        self.lock().events.keys().next().map(|(at, _)| *at)
    }

    /// Lets time pass.
    pub fn advance(&self, now: Duration) {
        let mut state = self.lock();
        state.now = state.now.max(now);
    }

    /// What happens now: any of those that are due, which one is chance.
    pub fn take(&self) -> Option<Event> {
        let mut state = self.lock();
        let now = state.now;
        let due: Vec<_> = state.events.keys().take_while(|(at, _)| *at <= now).copied().collect();
        let index = usize::try_from(state.chance.draw() % due.len().max(1) as u64).expect("small");
        due.get(index).and_then(|key| state.events.remove(key))
    }

    /// Something will happen at this time.
    pub fn at(&self, at: Duration, event: Event) {
        let mut state = self.lock();
        state.count += 1;
        let count = state.count;
        state.events.insert((at, count), event);
    }

    /// Something is sent now, and arrives a little later.
    pub fn send(&self, event: Event) {
        let at = {
            let mut state = self.lock();
            // Mostly at once, sometimes after a while.
            let grains = if state.chance.happens(0.1) { state.chance.draw() % 40 } else { state.chance.draw() % 4 };
            state.now + GRAIN * u32::try_from(grains).expect("small")
        };
        self.at(at, event);
    }

    pub fn chance<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.lock().chance)
    }

    pub fn service_lives(&self, lives: bool) {
        self.lock().service_lives = lives;
    }

    /// Sends a REST answer back the way it is to travel.
    pub fn reply(&self, back: oneshot::Sender<Exchanged>, reply: RestReply) {
        let later = match reply.delivery {
            Delivery::Never => return self.keep(back),
            Delivery::Late(by) | Delivery::NoConnection(by) => by,
            Delivery::Whole | Delivery::Reset | Delivery::Half => Duration::ZERO,
        };
        let event = Event::RestReplies(back, exchanged(reply));
        if later.is_zero() {
            return self.send(event);
        }
        let at = self.lock().now + later;
        self.at(at, event);
    }

    /// A connection on which nothing ever comes.
    fn keep(&self, back: oneshot::Sender<Exchanged>) {
        let at = self.lock().now + PATIENCE * 2;
        self.at(at, Event::RestReplies(back, Err(TwilioError::Unclear { why: "nothing came".into() })));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn exchanged(reply: RestReply) -> Exchanged {
    let body = match reply.delivery {
        Delivery::Reset => return Err(TwilioError::Unclear { why: "connection reset".into() }),
        Delivery::NoConnection(_) => return Err(TwilioError::Unreachable { why: "no connection".into() }),
        Delivery::Half => Err("the body broke off".to_owned()),
        Delivery::Whole | Delivery::Late(_) | Delivery::Never => Ok(Bytes::from(reply.body)),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in reply.headers {
        headers.insert(name, value.parse().expect("a header of the simulator's"));
    }
    Ok(Answer { status: StatusCode::from_u16(reply.status).expect("a status"), headers, body })
}

/// The service's way to Twilio.
pub struct ToTwilio {
    pub network: Network,
    pub clock: Clock,
}

impl Exchange for ToTwilio {
    fn send(&self, request: Request<String>) -> Pin<Box<dyn Future<Output = Exchanged> + Send + '_>> {
        Box::pin(async {
            let (back, answer) = oneshot::channel();
            if self.network.lock().service_lives {
                self.network.send(Event::RestArrives(plain(request), back));
            }
            match self.clock.timeout(PATIENCE, answer).await {
                Ok(Ok(exchanged)) => exchanged,
                Ok(Err(_)) => Err(TwilioError::Unclear { why: "connection closed".into() }),
                Err(_) => Err(TwilioError::Unclear { why: "no answer in time".into() }),
            }
        })
    }
}

fn plain(request: Request<String>) -> RestRequest {
    let text = |name: http::header::HeaderName| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    RestRequest {
        method: request.method().to_string(),
        target: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        authorization: text(http::header::AUTHORIZATION),
        content_type: text(http::header::CONTENT_TYPE),
        body: request.body().clone().into_bytes(),
    }
}

/// The world's zero on the service's clock.
pub fn zero() -> Timestamp {
    "2026-11-22T13:00:00.000Z".parse().expect("a time")
}
