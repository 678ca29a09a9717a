//! One call as it could have been: Bob's voicemail picks up, Ada takes the call and is cut off, the
//! caller has the team rung again, and Chidi takes it.

use std::time::Duration;

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::domain::call::{CallStatus, Outcome};
use crate::domain::leg::LegStatus;
use crate::domain::note::Note;
use crate::domain::time::Timestamp;
use crate::review::story::{
    Access, AtTwilio, CallFacts, CallStory, Entry, Erased, Hold, Level, NoteRevision, PhoneRow, RosterRow, SpokenText,
};

pub const CALLER: &str = "+15550009942";
pub const CALL_SID: &str = "CA0000000000000000000000000000a11e";

/// So many seconds after the call came in.
pub fn at(seconds: f64) -> Timestamp {
    let start: Timestamp = "2026-11-22T13:16:59.123Z".parse().expect("a time");
    start + Duration::from_secs_f64(seconds)
}

pub fn story() -> CallStory {
    CallStory {
        level: Level::Team,
        time_zone: Tz::Europe__London,
        call: call(),
        phones: phones(),
        entries: entries(),
        notes: notes(),
        access: vec![Access { at: at(90_000.0), what: "shown".to_owned(), by: "uid:dana".to_owned() }],
        texts: vec![text("greeting", "This is the hotline."), text("screen", "Press 1 to take the call.")],
        roster: ["Ada", "Bob", "Chidi"].map(roster_row).to_vec(),
        tally: None,
    }
}

fn call() -> CallFacts {
    CallFacts {
        call_sid: Some(CALL_SID.to_owned()),
        case_name: "azure-meadow".to_owned(),
        case_status: Some("open".to_owned()),
        tags: vec!["follow-up".to_owned(), "hallway track".to_owned()],
        caller: Some(CALLER.to_owned()),
        started_at: at(0.0),
        connected_at: Some(at(12.4)),
        ended_at: Some(at(1_500.0)),
        status: CallStatus::Ended,
        outcome: Some(Outcome::Connected),
        organiser: Some("Ada".to_owned()),
        wait_seconds: Some(12.4),
        talk_seconds: Some(1_467.2),
        rounds: 2,
        hold: Some(Hold { since: at(7_200.0), reason: "asked for by the board".to_owned() }),
        expunge_on: Some("2027-11-30".to_owned()),
        erased: vec![Erased { class: "audio".to_owned(), at: at(100_000.0) }],
        linked: vec!["copper-lagoon".to_owned()],
        at_twilio: vec![AtTwilio {
            what: "recordings".to_owned(),
            being_asked: false,
            answer: Some("twilio_20003".to_owned()),
        }],
    }
}

fn id(name: &str) -> String {
    format!("id-of-{}", name.to_lowercase())
}

fn number(name: &str) -> String {
    let last = name.bytes().next().unwrap_or_default();
    format!("+155500000{last}")
}

fn phone(name: &str, round: u32, status: LegStatus, reason: Option<&str>, times: [Option<f64>; 8]) -> PhoneRow {
    let [planned, dialed, ringing, answered, joined, connected, disconnected, ended] = times.map(|time| time.map(at));
    PhoneRow {
        organiser: Some(name.to_owned()),
        organiser_id: Some(id(name)),
        number: Some(number(name)),
        round,
        status,
        reason: reason.map(str::to_owned),
        planned_at: planned,
        dialed_at: dialed,
        ringing_at: ringing,
        answered_at: answered,
        joined_at: joined,
        connected_at: connected,
        disconnected_at: disconnected,
        ended_at: ended,
        leg_sid: dialed.map(|_| format!("CA-leg-{name}-{round}")),
    }
}

fn phones() -> Vec<PhoneRow> {
    let ada = [0.0, 0.2, 1.4, 8.1, 12.0, 12.4, 262.4, 262.6].map(Some);
    let bob = [Some(0.0), Some(0.4), Some(2.0), Some(7.0), None, None, None, Some(14.0)];
    let chidi = [Some(0.0), Some(0.6), Some(1.9), None, None, None, None, Some(12.7)];
    let again = [270.0, 270.3, 271.5, 278.0, 281.0, 282.8, 1_500.0, 1_500.2].map(Some);
    let bob_again = [Some(270.0), Some(270.5), None, None, None, None, None, Some(271.0)];
    vec![
        phone("Ada", 1, LegStatus::Completed, None, ada),
        phone("Bob", 1, LegStatus::Declined, Some("no_key"), bob),
        phone("Chidi", 1, LegStatus::Canceled, Some("taken"), chidi),
        phone("Chidi", 2, LegStatus::Completed, None, again),
        phone("Bob", 2, LegStatus::Failed, Some("twilio_21211"), bob_again),
    ]
}

/// An event: after how many seconds, of whom, from and to which status, why, and particulars.
type Told = (f64, &'static str, &'static str, &'static str, &'static str, Value);

