//! The stories that a demo can tell: who has which phone, what goes wrong, and what happens. Owns
//! what is played; must not know how it is shown.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::join;

use crate::simulator::Simulator;
use crate::simulator::faults::{Faults, RestFault, RestTrouble, WebhookFault, WebhookTrouble, Which};
use crate::simulator::observation::What;
use crate::simulator::phone::{Behaviour, Cue, Human, Phone, Press};

/// A story.
pub(super) struct Scenario {
    /// What `--scenario` calls it.
    pub name: &'static str,
    /// What will be seen, in one sentence.
    pub about: &'static str,
    /// What happens, told step by step.
    pub story: for<'s> fn(&'s Simulator) -> BoxFuture<'s, ()>,
    /// How long each phone rings.
    pub ring_seconds: u32,
    /// The caller's longest wait.
    pub give_up_seconds: u32,
    /// Whether a phone rings a second time, since the caller asks for it.
    pub second_ring: bool,
    /// What goes wrong between Twilio and the service.
    pub faults: fn() -> Faults,
    team: fn() -> Vec<(&'static str, Behaviour)>,
}

impl Scenario {
    const fn new(
        name: &'static str,
        about: &'static str,
        team: fn() -> Vec<(&'static str, Behaviour)>,
        story: for<'s> fn(&'s Simulator) -> BoxFuture<'s, ()>,
    ) -> Self {
        let faults = Faults::default;
        Self { name, about, story, ring_seconds: 20, give_up_seconds: 60, second_ring: false, faults, team }
    }

    /// The organisers' phones.
    pub fn phones(&self) -> Vec<Phone> {
        let team = (self.team)().into_iter().zip(1..);
        team.map(|((name, behaviour), index)| Phone::new(name, &format!("+1555000000{index}"), behaviour)).collect()
    }
}

/// All stories, the default first.
pub(super) const ALL: &[Scenario] = &[
    Scenario::new(
        "first-wins",
        "Five organisers are rung at once: one has voicemail, one is busy, one lets it ring, two pick up within a \
         second of each other, and the first of them to press 1 talks to the caller.",
        || {
            vec![
                ("Ada", Behaviour::voicemail(2.5)),
                ("Ben", picks_up(3.5, 3.0)),
                ("Dan", Behaviour::Busy),
                ("Eve", picks_up(3.7, 9.0)),
                ("Fay", Behaviour::Ignores),
            ]
        },
        |sim| Box::pin(first_wins(sim)),
    ),
    Scenario::new(
        "simultaneous",
        "Four organisers press 1 at the same moment: one of them gets the caller, and the other three hear who has \
         taken the call.",
        || by_hand(["Ada", "Ben", "Dan", "Eve"]),
        |sim| Box::pin(simultaneous(sim)),
    ),
    Scenario {
        ring_seconds: 40,
        ..Scenario::new(
            "voicemail",
            "A voicemail, a call-screening robot and a phone in a pocket pick up before any person does: none of \
             them presses a key, so none of them gets the caller, and a person does.",
            || {
                vec![
                    ("Ada", Behaviour::voicemail(2.0)),
                    ("Ben", Behaviour::CallScreener(None)),
                    ("Dan", Behaviour::PocketAnswer(Duration::from_secs(4))),
                    ("Eve", picks_up(29.0, 4.0)),
                ]
            },
            |sim| Box::pin(voicemail(sim)),
        )
    },
    Scenario {
        give_up_seconds: 20,
        ..Scenario::new(
            "nobody",
            "Nobody takes the call: after 20 seconds (60 if you don't say otherwise) the caller is told so in plain \
             words, and no phone rings on.",
            || {
                vec![
                    ("Ada", Behaviour::Busy),
                    ("Ben", Behaviour::Declines(Duration::from_secs(4))),
                    ("Dan", Behaviour::Ignores),
                    ("Eve", Behaviour::voicemail(6.0)),
                ]
            },
            |sim| Box::pin(nobody(sim)),
        )
    },
    Scenario::new(
        "caller-leaves",
        "The caller hangs up while phones ring and one organiser is about to take the call: every phone stops \
         ringing, and who has picked up hears why.",
        || by_hand(["Ada", "Ben", "Dan"]),
        |sim| Box::pin(caller_leaves(sim)),
    ),
    Scenario::new(
        "two-calls",
        "A second caller rings while both organisers are occupied by the first: the second one waits, and the organiser who \
         is not needed any more is rung again, for that call.",
        || by_hand(["Ada", "Ben"]),
        |sim| Box::pin(two_calls(sim)),
    ),
    Scenario {
        second_ring: true,
        ..Scenario::new(
            "organiser-drops",
            "The organiser's line breaks off in mid-call: the caller is asked, presses 1, and the team is rung \
             again.",
            || by_hand(["Ada", "Ben"]),
            |sim| Box::pin(organiser_drops(sim)),
        )
    },
    Scenario {
        faults: twilio_faults,
        ..Scenario::new(
            "twilio-trouble",
            "Twilio has a bad day: it is too busy to ring the first phone, rings another one but its answer is lost, \
             reports one ringing phone twice and another not at all; the caller notices nothing, and no phone rings \
             twice.",
            || by_hand(["Ada", "Ben", "Dan"]),
            |sim| Box::pin(twilio_trouble(sim)),
        )
    },
];

