//! Owns answering machine detection: how long it takes, what it says, and how the application
//! learns of it (Twilio docs: Answering Machine Detection, AMD FAQ). A hint, not a gate.

use super::callbacks::pairs;
use super::people::Act;
use super::webhooks::Purpose;
use super::{CallId, Status, Timer, World};
use crate::simulator::phone::Behaviour;
use std::time::Duration;

impl World {
    /// How long the answering machine detection takes for this call.
    pub(super) fn detection_time(&self, call: CallId) -> Duration {
        let base = self.settings.rules.amd_takes;
        match self.calls[call].order.machine_detection.as_deref() {
            Some("DetectMessageEnd") => base.max(self.greeting_of(call)),
            _ => base,
        }
    }

    /// The silence of synchronous detection is over.
    pub(super) fn detected(&mut self, call: CallId) {
        self.calls[call].answered_by = Some(self.verdict(call));
        self.first_document(call);
    }

    pub(super) fn verdict_parameters(&self, call: CallId) -> Vec<(String, String)> {
        let took = self.detection_time(call).as_millis().to_string();
        match &self.calls[call].answered_by {
            Some(verdict) => pairs(&[("AnsweredBy", verdict), ("MachineDetectionDuration", &took)]),
            None => Vec::new(),
        }
    }

    /// Lets the verdict of asynchronous detection be told later.
    pub(super) fn async_detection(&mut self, call: CallId) {
        let takes = self.detection_time(call);
        self.schedule(takes, Timer::Person { call, act: Act::Verdict });
    }

    pub(super) fn tell_verdict(&mut self, call: CallId) {
        if self.calls[call].status != Status::InProgress {
            return;
        }
        self.calls[call].answered_by = Some(self.verdict(call));
        if let Some(hook) = self.calls[call].order.amd_callback.clone() {
            let mut params = pairs(&[("AccountSid", &self.settings.account_sid), ("CallSid", &self.calls[call].sid)]);
            params.extend(self.verdict_parameters(call));
            self.post(Purpose::Callback, hook, params, Some(call), "amd");
        }
    }

    /// What answering machine detection makes of whoever answered (Twilio docs: AMD).
    fn verdict(&self, call: CallId) -> String {
        let to_the_end = self.calls[call].order.machine_detection.as_deref() == Some("DetectMessageEnd");
        let verdict = match self.behaviour(call) {
            Behaviour::Voicemail { .. } if to_the_end => "machine_end_beep",
            Behaviour::Voicemail { .. } => "machine_start",
            Behaviour::CallScreener(_) | Behaviour::PocketAnswer(_) => "unknown",
            _ => "human",
        };
        verdict.to_owned()
    }

    fn greeting_of(&self, call: CallId) -> Duration {
        match self.behaviour(call) {
            Behaviour::Voicemail { greeting, .. } => greeting,
            _ => Duration::ZERO,
        }
    }
}
