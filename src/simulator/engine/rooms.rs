//! Owns conferences: who is in, when they start and end, and what each participant hears (Twilio
//! docs: Conference). What the application is told of them is in `room_events`.

use super::call::{Activity, InRoom, Run, Script};
use super::{CallId, Timer, World};
use crate::simulator::observation::{By, Sound};
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml::{Dial, Document, Hook, Room, Verb, Waiting};
use std::time::Duration;

/// The status of a conference (Twilio docs: Conference resource).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomStatus {
    /// Nobody who may start it is with anybody yet.
    Init,
    /// Started.
    InProgress,
    /// Over.
    Completed,
}

impl RoomStatus {
    /// Twilio's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
        }
    }
}

/// Somebody in a conference.
#[derive(Debug, Clone)]
pub struct Participant {
    /// SID of the participant's call.
    pub call_sid: String,
    /// `startConferenceOnEnter`.
    pub start_on_enter: bool,
    /// `endConferenceOnExit`.
    pub end_on_exit: bool,
    /// Can't be heard.
    pub muted: bool,
    /// Hears music instead of the others.
    pub hold: bool,
    /// `participantLabel`.
    pub label: Option<String>,
    /// Joined, virtual time.
    pub joined: Duration,
    pub(super) call: CallId,
}

/// A conference.
#[derive(Debug, Clone)]
pub struct RoomState {
    /// `CF` and 32 hex digits.
    pub sid: String,
    /// The name in the document.
    pub name: String,
    /// Where it stands.
    pub status: RoomStatus,
    /// Who is in now.
    pub participants: Vec<Participant>,
    /// Virtual time of creation.
    pub created: Duration,
    /// Why it ended, in Twilio's words.
    pub reason_ended: Option<&'static str>,
    /// The participant whose leaving ended it.
    pub call_sid_ending: Option<String>,
    /// Where its events go: the first participant's values hold for its life.
    pub(super) status_callback: Option<Hook>,
    pub(super) status_events: Vec<String>,
    pub(super) sequence: u32,
}

impl World {
    /// Joins a call to a room; false if it isn't let in, and the next verb follows.
    pub(super) fn enter_room(&mut self, call: CallId, dial: Dial, noun: Room) -> bool {
        let room = self.open_room(&noun);
        if let Some(code) = self.refused_entry(room, &noun) {
            let text = format!("{code}: not let into conference {:?}", noun.name);
            self.problem(ProblemKind::Remark, text);
            let Some(action) = dial.action else { return false };
            self.after_dial(call, Some(action), "failed");
            return true;
        }
        let since = self.now;
        let limit = dial.time_limit;
        let state = InRoom { room, dial, wait: Script::default(), run: None, since };
        self.calls[call].activity = Activity::InRoom(Box::new(state));
        self.calls[call].turn += 1;
        self.rooms[room].participants.push(Participant {
            call_sid: self.calls[call].sid.clone(),
            start_on_enter: noun.start_on_enter,
            end_on_exit: noun.end_on_exit,
            muted: noun.muted,
            hold: false,
            label: noun.label.clone(),
            joined: since,
            call,
        });
        self.schedule(limit, Timer::DialLimit { call, since });
        self.room_event(room, "join", Some(call), &[]);
        self.maybe_start(room);
        if noun.beep == "true" || noun.beep == "onEnter" {
            self.beep_in(room, call);
        }
        self.refresh(room);
        self.begin_to_wait(call, room, noun.wait);
        true
    }

    fn open_room(&mut self, noun: &Room) -> usize {
        let open = |r: &RoomState| r.name == noun.name && r.status != RoomStatus::Completed;
        if let Some(room) = self.rooms.iter().position(open) {
            return room;
        }
        let sid = self.chance.sid("CF");
        self.rooms.push(RoomState {
            sid,
            name: noun.name.clone(),
            status: RoomStatus::Init,
            participants: Vec::new(),
            created: self.now,
            reason_ended: None,
            call_sid_ending: None,
            status_callback: noun.status_callback.clone(),
            status_events: noun.status_events.clone(),
            sequence: 0,
        });
        self.rooms.len() - 1
    }

    fn refused_entry(&self, room: usize, noun: &Room) -> Option<u32> {
        let inside = &self.rooms[room].participants;
        if inside.len() >= noun.max_participants {
            return Some(16020);
        }
        let taken = noun.label.is_some() && inside.iter().any(|p| p.label == noun.label);
        taken.then_some(16025)
    }

