//! What Twilio keeps, shows, and forgets when told to: Twilio docs, Call, Recording and Message
//! resources.

use super::support::{HOTLINE, Play, json, s, xml};
use crate::simulator::engine::Kept;
use crate::simulator::phone::Behaviour;
use crate::simulator::rules::Rules;
use std::slice;

const ADA: &str = "+15550000001";
const CLEO: &str = "+15559990001";

fn play() -> Play {
    let phones = [("Ada", ADA, Behaviour::takes_the_call(1.0)), ("Cleo", CLEO, Behaviour::Manual)];
    Play::new(&phones, Rules::default()).answer("/leg", xml("<Pause length=\"60\"/>"))
}

/// The SIDs in a list.
fn listed(play: &mut Play, kind: &str, query: &str) -> Vec<String> {
    let reply = json(&play.rest("GET", &format!("{kind}.json?{query}"), &[]));
    let records = reply[kind.to_lowercase()].as_array().expect("a list").clone();
    records.iter().map(|record| record["sid"].as_str().expect("a SID").to_owned()).collect()
}

fn delete(play: &mut Play, kind: &str, sid: &str) -> u16 {
    play.rest("DELETE", &format!("{kind}/{sid}.json"), &[]).status
}

#[test]
fn a_call_is_deleted_only_when_it_is_over_and_its_story_stays() {
    let mut play = play();
    let sid = play.place(ADA, "http://app.test/leg");
    for (seconds, state) in [(0.1, "queued"), (1.0, "ringing"), (3.0, "in-progress")] {
        play.pass(seconds);
        let reply = play.rest("DELETE", &format!("Calls/{sid}.json"), &[]);
        assert_eq!((reply.status, json(&reply)["code"].clone()), (400, 20009.into()), "{state}");
    }
    play.rest("POST", &format!("Calls/{sid}.json"), &[("Status", "completed")]);
    play.pass(1.0);
    let (seen, told) = (play.story("Ada"), play.told(&sid));
    let recording = play.world.add_recording(&sid, s(7.0));

    assert_eq!(delete(&mut play, "Calls", &sid), 204);
    assert_eq!(delete(&mut play, "Calls", &sid), 404);
    assert_eq!(play.rest("GET", &format!("Calls/{sid}.json"), &[]).status, 404);
    assert_eq!(listed(&mut play, "Calls", ""), [""; 0]);

    assert_eq!((play.story("Ada"), play.told(&sid)), (seen, told));
    let call = play.world.calls().first().expect("the call");
    assert_eq!(call.requests.first().map(String::as_str), Some("delete while queued: 400"));
    assert_eq!(call.requests.last().map(String::as_str), Some("delete while completed: 204"));
    assert_eq!(listed(&mut play, "Recordings", &format!("CallSid={sid}")), [recording]);
}

#[test]
fn what_the_caller_says_is_kept_until_it_is_deleted() {
    let record = "<Record action=\"http://app.test/done\"/>";
    let mut play = play().answer("/voice", xml(record)).answer("/done", xml("<Hangup/>"));
    let sid = play.call("Cleo");
    play.pass(30.0);
    let told = play.sent.iter().find(|(_, path, _)| path == "/done").expect("the action").2["RecordingSid"].clone();
    let kept = Kept { calls: vec![sid], recordings: vec![told.clone()], messages: vec![] };
    assert_eq!(play.world.kept(), kept);
    let shown = json(&play.rest("GET", &format!("Recordings/{told}.json"), &[]));
    assert_eq!((shown["call_sid"].as_str(), shown["duration"].as_str()), (Some(kept.calls[0].as_str()), Some("15")));
    assert_eq!(delete(&mut play, "Recordings", &told), 204);
    assert_eq!(delete(&mut play, "Recordings", &told), 404);
    assert_eq!(play.world.kept().recordings, [""; 0]);
}

#[test]
fn texts_are_listed_by_their_ends_page_by_page() {
    let mut play = play();
    let asking = play.world.add_message(CLEO, HOTLINE, "Are you open?");
    let form = [("To", CLEO), ("From", HOTLINE), ("Body", "We are.")];
    let sent = json(&play.rest("POST", "Messages.json", &form));
    assert_eq!((sent["status"].as_str(), sent["direction"].as_str()), (Some("queued"), Some("outbound-api")));
    let answering = sent["sid"].as_str().expect("a SID").to_owned();
    let other = play.world.add_message(ADA, HOTLINE, "I am late.");

    assert_eq!(listed(&mut play, "Messages", ""), [other, answering.clone(), asking.clone()], "newest first");
    assert_eq!(listed(&mut play, "Messages", "From=%2B15559990001&To=%2B15550006666"), slice::from_ref(&asking));
    assert_eq!(listed(&mut play, "Messages", "To=%2B15559990001"), [answering]);
    let page = json(&play.rest("GET", "Messages.json?PageSize=2", &[]));
    assert_eq!((page["page_size"].as_u64(), page["messages"].as_array().map(Vec::len)), (Some(2), Some(2)));
    let next = page["next_page_uri"].as_str().expect("another page");
    let query = next.split_once('?').expect("a query").1.to_owned();
    assert_eq!(listed(&mut play, "Messages", &query), slice::from_ref(&asking));

    assert_eq!(delete(&mut play, "Messages", &asking), 204);
    assert_eq!(play.rest("GET", &format!("Messages/{asking}.json"), &[]).status, 404);
    assert_eq!(play.world.kept().messages.len(), 2);
    assert_eq!(play.world.messages().len(), 3, "who sent what is not forgotten here");
    assert_eq!(play.world.problems(), []);
}

#[test]
fn a_list_learns_late_of_what_is_deleted_too() {
    let mut play = play();
    play.world.rules_mut().list_lag = s(2.0);
    let sid = play.world.add_message(CLEO, HOTLINE, "Are you open?");
    assert_eq!(listed(&mut play, "Messages", ""), [""; 0]);
    play.pass(3.0);
    assert_eq!(delete(&mut play, "Messages", &sid), 204);
    assert_eq!(listed(&mut play, "Messages", ""), slice::from_ref(&sid));
    assert_eq!(delete(&mut play, "Messages", &sid), 404);
    play.pass(3.0);
    assert_eq!(listed(&mut play, "Messages", ""), [""; 0]);
}
