//! Owns the carrying out of documents, verb by verb (Twilio docs: TwiML for Programmable Voice),
//! and when an inbound call counts as answered (Twilio docs: Pause, Reject, Dial).

use super::call::Activity;
use super::{CallId, Direction, Status, Timer, World};
use crate::simulator::observation::By;
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml::{Dialled, Hook, Prompt, Verb};
use std::time::Duration;

impl World {
    /// Carries out verbs until one keeps the call busy.
    pub(super) fn proceed(&mut self, call: CallId) {
        while !self.calls[call].is_over() {
            let Some(verb) = self.calls[call].script.verbs.pop_front() else {
                return self.document_ends(call);
            };
            if self.answers(&verb) {
                self.answer_caller(call);
            }
            if self.perform(call, verb) {
                return;
            }
        }
    }

    /// Whether a verb makes Twilio answer a caller who still hears ringing.
    fn answers(&self, verb: &Verb) -> bool {
        match verb {
            Verb::Prompt(Prompt::Pause(_)) => self.settings.rules.pause_answers,
            Verb::Redirect(_) | Verb::Reject { .. } => false,
            Verb::Dial(dial) => !(dial.answer_on_bridge && matches!(dial.to, Dialled::Numbers(_))),
            _ => true,
        }
    }

    /// Begins a verb; true if the call is now busy with it.
    fn perform(&mut self, call: CallId, verb: Verb) -> bool {
        match verb {
            Verb::Prompt(prompt) => self.begin_prompt(call, prompt),
            Verb::Gather(gather) => self.begin_gather(call, gather),
            Verb::Record(record) => self.begin_record(call, record),
            Verb::Redirect(hook) => self.fetch(call, hook, Vec::new()),
            Verb::Hangup => self.end(call, Status::Completed, By::Document),
            Verb::Reject { busy } => self.reject(call, busy),
            Verb::Dial(dial) => match dial.to.clone() {
                Dialled::Room(room) => return self.enter_room(call, *dial, *room),
                Dialled::Numbers(numbers) => self.dial_numbers(call, *dial, numbers),
            },
        }
        true
    }

    fn reject(&mut self, call: CallId, busy: bool) {
        let unanswered = self.calls[call].status == Status::Ringing;
        if !unanswered || self.calls[call].direction != Direction::Inbound {
            self.problem(ProblemKind::BadTwiml, "<Reject> of a call that was answered");
            return self.end(call, Status::Completed, By::Document);
        }
        let status = if busy { Status::Busy } else { Status::NoAnswer };
        self.end(call, status, By::Document);
    }

    fn document_ends(&mut self, call: CallId) {
        if let Some(parent) = self.calls[call].parent.filter(|p| self.is_dialling(*p, call)) {
            return self.connect_leg(parent, call);
        }
        self.remark_on_end(call);
        let status = match self.calls[call].status {
            Status::InProgress => Status::Completed,
            _ => Status::NoAnswer,
        };
        self.end(call, status, By::Document);
    }

    /// Lets the current activity continue after `delay`; an older appointment is forgotten.
    pub(super) fn after(&mut self, call: CallId, delay: Duration) {
        self.calls[call].turn += 1;
        let turn = self.calls[call].turn;
        self.schedule(delay, Timer::Activity { call, turn });
    }

    pub(super) fn activity_due(&mut self, call: CallId) {
        if self.calls[call].is_over() {
            return;
        }
        match &self.calls[call].activity {
            Activity::Prompting(_) => self.prompt_over(call),
            Activity::Gathering { .. } => self.gather_due(call),
            Activity::Recording { .. } => self.record_over(call),
            Activity::InRoom(_) => self.waiting_due(call),
            Activity::Detecting => self.detected(call),
            Activity::Apologising => self.apology_over(call),
            Activity::Nothing | Activity::Fetching | Activity::Dialling(_) | Activity::Bridged => {}
        }
    }

    /// What follows a `<Dial>`: its action, or else the next verb.
    pub(super) fn after_dial(&mut self, call: CallId, action: Option<Hook>, status: &str) {
        if self.calls[call].is_over() {
            return;
        }
        match action {
            Some(hook) => {
                let extra = super::callbacks::pairs(&[("DialCallStatus", status)]);
                self.fetch(call, hook, extra);
            }
            None => {
                self.calls[call].activity = Activity::Nothing;
                self.hear(call, crate::simulator::observation::Sound::Silence);
                self.proceed(call);
            }
        }
    }

    /// Another document for a call in progress; its current verb ends at once (Twilio docs: Call
    /// resource, update).
    pub(crate) fn redirect(&mut self, call: CallId, to: Result<Hook, String>) {
        let activity = std::mem::replace(&mut self.calls[call].activity, Activity::Nothing);
        self.calls[call].turn += 1;
        self.leave_activity(call, activity, By::Rest);
        match to {
            Ok(hook) => self.fetch(call, hook, Vec::new()),
            Err(text) => self.play_document(call, &text, "twiml://parameter/"),
        }
    }

    /// The consequences for others when a call stops doing what it did.
    pub(super) fn leave_activity(&mut self, call: CallId, activity: Activity, by: By) {
        match activity {
            Activity::InRoom(room) => self.leave_room(call, room.room, by),
            Activity::Dialling(dialling) => self.drop_legs(&dialling.legs),
            _ => {}
        }
        if let Some(parent) = self.calls[call].parent {
            self.leg_gone(parent, call);
        }
    }
}
