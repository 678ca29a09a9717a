//! Conferences: Twilio docs, Conference.

use super::support::{Play, xml};
use crate::simulator::engine::Status;
use crate::simulator::phone::Behaviour;
use crate::simulator::problem::ProblemKind;
use crate::simulator::rules::Rules;

const PEOPLE: [(&str, &str); 3] = [("Cleo", "+15559990001"), ("Dan", "+15559990002"), ("Eve", "+15559990003")];

fn people() -> Play {
    let phones = PEOPLE.map(|(name, number)| (name, number, Behaviour::Manual));
    Play::new(&phones, Rules::default())
}

fn room(attributes: &str) -> String {
    format!(
        "<Dial><Conference beep=\"false\" {attributes} statusCallback=\"http://app.test/updates\" \
         statusCallbackEvent=\"start end join leave\">r</Conference></Dial><Say>Afterwards</Say><Hangup/>"
    )
}

/// Each caller gets the next document.
fn enter(play: &mut Play, name: &str, document: &str) -> String {
    play.answers.insert("/voice", xml(document));
    let sid = play.call(name);
    play.pass(0.5);
    sid
}

#[test]
fn it_starts_with_the_second_and_ends_with_who_ends_it() {
    let mut play = people();
    let cleo =
        enter(&mut play, "Cleo", &room("startConferenceOnEnter=\"true\" endConferenceOnExit=\"true\" waitUrl=\"\""));
    assert!(!play.story("Cleo").iter().any(|line| line.starts_with("talks")));
    enter(&mut play, "Dan", &room("startConferenceOnEnter=\"false\""));
    assert!(play.story("Cleo").contains(&"talks to Dan".to_owned()));
    play.hang_up("Cleo");
    play.pass(0.2);
    assert_eq!(play.status_of(&cleo), Status::Completed);
    let story = play.story("Dan");
    assert!(story.contains(&"talks to nobody".to_owned()) && story.iter().any(|l| l.contains("Afterwards")));
    let events: Vec<String> = play.sent.iter().filter_map(|(_, _, p)| p.get("StatusCallbackEvent").cloned()).collect();
    assert_eq!(
        events,
        [
            "participant-join",
            "participant-join",
            "conference-start",
            "participant-leave",
            "participant-leave",
            "conference-end"
        ]
    );
}

#[test]
fn it_does_not_start_among_those_who_may_not_start_it() {
    let mut play = people();
    for name in ["Cleo", "Dan"] {
        enter(&mut play, name, &room("startConferenceOnEnter=\"false\" waitUrl=\"\""));
    }
    assert!(!play.story("Cleo").iter().any(|line| line.starts_with("talks")));
}

#[test]
fn a_full_room_and_a_taken_label_go_on_with_the_next_verb() {
    for attributes in ["maxParticipants=\"2\"", "participantLabel=\"x\""] {
        let mut play = people();
        let label = if attributes.contains("Label") { 1 } else { 2 };
        for (name, _) in &PEOPLE[..label] {
            enter(&mut play, name, &room(attributes));
        }
        enter(&mut play, PEOPLE[label].0, &room(attributes));
        let story = play.story(PEOPLE[label].0);
        assert!(story.iter().any(|l| l.contains("Afterwards")), "{attributes}: {story:?}");
        assert!(!story.iter().any(|l| l.starts_with("talks")));
    }
}

#[test]
fn waiting_documents_loop_and_may_not_dial() {
    let mut play = people()
        .answer("/wait", xml("<Say>Please wait</Say><Pause length=\"2\"/><Redirect>http://app.test/wait</Redirect>"));
    enter(&mut play, "Cleo", &room("waitUrl=\"http://app.test/wait\""));
    play.pass(10.0);
    let waits = play.story("Cleo").iter().filter(|l| l.contains("Please wait")).count();
    assert!(waits >= 3, "{waits}");
    enter(&mut play, "Dan", &room("waitUrl=\"http://app.test/wait\""));
    play.pass(10.0);
    assert_eq!(play.story("Cleo").last().map(String::as_str), Some("hears the voice of Dan"));

    let mut play = people().answer("/wait", xml("<Dial>+15550000001</Dial>"));
    enter(&mut play, "Cleo", &room("waitUrl=\"http://app.test/wait\""));
    play.pass(1.0);
    assert!(play.world.problems().iter().any(|p| p.kind == ProblemKind::BadTwiml));
    assert!(play.story("Cleo").iter().any(|l| l.contains("Afterwards")));
}

#[test]
fn a_redirect_takes_a_participant_out() {
    let mut play = people().answer("/other", xml("<Say>Somewhere else</Say><Hangup/>"));
    let cleo = enter(&mut play, "Cleo", &room("endConferenceOnExit=\"true\""));
    enter(&mut play, "Dan", &room(""));
    let form = [("Url", "http://app.test/other")];
    assert_eq!(play.rest("POST", &format!("Calls/{cleo}.json"), &form).status, 200);
    play.pass(0.1);
    assert!(play.story("Cleo").iter().any(|l| l.contains("Somewhere else")));
    assert!(play.story("Dan").iter().any(|l| l.contains("Afterwards")), "the room ended for Dan");
}

#[test]
fn conferences_over_rest() {
    let mut play = people();
    let cleo = enter(&mut play, "Cleo", &room("participantLabel=\"caller\""));
    enter(&mut play, "Dan", &room(""));
    let list = super::support::json(&play.rest("GET", "Conferences.json?FriendlyName=r", &[]));
    assert_eq!(list["conferences"][0]["status"], "in-progress");
    let who = play.rest("GET", "Conferences/r/Participants/caller.json", &[]);
    assert_eq!(super::support::json(&who)["call_sid"], cleo.as_str());
    assert_eq!(play.rest("DELETE", "Conferences/r/Participants/caller.json", &[]).status, 204);
    assert!(play.story("Cleo").contains(&"talks to nobody".to_owned()));
    let sid = list["conferences"][0]["sid"].as_str().expect("a sid").to_owned();
    let done = play.rest("POST", &format!("Conferences/{sid}.json"), &[("Status", "completed")]);
    assert_eq!(super::support::json(&done)["status"], "completed");
}
