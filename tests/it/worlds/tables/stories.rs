//! The stories in which the operations of the tables happen: one caller, three organisers, and
//! nothing that goes wrong by itself.

use std::time::Duration;

use sharedphone::simulator::phone::{Behaviour, Phone};
use sharedphone::simulator::problem::ProblemKind;

use crate::stage::Setting;
use crate::worlds::network::Act;
use crate::worlds::plan::Plan;

/// A story, to be told with faults.
pub type Story = fn() -> Plan;

const CALLER: &str = "+15560000000";

fn story(waiting: &'static str, team: [Behaviour; 3], caller: Behaviour, hangs_up_after: u64) -> Plan {
    let mut setting = Setting::with(["Ines", "Ben", "Noor"].into_iter().zip(team));
    setting.phones.push(Phone::new("Cleo", CALLER, caller));
    setting.waiting = waiting;
    setting.ring_seconds = 15;
    setting.give_up_seconds = 30;
    setting.tolerate = vec![ProblemKind::Unreachable, ProblemKind::TooSlow, ProblemKind::BadStatus];
    let calls_at = Duration::from_millis(10);
    let acts =
        vec![(calls_at, Act::Calls("Cleo")), (calls_at + Duration::from_secs(hangs_up_after), Act::HangsUp("Cleo"))];
    let (deaths, full) = (Vec::new(), Vec::new());
    Plan { seed: 7, setting, acts, deaths, clocks: Vec::new(), full, webhook_trouble: false, rest_trouble: false }
}

/// Ines takes the call while Ben's phone rings and Noor's was picked up by mistake. She is gone after a
/// while, and the caller has the team rung again. If Ines can't be rung, Ben takes it.
fn taken(waiting: &'static str) -> Plan {
    let team = [
        Behaviour::takes_the_call(3.0).talking_for(10.0),
        Behaviour::takes_the_call(11.0).talking_for(10.0),
        Behaviour::PocketAnswer(Duration::from_secs(2)),
    ];
    story(waiting, team, Behaviour::human_pressing(1.0, "press 1", "1"), 100)
}

pub fn taken_while_it_rings() -> Plan {
    taken("ringing")
}

pub fn taken_while_the_caller_waits_in_the_room() -> Plan {
    taken("ringback")
}

/// The caller leaves while one phone rings, one is busy, and one was picked up.
pub fn caller_leaves() -> Plan {
    let team = [Behaviour::Ignores, Behaviour::Busy, Behaviour::PocketAnswer(Duration::from_secs(2))];
    story("music", team, Behaviour::Manual, 7)
}

/// The caller leaves before anything can have been done.
pub fn caller_leaves_at_once() -> Plan {
    let team = [Behaviour::Ignores, Behaviour::Ignores, Behaviour::Ignores];
    story("ringback", team, Behaviour::Manual, 2)
}

/// Nobody takes the call: one phone rings on, one declines, one is in a pocket.
pub fn nobody() -> Plan {
    let pocket = Behaviour::PocketAnswer(Duration::from_secs(1));
    story("ringback", [Behaviour::Ignores, Behaviour::Declines(Duration::from_secs(4)), pocket], Behaviour::Manual, 90)
}

/// A conversation that takes so long that both lines are asked after.
pub fn long_talk() -> Plan {
    let team = [Behaviour::takes_the_call(3.0).talking_for(150.0), Behaviour::Busy, Behaviour::Busy];
    story("ringing", team, Behaviour::Manual, 200)
}

/// Ines takes the call, and the caller hangs up.
pub fn short_talk() -> Plan {
    let team = [Behaviour::takes_the_call(3.0), Behaviour::Busy, Behaviour::Busy];
    story("ringing", team, Behaviour::Manual, 40)
}

/// Ines lets it ring for so long that the caller's line asks again.
pub fn taken_late() -> Plan {
    let team = [Behaviour::takes_the_call(12.0), Behaviour::Busy, Behaviour::Busy];
    story("ringing", team, Behaviour::Manual, 40)
}

/// A call after which the caller has everything erased.
pub fn erased() -> Plan {
    let mut plan = taken_while_it_rings();
    plan.acts.push((Duration::from_secs(130), Act::IsErased("Cleo")));
    plan
}
