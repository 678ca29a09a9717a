//! Many callers in the same moment, and few organisers: each is told what there is to tell, each in
//! time, and no limit is overstepped.

use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::simulator::engine::{Call, Direction};
use sharedphone::simulator::phone::Behaviour;

use super::{PROMPT, answer_times, ninety_nine};
use crate::serve::process::Place;
use crate::stage::Setting;

/// Legs that the account may have at once, and that may be placed in a second.
const LEGS: usize = 4;
const PACE: usize = 5;

/// How long until every call has come to its end.
const ALL_OVER: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn twenty_callers_at_once() {
    are_all_answered(20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute of all processors"]
async fn five_hundred_callers_at_once() {
    are_all_answered(500).await;
}

async fn are_all_answered(callers: usize) {
    let times = answer_times(&call_together(callers).await);
    let (webhooks, median, most) = (times.len(), times[times.len() / 2], times[times.len() - 1]);
    let longest = ninety_nine(&times);
    println!("{callers} callers, {webhooks} webhooks: median {median:?}, 99 % {longest:?}, most {most:?}");
    assert!(longest < PROMPT, "{callers} callers: 99 % of the answers took up to {longest:?}");
}

/// So many call in the same moment; all lines after the last has ended.
async fn call_together(callers: usize) -> Vec<Call> {
    let place = Place::of(setting()).await;
    let mut service = place.serve().await;
    let sim = &place.sim;
    for index in 0..callers {
        sim.caller(&format!("caller {index}")).calls().await;
    }
    let over = async {
        while sim.calls().iter().any(|call| call.ended.is_none()) {
            Clock::system().sleep(Duration::from_millis(100)).await;
        }
    };
    let over = Clock::system().timeout(ALL_OVER, over).await;
    assert!(over.is_ok(), "a line is left over");
    place.until("SELECT count(*) FROM call_history WHERE ended_at IS NULL", &["0"]).await;
    println!("the service had at most {}", service.peak_memory().unwrap_or_default());
    service.terminate();
    assert!(service.ends_within(Duration::from_secs(10)).await.success(), "{}", service.stderr());
    // Every caller got a person or was told that there is none, each phone rang for one call only.
    place.curtain(PROMPT).await;
    let calls = sim.calls();
    limits_hold(&calls);
    calls
}

fn setting() -> Setting {
    let talks = |after| Behaviour::takes_the_call(after).talking_for(1.0);
    let team = [
        ("Ada", talks(0.5)),
        ("Ben", talks(1.0)),
        ("Eve", Behaviour::Declines(Duration::from_secs(1))),
        ("Fay", Behaviour::Ignores),
        ("Gus", Behaviour::voicemail(2.0)),
    ];
    let mut setting = Setting::with(team);
    (setting.waiting, setting.give_up_seconds, setting.ring_seconds) = ("ringback", 8, 5);
    setting.calls_per_second = PACE as u32;
    setting.env.push(("SHAREDPHONE__LIMITS__CONCURRENT_LEGS", LEGS.to_string()));
    setting
}

/// The account's limits; that each phone has one leg is among the promises.
fn limits_hold(calls: &[Call]) {
    let legs: Vec<&Call> = calls.iter().filter(|call| call.direction == Direction::OutboundApi).collect();
    assert!(legs.len() > LEGS, "nobody was rung");
    for leg in &legs {
        let at = leg.created;
        let is_up = |other: &&&Call| other.created <= at && other.ended.is_none_or(|ended| ended > at);
        let up = legs.iter().filter(is_up).count();
        assert!(up <= LEGS, "{up} legs at once");
        let a_second = at..at + Duration::from_secs(1);
        let placed = legs.iter().filter(|other| a_second.contains(&other.created)).count();
        // One more for two that come a little closer on the way than they left.
        assert!(placed <= PACE + 1, "{placed} legs in a second");
    }
}