fn entries() -> Vec<Entry> {
    let told: Vec<Told> = vec![
        (0.0, "", "", "pending", "call.comes_in", json!({ "set": { "round": 1, "room": "hl-room" } })),
        (0.0, "Ada", "", "planned", "plan", planned("Ada", 1)),
        (0.0, "Bob", "", "planned", "plan", planned("Bob", 1)),
        (0.0, "Chidi", "", "planned", "plan", planned("Chidi", 1)),
        (0.2, "Ada", "planned", "dialing", "outbox.place", json!({})),
        (0.3, "Ada", "", "", "twilio.initiated", json!({ "set": { "leg_sid": "CA-leg-Ada-1", "line": "initiated" } })),
        (1.4, "Ada", "dialing", "ringing", "twilio.ringing", json!({ "set": { "line": "ringing" } })),
        (2.0, "Bob", "dialing", "ringing", "twilio.ringing", json!({ "set": { "line": "ringing" } })),
        (7.0, "Bob", "ringing", "answered", "twilio.in-progress", json!({})),
        (7.0, "Bob", "", "", "said.screen", json!({ "text": "0a1b2c3d4e5f6071" })),
        (8.1, "Ada", "ringing", "answered", "twilio.in-progress", json!({})),
        (12.0, "Ada", "answered", "joined", "key.1", json!({})),
        (12.0, "", "pending", "active", "key.1", json!({ "leg": "id-of-a-leg", "round": 1 })),
        (12.0, "Chidi", "", "", "command.hang_up.ordered", json!({ "commands": [{ "id": "id-of-it" }] })),
        (12.4, "Ada", "", "", "connected", json!({ "set": { "connected_at": at(12.4) } })),
        (12.7, "Chidi", "ringing", "canceled", "twilio.canceled", json!({ "set": { "reason": "taken" } })),
        (14.0, "Bob", "answered", "declined", "key.none", json!({})),
        (14.0, "Bob", "", "", "said.no_key", json!({ "set": { "reason": "no_key" } })),
        (262.4, "Ada", "", "", "disconnected", json!({})),
        (262.6, "Ada", "joined", "completed", "twilio.completed", json!({})),
        (263.0, "", "", "", "said.cut_off", json!({})),
        (270.0, "", "active", "pending", "key.1", json!({ "set": { "round": 2 } })),
        (271.0, "Bob", "dialing", "failed", "twilio.error.21211", json!({ "set": { "reason": "twilio_21211" } })),
        (281.0, "Chidi", "answered", "joined", "key.1", json!({})),
        (281.0, "", "pending", "active", "key.1", json!({})),
        (282.8, "Chidi", "", "", "connected", json!({})),
        (1_500.0, "", "active", "ended", "twilio.completed", json!({ "set": { "outcome": "connected" } })),
        (1_500.0, "Chidi", "", "", "disconnected", json!({})),
        (1_500.2, "Chidi", "joined", "completed", "twilio.completed", json!({})),
    ];
    let mut entries: Vec<Entry> = (41..).zip(told).map(|(seq, told)| entry(seq, told)).collect();
    let read = (90_000.0, "", "", "", "read.shown", json!({ "by": "uid:dana" }));
    entries.push(Entry { subject: "review".to_owned(), source: "cli".to_owned(), ..entry(90, read) });
    entries
}

fn planned(name: &str, round: u32) -> Value {
    let set = json!({ "round": round, "organiser_id": id(name), "planned_at": at(0.0) });
    json!({ "set": set, "sealed": { "number": "5ea1" } })
}

fn entry(seq: i64, (seconds, name, from, to, cause, detail): Told) -> Entry {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Entry {
        seq,
        at: at(seconds),
        subject: if name.is_empty() { "call" } else { "leg" }.to_owned(),
        organiser: some(name),
        leg_sid: some(name).map(|name| format!("CA-leg-{name}-1")),
        from_status: some(from),
        to_status: some(to),
        cause: cause.to_owned(),
        source: "webhook".to_owned(),
        detail: detail.as_object().cloned().unwrap_or_default(),
        hash: format!("{seq:064x}"),
    }
}

fn notes() -> Vec<NoteRevision> {
    let some = |text: &str| Some(text.to_owned());
    let note = Note {
        author: some("Chidi"),
        happened: some("Shortly after lunch"),
        place: some("Near the registration desk"),
        ongoing: some("no"),
        description: some("Somebody made a remark.\nThe caller asked them to stop."),
        identifying: some("Green jumper, badge 1234"),
        safe_now: some("yes"),
        follow_up: some("yes, by text"),
        conflict: some("Bob knows them"),
        witnesses: some("Two people with red scarves"),
    };
    let revised = Note { author: None, follow_up: some("no, they have changed their mind"), ..Note::default() };
    vec![
        NoteRevision { written_at: at(1_800.0), number: 1, revision: 1, note },
        NoteRevision { written_at: at(5_400.0), number: 1, revision: 2, note: revised },
    ]
}

fn text(prompt: &str, words: &str) -> SpokenText {
    let [version, language] = ["2026-11-01", "en-GB"].map(str::to_owned);
    SpokenText { version, prompt: prompt.to_owned(), language, words: words.to_owned() }
}

fn roster_row(name: &str) -> RosterRow {
    RosterRow {
        name: Some(name.to_owned()),
        organiser_id: Some(id(name)),
        number: Some(number(name)),
        since: Some(at(0.0)),
        until: None,
    }
}
