//! Owns the whole simulated world as one state machine without sockets: time comes in as a number,
//! webhooks go out as data. The same seed and the same inputs give the same story.
//!
//! Start reading at [`World::advance`]. `lifecycle` is what calls go through, `interpreter` what
//! documents do to them, `rooms` conferences, `people` what the humans do, `webhooks` how the
//! application is asked, `archive` what is kept of it all. Must not touch tokio, HTTP libraries or a clock.

mod archive;
mod call;
mod callbacks;
mod detection;
mod dialling;
mod documents;
mod forwarding;
mod gathering;
mod interpreter;
mod lifecycle;
mod people;
mod privacy;
mod prompts;
mod records;
mod room_events;
mod rooms;
mod target;
mod view;
mod webhooks;

#[cfg(test)]
mod tests;

pub use call::{Call, Direction, Order, Status};
pub use records::{Kept, Line, Message, Recording, RestEntry, Settings};
pub use rooms::{Participant, RoomState, RoomStatus};
pub use target::signed_request;
pub use webhooks::{Action, Outcome, Outgoing};

use super::observation::{Observation, What};
use super::phone::{Behaviour, Phone};
use super::problem::{Problem, ProblemKind};
use super::random::Chance;
use super::twiml::Hook;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// Index of a call in [`World::calls`].
pub(crate) type CallId = usize;

/// What is due at some moment.
#[derive(Debug, Clone)]
enum Timer {
    Queue,
    SetUp(CallId),
    RingLimit(CallId),
    CarrierGivesUp(CallId),
    TimeLimit(CallId),
    DialLimit { call: CallId, since: Duration },
    Activity { call: CallId, turn: u64 },
    Send { webhook: u64, copy: bool },
    TryLimit(u64),
    Release(CallId),
    Person { call: CallId, act: people::Act },
}

#[derive(Debug, Clone)]
struct Person {
    name: String,
    number: String,
    behaviour: Behaviour,
}

/// Twilio, the network and everybody's phones.
#[derive(Debug)]
pub struct World {
    now: Duration,
    settings: Settings,
    chance: Chance,
    timers: BTreeMap<(Duration, u64), Timer>,
    timer_count: u64,
    people: Vec<Person>,
    pub(super) line: Line,
    pub(super) calls: Vec<Call>,
    pub(super) rooms: Vec<RoomState>,
    pub(super) messages: Vec<Message>,
    pub(super) recordings: Vec<Recording>,
    queue: VecDeque<CallId>,
    next_dial: Duration,
    webhooks: HashMap<u64, webhooks::Webhook>,
    tries: HashMap<u64, u64>,
    webhook_count: u64,
    held_back: HashMap<CallId, Vec<u64>>,
    audio: HashMap<String, Option<Duration>>,
    used_urls: BTreeSet<String>,
    out: Vec<Action>,
    observations: Vec<Observation>,
    problems: Vec<Problem>,
    pub(super) rest_log: Vec<RestEntry>,
}

impl World {
    /// A world at time zero, in which nobody has called yet.
    pub fn new(settings: Settings) -> Self {
        let mut chance = Chance::new(settings.seed);
        let line = Line {
            sid: chance.sid("PN"),
            number: settings.hotline.clone(),
            fields: BTreeMap::from([
                ("friendly_name".to_owned(), "hotline".to_owned()),
                ("voice_method".to_owned(), "POST".to_owned()),
                ("voice_fallback_method".to_owned(), "POST".to_owned()),
                ("status_callback_method".to_owned(), "POST".to_owned()),
            ]),
        };
        let people = settings.phones.iter().map(Person::from).collect();
        Self {
            now: Duration::ZERO,
            settings,
            chance,
            timers: BTreeMap::new(),
            timer_count: 0,
            people,
            line,
            calls: Vec::new(),
            rooms: Vec::new(),
            messages: Vec::new(),
            recordings: Vec::new(),
            queue: VecDeque::new(),
            next_dial: Duration::ZERO,
            webhooks: HashMap::new(),
            tries: HashMap::new(),
            webhook_count: 0,
            held_back: HashMap::new(),
            audio: HashMap::new(),
            used_urls: BTreeSet::new(),
            out: Vec::new(),
            observations: Vec::new(),
            problems: Vec::new(),
            rest_log: Vec::new(),
        }
    }

