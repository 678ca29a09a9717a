//! One seed, one plan: who has which phone, who calls, how the caller waits, and when the service
//! is killed. Processes and sockets run in real time, so a plan is played alike twice, not the same.

use std::time::Duration;

use sharedphone::crash::Point;
use sharedphone::simulator::phone::Behaviour;
use sharedphone::simulator::problem::ProblemKind;

use crate::draw::Draw;
use crate::stage::Setting;

const TEAM: [&str; 5] = ["Ines", "Ben", "Noor", "Fay", "Gus"];
const CALLERS: [&str; 4] = ["Cleo", "Dan", "Kim", "Ole"];

/// A whole story, before it begins.
pub struct Plan {
    pub seed: u64,
    pub setting: Setting,
    pub callers: Vec<Caller>,
    /// How the service dies, once for each of its lives but the last.
    pub deaths: Vec<Death>,
}

/// Somebody who calls again and again.
pub struct Caller {
    pub name: &'static str,
    pub number: String,
    pub behaviour: Behaviour,
    pub seed: u64,
}

/// How the service dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// By kill -9, so long after the process was started, ready or not.
    Starting(Duration),
    /// By kill -9, so long after it was ready.
    Serving(Duration),
    /// By its own hand, at this hit of this point.
    At(Point, u32),
}

impl Plan {
    /// A story with so many kills at random moments.
    pub fn with_kills(seed: u64, kills: usize) -> Self {
        let mut plan = Self::of(seed);
        let mut draw = Draw::new(seed ^ 0xdead);
        for _ in 0..kills {
            // Twilio tries for four seconds: who is not there for so long can't keep a promise.
            let has_served = matches!(plan.deaths.last(), Some(Death::Serving(_)));
            plan.deaths.push(if has_served && draw.happens(0.15) {
                Death::Starting(draw.seconds(0.0, 0.3))
            } else if draw.happens(0.4) {
                Death::Serving(draw.seconds(0.0, 2.0))
            } else {
                Death::Serving(draw.seconds(2.0, 4.0))
            });
        }
        plan
    }

    /// A story in which the service, once it has been killed under traffic, dies at this point of its next life.
    pub fn at(point: Point, seed: u64) -> Self {
        let mut plan = Self::of(seed);
        let mut draw = Draw::new(seed ^ 0xdead);
        let hits = match point {
            Point::StartRecorded | Point::SpoolTakenIn | Point::SpoolCommitted => 1,
            Point::BatchSpooled => 4,
            Point::DeadlineMet => 2,
            _ => 12,
        };
        let hit = 1 + u32::try_from(draw.below(hits)).expect("small");
        plan.deaths = vec![Death::Serving(draw.seconds(1.0, 4.0)), Death::At(point, hit)];
        plan
    }

    fn of(seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let team: Vec<_> = TEAM.iter().map(|name| (*name, organiser(&mut draw))).collect();
        let mut setting = Setting::with(team);
        setting.waiting = draw.of(&["ringing", "ringback", "music"]);
        setting.screening = draw.of(&["keypress", "keypress", "keypress", "amd", "none"]);
        setting.ring_seconds = draw.of(&[5, 8]);
        setting.give_up_seconds = draw.of(&[8, 10]);
        setting.legs_per_number = draw.of(&[1, 1, 2]);
        // Undocumented; enough to start the process between two tries.
        setting.rules.retry_spacing = Duration::from_secs(1);
        setting.rules.speech_per_character = Duration::from_millis(20);
        setting.rules.amd_takes = Duration::from_secs(1);
        // What Twilio complains of while nobody is there.
        setting.tolerate = vec![ProblemKind::Unreachable, ProblemKind::TooSlow];
        let count = 3 + draw.below(CALLERS.len() - 2);
        let callers = CALLERS.iter().take(count).enumerate().map(|(index, name)| Caller {
            name,
            number: format!("+1556000{index:04}"),
            behaviour: caller(&mut draw),
            seed: draw.seed(),
        });
        let callers = callers.collect();
        Self { seed, setting, callers, deaths: Vec::new() }
    }

    /// With what it is played, for whoever looks for a fault.
    pub fn setup(&self) -> String {
        let Setting { waiting, screening, ring_seconds, give_up_seconds, legs_per_number, phones, .. } = &self.setting;
        format!(
            "{waiting}, {screening}, rings {ring_seconds} s, gives up after {give_up_seconds} s, \
             {legs_per_number} legs a number\n{phones:?}\n{:?}",
            self.deaths
        )
    }
}

fn organiser(draw: &mut Draw) -> Behaviour {
    let after = draw.seconds(0.3, 4.0);
    match draw.below(12) {
        0..6 => {
            let talks_for = draw.seconds(0.3, 6.0).as_secs_f64();
            Behaviour::takes_the_call(after.as_secs_f64()).talking_for(talks_for)
        }
        6 => Behaviour::human_pressing(after.as_secs_f64(), "press 1", "2"),
        7 => Behaviour::Declines(after),
        8 => Behaviour::Busy,
        9 => Behaviour::voicemail(after.as_secs_f64()),
        10 => Behaviour::AnswersThenHangsUp { answers_after: after, hangs_up_after: draw.seconds(0.1, 3.0) },
        _ => Behaviour::Ignores,
    }
}

/// Some want the team rung again when they are cut off.
fn caller(draw: &mut Draw) -> Behaviour {
    if draw.happens(0.4) { Behaviour::takes_the_call(1.0) } else { Behaviour::Manual }
}
