//! Owns what calls go through: the queue at the account's rate, set-up, ringing, answer and end
//! (Twilio docs: Call resource, call status). What a document does is in `interpreter`.

use super::call::Activity;
use super::{Call, CallId, Direction, Order, Status, Timer, World};
use crate::simulator::observation::{By, Sound, What};
use crate::simulator::phone::{BadNumber, Behaviour};
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml;
use std::time::Duration;

impl World {
    /// A new outbound call in the queue; it is dialled at the account's rate.
    pub(crate) fn queue_call(&mut self, from: String, to: String, order: Order) -> CallId {
        let id = self.new_call(Direction::OutboundApi, to, from, order);
        let pace = self.pace();
        let ahead = u32::try_from(self.queue.len()).unwrap_or(u32::MAX);
        self.calls[id].queue_time = self.next_dial.saturating_sub(self.now) + pace * ahead;
        self.queue.push_back(id);
        if self.queue.len() == 1 {
            self.schedule(self.next_dial.saturating_sub(self.now), Timer::Queue);
        }
        id
    }

    /// An outbound call, not yet dialled.
    pub(super) fn new_call(&mut self, direction: Direction, to: String, from: String, order: Order) -> CallId {
        let person = self.person_with_number(&to);
        let sid = self.chance.sid("CA");
        let call = Call { from, to, order, ..Call::new(sid, direction, person, self.now) };
        self.calls.push(call);
        self.calls.len() - 1
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(1) / self.settings.calls_per_second.max(1)
    }

    pub(super) fn dial_from_queue(&mut self) {
        while let Some(call) = self.queue.pop_front() {
            if self.calls[call].is_over() {
                continue;
            }
            self.next_dial = self.now + self.pace();
            self.dial(call);
            break;
        }
        if !self.queue.is_empty() {
            self.schedule(self.next_dial.saturating_sub(self.now), Timer::Queue);
        }
    }

    pub(super) fn dial(&mut self, call: CallId) {
        self.calls[call].dialled = true;
        self.progress(call, "initiated");
        let cap = self.settings.rules.concurrent_calls;
        if cap > 0 && self.live_calls() > cap {
            self.observe(call, What::Refused { code: 10004 });
            self.end_with(call, Status::Failed, By::Network, 503);
            return;
        }
        self.schedule(self.settings.rules.set_up, Timer::SetUp(call));
    }

    fn live_calls(&self) -> usize {
        let live = |c: &&Call| !c.is_over() && (c.dialled || c.direction == Direction::Inbound);
        self.calls.iter().filter(live).count()
    }

    /// The network has found the phone, or found that it can't.
    pub(super) fn reach_phone(&mut self, call: CallId) {
        if self.calls[call].is_over() {
            return;
        }
        let person = self.calls[call].person;
        let busy = matches!(self.people[person].behaviour, Behaviour::Busy)
            || (!self.settings.rules.call_waiting && self.is_talking(person));
        if matches!(self.people[person].behaviour, Behaviour::Bad(BadNumber::Fails)) {
            self.observe(call, What::Refused { code: 404 });
            self.end_with(call, Status::Failed, By::Network, 404);
        } else if busy {
            self.observe(call, What::Refused { code: 486 });
            self.end_with(call, Status::Busy, By::Network, 486);
        } else {
            self.set_status(call, Status::Ringing);
            self.calls[call].rang = Some(self.now);
            self.observe(call, What::RingStarted);
            self.progress(call, "ringing");
            let limit = self.calls[call].order.timeout + self.settings.rules.ring_timeout_extra;
            self.schedule(limit, Timer::RingLimit(call));
            self.phone_rings(call);
        }
    }

    /// In a conversation, or waiting in a call of their own.
    fn is_talking(&self, person: usize) -> bool {
        let talks = |c: &Call| c.status == Status::InProgress || (c.direction == Direction::Inbound && !c.is_over());
        self.calls.iter().any(|c| c.person == person && talks(c))
    }

    pub(super) fn ring_limit(&mut self, call: CallId) {
        if self.calls[call].status == Status::Ringing {
            self.end_with(call, Status::NoAnswer, By::Network, 487);
        }
    }

    pub(super) fn carrier_gives_up(&mut self, call: CallId) {
        if self.calls[call].status == Status::Ringing {
            self.end_with(call, Status::NoAnswer, By::Network, 487);
        }
    }