    /// When something happens by itself next.
    pub fn next_due(&self) -> Option<Duration> {
        if !self.out.is_empty() {
            return Some(self.now);
        }
        self.timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets time pass until `now` and hands over what must be done outside: webhooks to send, tries
    /// to give up.
    pub fn advance(&mut self, now: Duration) -> Vec<Action> {
        while let Some(entry) = self.timers.first_entry() {
            let at = entry.key().0;
            if at > now {
                break;
            }
            let timer = entry.remove();
            self.now = self.now.max(at);
            self.fire(timer);
        }
        self.now = self.now.max(now);
        std::mem::take(&mut self.out)
    }

    /// The time this world has reached.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Moves on to `now`, keeping what must be sent for the next [`World::advance`].
    pub(super) fn catch_up(&mut self, now: Duration) {
        let sent = self.advance(now);
        self.out = sent;
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Queue => self.dial_from_queue(),
            Timer::SetUp(call) => self.reach_phone(call),
            Timer::RingLimit(call) => self.ring_limit(call),
            Timer::CarrierGivesUp(call) => self.carrier_gives_up(call),
            Timer::TimeLimit(call) => self.time_limit(call),
            Timer::DialLimit { call, since } => self.dial_limit(call, since),
            Timer::Activity { call, turn } if self.calls[call].turn == turn => {
                self.activity_due(call);
            }
            Timer::Activity { .. } => {}
            Timer::Send { webhook, copy } => self.send(webhook, copy),
            Timer::TryLimit(attempt) => self.try_timed_out(attempt),
            Timer::Release(call) => self.release_held_back(call),
            Timer::Person { call, act } => self.person_acts(call, act),
        }
    }

    fn schedule(&mut self, after: Duration, timer: Timer) {
        self.timer_count += 1;
        self.timers.insert((self.now + after, self.timer_count), timer);
    }

    fn observe(&mut self, call: CallId, what: What) {
        let person = &self.people[self.calls[call].person];
        let call = &self.calls[call];
        let number = if call.direction == Direction::Inbound { &call.from } else { &call.to };
        self.observations.push(Observation {
            at: self.now,
            party: person.name.clone(),
            number: number.clone(),
            call_sid: call.sid.clone(),
            what,
        });
    }

    /// Notes something that Twilio would refuse or complain about.
    pub(super) fn problem(&mut self, kind: ProblemKind, detail: impl Into<String>) {
        self.problems.push(Problem { at: self.now, kind, detail: detail.into() });
    }

    /// Remembers the `Url` of a placed call; false if it was used before.
    pub(super) fn remember_url(&mut self, url: &str) -> bool {
        self.used_urls.insert(url.to_owned())
    }

    pub(super) fn parent_sid(&self, call: &Call) -> Option<String> {
        call.parent.map(|parent| self.calls[parent].sid.clone())
    }

    pub(super) fn rest_trouble(
        &mut self,
        parsed: &super::rest::Parsed<'_>,
        form: &str,
    ) -> Option<(super::faults::RestTrouble, bool)> {
        let chance = &mut self.chance;
        self.settings.faults.rest(parsed.method, parsed.path, form, chance)
    }

    fn hook_of_line(&self, url: &str, method: &str) -> Option<Hook> {
        let url = self.line.fields.get(url).filter(|url| !url.is_empty())?;
        let get = self.line.fields.get(method).is_some_and(|m| m == "GET");
        let method = if get { super::twiml::Method::Get } else { super::twiml::Method::Post };
        Some(Hook { url: url.clone(), method })
    }
}

impl From<&Phone> for Person {
    fn from(phone: &Phone) -> Self {
        Self { name: phone.name.clone(), number: phone.number.clone(), behaviour: phone.behaviour.clone() }
    }
}
