//! Five days of a hotline in which everything happens that is ever asked about, told call by call.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;
use sharedphone::domain::command::CommandResult;
use sharedphone::domain::errand::{Actor, Basis, Errand, ReadKind};
use sharedphone::domain::input::{CallerMoment, Input, LegMoment, Start};
use sharedphone::domain::line::LineStatus;
use sharedphone::domain::note::{CaseStatus, Note};
use sharedphone::domain::organiser::RosterEntry;
use sharedphone::domain::privacy::DataClass;
use sharedphone::domain::reply::Prompt;
use sharedphone::domain::settings::Waiting;
use sharedphone::domain::texts::Texts;
use tempfile::TempDir;

use super::house::{House, sid};

/// A note that a spreadsheet, a terminal and a page would each like to run.
pub const HOSTILE: &str = "=cmd|' /C calc'!A0 \u{1b}[31mred\u{202e}<script>";

/// The seeded database, as a service leaves it that was stopped.
pub async fn database() -> (TempDir, PathBuf) {
    let mut house = House::open().await;
    house.start(configured(&["Ada", "Ben", "Cy", "Dee"], 20, BTreeMap::new())).await;
    broke_off_and_rang_again(&mut house).await;
    nobody_came(&mut house).await;
    left_at_night(&mut house).await;
    two_at_once(&mut house).await;
    an_organiser_calls(&mut house).await;
    nobody_knows_who_rings(&mut house).await;
    a_crash(&mut house).await;
    reviews(&mut house).await;
    erasures(&mut house).await;
    an_ordinary_day(&mut house).await;
    house.at("2026-11-24T22:00:00Z");
    house.hears(Input::Stopping).await;
    house.at("2026-11-24T22:05:00Z");
    house.start(changed()).await;
    house.hears(Input::Stopping).await;
    house.close().await
}

pub fn configured(names: &[&str], ring_seconds: u32, replaced: BTreeMap<Prompt, String>) -> Start {
    let numbers = [("Ada", 1), ("Ben", 2), ("Cy", 3), ("Dee", 4), ("Eve", 5)];
    let number = |name: &str| numbers.iter().find(|(known, _)| *known == name).expect("an organiser").1;
    let entry = |name: &&str| RosterEntry {
        name: (*name).to_owned(),
        number: format!("+1555000000{}", number(name)).parse().expect("a number"),
    };
    let configuration = json!({ "ringing.ring_seconds": ring_seconds, "ringing.screening": "keypress" });
    Start {
        roster: names.iter().map(entry).collect(),
        configuration: configuration.as_object().cloned().expect("an object"),
        texts: Texts::new("PyExample hotline", replaced).all("en-GB"),
    }
}

/// With what the service starts after the crash: Dee has left, Eve has come.
fn changed() -> Start {
    let greeting = "Hello, this is the {hotline}.".to_owned();
    configured(&["Ada", "Ben", "Cy", "Eve"], 25, BTreeMap::from([(Prompt::Greeting, greeting)]))
}

/// 1: Ada takes it, her line breaks off, the caller presses 1, Ben takes it.
async fn broke_off_and_rang_again(house: &mut House) {
    house.at("2026-11-20T10:05:00Z");
    house.comes(1, "+15557770001").await;
    house.after(5.0);
    house.picks_up(1, "Ada").await;
    house.after(3.0);
    house.presses(1, "Ada", "1").await;
    house.after(60.0);
    house.line(1, "Ada", LineStatus::Completed).await;
    house.caller(1, CallerMoment::AfterRoom { round: Some(1) }).await;
    house.after(4.0);
    house.caller(1, CallerMoment::Key { round: Some(1), key: "1".into() }).await;
    house.outbox().await;
    house.after(7.0);
    house.picks_up(1, "Ben").await;
    house.picks_up(1, "Cy").await;
    house.after(2.0);
    house.presses(1, "Ben", "1").await;
    house.leg(1, "Cy", LegMoment::Next).await;
    house.after(120.0);
    house.caller_leaves(1).await;
}

