//! Owns the running simulator as its users see it: start, steer, look, stop. The stories that tests
//! tell are in `dsl`.

use super::clock::{self, VirtualClock};
use super::driver::{self, Shared};
use super::engine::{Call, Line, Message, Outcome, Outgoing, RestEntry, RoomState, Settings, World, signed_request};
use super::faults::Faults;
use super::observation::Observation;
use super::phone::{Behaviour, Phone};
use super::problem::{Problem, ProblemKind};
use super::rules::Rules;
use super::twiml::{Hook, Method};
use super::wire::Wire;
use super::{ladder, server};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

/// What a simulator is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// `AC` and 32 hex digits.
    pub account_sid: String,
    /// Signs webhooks and is the password of the REST API.
    pub auth_token: String,
    /// The number people call.
    pub hotline: String,
    /// Who has which phone.
    pub phones: Vec<Phone>,
    /// Virtual seconds in a real one.
    pub speed: f64,
    /// How many queued calls are dialled a (virtual) second.
    pub calls_per_second: u32,
    /// Decides every identifier and every chance.
    pub seed: u64,
    /// Open questions about Twilio, and paces.
    pub rules: Rules,
    /// What goes wrong.
    pub faults: Faults,
    /// Problems that a test expects; remarks are always tolerated.
    pub tolerate: Vec<ProblemKind>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            account_sid: "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
            auth_token: "0123456789abcdef0123456789abcdef".to_owned(),
            hotline: "+15550006666".to_owned(),
            phones: Vec::new(),
            speed: 1.0,
            calls_per_second: 1,
            seed: 1,
            rules: Rules::default(),
            faults: Faults::default(),
            tolerate: Vec::new(),
        }
    }
}

/// A Twilio and its phones on loopback. Dropping it stops everything.
pub struct Simulator {
    pub(super) shared: Arc<Shared>,
    pub(super) tolerate: Vec<ProblemKind>,
    /// How far into the observations each party's story has been told.
    pub(super) told: Mutex<HashMap<String, usize>>,
    api_url: String,
    tasks: [AbortHandle; 2],
}

impl Simulator {
    /// Starts a world and its REST server on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be had or no HTTP client built.
    pub async fn start(options: Options) -> io::Result<Self> {
        let clock = VirtualClock::start(options.speed);
        let world = World::new(Settings {
            account_sid: options.account_sid,
            auth_token: options.auth_token,
            hotline: options.hotline,
            phones: options.phones,
            calls_per_second: options.calls_per_second,
            seed: options.seed,
            epoch: clock::epoch(),
            rules: options.rules,
            faults: options.faults,
        });
        let shared = Arc::new(Shared::new(world, clock).map_err(io::Error::other)?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let api_url = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(server::serve(Wire(listener), Arc::clone(&shared)));
        let driving = tokio::spawn(driver::drive(Arc::clone(&shared)));
        Ok(Self {
            shared,
            tolerate: options.tolerate,
            told: Mutex::new(HashMap::new()),
            api_url,
            tasks: [serving.abort_handle(), driving.abort_handle()],
        })
    }

    /// Base URL of the REST API, without a slash at its end.
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// Configures the number. The status callback is asked with the same method.
    pub fn point_number_at(
        &self,
        voice_url: &str,
        method: Method,
        fallback_url: Option<&str>,
        status_callback: Option<&str>,
    ) {
        let word = if method == Method::Get { "GET" } else { "POST" };
        self.shared.with(|world, _| {
            world.set_line("voice_url", voice_url);
            world.set_line("voice_method", word);
            world.set_line("voice_fallback_url", fallback_url.unwrap_or_default());
            world.set_line("status_callback", status_callback.unwrap_or_default());
            world.set_line("status_callback_method", word);
        });
    }

    /// The clock of the world.
    pub fn clock(&self) -> VirtualClock {
        self.shared.clock
    }

    /// Virtual time since the start.
    pub fn now(&self) -> Duration {
        self.shared.clock.now()
    }

    /// Sleeps for a virtual duration.
    pub async fn sleep(&self, virtually: Duration) {
        self.shared.clock.sleep(virtually).await;
    }

    /// All observations so far.
    pub fn observations(&self) -> Vec<Observation> {
        self.shared.look(|world| world.observations().to_vec())
    }

    /// Observations from now on, as they happen. A slow reader loses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<Observation> {
        self.shared.subscribe()
    }

    /// Everything Twilio would have refused, without remarks and what is tolerated.
    pub fn problems(&self) -> Vec<Problem> {
        let counts = |p: &&Problem| p.kind != ProblemKind::Remark && !self.tolerate.contains(&p.kind);
        self.shared.look(|world| world.problems().iter().filter(counts).cloned().collect())
    }

    /// Everything that was noted, remarks too.
    pub fn all_problems(&self) -> Vec<Problem> {
        self.shared.look(|world| world.problems().to_vec())
    }

    /// All calls in the order of creation, with the REST requests that concerned them.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.look(|world| world.calls().to_vec())
    }

    /// All conferences.
    pub fn conferences(&self) -> Vec<RoomState> {
        self.shared.look(|world| world.rooms().to_vec())
    }

    /// All text messages, whoever sent them, deleted ones too.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.look(|world| world.messages().to_vec())
    }

    /// Every REST request, in order.
    pub fn rest_log(&self) -> Vec<RestEntry> {
        self.shared.look(|world| world.rest_log().to_vec())
    }

    /// The number's configuration.
    pub fn line(&self) -> Line {
        self.shared.look(|world| world.line().clone())
    }

    /// Gives somebody a phone, or another number and habits.
    pub fn set_phone(&self, name: &str, number: &str, behaviour: Behaviour) {
        self.shared.with(|world, _| world.set_phone(name, number, behaviour));
    }

    /// Changes what somebody's phone does from its next ring on.
    pub fn set_behaviour(&self, name: &str, behaviour: Behaviour) {
        self.shared.with(|world, _| world.set_behaviour(name, behaviour));
    }

    /// Somebody hangs up; false if they are in no call.
    pub fn hang_up(&self, name: &str) -> bool {
        self.shared.with(|world, now| world.hang_up(name, now))
    }

    /// Changes the rules on the way.
    pub fn change_rules(&self, change: impl FnOnce(&mut Rules)) {
        self.shared.with(|world, _| change(world.rules_mut()));
    }

    /// Replaces the faults on the way.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.with(|world, _| *world.faults_mut() = faults);
    }

    /// A signed request as Twilio would send it, to be altered or sent with [`Self::send`].
    pub fn signed(&self, url: &str, method: Method, params: &[(String, String)]) -> Outgoing {
        let hook = Hook { url: url.to_owned(), method };
        let token = self.shared.look(|world| world.settings().auth_token.clone());
        signed_request(&token, &hook, params)
    }

    /// Sends a request to the application, outside of the world's story.
    pub async fn send(&self, request: Outgoing) -> Outcome {
        self.shared.request(request).await
    }

    /// Signs and sends a webhook of the test's own making.
    pub async fn send_webhook(&self, url: &str, method: Method, params: &[(String, String)]) -> Outcome {
        self.send(self.signed(url, method, params)).await
    }

    /// Waits until no request to the application is unanswered; false if that takes longer than
    /// `limit` (virtual).
    pub async fn settled(&self, limit: Duration) -> bool {
        self.comes_true(limit, || self.shared.look(World::unanswered) == 0).await
    }

    /// The whole story as a picture.
    pub fn ladder(&self) -> String {
        self.shared.look(|world| ladder::ladder(world.observations()))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.stop_webhooks();
    }
}
