//! What a story is played on: the service as `serve` runs it, and a simulated Twilio beside it on
//! a clock of the same speed. Owns the two and their made-up configuration; must not print.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::net::TcpListener;

use super::scenarios::Scenario;
use crate::app::{self, Running};
use crate::clock::Clock;
use crate::config::Config;
use crate::simulator::phone::Phone;
use crate::simulator::twiml::Method;
use crate::simulator::{Options, Simulator};
use crate::store::Reader;

/// Phones that begin to ring in a second; a new account at Twilio has one.
const CALLS_PER_SECOND: u32 = 4;

/// How long after its story everything may take to come to rest.
const REST: Duration = Duration::from_secs(30);

/// A running service and its Twilio.
pub(super) struct Stage {
    /// Twilio, and everybody's phones.
    pub sim: Arc<Simulator>,
    /// What is played here.
    pub scenario: &'static Scenario,
    /// Virtual seconds in a real one.
    pub speed: f64,
    running: Running,
}

impl Stage {
    /// Starts both, the service on a new database.
    pub async fn set(scenario: &'static Scenario, speed: f64, database: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let options = Options {
            phones: scenario.phones(),
            speed,
            calls_per_second: CALLS_PER_SECOND,
            faults: (scenario.faults)(),
            ..Options::default()
        };
        let text = |api_url: &str| toml(scenario, &options, &base, api_url, database);
        let sim = Simulator::start(options.clone()).await?;
        let config = Config::parse("the demo's configuration", &text(sim.api_url()), std::iter::empty())?;
        let running = app::start_on(listener, &config, Clock::faster(speed)).await?;
        let voice = format!("{base}/#ct=2000&rt=7500&rc=4&rp=5xx,ct,rt");
        let fallback = format!("{base}/twilio/fallback#rc=2&rp=all");
        sim.point_number_at(&voice, Method::Post, Some(&fallback), Some(&format!("{base}/updates#rc=4&rp=all")));
        Ok(Self { sim: Arc::new(sim), scenario, speed, running })
    }

    /// What the service's database can be asked.
    pub fn reader(&self) -> &Reader {
        &self.running.reader
    }

    /// Tells the story. A step that does not come true is an error; standard error then has the
    /// whole of it.
    pub async fn tell(&self) -> Result<(), String> {
        let (sim, story) = (Arc::clone(&self.sim), self.scenario.story);
        let told = tokio::spawn(async move { story(&sim).await }).await;
        told.map_err(|error| {
            let panic = error.try_into_panic().ok();
            let text = panic.and_then(|panic| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            let step = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason was given");
            format!("the story did not go on: {step}")
        })
    }

    /// Waits until every call and every leg has ended in the record; false if that takes too long.
    pub async fn rests(&self) -> Result<bool> {
        let until = self.sim.now() + REST;
        loop {
            if self.sim.settled(Duration::from_secs(1)).await && self.is_over().await? {
                return Ok(true);
            }
            if self.sim.now() > until {
                return Ok(false);
            }
            self.sim.sleep(Duration::from_millis(200)).await;
        }
    }

    async fn is_over(&self) -> Result<bool> {
        if self.reader().live_calls().await? > 0 {
            return Ok(false);
        }
        for call in self.reader().call_history().await? {
            let legs = self.reader().leg_history(&call.call_sid.parse()?).await?;
            if legs.iter().any(|leg| leg.ended_at.is_none()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Stops the service as SIGTERM does.
    pub async fn stop(self) -> Result<()> {
        self.running.stop().await
    }
}

fn toml(scenario: &Scenario, options: &Options, base: &str, api_url: &str, database: &Path) -> String {
    let witnesses = database.with_extension("checkpoints.jsonl");
    let mut text = format!(
        r#"
        [server]
        public_url = "{base}"
        [database]
        path = {database:?}
        [record]
        checkpoints = {witnesses:?}
        [hotline]
        name = "PyExample hotline"
        [twilio]
        account_sid = "{account_sid}"
        auth_token = "{auth_token}"
        phone_number = "{hotline}"
        api_url = "{api_url}"
        calls_per_second = {CALLS_PER_SECOND}
        [ringing]
        ring_seconds = {ring_seconds}
        give_up_seconds = {give_up_seconds}
        "#,
        account_sid = options.account_sid,
        auth_token = options.auth_token,
        hotline = options.hotline,
        ring_seconds = scenario.ring_seconds,
        give_up_seconds = scenario.give_up_seconds,
    );
    for Phone { name, number, .. } in &options.phones {
        text += &format!("[[organisers]]\nname = \"{name}\"\nnumber = \"{number}\"\n");
    }
    text
}