/// 2: Twilio refuses Ada's number, Ben is engaged, Cy's voicemail picks up, Dee does not.
async fn nobody_came(house: &mut House) {
    house.at("2026-11-20T23:40:00Z");
    house.placing.entry("Ada").or_default().push_back(CommandResult::Rejected { code: 21_211 });
    house.comes(2, "anonymous").await;
    house.line(2, "Ben", LineStatus::Busy).await;
    house.after(8.0);
    house.picks_up(2, "Cy").await;
    house.after(10.0);
    house.leg(2, "Cy", LegMoment::NoKey).await;
    house.line(2, "Cy", LineStatus::Completed).await;
    house.line(2, "Dee", LineStatus::NoAnswer).await;
    house.caller(2, CallerMoment::InRoom { greet: false }).await;
    house.after(9.0);
    house.caller_leaves(2).await;
    // Twilio's word for an older state comes late.
    house.line(2, "Dee", LineStatus::Ringing).await;
}

/// 3: the first caller again, who gives up after 12 s.
async fn left_at_night(house: &mut House) {
    house.at("2026-11-21T02:14:05Z");
    house.comes(3, "+15557770001").await;
    house.after(11.0);
    house.caller_leaves(3).await;
}

/// 4 and 5: two calls at once; Ada has taken the one and can't be rung for the other.
async fn two_at_once(house: &mut House) {
    house.at("2026-11-21T14:00:00Z");
    house.comes(4, "+15557770004").await;
    house.comes(5, "+15557770005").await;
    house.picks_up(4, "Ada").await;
    house.presses(4, "Ada", "1").await;
    house.outbox().await;
    house.after(6.0);
    house.picks_up(5, "Ben").await;
    house.presses(5, "Ben", "1").await;
    house.after(90.0);
    house.caller_leaves(5).await;
    house.caller_leaves(4).await;
}

/// 6: Ben tries the hotline out; Cy presses 2, Ada takes it.
async fn an_organiser_calls(house: &mut House) {
    house.at("2026-11-22T09:00:00Z");
    house.comes(6, "+15550000002").await;
    house.after(2.0);
    house.picks_up(6, "Cy").await;
    house.presses(6, "Cy", "2").await;
    house.line(6, "Cy", LineStatus::Completed).await;
    house.picks_up(6, "Ada").await;
    house.presses(6, "Ada", "1").await;
    house.after(15.0);
    house.line(6, "Ada", LineStatus::Completed).await;
    house.caller(6, CallerMoment::AfterRoom { round: Some(1) }).await;
    house.caller_leaves(6).await;
}

/// 7: nobody knows whether Ada's and Ben's phones ring; Ben's does, Ada's does not and is rung anew.
/// Cy's is placed at the second try. A line that is not Ben's says that it is.
async fn nobody_knows_who_rings(house: &mut House) {
    house.at("2026-11-22T11:00:00Z");
    house.placing.entry("Ada").or_default().push_back(CommandResult::Unclear);
    house.placing.entry("Ben").or_default().push_back(CommandResult::Unclear);
    house.placing.entry("Cy").or_default().push_back(CommandResult::Busy { retry_after: None });
    house.comes(7, "+15557770007").await;
    house.line(7, "Ben", LineStatus::Ringing).await;
    house.stranger(7, "Ben", LineStatus::Ringing).await;
    for _ in 0..3 {
        house.after(1.2);
        house.hears(Input::Tick).await;
        house.outbox().await;
    }
    house.picks_up(7, "Cy").await;
    house.presses(7, "Cy", "1").await;
    house.after(40.0);
    house.caller_leaves(7).await;
}

/// 8: the service dies while it rings, and is back after 50 s; the caller has left. From here on the
/// caller hears their own network's ringing.
async fn a_crash(house: &mut House) {
    house.at("2026-11-22T20:00:00Z");
    house.comes(8, "+15557770008").await;
    house.at("2026-11-22T20:01:00Z");
    house.settings.waiting = Waiting::Ringing;
    house.start(changed()).await;
    house.outbox().await;
    house.caller_leaves(8).await;
}

