//! The service dies in the middle of a call, by kill -9, and is started again at once: the call
//! goes on, since Twilio asks again, and nobody's phone rings twice.

use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::simulator::faults::{RestFault, RestTrouble, Which};
use sharedphone::simulator::observation::What;
use sharedphone::simulator::problem::ProblemKind;

use crate::serve::process::{Place, Process};
use crate::stage::Setting;

const TEAM: [&str; 5] = ["Ada", "Ben", "Eve", "Fay", "Gus"];
const MODES: [&str; 3] = ["ringing", "ringback", "music"];

/// Promise 11: so long after a kill a restart answers.
const BACK: Duration = Duration::from_secs(1);

/// Promise 11: so long after the restart every call is taken up again.
const TAKEN_UP: Duration = Duration::from_secs(2);

/// A hotline whose process can be killed.
struct Hotline {
    place: Place,
    service: Process,
    away: Duration,
}

impl Hotline {
    async fn open(waiting: &'static str) -> Self {
        Self::with(|setting| setting.waiting = waiting).await
    }

    async fn with(change: impl FnOnce(&mut Setting)) -> Self {
        let mut setting = Setting::by_hand(&TEAM);
        setting.tolerate = vec![ProblemKind::Unreachable];
        // Undocumented; enough for a slow machine to start the process between two tries.
        setting.rules.retry_spacing = Duration::from_secs(1);
        // No greeting in whose midst a call would be taken: that is a story of its own.
        setting.rules.speech_per_character = Duration::from_millis(20);
        change(&mut setting);
        let place = Place::of(setting).await;
        let service = place.serve().await;
        Self { place, service, away: Duration::ZERO }
    }

    /// Cleo calls, and five phones ring.
    async fn rings_five(&self) {
        let sim = &self.place.sim;
        sim.caller("Cleo").calls().await;
        for name in TEAM {
            sim.phone(name).rings().await;
        }
    }

    /// Kills the process and starts it again at once.
    async fn dies_and_comes_back(&mut self) {
        let killed = self.place.sim.now();
        self.service.kill();
        self.service = self.place.serve().await;
        self.away = self.place.sim.now() - killed;
        println!("away for {:?}", self.away);
    }

    /// Whoever picked up last presses 1 and talks to Cleo until she hangs up; nobody was rung twice
    /// and every promise was kept, but for the time without a service.
    async fn ends_well(self, winner: &str) {
        let sim = &self.place.sim;
        sim.phone(winner).is_connected_to("Cleo").await;
        sim.caller("Cleo").is_connected_to(winner).waits(1.0).hangs_up().await;
        sim.phone(winner).call_ends().await;
        self.goes_on_record(winner).await;
    }

