//! Plays a world to its end: lets everything come to rest, moves the time to the next thing that
//! happens, and lets that happen; which of several, chance decides.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use sharedphone::clock::{Clock, Hand};
use sharedphone::config::Config;
use sharedphone::crash::{self, Point};
use sharedphone::domain::time::Timestamp;
use sharedphone::simulator::Options;
use sharedphone::simulator::engine::{Action, Outcome, Settings, World};
use sharedphone::simulator::faults::Faults;
use sharedphone::simulator::random::Chance;

use super::life::{AWAY, Life, SeededIds};
use super::network::{Act, Event, Network, zero};
use super::plan::{Death, Plan};
use super::still::Stillness;
use crate::stage::toml;

/// How long the service may be busy with calls that are over.
const AFTERMATH: Duration = Duration::from_secs(900);

/// By then everything must have come to an end.
const END: Duration = Duration::from_secs(1200);

/// More batches than this follow from nothing that happens at one moment.
const BUSY: u32 = 500;

/// Where the number points.
const BASE: &str = "http://hotline.test";

/// A world after its end.
pub struct Played {
    pub world: World,
    /// Where the service died, and when it was away: from, to.
    pub deaths: Vec<(Option<Point>, Duration, Duration)>,
    /// Whether something went on for ever.
    pub endless: bool,
    /// How many webhooks were answered with 403.
    pub refused: usize,
}

/// What the thread's crash points ask.
#[derive(Default)]
struct Fate {
    at: Option<(Point, u32)>,
    dead: Option<Point>,
    hits: BTreeMap<Point, u32>,
}

struct Stage<'p> {
    plan: &'p Plan,
    config: Config,
    world: World,
    network: Network,
    clock: Clock,
    hand: Hand,
    /// The world's zero on the wall's clock.
    origin: Timestamp,
    stillness: Stillness,
    fate: Rc<RefCell<Fate>>,
    life: Option<Life>,
    lives: u32,
    died_at: Option<(Option<Point>, Duration)>,
    deaths: Vec<(Option<Point>, Duration, Duration)>,
    refused: usize,
}

/// Plays it on a fresh database in `folder`, copied from `empty`.
pub fn play(plan: &Plan, folder: &Path, empty: &Path) -> Played {
    let stillness = Stillness::default();
    let runtime = stillness.runtime();
    let played = runtime.block_on(async {
        std::fs::copy(empty, folder.join("sharedphone.db")).expect("a copy");
        let mut stage = Stage::set(plan, folder, stillness.clone());
        stage.begin_life().await;
        let endless = stage.run().await;
        if let Some(life) = stage.life.take() {
            life.end(&stage.network).await;
        }
        Played { world: stage.world, deaths: stage.deaths, endless, refused: stage.refused }
    });
    crash::simulate(|_| false);
    crash::fill_disk(false);
    played
}

impl<'p> Stage<'p> {
    fn set(plan: &'p Plan, folder: &Path, stillness: Stillness) -> Self {
        let env = plan.setting.env.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut setting_of_team = toml(&plan.setting, BASE, "http://twilio.test", folder);
        // The callers' phones are in the world, not on the roster.
        let end = setting_of_team.match_indices("[[organisers]]").nth(plan.team()).map(|(at, _)| at);
        setting_of_team.truncate(end.unwrap_or(setting_of_team.len()));
        let config = Config::parse("world.toml", &setting_of_team, env).expect("a good configuration");
        let (clock, hand) = Clock::stepped(zero());
        let network = Network::new(plan.seed ^ 0x0e70);
        for (at, act) in &plan.acts {
            network.at(*at, Event::Person(act.clone()));
        }
        for (from, to) in &plan.full {
            network.at(*from, Event::DiskFull(true));
            network.at(*to, Event::DiskFull(false));
        }
        let fate: Rc<RefCell<Fate>> = Rc::default();
        let asked = fate.clone();
        crash::simulate(move |point| asked.borrow_mut().decide(point));
        Self {
            plan,
            config,
            world: world(plan),
            network,
            clock,
            hand,
            origin: zero(),
            stillness,
            fate,
            life: None,
            lives: 0,
            died_at: None,
            deaths: Vec::new(),
            refused: 0,
        }
    }

