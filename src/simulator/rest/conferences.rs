//! Owns conferences and their participants over REST (Twilio docs: Conference resource, Conference
//! Participant resource). A room is found by its SID, or by its name while it isn't over.

use super::{Answer, Parsed, refused};
use crate::simulator::engine::{Participant, RoomState, RoomStatus, World};
use crate::simulator::problem::ProblemKind;
use serde_json::{Value, json};

impl World {
    pub(super) fn list_conferences(&mut self, parsed: &Parsed<'_>) -> Answer {
        let lag = self.settings().rules.list_lag;
        let same = |name: &str, value: &str| parsed.asked(name).is_none_or(|asked| asked == value);
        let listed = |room: &&RoomState| {
            room.created + lag <= self.now() && same("FriendlyName", &room.name) && same("Status", room.status.word())
        };
        let found: Vec<Value> = self.rooms.iter().rev().filter(listed).map(|room| self.room_json(room)).collect();
        self.page(parsed, "conferences", &found)
    }

    fn find_room(&self, key: &str) -> Option<usize> {
        let fits = |room: &RoomState| room.sid == key || (room.name == key && room.status != RoomStatus::Completed);
        self.rooms.iter().rposition(fits)
    }

    pub(super) fn read_conference(&mut self, key: &str) -> Answer {
        match self.find_room(key) {
            Some(room) => Answer::ok(200, self.room_json(&self.rooms[room])),
            None => missing(),
        }
    }

    pub(super) fn update_conference(&mut self, parsed: &Parsed<'_>, key: &str) -> Answer {
        self.only_parameters(parsed, "Status AnnounceUrl AnnounceMethod");
        let Some(room) = self.find_room(key) else { return missing() };
        match parsed.get("Status") {
            Some("completed") => self.finish_room(room, "conference-ended-via-api"),
            other => {
                self.problem(ProblemKind::BadRest, format!("no conference status {other:?}"));
            }
        }
        Answer::ok(200, self.room_json(&self.rooms[room]))
    }

    pub(super) fn list_participants(&mut self, key: &str) -> Answer {
        let Some(room) = self.find_room(key) else { return missing() };
        let room = &self.rooms[room];
        let inside: Vec<Value> = room.participants.iter().map(|p| self.participant_json(room, p)).collect();
        Answer::ok(200, json!({"participants": inside, "page": 0, "next_page_uri": null}))
    }

    fn find_participant(&self, key: &str, who: &str) -> Option<(usize, usize)> {
        let room = self.find_room(key)?;
        let fits = |p: &Participant| p.call_sid == who || p.label.as_deref() == Some(who);
        Some((room, self.rooms[room].participants.iter().position(fits)?))
    }

    pub(super) fn participant(&mut self, key: &str, who: &str) -> Answer {
        match self.find_participant(key, who) {
            Some((room, at)) => {
                let room = &self.rooms[room];
                Answer::ok(200, self.participant_json(room, &room.participants[at]))
            }
            None => missing(),
        }
    }

    pub(super) fn update_participant(&mut self, parsed: &Parsed<'_>, key: &str, who: &str) -> Answer {
        self.only_parameters(
            parsed,
            "Muted Hold HoldUrl HoldMethod AnnounceUrl AnnounceMethod WaitUrl WaitMethod \
             BeepOnExit EndConferenceOnExit Coaching CallSidToCoach",
        );
        let Some((room, at)) = self.find_participant(key, who) else { return missing() };
        let truth = |name: &str| parsed.get(name).map(|value| value == "true");
        let participant = &mut self.rooms[room].participants[at];
        participant.muted = truth("Muted").unwrap_or(participant.muted);
        participant.hold = truth("Hold").unwrap_or(participant.hold);
        participant.end_on_exit = truth("EndConferenceOnExit").unwrap_or(participant.end_on_exit);
        self.refresh(room);
        self.participant(key, who)
    }

    pub(super) fn kick_participant(&mut self, key: &str, who: &str) -> Answer {
        let Some((room, at)) = self.find_participant(key, who) else { return missing() };
        let sid = self.rooms[room].participants[at].call_sid.clone();
        if let Some(call) = self.find_call(&sid) {
            self.kick(room, call);
        }
        Answer::deleted()
    }

    fn room_json(&self, room: &RoomState) -> Value {
        let account = &self.settings().account_sid;
        let uri = format!("/2010-04-01/Accounts/{account}/Conferences/{}.json", room.sid);
        json!({
            "sid": room.sid, "account_sid": account, "friendly_name": room.name,
            "status": room.status.word(), "region": "us1", "api_version": "2010-04-01",
            "date_created": self.date(room.created), "date_updated": self.date(self.now()),
            "reason_conference_ended": room.reason_ended,
            "call_sid_ending_conference": room.call_sid_ending, "uri": uri,
            "subresource_uris": {"participants": uri.replace(".json", "/Participants.json")},
        })
    }

    fn participant_json(&self, room: &RoomState, p: &Participant) -> Value {
        json!({
            "account_sid": self.settings().account_sid, "call_sid": p.call_sid,
            "conference_sid": room.sid, "label": p.label, "muted": p.muted, "hold": p.hold,
            "start_conference_on_enter": p.start_on_enter,
            "end_conference_on_exit": p.end_on_exit, "coaching": false,
            "call_sid_to_coach": null, "status": "connected", "queue_time": "0",
            "date_created": self.date(p.joined), "date_updated": self.date(p.joined),
        })
    }
}

fn missing() -> Answer {
    refused(404, 20404, "The requested resource was not found")
}
