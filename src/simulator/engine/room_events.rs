//! Owns how participants leave conferences, how conferences end, and what the application is told
//! (Twilio docs: Conference, statusCallback). The first participant's callback values hold.

use super::call::Activity;
use super::callbacks::pairs;
use super::rooms::RoomStatus;
use super::webhooks::Purpose;
use super::{CallId, World};
use crate::simulator::observation::By;

impl World {
    /// A call is no longer in the room; others may have to leave with it.
    pub(super) fn leave_room(&mut self, call: CallId, room: usize, by: By) {
        let Some(at) = self.rooms[room].participants.iter().position(|p| p.call == call) else {
            return;
        };
        let reason = match by {
            By::Rest => "participant_updated_via_api",
            _ => "participant_hung_up",
        };
        self.room_event(room, "leave", Some(call), &[("ReasonParticipantLeft", reason)]);
        let left = self.rooms[room].participants.remove(at);
        if !self.calls[call].is_over() {
            self.together(call, Vec::new());
        }
        if self.rooms[room].status == RoomStatus::Completed {
            return;
        }
        if left.end_on_exit {
            self.rooms[room].call_sid_ending = Some(left.call_sid);
            self.finish_room(room, "participant-with-end-conference-on-exit-left");
        } else if self.rooms[room].participants.is_empty() {
            self.rooms[room].call_sid_ending = Some(left.call_sid);
            self.finish_room(room, "last-participant-left");
        } else {
            self.refresh(room);
        }
    }

    /// Ends a conference; whoever is still in goes on with their own next verb or action.
    pub(crate) fn finish_room(&mut self, room: usize, reason: &'static str) {
        if self.rooms[room].status == RoomStatus::Completed {
            return;
        }
        self.rooms[room].status = RoomStatus::Completed;
        self.rooms[room].reason_ended = Some(reason);
        let inside: Vec<CallId> = self.rooms[room].participants.iter().map(|p| p.call).collect();
        let mut going_on = Vec::new();
        for call in inside {
            let activity = std::mem::replace(&mut self.calls[call].activity, Activity::Nothing);
            if let Activity::InRoom(inside) = activity {
                self.calls[call].turn += 1;
                self.leave_room(call, room, By::Network);
                going_on.push((call, inside.dial.action));
            }
        }
        self.room_event(room, "end", None, &[("ReasonConferenceEnded", reason)]);
        for (call, action) in going_on {
            self.after_dial(call, action, "answered");
        }
    }

    /// Removes one participant, who goes on with their next verb or action.
    pub(crate) fn kick(&mut self, room: usize, call: CallId) {
        let activity = std::mem::replace(&mut self.calls[call].activity, Activity::Nothing);
        if let Activity::InRoom(inside) = activity {
            self.calls[call].turn += 1;
            self.leave_room(call, room, By::Rest);
            self.after_dial(call, inside.dial.action, "answered");
        }
    }

    pub(super) fn room_event(&mut self, room: usize, event: &str, about: Option<CallId>, extra: &[(&str, &str)]) {
        let state = &mut self.rooms[room];
        let sequence = state.sequence;
        state.sequence += 1;
        let Some(hook) = state.status_callback.clone() else { return };
        if !state.status_events.iter().any(|asked| asked == event) {
            return;
        }
        let name = match event {
            "join" | "leave" => format!("participant-{event}"),
            _ => format!("conference-{event}"),
        };
        let mut params = pairs(&[
            ("AccountSid", &self.settings.account_sid),
            ("ConferenceSid", &self.rooms[room].sid),
            ("FriendlyName", &self.rooms[room].name),
            ("StatusCallbackEvent", &name),
            ("SequenceNumber", &sequence.to_string()),
            ("Timestamp", &self.date(self.now)),
        ]);
        params.extend(self.participant_parameters(room, about));
        params.extend(pairs(extra));
        if let (Some(sid), "end") = (&self.rooms[room].call_sid_ending, event) {
            params.extend(pairs(&[("CallSidEndingConference", sid)]));
        }
        self.post(Purpose::Callback, hook, params, about, &name);
    }

    fn participant_parameters(&self, room: usize, about: Option<CallId>) -> Vec<(String, String)> {
        let inside = &self.rooms[room].participants;
        let Some(p) = inside.iter().find(|p| Some(p.call) == about) else { return Vec::new() };
        let word = |truth: bool| if truth { "true" } else { "false" };
        let mut params = pairs(&[
            ("CallSid", &p.call_sid),
            ("Muted", word(p.muted)),
            ("Hold", word(p.hold)),
            ("Coaching", "false"),
            ("EndConferenceOnExit", word(p.end_on_exit)),
            ("StartConferenceOnEnter", word(p.start_on_enter)),
        ]);
        if let Some(label) = &p.label {
            params.extend(pairs(&[("ParticipantLabel", label)]));
        }
        params
    }
}
