//! Owns `<Dial><Number>`: Twilio places the legs itself, at once and all together; the first to be
//! picked up is played its whisper and connected, the others are hung up (Twilio docs: Dial,
//! Number).

use super::call::{Activity, Dialling};
use super::{CallId, Direction, Order, Status, Timer, World};
use crate::simulator::observation::{By, Sound, What};
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml::{Dial, Document, Number, Verb};
use std::time::Duration;

impl World {
    pub(super) fn dial_numbers(&mut self, call: CallId, dial: Dial, numbers: Vec<Number>) {
        let shown = dial.caller_id.clone().unwrap_or_else(|| self.calls[call].from.clone());
        let since = self.now;
        let limit = dial.time_limit;
        let mut legs = Vec::new();
        for number in numbers {
            let order = Order {
                url: number.whisper,
                status_callback: number.status_callback,
                events: number.status_events,
                timeout: dial.timeout + Duration::from_secs(5),
                ..Order::default()
            };
            let leg = self.new_call(Direction::OutboundDial, number.number, shown.clone(), order);
            self.calls[leg].parent = Some(call);
            legs.push(leg);
        }
        let dialling = Dialling { dial, legs: legs.clone(), connected: None, since };
        self.calls[call].activity = Activity::Dialling(Box::new(dialling));
        self.calls[call].turn += 1;
        self.hear(call, Sound::NetworkRinging);
        self.schedule(limit, Timer::DialLimit { call, since });
        for leg in legs {
            self.dial(leg);
        }
    }

    /// Whether `parent` still dials `leg` and nobody else was first.
    pub(super) fn is_dialling(&self, parent: CallId, leg: CallId) -> bool {
        matches!(&self.calls[parent].activity,
            Activity::Dialling(d) if d.connected.is_none() && d.legs.contains(&leg))
    }

    /// Before it is connected, a dialled number may only be talked to (Twilio docs: Number, url).
    pub(super) fn check_whisper(&mut self, call: CallId, document: &Document) {
        let legal = |verb: &Verb| matches!(verb, Verb::Prompt(_) | Verb::Gather(_) | Verb::Hangup);
        if self.calls[call].parent.is_some() && !document.verbs.iter().all(legal) {
            let text = "only Say, Play, Gather and Hangup may be used in a <Number url>";
            self.problem(ProblemKind::BadTwiml, text);
        }
    }

    /// The first leg that is picked up wins, a voicemail's too; with a whisper, at the latest when that has ended.
    pub(super) fn leg_answered(&mut self, leg: CallId) {
        let Some(parent) = self.calls[leg].parent.filter(|p| self.is_dialling(*p, leg)) else {
            return self.end(leg, Status::Completed, By::Network);
        };
        match self.calls[leg].order.url.clone() {
            Some(whisper) => {
                if !self.settings.rules.screened_dial_rings_on {
                    self.drop_others(parent, leg);
                }
                self.fetch(leg, whisper, Vec::new());
            }
            None => self.connect_leg(parent, leg),
        }
    }

    /// The other phones of this dial stop ringing.
    fn drop_others(&mut self, parent: CallId, leg: CallId) {
        let Activity::Dialling(dialling) = &mut self.calls[parent].activity else { return };
        let others: Vec<CallId> = dialling.legs.iter().copied().filter(|l| *l != leg).collect();
        dialling.legs = vec![leg];
        for other in others {
            self.end(other, Status::NoAnswer, By::Network);
        }
    }

    pub(super) fn connect_leg(&mut self, parent: CallId, leg: CallId) {
        self.drop_others(parent, leg);
        self.answer_caller(parent);
        if let Activity::Dialling(dialling) = &mut self.calls[parent].activity {
            dialling.connected = Some(leg);
        }
        self.calls[leg].activity = Activity::Bridged;
        self.together(parent, vec![leg]);
        self.together(leg, vec![parent]);
    }

    /// A party can talk to exactly these calls.
    pub(super) fn together(&mut self, call: CallId, others: Vec<CallId>) {
        let mut with: Vec<String> = others.iter().map(|other| self.name_of(*other)).collect();
        with.sort();
        if self.calls[call].with != with {
            self.calls[call].with = with.clone();
            if with.is_empty() {
                self.observe(call, What::Unbridged);
            } else {
                self.observe(call, What::Bridged { with: with.clone() });
                self.person_connected(call);
            }
        }
        if with.is_empty() {
            self.hear(call, Sound::Silence);
        } else {
            self.hear(call, Sound::Voice(with.join(", ")));
        }
    }

    /// A leg ended: the dial goes on with the others, or ends.
    pub(super) fn leg_gone(&mut self, parent: CallId, leg: CallId) {
        let Activity::Dialling(dialling) = &mut self.calls[parent].activity else { return };
        if !dialling.legs.contains(&leg) {
            return;
        }
        dialling.legs.retain(|l| *l != leg);
        if !dialling.legs.is_empty() {
            return;
        }
        let was_connected = dialling.connected == Some(leg);
        let action = dialling.dial.action.clone();
        let status = if was_connected { "completed" } else { self.calls[leg].status.word() };
        self.calls[parent].activity = Activity::Nothing;
        if was_connected {
            self.together(parent, Vec::new());
        }
        self.after_dial(parent, action, status);
    }

    pub(super) fn drop_legs(&mut self, legs: &[CallId]) {
        for leg in legs {
            let status = match self.calls[*leg].status {
                Status::InProgress => Status::Completed,
                _ => Status::Canceled,
            };
            self.end(*leg, status, By::Network);
        }
    }

    /// A `<Dial timeLimit>` ran out.
    pub(super) fn dial_limit(&mut self, call: CallId, dialled_at: Duration) {
        match &self.calls[call].activity {
            Activity::Dialling(d) if d.since == dialled_at => {
                let legs = d.legs.clone();
                self.drop_legs(&legs);
            }
            Activity::InRoom(room) if room.since == dialled_at => {
                let (room, action) = (room.room, room.dial.action.clone());
                self.calls[call].activity = Activity::Nothing;
                self.leave_room(call, room, By::Network);
                self.after_dial(call, action, "answered");
            }
            _ => {}
        }
    }
}
