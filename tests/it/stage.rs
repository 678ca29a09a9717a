//! The stage on which scenarios are played: the real service on a database of its own, the
//! simulator's Twilio and phones beside it, both on the same fast clock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sharedphone::app::{self, Running};
use sharedphone::clock::Clock;
use sharedphone::config::Config;
use sharedphone::domain::settings::{Limits, Screening, Settings, Waiting};
use sharedphone::domain::texts::Texts;
use sharedphone::simulator::faults::{Faults, RestFault, RestTrouble, WebhookFault, WebhookTrouble, Which};
use sharedphone::simulator::phone::{Behaviour, Phone};
use sharedphone::simulator::problem::ProblemKind;
use sharedphone::simulator::promises::{self, Expectations};
use sharedphone::simulator::twiml::Method;
use sharedphone::simulator::{Options, Rules, Simulator};
use sharedphone::spool::Spool;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// What a scenario is played with.
pub struct Setting {
    pub phones: Vec<Phone>,
    pub waiting: &'static str,
    pub screening: &'static str,
    pub ring_seconds: u32,
    pub give_up_seconds: u32,
    pub legs_per_number: u32,
    pub calls_per_second: u32,
    pub speed: f64,
    /// A phone may ring again in the same call: in another round, or in place of an absent leg.
    pub second_ring: bool,
    pub rules: Rules,
    pub faults: Faults,
    /// Problems at Twilio that the scenario expects.
    pub tolerate: Vec<ProblemKind>,
    /// The organiser who is texted when the service is in trouble.
    pub in_charge: Option<&'static str>,
    /// How far the service's clock is ahead of Twilio's.
    pub clock_ahead: Duration,
    /// What the environment lays over the configuration.
    pub env: Vec<(&'static str, String)>,
}

impl Setting {
    /// Organisers with these names, whose phones are played by hand.
    pub fn by_hand(names: &[&str]) -> Self {
        Self::with(names.iter().map(|name| (*name, Behaviour::Manual)))
    }

    /// Organisers with these names and behaviours, rung at ten calls a second.
    pub fn with<'a>(phones: impl IntoIterator<Item = (&'a str, Behaviour)>) -> Self {
        let phones = phones.into_iter().enumerate();
        let phones = phones.map(|(index, (name, behaviour))| Phone::new(name, &number(index), behaviour));
        Self {
            phones: phones.collect(),
            waiting: "ringing",
            screening: "keypress",
            ring_seconds: 20,
            give_up_seconds: 60,
            legs_per_number: 1,
            calls_per_second: 10,
            speed: 10.0,
            second_ring: false,
            rules: Rules::default(),
            faults: Faults::default(),
            tolerate: Vec::new(),
            in_charge: None,
            clock_ahead: Duration::ZERO,
            env: Vec::new(),
        }
    }

    /// Where volume is the point.
    pub fn without_limits(mut self) -> Self {
        let keys = [
            "SHAREDPHONE__LIMITS__CONCURRENT_CALLS",
            "SHAREDPHONE__LIMITS__CALLS_PER_MINUTE",
            "SHAREDPHONE__LIMITS__CALLS_PER_CALLER_PER_MINUTE",
            "SHAREDPHONE__LIMITS__LEGS_PER_HOUR",
        ];
        self.env.extend(keys.map(|key| (key, "0".to_owned())));
        self
    }

    /// Raises the curtain.
    pub async fn play(self) -> Stage {
        Stage::set(self).await
    }

    /// The Twilio of this setting.
    pub async fn simulator(&self) -> Simulator {
        let sim = Simulator::start(Options {
            phones: self.phones.clone(),
            speed: self.speed,
            calls_per_second: self.calls_per_second,
            rules: self.rules.clone(),
            faults: Faults::new(self.faults.webhooks.clone(), self.faults.rest.clone()),
            tolerate: self.tolerate.clone(),
            ..Options::default()
        });
        sim.await.expect("a simulator")
    }
}

/// Points the hotline's number at the service at `base`.
pub fn point_number(sim: &Simulator, base: &str) {
    let updates = format!("{base}/updates");
    let fallback = format!("{base}/twilio/fallback#rc=2&rp=all");
    let voice = format!("{base}/#ct=2000&rt=7500&rc=4&rp=5xx,ct,rt");
    sim.point_number_at(&voice, Method::Post, Some(&fallback), Some(&updates));
}

/// The number of the organiser at `index`.
pub fn number(index: usize) -> String {
    format!("+1555{:07}", index + 1)
}

/// A running service and its Twilio.
pub struct Stage {
    pub sim: Simulator,
    pub config: Config,
    pub base: String,
    running: Option<Running>,
    folder: TempDir,
    speed: f64,
    /// What must be kept, seen from the phones.
    pub promised: Expectations,
}