    /// It starts with the second participant, if one of them may start it (Error 16099).
    fn maybe_start(&mut self, room: usize) {
        let state = &mut self.rooms[room];
        let ready = state.participants.len() >= 2 && state.participants.iter().any(|p| p.start_on_enter);
        if state.status != RoomStatus::Init || !ready {
            return;
        }
        state.status = RoomStatus::InProgress;
        let inside: Vec<CallId> = state.participants.iter().map(|p| p.call).collect();
        for call in inside {
            // What was played to those who waited stops.
            self.calls[call].turn += 1;
        }
        self.room_event(room, "start", None, &[]);
    }

    fn beep_in(&mut self, room: usize, entering: CallId) {
        if self.rooms[room].status != RoomStatus::InProgress {
            return;
        }
        let others: Vec<CallId> = self.rooms[room].participants.iter().map(|p| p.call).collect();
        for other in others.into_iter().filter(|other| *other != entering) {
            self.hear(other, Sound::Beep);
        }
    }

    /// Lets each participant of a started room hear the others.
    pub(crate) fn refresh(&mut self, room: usize) {
        if self.rooms[room].status != RoomStatus::InProgress {
            return;
        }
        let inside = self.rooms[room].participants.clone();
        for participant in &inside {
            if participant.hold {
                self.together(participant.call, Vec::new());
                self.hear(participant.call, Sound::Play("hold music".to_owned()));
                continue;
            }
            let others = inside.iter().filter(|p| p.call != participant.call && !p.hold);
            self.together(participant.call, others.map(|p| p.call).collect());
        }
    }

    fn begin_to_wait(&mut self, call: CallId, room: usize, wait: Waiting) {
        if self.rooms[room].status != RoomStatus::Init {
            return;
        }
        match wait {
            Waiting::Music => self.hear(call, Sound::Play("Twilio's hold music".to_owned())),
            Waiting::Silence => self.hear(call, Sound::Silence),
            Waiting::At(hook) => {
                self.hear(call, Sound::Silence);
                self.ask(call, hook, Vec::new(), true, false);
            }
        }
    }

    /// A waiting document has come.
    pub(super) fn begin_waiting(&mut self, call: CallId, document: Document, base: &str) {
        self.note_complaints(base, &document);
        for verb in &document.verbs {
            if !matches!(verb, Verb::Prompt(_) | Verb::Redirect(_)) {
                let text = format!("{base}: only Say, Play, Pause and Redirect may wait (13238)");
                self.problem(ProblemKind::BadTwiml, text);
                return self.waiting_failed(call);
            }
        }
        if let Activity::InRoom(inside) = &mut self.calls[call].activity {
            inside.wait = super::documents::script(document, base);
            inside.run = None;
            self.waiting_due(call);
        }
    }

    /// Plays on for somebody who waits for the conference to start.
    pub(super) fn waiting_due(&mut self, call: CallId) {
        let Activity::InRoom(inside) = &mut self.calls[call].activity else { return };
        if let Some(run) = &mut inside.run {
            run.step();
        }
        if inside.run.as_ref().is_none_or(|run| run.current().is_none()) {
            inside.run = match inside.wait.verbs.pop_front() {
                Some(Verb::Prompt(prompt)) => Some(Run::new(vec![prompt])),
                Some(Verb::Redirect(hook)) => {
                    inside.run = None;
                    return self.ask(call, hook, Vec::new(), true, false);
                }
                // The document has run out: silence, until the conference starts.
                _ => return self.hear(call, Sound::Silence),
            };
        }
        let run = inside.run.clone();
        if let Some(lasts) = run.and_then(|run| self.play(call, &run)) {
            self.after(call, lasts);
        }
    }

    /// Without its waiting document a participant isn't in the conference (Twilio docs: Conference,
    /// waitUrl).
    pub(super) fn waiting_failed(&mut self, call: CallId) {
        let activity = std::mem::replace(&mut self.calls[call].activity, Activity::Nothing);
        let Activity::InRoom(inside) = activity else { return };
        self.leave_room(call, inside.room, By::Network);
        self.after_dial(call, inside.dial.action, "failed");
    }
}
