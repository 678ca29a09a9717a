//! Owns what people and machines do when their phone rings, when they hear something and when they
//! are connected, and the commands by which a test plays a person.

use super::forwarding::Forward;
use super::{Call, CallId, Direction, Person, Status, Timer, World};
use crate::simulator::observation::{By, Sound, What};
use crate::simulator::phone::{Behaviour, Cue, Human, Press};
use std::time::Duration;

/// Something a person will do.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Answer,
    Decline,
    Press(String),
    HangUp,
    /// The screening robot has listened long enough.
    Screened,
    /// The robot's owner takes over.
    TakeOver,
    /// Not a person: the verdict of asynchronous machine detection.
    Verdict,
}

/// What a person in a call still means to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Mind {
    presses: Vec<Press>,
    talks_for: Option<Duration>,
    has_heard_speech: bool,
}

impl World {
    /// Gives somebody a phone, or new habits.
    pub fn set_phone(&mut self, name: &str, number: &str, behaviour: Behaviour) {
        let person = Person { name: name.to_owned(), number: number.to_owned(), behaviour };
        match self.people.iter_mut().find(|p| p.name == name) {
            Some(known) => *known = person,
            None => self.people.push(person),
        }
    }

    /// Changes what somebody's phone does from its next ring on.
    pub fn set_behaviour(&mut self, name: &str, behaviour: Behaviour) {
        if let Some(person) = self.people.iter_mut().find(|p| p.name == name) {
            person.behaviour = behaviour;
        }
    }

    /// Somebody calls the hotline, showing their number, or what `shown` says in its place.
    pub fn start_call(&mut self, name: &str, shown: Option<&str>, now: Duration) -> String {
        self.catch_up(now);
        let person = self.person_named(name);
        let from = shown.map_or_else(|| self.people[person].number.clone(), str::to_owned);
        let id = self.call_hotline(person, from, None);
        self.calls[id].sid.clone()
    }

    /// A call comes in, which may be a phone's forward.
    pub(super) fn call_hotline(&mut self, person: usize, from: String, forward: Option<Forward>) -> CallId {
        let sid = self.chance.sid("CA");
        let call = Call {
            from,
            to: self.line.number.clone(),
            status: Status::Ringing,
            rang: Some(self.now),
            forward,
            ..Call::new(sid, Direction::Inbound, person, self.now)
        };
        self.calls.push(call);
        let id = self.calls.len() - 1;
        self.observe(id, What::Calls);
        self.hear(id, Sound::NetworkRinging);
        self.schedule(self.settings.rules.carrier_ring_limit, Timer::CarrierGivesUp(id));
        self.ask_voice_url(id);
        id
    }

    /// Somebody answers their ringing phone; false if none rings.
    pub fn answer(&mut self, name: &str, now: Duration) -> bool {
        self.command(name, now, Act::Answer, |c| c.status == Status::Ringing && c.is_outbound())
    }

    /// Somebody rejects a ringing call; false if none rings.
    pub fn decline(&mut self, name: &str, now: Duration) -> bool {
        self.command(name, now, Act::Decline, |c| c.status == Status::Ringing && c.is_outbound())
    }

    /// Somebody presses keys; false if they aren't in a call.
    pub fn press(&mut self, name: &str, keys: &str, now: Duration) -> bool {
        let act = Act::Press(keys.to_owned());
        self.command(name, now, act, |c| c.status == Status::InProgress)
    }

    /// Somebody hangs up; false if they are in no call.
    pub fn hang_up(&mut self, name: &str, now: Duration) -> bool {
        self.command(name, now, Act::HangUp, |c| c.status == Status::InProgress || !c.is_outbound())
    }

    fn command(&mut self, name: &str, now: Duration, act: Act, fits: impl Fn(&Call) -> bool) -> bool {
        self.catch_up(now);
        let theirs = |c: &Call| self.people[c.person].name == name && !c.is_over() && fits(c);
        match self.calls.iter().rposition(theirs) {
            Some(call) => {
                self.person_acts(call, act);
                true
            }
            None => false,
        }
    }

    pub(super) fn name_of(&self, call: CallId) -> String {
        self.people[self.calls[call].person].name.clone()
    }

    pub(super) fn person_named(&mut self, name: &str) -> usize {
        if let Some(at) = self.people.iter().position(|p| p.name == name) {
            return at;
        }
        let number = format!("+1555777{:04}", self.people.len());
        self.people.push(Person { name: name.to_owned(), number, behaviour: Behaviour::Manual });
        self.people.len() - 1
    }

    pub(super) fn person_with_number(&mut self, number: &str) -> usize {
        if let Some(at) = self.people.iter().position(|p| p.number == number) {
            return at;
        }
        let stranger = Behaviour::Ignores;
        self.people.push(Person { name: number.to_owned(), number: number.to_owned(), behaviour: stranger });
        self.people.len() - 1
    }

    pub(crate) fn behaviour_of_number(&self, number: &str) -> Option<&Behaviour> {
        self.people.iter().find(|p| p.number == number).map(|p| &p.behaviour)
    }