    pub(super) fn time_limit(&mut self, call: CallId) {
        self.end(call, Status::Completed, By::Network);
    }

    /// An outbound call's phone was picked up.
    pub(super) fn phone_answered(&mut self, call: CallId) {
        if self.calls[call].status != Status::Ringing {
            return;
        }
        self.mark_answered(call);
        self.progress(call, "answered");
        if self.calls[call].parent.is_some() {
            return self.leg_answered(call);
        }
        if let Some(limit) = self.calls[call].order.time_limit {
            self.schedule(limit, Timer::TimeLimit(call));
        }
        match &self.calls[call].order.machine_detection {
            Some(_) if !self.calls[call].order.async_amd => self.detect(call),
            Some(_) => {
                self.async_detection(call);
                self.first_document(call);
            }
            None => self.first_document(call),
        }
    }

    /// Twilio answers the caller.
    pub(super) fn answer_caller(&mut self, call: CallId) {
        if self.calls[call].direction == Direction::Inbound && self.calls[call].status == Status::Ringing {
            self.mark_answered(call);
            self.forward_answered(call);
        }
    }

    fn mark_answered(&mut self, call: CallId) {
        self.set_status(call, Status::InProgress);
        self.calls[call].answered = Some(self.now);
        self.observe(call, What::Answered);
        self.hear(call, Sound::Silence);
        self.person_answered(call);
    }

    fn detect(&mut self, call: CallId) {
        self.calls[call].activity = Activity::Detecting;
        let takes = self.detection_time(call);
        self.after(call, takes);
    }

    /// The document that controls an outbound call once it is answered.
    pub(super) fn first_document(&mut self, call: CallId) {
        let order = self.calls[call].order.clone();
        if let Some(url) = order.url {
            let verdict = self.verdict_parameters(call);
            self.fetch(call, url, verdict);
        } else if let Some(text) = order.twiml {
            self.play_document(call, &text, "twiml://parameter/");
        }
    }

    /// Reads a document given as text and lets it control the call.
    pub(super) fn play_document(&mut self, call: CallId, text: &str, base: &str) {
        match twiml::read(text, base) {
            Ok(document) => self.begin_script(call, document, base),
            Err((code, why)) => {
                self.problem(ProblemKind::BadXml, format!("{code}: {why}"));
                self.apologise(call);
            }
        }
    }

    pub(super) fn set_status(&mut self, call: CallId, status: Status) {
        self.calls[call].status = status;
        self.calls[call].updated = self.now;
    }

    /// Ends a call with the usual SIP code.
    pub(crate) fn end(&mut self, call: CallId, status: Status, by: By) {
        let sip = match status {
            Status::Canceled | Status::NoAnswer => 487,
            Status::Busy => 486,
            Status::Failed => 404,
            _ => 200,
        };
        self.end_with(call, status, by, sip);
    }

    pub(super) fn end_with(&mut self, call: CallId, status: Status, by: By, sip: u32) {
        if self.calls[call].is_over() {
            return;
        }
        let before = self.calls[call].status;
        let activity = std::mem::replace(&mut self.calls[call].activity, Activity::Nothing);
        self.set_status(call, status);
        let ended = &mut self.calls[call];
        ended.ended = Some(self.now);
        ended.sip_code = sip;
        ended.turn += 1;
        self.observe_end(call, before, by);
        self.announce_end(call);
        self.request_after_end(call, &activity);
        self.leave_activity(call, activity, by);
        self.forward_ends(call);
    }

    fn observe_end(&mut self, call: CallId, before: Status, by: By) {
        if !self.calls[call].with.is_empty() {
            self.calls[call].with.clear();
            self.observe(call, What::Unbridged);
        }
        match (self.calls[call].direction, before) {
            (Direction::Inbound, _) | (_, Status::InProgress) => {
                self.observe(call, What::HungUp { by });
            }
            (_, Status::Ringing) => self.observe(call, What::RingStopped),
            _ => {}
        }
    }

    fn announce_end(&mut self, call: CallId) {
        if self.calls[call].direction == Direction::Inbound {
            if let Some(hook) = self.hook_of_line("status_callback", "status_callback_method") {
                self.report_progress(call, hook, self.calls[call].status.word());
            }
        } else if self.calls[call].dialled {
            self.progress(call, "completed");
        }
    }
}