/// Somebody who answers after so many seconds, and presses 1 so long after being told what this is.
fn picks_up(answers_after: f64, thinks_for: f64) -> Behaviour {
    let cue = Cue::Hears("press 1".to_owned(), Duration::from_secs_f64(thinks_for));
    Behaviour::Human(Human {
        answers_after: Duration::from_secs_f64(answers_after),
        presses: vec![Press { cue, keys: "1".to_owned() }],
        talks_for: None,
    })
}

fn by_hand<const N: usize>(names: [&'static str; N]) -> Vec<(&'static str, Behaviour)> {
    names.map(|name| (name, Behaviour::Manual)).into()
}

fn twilio_faults() -> Faults {
    let ringing = |which, trouble| WebhookFault::callback("ringing", which, trouble);
    Faults::new(
        vec![
            ringing(Which::First(1), WebhookTrouble::Doubled(Duration::from_millis(500))),
            ringing(Which::First(1), WebhookTrouble::Lost),
        ],
        vec![
            RestFault::placing(Which::First(1), RestTrouble::TooManyRequests(None), false),
            RestFault::placing(Which::First(1), RestTrouble::Reset, true),
        ],
    )
}

async fn first_wins(sim: &Simulator) {
    sim.caller("Cleo").calls().hears_ringing().is_connected_to("Ben").waits(5.0).hangs_up().await;
    sim.phone("Ben").hears("the call has ended").call_ends().await;
    sim.phone("Eve").hears("Ben has taken this call").call_ends().await;
    sim.phone("Ada").call_ends().await;
}

async fn simultaneous(sim: &Simulator) {
    sim.caller("Cleo").calls().await;
    let wait = |name| sim.phone(name).rings().waits(3.0).answers().hears("press 1").waits(4.0);
    join!(wait("Ada"), wait("Ben"), wait("Dan"), wait("Eve"));
    let press = |name| sim.phone(name).presses("1");
    join!(press("Ada"), press("Ben"), press("Dan"), press("Eve"));
    let connected = |what: &What| matches!(what, What::Bridged { .. });
    sim.caller("Cleo").sees("is connected to one of them", connected).waits(6.0).hangs_up().await;
    let end = |name| sim.phone(name).call_ends();
    join!(end("Ada"), end("Ben"), end("Dan"), end("Eve"));
}

async fn voicemail(sim: &Simulator) {
    sim.caller("Cleo").calls().is_connected_to("Eve").within(45.0).waits(4.0).hangs_up().await;
    sim.phone("Ada").hears("No key was pressed").call_ends().await;
    sim.phone("Ben").call_ends().await;
    sim.phone("Dan").hears("No key was pressed").call_ends().await;
    sim.phone("Eve").call_ends().await;
}

async fn nobody(sim: &Simulator) {
    sim.caller("Cleo").calls().hears("Nobody of the team could take your call").call_ends().await;
    sim.phone("Dan").stops_ringing().await;
}

async fn caller_leaves(sim: &Simulator) {
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().await;
    sim.phone("Ben").rings().await;
    sim.phone("Dan").rings().waits(2.0).answers().hears("press 1").waits(3.0).await;
    sim.caller("Cleo").hangs_up().await;
    let stop = |name| sim.phone(name).stops_ringing();
    join!(stop("Ada"), stop("Ben"), sim.phone("Dan").hears("the caller has hung up").call_ends());
}

async fn two_calls(sim: &Simulator) {
    sim.caller("Cleo").calls().waits(3.0).await;
    sim.caller("Dora").calls().waits(2.0).await;
    sim.phone("Ada").rings().answers().hears("press 1").waits(4.0).presses("1").is_connected_to("Cleo").await;
    let ben = sim.phone("Ben").rings().stops_ringing().rings().waits(3.0).answers();
    ben.hears("press 1").waits(4.0).presses("1").is_connected_to("Dora").await;
    sim.caller("Cleo").is_connected_to("Ada").waits(3.0).hangs_up().await;
    sim.caller("Dora").is_connected_to("Ben").waits(2.0).hangs_up().await;
    join!(sim.phone("Ada").call_ends(), sim.phone("Ben").call_ends());
}

async fn organiser_drops(sim: &Simulator) {
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    let ada = sim.phone("Ada").rings().waits(2.0).answers().hears("press 1").waits(4.0).presses("1");
    ada.is_connected_to("Cleo").waits(5.0).hangs_up().await;
    sim.caller("Cleo").hears("If you were cut off, press 1").waits(5.0).presses("1").await;
    sim.phone("Ada").rings().await;
    let ben = sim.phone("Ben").rings().waits(3.0).answers().hears("press 1").waits(4.0).presses("1");
    ben.is_connected_to("Cleo").await;
    sim.caller("Cleo").is_connected_to("Ben").waits(5.0).hangs_up().await;
    sim.phone("Ben").call_ends().await;
}

async fn twilio_trouble(sim: &Simulator) {
    sim.caller("Cleo").calls().hears_ringing().await;
    let ring = |name| sim.phone(name).rings();
    join!(ring("Ada"), ring("Ben"), ring("Dan"));
    let dan = sim.phone("Dan").waits(2.0).answers().hears("press 1").waits(4.0).presses("1");
    dan.is_connected_to("Cleo").await;
    sim.caller("Cleo").is_connected_to("Dan").waits(5.0).hangs_up().await;
    let end = |name| sim.phone(name).call_ends();
    join!(end("Ada"), end("Ben"), end("Dan"));
}