    /// Those whose phone is answered by a machine.
    pub fn machines(&self) -> Vec<String> {
        let machines = self.people.iter().filter(|p| p.behaviour.is_machine());
        machines.map(|p| p.name.clone()).collect()
    }

    pub(super) fn behaviour(&self, call: CallId) -> Behaviour {
        self.people[self.calls[call].person].behaviour.clone()
    }

    fn will(&mut self, call: CallId, after: Duration, act: Act) {
        self.schedule(after, Timer::Person { call, act });
    }

    pub(super) fn phone_rings(&mut self, call: CallId) {
        match self.behaviour(call) {
            Behaviour::Human(Human { answers_after, .. })
            | Behaviour::Voicemail { answers_after, .. }
            | Behaviour::AnswersThenHangsUp { answers_after, .. }
            | Behaviour::PocketAnswer(answers_after) => self.will(call, answers_after, Act::Answer),
            Behaviour::CallScreener(_) => self.will(call, Duration::from_millis(500), Act::Answer),
            Behaviour::Forwards { shows, says_so } => self.forward(call, shows, says_so),
            Behaviour::Declines(after) => self.will(call, after, Act::Decline),
            Behaviour::Ignores | Behaviour::Busy | Behaviour::Bad(_) | Behaviour::Manual => {}
        }
    }

    /// The line is open: from now on this person's plans run.
    pub(super) fn person_answered(&mut self, call: CallId) {
        match self.behaviour(call) {
            Behaviour::Human(human) => self.pays_attention(call, human),
            Behaviour::Voicemail { .. } => self.will(call, Duration::from_secs(60), Act::HangUp),
            Behaviour::CallScreener(_) => self.will(call, Duration::from_secs(5), Act::Screened),
            Behaviour::AnswersThenHangsUp { hangs_up_after, .. } => {
                self.will(call, hangs_up_after, Act::HangUp);
            }
            _ => {}
        }
    }

    fn pays_attention(&mut self, call: CallId, human: Human) {
        for press in &human.presses {
            if let Cue::After(delay) = press.cue {
                self.will(call, delay, Act::Press(press.keys.clone()));
            }
        }
        let mind = &mut self.calls[call].mind;
        mind.presses = human.presses;
        mind.talks_for = human.talks_for;
    }

    pub(super) fn person_hears(&mut self, call: CallId, speech: &str) {
        self.calls[call].mind.has_heard_speech = true;
        let speech = speech.to_lowercase();
        let waiting = std::mem::take(&mut self.calls[call].mind.presses);
        for press in waiting {
            match &press.cue {
                Cue::Hears(text, reaction) if speech.contains(&text.to_lowercase()) => {
                    self.will(call, *reaction, Act::Press(press.keys));
                }
                _ => self.calls[call].mind.presses.push(press),
            }
        }
    }

    pub(super) fn person_connected(&mut self, call: CallId) {
        if let Some(talk) = self.calls[call].mind.talks_for.take() {
            self.will(call, talk, Act::HangUp);
        }
    }

    pub(super) fn person_acts(&mut self, call: CallId, act: Act) {
        if self.calls[call].is_over() {
            return;
        }
        let talking = self.calls[call].status == Status::InProgress;
        match act {
            Act::Answer => self.phone_answered(call),
            Act::Decline if !talking => {
                self.observe(call, What::Refused { code: 486 });
                self.end_with(call, Status::Busy, By::Party, 486);
            }
            Act::Press(keys) if talking => {
                self.observe(call, What::PressedKey(keys.clone()));
                for key in keys.chars() {
                    self.key_arrives(call, key);
                }
            }
            Act::HangUp => self.party_hangs_up(call),
            Act::Screened => self.screened(call),
            Act::TakeOver => self.take_over(call),
            Act::Verdict => self.tell_verdict(call),
            Act::Decline | Act::Press(_) => {}
        }
    }

    fn party_hangs_up(&mut self, call: CallId) {
        let status = match self.calls[call].status {
            Status::InProgress => Status::Completed,
            _ => self.settings.rules.caller_leaves_as,
        };
        self.end(call, status, By::Party);
    }

    fn screened(&mut self, call: CallId) {
        match self.behaviour(call) {
            Behaviour::CallScreener(_) if !self.calls[call].mind.has_heard_speech => {
                self.party_hangs_up(call);
            }
            Behaviour::CallScreener(Some(human)) => {
                self.will(call, human.answers_after, Act::TakeOver);
            }
            Behaviour::CallScreener(None) => self.will(call, Duration::from_secs(25), Act::HangUp),
            _ => {}
        }
    }

    fn take_over(&mut self, call: CallId) {
        if let Behaviour::CallScreener(Some(human)) = self.behaviour(call) {
            self.observe(call, What::HumanTookOver);
            self.pays_attention(call, human);
        }
    }
}

impl Call {
    fn is_outbound(&self) -> bool {
        self.direction != Direction::Inbound
    }
}