/// What people do with call 1 and others.
async fn reviews(house: &mut House) {
    house.at("2026-11-23T07:00:00Z");
    let note = |number, description: &str, follow_up: Option<&str>| Errand::Note {
        call_sid: sid(1),
        number,
        note: Box::new(Note {
            author: Some("Ada".into()),
            description: Some(description.into()),
            follow_up: follow_up.map(str::to_owned),
            ..Note::default()
        }),
    };
    house.does(1000, note(None, "Somebody was followed to the station.", None)).await;
    house.after(600.0);
    house.does(1001, note(Some(1), "Somebody was followed to the tram.", Some("Yes, by mail."))).await;
    house.does(1001, note(None, HOSTILE, None)).await;
    house.does(1001, Errand::Tag { call_sid: sid(1), tags: vec!["harassment".into(), "venue, outside".into()] }).await;
    house.does(1001, Errand::Tag { call_sid: sid(2), tags: vec!["harassment".into()] }).await;
    house.does(1001, Errand::SetStatus { call_sid: sid(1), status: CaseStatus::InReview }).await;
    house.does(1001, Errand::SetStatus { call_sid: sid(6), status: CaseStatus::Closed }).await;
    house.does(1001, Errand::Hold { call_sid: sid(1), reason: "The venue asks.".into() }).await;
    house.does(1001, Errand::ExpungeOn { call_sid: sid(4), on: Some("2027-01-31".into()) }).await;
    let read = |kind, calls: &[usize]| Errand::Read { kind, calls: calls.iter().map(|call| sid(*call)).collect() };
    house.does(1000, read(ReadKind::Listed, &[])).await;
    house.does(1000, read(ReadKind::Shown, &[1])).await;
    house.does(1000, read(ReadKind::Exported, &[1, 3])).await;
    house.does(1000, Errand::Verified { seq: 9, hash: "0".repeat(64), witnesses: 1 }).await;
}

/// 9: a call of which numbers and notes are erased at the caller's wish. 10: one that is removed.
async fn erasures(house: &mut House) {
    house.at("2026-11-23T08:00:00Z");
    house.comes(9, "+15557770009").await;
    house.after(4.0);
    house.picks_up(9, "Eve").await;
    house.after(2.0);
    house.presses(9, "Eve", "1").await;
    house.after(1.25);
    house.caller(9, CallerMoment::Next).await;
    house.after(30.0);
    house.caller_leaves(9).await;
    let note = Box::new(Note { description: Some("To be forgotten.".into()), ..Note::default() });
    house.does(1000, Errand::Note { call_sid: sid(9), number: None, note }).await;
    let erase =
        |call, classes: &[DataClass], basis| Errand::Erase { call_sid: sid(call), classes: classes.to_vec(), basis };
    house.does(1000, erase(9, &[DataClass::Numbers, DataClass::Notes], Basis::Request)).await;
    house.outbox().await;
    house.at("2026-11-23T09:00:00Z");
    house.comes(10, "+15557770010").await;
    house.caller_leaves(10).await;
    house.errand(Actor::Service, erase(10, &[DataClass::Numbers, DataClass::Notes], Basis::Retention)).await;
    house.outbox().await;
    house.errand(Actor::Service, erase(10, &[DataClass::Timeline], Basis::Retention)).await;
}

/// 11 to 16: calls as they should be. 17 to 21: callers who leave at once.
async fn an_ordinary_day(house: &mut House) {
    for call in 11..=16 {
        house.at(&format!("2026-11-24T{call}:00:00Z"));
        house.comes(call, &format!("+155577700{call}")).await;
        house.after(3.0);
        let who = if call % 2 == 0 { "Ben" } else { "Eve" };
        house.picks_up(call, who).await;
        house.after(2.0);
        house.presses(call, who, "1").await;
        house.after(0.5);
        house.caller(call, CallerMoment::Next).await;
        house.after(60.0);
        house.caller_leaves(call).await;
    }
    for call in 17..=21 {
        house.at(&format!("2026-11-24T{call}:00:00Z"));
        house.comes(call, &format!("+155577700{call}")).await;
        house.after(2.0);
        house.caller_leaves(call).await;
    }
}
