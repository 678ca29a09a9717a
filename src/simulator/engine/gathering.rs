//! Owns what listens to a party: `<Gather>` for keys and `<Record>` for a message (Twilio docs:
//! Gather, Record).

use super::call::{Activity, Run};
use super::callbacks::pairs;
use super::webhooks::Purpose;
use super::{CallId, World};
use crate::simulator::observation::Sound;
use crate::simulator::twiml::{Gather, Record};
use std::time::Duration;

impl World {
    pub(super) fn begin_gather(&mut self, call: CallId, gather: Gather) {
        let run = Run::new(gather.prompts.clone());
        let lasts = self.play(call, &run);
        let listening = gather.timeout;
        self.calls[call].activity = Activity::Gathering { gather, run, digits: String::new() };
        self.wait_in_gather(call, lasts, listening);
    }

    /// Waits for the end of a prompt, or after the last one in silence for keys.
    fn wait_in_gather(&mut self, call: CallId, lasts: Option<Duration>, listening: Duration) {
        if lasts.is_none() {
            self.hear(call, Sound::Silence);
        }
        self.after(call, lasts.unwrap_or(listening));
    }

    pub(super) fn gather_due(&mut self, call: CallId) {
        let Activity::Gathering { gather, run, .. } = &mut self.calls[call].activity else {
            return;
        };
        if run.current().is_none() {
            return self.gather_over(call, None);
        }
        run.step();
        let (run, listening) = (run.clone(), gather.timeout);
        let lasts = self.play(call, &run);
        self.wait_in_gather(call, lasts, listening);
    }

    /// A key reached Twilio. Only a verb that listens takes notice.
    pub(super) fn key_arrives(&mut self, call: CallId, key: char) {
        match &mut self.calls[call].activity {
            Activity::Gathering { gather, run, digits } => {
                if gather.finish_on_key.contains(key) {
                    return self.gather_over(call, Some(key));
                }
                digits.push(key);
                let full = gather.num_digits.is_some_and(|most| digits.len() >= most);
                run.at = run.prompts.len();
                let listening = gather.timeout;
                if full {
                    self.gather_over(call, None);
                } else {
                    self.wait_in_gather(call, None, listening);
                }
            }
            Activity::Recording { record, .. } if record.finish_on_key.contains(key) => {
                self.record_over(call);
            }
            Activity::Dialling(dialling) if key == '*' && dialling.dial.hangup_on_star => {
                let legs = dialling.legs.clone();
                self.drop_legs(&legs);
            }
            _ => {}
        }
    }

    fn gather_over(&mut self, call: CallId, finished_on: Option<char>) {
        let activity = std::mem::replace(&mut self.calls[call].activity, Activity::Nothing);
        let Activity::Gathering { gather, digits, .. } = activity else { return };
        if digits.is_empty() && !gather.action_on_empty {
            return self.proceed(call);
        }
        let mut extra = pairs(&[("msg", "Gather End"), ("Digits", &digits)]);
        if let Some(key) = finished_on {
            extra.extend(pairs(&[("FinishedOnKey", &key.to_string())]));
        }
        self.fetch(call, gather.action, extra);
    }

    pub(super) fn begin_record(&mut self, call: CallId, record: Record) {
        if record.beep {
            self.hear(call, Sound::Beep);
        }
        self.hear(call, Sound::Recording);
        let talking = self.settings.rules.message_lasts + record.timeout;
        let longest = talking.min(record.max_length);
        self.calls[call].activity = Activity::Recording { record, began: self.now };
        self.after(call, longest);
    }

    pub(super) fn record_over(&mut self, call: CallId) {
        let activity = std::mem::replace(&mut self.calls[call].activity, Activity::Nothing);
        let Activity::Recording { record, began } = activity else { return };
        let extra = self.recorded(call, &record, began);
        self.fetch(call, record.action, extra);
    }

    /// Tells of a recording that has just ended, and gives the parameters that describe it.
    pub(super) fn recorded(&mut self, call: CallId, record: &Record, began: Duration) -> Vec<(String, String)> {
        let length = self.now.saturating_sub(began);
        let extra = self.recording_parameters(call, length);
        if let Some(hook) = record.status_callback.clone() {
            let mut params = extra.clone();
            params.extend(pairs(&[
                ("AccountSid", &self.settings.account_sid),
                ("CallSid", &self.calls[call].sid),
                ("RecordingStatus", "completed"),
            ]));
            self.post(Purpose::Callback, hook, params, Some(call), "recording");
        }
        extra
    }

    fn recording_parameters(&mut self, call: CallId, length: Duration) -> Vec<(String, String)> {
        let sid = self.add_recording(&self.calls[call].sid.clone(), length);
        let url = format!("https://api.twilio.com/2010-04-01/Accounts/{}/Recordings/{sid}", self.settings.account_sid);
        let over = self.calls[call].is_over();
        pairs(&[
            ("RecordingSid", &sid),
            ("RecordingUrl", &url),
            ("RecordingDuration", &length.as_secs().to_string()),
            ("Digits", if over { "hangup" } else { "" }),
        ])
    }
}