    /// Says whether something went on for ever.
    async fn run(&mut self) -> bool {
        let mut last_live = Duration::ZERO;
        loop {
            self.rest().await;
            if self.fate.borrow().dead.is_some() {
                self.bury().await;
            }
            let next = [self.network.next(), self.world.next_due(), self.slept_until()].into_iter().flatten().min();
            let Some(now) = next else { return false };
            if self.world.calls().iter().any(|call| call.ended.is_none()) {
                last_live = self.world.now();
            }
            let goes_on = now <= last_live + AFTERMATH || now <= self.plan.last_act();
            if now > END || !goes_on {
                return goes_on;
            }
            self.network.advance(now);
            self.happen(now).await;
            // Sometimes another thing happens before anybody has dealt with this one.
            while self.network.next().is_some_and(|at| at <= now) && self.network.chance(|chance| chance.happens(0.4)) {
                self.happen(now).await;
            }
        }
    }

    /// Until nothing more follows from what has happened.
    async fn rest(&mut self) {
        for _ in 0..BUSY {
            self.stillness.wait().await;
            let Some(life) = &mut self.life else { return };
            if self.fate.borrow().dead.is_some() || !life.decide().await {
                return;
            }
        }
        panic!("seed {}: the service does not come to rest: it is busy with nothing", self.plan.seed);
    }

    /// When the service wants to wake next.
    fn slept_until(&self) -> Option<Duration> {
        let operator = self.life.as_ref().and_then(Life::wakes_in).map(|time| self.clock.now() + time);
        self.hand.next().into_iter().chain(operator).min().map(|at| at.since(self.origin))
    }

    /// One of the things that are due.
    async fn happen(&mut self, now: Duration) {
        let mut due = Vec::new();
        due.extend(self.network.next().is_some_and(|at| at <= now).then_some(0));
        due.extend(self.world.next_due().is_some_and(|at| at <= now).then_some(1));
        due.extend(self.slept_until().is_some_and(|at| at <= now).then_some(2));
        let index = usize::try_from(self.network.chance(Chance::draw) % due.len().max(1) as u64).expect("small");
        match due.get(index) {
            Some(0) => {
                if let Some(event) = self.network.take() {
                    self.event(event, now).await;
                }
            }
            Some(1) => {}
            _ => self.hand.advance(self.origin + now),
        }
        for action in self.world.advance(now) {
            match action {
                Action::Send(outgoing) => self.network.send(Event::WebhookArrives(outgoing)),
                Action::Abort(id) => {
                    if let Some(life) = &mut self.life {
                        life.drop_webhook(id);
                    }
                }
            }
        }
    }

    async fn event(&mut self, event: Event, now: Duration) {
        // Whoever acts now reads the same time.
        self.hand.advance(self.origin + now);
        match event {
            Event::RestArrives(request, back) => {
                let reply = self.world.handle_rest(&request, now);
                self.network.reply(back, reply);
            }
            Event::RestReplies(back, exchanged) => drop(back.send(exchanged)),
            Event::WebhookArrives(outgoing) => match &mut self.life {
                Some(life) => life.ask(outgoing, &self.network),
                None => {
                    let outcome = Outcome::ConnectFailed("nobody listens".into());
                    self.network.send(Event::WebhookReplies(outgoing.id, outcome));
                }
            },
            Event::WebhookReplies(id, outcome) => {
                self.refused += usize::from(matches!(outcome, Outcome::Answered { status: 403, .. }));
                self.world.webhook_answered(id, outcome, now);
            }
            Event::Person(Act::Calls(name)) => drop(self.world.start_call(name, None, now)),
            Event::Person(Act::HangsUp(name)) => drop(self.world.hang_up(name, now)),
            Event::Person(Act::IsErased(name)) => self.erase(name),
            Event::Kill => {
                self.fate.borrow_mut().dead.get_or_insert(Point::BatchCommitted);
                self.die(None).await;
            }
            Event::Start => self.begin_life().await,
            Event::DiskFull(full) => crash::fill_disk(full),
        }
    }