    async fn goes_on_record(self, winner: &str) {
        let place = &self.place;
        place.until("SELECT count(*) FROM leg_history WHERE ended_at IS NULL", &["0"]).await;
        place.until("SELECT outcome, organiser FROM call_history", &[&format!("connected|{winner}")]).await;
        let rings: Vec<String> = place
            .sim
            .observations()
            .into_iter()
            .filter_map(|seen| match seen.what {
                What::RingStarted => Some(seen.party),
                _ => None,
            })
            .collect();
        for name in TEAM {
            assert_eq!(rings.iter().filter(|rung| *rung == name).count(), 1, "{name}\n{}", place.sim.ladder());
        }
        place.curtain(self.away + TAKEN_UP).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_five_phones_ring() {
    let mut away = Vec::new();
    for waiting in MODES {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        hotline.dies_and_comes_back().await;
        away.push(hotline.away);
        hotline.place.sim.phone("Eve").answers().hears("press 1").presses("1").await;
        hotline.ends_well("Eve").await;
    }
    assert!(away.iter().min() < Some(&BACK), "{away:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn picked_up_while_nobody_is_there() {
    for waiting in MODES {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        hotline.service.kill();
        hotline.place.sim.phone("Ben").answers().await;
        hotline.service = hotline.place.serve().await;
        hotline.away = Duration::from_secs(1);
        hotline.place.sim.phone("Ben").hears("press 1").presses("1").await;
        hotline.ends_well("Ben").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_an_organiser_is_being_screened() {
    for waiting in MODES {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        hotline.place.sim.phone("Ada").answers().hears("press 1").await;
        hotline.dies_and_comes_back().await;
        hotline.place.sim.phone("Ada").presses("1").await;
        hotline.ends_well("Ada").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_pressed_while_nobody_is_there() {
    for waiting in MODES {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        hotline.place.sim.phone("Ada").answers().hears("press 1").await;
        let killed = hotline.place.sim.now();
        hotline.service.kill();
        hotline.place.sim.phone("Ada").presses("1").await;
        hotline.service = hotline.place.serve().await;
        hotline.away = hotline.place.sim.now() - killed;
        hotline.ends_well("Ada").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_around_the_moment_in_which_the_call_is_taken() {
    for (waiting, milliseconds) in MODES.into_iter().flat_map(|waiting| [(waiting, 0), (waiting, 4), (waiting, 10)]) {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        hotline.place.sim.phone("Ada").answers().hears("press 1").presses("1").await;
        Clock::system().sleep(Duration::from_millis(milliseconds)).await;
        hotline.dies_and_comes_back().await;
        hotline.ends_well("Ada").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_as_soon_as_it_goes_on_record_who_took_the_call() {
    for waiting in MODES {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        hotline.place.sim.phone("Ada").answers().hears("press 1").presses("1").await;
        hotline.place.until("SELECT status FROM call_history", &["active"]).await;
        hotline.dies_and_comes_back().await;
        hotline.ends_well("Ada").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_mid_call() {
    for waiting in MODES {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        hotline.place.sim.phone("Ada").answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
        hotline.dies_and_comes_back().await;
        hotline.ends_well("Ada").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_phones_are_being_placed() {
    for which in [Which::All, Which::Nth(1), Which::Nth(3)] {
        let mut hotline = Hotline::with(|setting| {
            setting.calls_per_second = 2;
            // Twilio's answers come late: the phone rings, and nobody knows its line yet.
            let slow = RestTrouble::Slow(Duration::from_secs(2));
            setting.faults.rest.push(RestFault::placing(which, slow, true));
        })
        .await;
        let sim = &hotline.place.sim;
        sim.caller("Cleo").calls().await;
        sim.phone("Ada").rings().await;
        sim.phone("Ben").rings().await;
        hotline.dies_and_comes_back().await;
        for name in &TEAM[2..] {
            hotline.place.sim.phone(name).rings().await;
        }
        // All that was left to be placed has been placed.
        let open = "SELECT count(*) FROM outbox WHERE kind = 'place' AND status IN ('pending', 'sending')";
        hotline.place.until(open, &["0"]).await;
        hotline.place.sim.phone("Ada").answers().hears("press 1").presses("1").await;
        hotline.ends_well("Ada").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_leaves_while_nobody_is_there() {
    for waiting in MODES {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        let killed = hotline.place.sim.now();
        hotline.service.kill();
        hotline.place.sim.caller("Cleo").hangs_up().await;
        hotline.service = hotline.place.serve().await;
        hotline.away = hotline.place.sim.now() - killed;
        for name in TEAM {
            hotline.place.sim.phone(name).stops_ringing().within(5.0).await;
        }
        hotline.place.until("SELECT status, outcome FROM call_history", &["ended|abandoned"]).await;
        hotline.place.curtain(hotline.away + TAKEN_UP).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_gently_and_started_again_in_mid_call_and_while_phones_ring() {
    for waiting in MODES {
        let mut hotline = Hotline::open(waiting).await;
        hotline.rings_five().await;
        hotline.restarts().await;
        hotline.place.sim.phone("Fay").answers().hears("press 1").presses("1").is_connected_to("Cleo").await;
        hotline.restarts().await;
        hotline.ends_well("Fay").await;
    }
}

impl Hotline {
    /// Stops the process by SIGTERM and starts it again.
    async fn restarts(&mut self) {
        let stopped = self.place.sim.now();
        self.service.terminate();
        let status = self.service.ends_within(Duration::from_secs(10)).await;
        assert!(status.success(), "{}", self.service.stderr());
        self.service = self.place.serve().await;
        self.away = self.away.max(self.place.sim.now() - stopped);
    }
}