impl Stage {
    async fn set(setting: Setting) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let speed = setting.speed;
        let sim = setting.simulator().await;
        let text = toml(&setting, &base, sim.api_url(), folder.path());
        let env = setting.env.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let config = Config::parse("test.toml", &text, env).expect("a good configuration");
        let clock = Clock::faster(speed);
        let ahead = clock.now() + setting.clock_ahead;
        let running = app::start_on(listener, &config, clock.not_before(ahead)).await.expect("a service");
        point_number(&sim, &base);
        let promised = promised(&setting);
        Self { sim, config, base, running: Some(running), folder, speed, promised }
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("sharedphone.db")
    }

    /// What the record says, by SQL.
    pub async fn sql(&self, query: &'static str) -> Vec<String> {
        crate::record::rows(&self.database(), query).await
    }

    /// Waits until SQL says so, at most 20 s of the stage's time.
    pub async fn until(&self, query: &'static str, wanted: &[&str]) {
        let mut seen = Vec::new();
        for _ in 0..200 {
            seen = self.sql(query).await;
            if seen == wanted {
                return;
            }
            self.sim.sleep(Duration::from_millis(100)).await;
        }
        panic!("{query}\n  says   {seen:?}\n  wanted {wanted:?}\n{}", self.sim.ladder());
    }

    /// Stops the service as SIGTERM does.
    pub async fn stop_service(&mut self) {
        let running = self.running.take().expect("a running service");
        running.stop().await.expect("a clean stop");
    }

    /// Starts it again on the same database and address.
    pub async fn start_service(&mut self) {
        let address = self.base.trim_start_matches("http://");
        let listener = TcpListener::bind(address).await.expect("the same port");
        let clock = Clock::faster(self.speed);
        self.running = Some(app::start_on(listener, &self.config, clock).await.expect("a service"));
    }

    /// Ends the scenario: nothing may ring on, nothing may have been refused by Twilio, every
    /// promise must have been kept, and the record must be sound.
    pub async fn curtain(mut self) {
        self.sim.finish().await;
        if let Some(running) = self.running.take() {
            running.stop().await.expect("a clean stop");
        }
        keeps_promises(&self.sim, &self.database(), self.promised).await;
    }
}

/// The record is sound and every promise was kept.
pub async fn keeps_promises(sim: &Simulator, database: &Path, mut promised: Expectations) {
    crate::record::check(database).await;
    promised.leg_of = crate::record::pairs(database, LEG_OF).await;
    let broken = promises::check(&sim.report(), &promised);
    let broken: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}\n{}", broken.join("\n"), sim.ladder());
}

/// The spool of a database in this folder.
pub fn spool(folder: &Path) -> Spool {
    Spool::open(&folder.join("sharedphone.db.spool"))
}

/// Which call each line was for.
pub const LEG_OF: &str = "SELECT leg_sid, call_sid FROM legs WHERE leg_sid IS NOT NULL";

/// What a scenario of this setting is held to.
pub fn promised(setting: &Setting) -> Expectations {
    Expectations {
        give_up: Duration::from_secs(setting.give_up_seconds.into()),
        organisers: setting.phones.iter().map(|phone| phone.number.clone()).collect(),
        legs_per_number: setting.legs_per_number as usize,
        screening_none: setting.screening == "none",
        second_ring: setting.second_ring,
        fallback_texts: vec![
            "Nobody of the team could take your call".into(),
            "so many calls that we can't ring the team".into(),
            "press 1 and we ring the team again".into(),
        ],
        // 200 ms of a busy machine.
        tolerance: Duration::from_millis(200).mul_f64(setting.speed),
        ..Expectations::default()
    }
}

/// The configuration of this setting.
pub fn toml(setting: &Setting, base: &str, api_url: &str, folder: &Path) -> String {
    let defaults = Options::default();
    let folder = folder.display();
    let mut text = format!(
        r#"
        [server]
        public_url = "{base}"
        [database]
        path = "{folder}/sharedphone.db"
        [record]
        checkpoints = "{folder}/checkpoints.jsonl"
        [hotline]
        name = "PyExample hotline"
        [twilio]
        account_sid = "{}"
        auth_token = "{}"
        phone_number = "{}"
        api_url = "{api_url}"
        calls_per_second = {}
        [ringing]
        screening = "{}"
        waiting = "{}"
        ring_seconds = {}
        give_up_seconds = {}
        [limits]
        legs_per_number = {}
        "#,
        defaults.account_sid,
        defaults.auth_token,
        defaults.hotline,
        setting.calls_per_second,
        setting.screening,
        setting.waiting,
        setting.ring_seconds,
        setting.give_up_seconds,
        setting.legs_per_number,
    );
    for phone in &setting.phones {
        let in_charge = setting.in_charge == Some(&phone.name);
        text += &format!(
            "[[organisers]]\nname = \"{}\"\nnumber = \"{}\"\nin_charge = {in_charge}\n",
            phone.name, phone.number
        );
    }
    text
}

/// Every redirect of a live line is refused.
pub fn redirects_fail() -> RestFault {
    RestFault {
        method: "POST".into(),
        path_contains: "/Calls/CA".into(),
        form_contains: "Url=".into(),
        which: Which::All,
        trouble: RestTrouble::Gateway,
        took_effect: false,
    }
}

/// Status callbacks to this address with this status never arrive.
pub fn lost(url_contains: &str, event: &str) -> WebhookFault {
    WebhookFault {
        url_contains: url_contains.into(),
        event: event.into(),
        callbacks: Some(true),
        which: Which::All,
        trouble: WebhookTrouble::Lost,
    }
}

/// The rules of a hotline that plays no story.
pub fn settings() -> Settings {
    Settings {
        screening: Screening::Keypress,
        waiting: Waiting::Ringback,
        ring: Duration::from_secs(20),
        give_up: Duration::from_secs(60),
        legs_per_number: Some(1),
        concurrent_legs: None,
        limits: Limits::default(),
        texts: Texts::new("a", Default::default())
            .all("en")
            .into_iter()
            .map(|text| (text.prompt, text.version))
            .collect(),
        hotline_number: "+15550006666".parse().expect("a number"),
    }
}