    fn erase(&mut self, name: &str) {
        let number = self.plan.setting.phones.iter().find(|phone| phone.name == name).map(|phone| phone.number.clone());
        let number = number.expect("a phone");
        let sid = self.world.calls().iter().find(|call| call.from == number).map(|call| call.sid.clone());
        let sid = sid.expect("a call");
        let hotline = self.world.line().number.clone();
        self.world.add_recording(&sid, Duration::from_secs(1));
        self.world.add_message(&number, &hotline, "Are you there?");
        if let Some(life) = &self.life {
            life.erase(sid.parse().expect("a SID"));
        }
    }

    /// The service starts, and its death is planned.
    async fn begin_life(&mut self) {
        let death = self.plan.deaths.get(self.lives as usize).copied();
        self.fate.borrow_mut().begin(death);
        if let Some(Death::After(time)) = death {
            self.network.at(self.world.now() + time, Event::Kill);
        }
        let ahead = self.plan.clocks.get(self.lives as usize).copied().unwrap_or_default();
        let difference = Duration::from_secs(ahead.unsigned_abs());
        self.origin = if ahead < 0 { zero() - difference } else { zero() + difference };
        (self.clock, self.hand) = Clock::stepped(self.origin + self.world.now());
        self.lives += 1;
        self.network.service_lives(true);
        let ids = SeededIds(Chance::new(self.plan.seed ^ u64::from(self.lives) << 32));
        if let Some((point, since)) = self.died_at.take() {
            self.deaths.push((point, since, self.world.now()));
        }
        self.life = Life::begin(&self.config, &self.clock, &self.network, &self.stillness, ids).await;
        if self.life.is_none() {
            let point = self.fate.borrow().dead;
            self.mourn(point);
        }
    }

    async fn bury(&mut self) {
        let point = self.fate.borrow().dead;
        self.die(point).await;
    }

    async fn die(&mut self, point: Option<Point>) {
        self.network.service_lives(false);
        if let Some(life) = self.life.take() {
            life.end(&self.network).await;
            self.mourn(point);
        }
        self.fate.borrow_mut().dead = None;
    }

    fn mourn(&mut self, point: Option<Point>) {
        let now = self.world.now();
        self.network.service_lives(false);
        self.died_at = Some((point, now));
        self.network.at(now + AWAY, Event::Start);
    }
}

impl Fate {
    fn begin(&mut self, death: Option<Death>) {
        self.dead = None;
        self.at = match death {
            Some(Death::At(point, hit)) => Some((point, self.hits.get(&point).copied().unwrap_or(0) + hit)),
            Some(Death::After(_)) | None => None,
        };
    }

    /// Once dead, nothing goes on anywhere.
    fn decide(&mut self, point: Point) -> bool {
        let hits = self.hits.entry(point).or_default();
        *hits += 1;
        if self.dead.is_none() && self.at == Some((point, *hits)) {
            self.dead = Some(point);
        }
        self.dead.is_some()
    }
}

fn world(plan: &Plan) -> World {
    let setting = &plan.setting;
    let defaults = Options::default();
    let mut world = World::new(Settings {
        account_sid: defaults.account_sid,
        auth_token: defaults.auth_token,
        hotline: defaults.hotline,
        phones: setting.phones.clone(),
        calls_per_second: setting.calls_per_second,
        seed: plan.seed,
        epoch: zero().unix_millis() / 1000,
        rules: setting.rules.clone(),
        faults: Faults::new(setting.faults.webhooks.clone(), setting.faults.rest.clone()),
    });
    world.set_line("voice_url", &format!("{BASE}/#ct=2000&rt=7500&rc=4&rp=5xx,ct,rt"));
    world.set_line("voice_fallback_url", &format!("{BASE}/twilio/fallback#rc=2&rp=all"));
    world.set_line("status_callback", &format!("{BASE}/updates#rc=1"));
    world
}
