//! Owns the world while it runs in real time: one lock around it, one task that wakes it when
//! something is due, one task for each webhook on its way. No rule of Twilio's is here.

use super::clock::VirtualClock;
use super::engine::{Action, Outcome, Outgoing, World};
use super::observation::Observation;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;

/// What all tasks of a running simulator share.
pub(super) struct Shared {
    world: Mutex<World>,
    pub clock: VirtualClock,
    client: reqwest::Client,
    runtime: Handle,
    /// Counts changes of the world.
    changes: watch::Sender<u64>,
    stream: broadcast::Sender<Observation>,
    tries: Mutex<HashMap<u64, AbortHandle>>,
}

impl Shared {
    pub fn new(world: World, clock: VirtualClock) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(clock.real(Duration::from_secs(5)).max(Duration::from_millis(200)))
            .build()?;
        Ok(Self {
            world: Mutex::new(world),
            clock,
            client,
            runtime: Handle::current(),
            changes: watch::Sender::new(0),
            stream: broadcast::Sender::new(4096),
            tries: Mutex::new(HashMap::new()),
        })
    }

    /// Does something with the world at its present time, and carries out what follows.
    pub fn with<T>(self: &Arc<Self>, work: impl FnOnce(&mut World, Duration) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let before = world.version();
        let seen = world.observations().len();
        let result = work(&mut world, self.clock.now());
        // Again the time: what was done may have taken some.
        let actions = world.advance(self.clock.now());
        for observation in &world.observations()[seen..] {
            // Nobody may be listening.
            self.stream.send(observation.clone()).ok();
        }
        let changed = world.version() != before;
        drop(world);
        for action in actions {
            self.carry_out(action);
        }
        if changed {
            self.changes.send_modify(|count| *count += 1);
        }
        result
    }

    /// Looks at the world without touching it.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Observation> {
        self.stream.subscribe()
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn carry_out(self: &Arc<Self>, action: Action) {
        match action {
            Action::Send(outgoing) => {
                let (shared, id) = (Arc::clone(self), outgoing.id);
                let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
                let task = self.runtime.spawn(async move { shared.ask(outgoing).await });
                tries.insert(id, task.abort_handle());
            }
            Action::Abort(id) => {
                let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(task) = tries.remove(&id) {
                    task.abort();
                }
            }
        }
    }

    async fn ask(self: Arc<Self>, outgoing: Outgoing) {
        let id = outgoing.id;
        let outcome = self.request(outgoing).await;
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.with(|world, now| world.webhook_answered(id, outcome, now));
    }

    /// Makes a request and waits for its whole answer.
    pub async fn request(&self, outgoing: Outgoing) -> Outcome {
        let mut request = match outgoing.method {
            "GET" => self.client.get(&outgoing.url),
            _ => self.client.post(&outgoing.url),
        };
        for (name, value) in &outgoing.headers {
            request = request.header(name, value);
        }
        if let Some(body) = outgoing.body {
            request = request.body(body);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_builder() => {
                return Outcome::ConnectFailed(error.to_string());
            }
            Err(error) => return Outcome::Broken { partial: false, why: error.to_string() },
        };
        let status = response.status().as_u16();
        let content_type =
            response.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        match response.bytes().await {
            Ok(body) => Outcome::Answered { status, content_type, body: body.to_vec() },
            Err(error) => Outcome::Broken { partial: true, why: error.to_string() },
        }
    }

    pub fn stop_webhooks(&self) {
        for (_, task) in self.tries.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            task.abort();
        }
    }
}

/// Lets time pass in the world, for ever.
pub(super) async fn drive(shared: Arc<Shared>) {
    let mut changes = shared.changes();
    loop {
        let due = shared.look(World::next_due);
        let wait = due.map_or(Duration::from_secs(3600), |at| at.saturating_sub(shared.clock.now()));
        tokio::select! {
            () = shared.clock.sleep(wait) => {
                shared.with(|_, _| ());
                changes.mark_unchanged();
            }
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}
