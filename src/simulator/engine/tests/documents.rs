//! What documents do: answering, keys, retries and fallbacks.

use super::support::{Play, s, status, xml};
use crate::simulator::engine::{Outcome, Status};
use crate::simulator::faults::{Faults, WebhookFault, WebhookTrouble, Which};
use crate::simulator::observation::{Sound, What};
use crate::simulator::phone::Behaviour;
use crate::simulator::problem::ProblemKind;
use crate::simulator::rules::Rules;

fn cleo(rules: Rules) -> Play {
    Play::new(&[("Cleo", "+15559990001", Behaviour::Manual)], rules)
}

const POLL: &str = "<Pause length=\"2\"/><Redirect>http://app.test/voice</Redirect>";

#[test]
fn pause_first_keeps_ringing_or_answers() {
    let mut play = cleo(Rules::default()).answer("/voice", xml(POLL));
    let sid = play.call("Cleo");
    play.pass(20.0);
    assert_eq!(play.status_of(&sid), Status::Ringing);
    assert!(play.sent.len() >= 10 && play.sent.iter().all(|(_, _, p)| p["CallStatus"] == "ringing"));
    assert_eq!(play.story("Cleo"), ["calls", "hears ringing"]);
    play.pass(75.0);
    assert_eq!(play.status_of(&sid), Status::NoAnswer, "the carrier gives up");

    let rules = Rules { pause_answers: true, ..Rules::default() };
    let mut play = cleo(rules).answer("/voice", xml(POLL));
    let sid = play.call("Cleo");
    play.pass(5.0);
    assert_eq!(play.status_of(&sid), Status::InProgress);
    assert_eq!(play.story("Cleo"), ["calls", "hears ringing", "is answered", "hears silence"]);
    assert_eq!(play.sent[1].2["CallStatus"], "in-progress");
}

#[test]
fn reject_and_an_empty_document_leave_the_call_unanswered() {
    for (document, after) in [
        ("<Reject/>", Status::NoAnswer),
        ("<Reject reason=\"busy\"/>", Status::Busy),
        ("", Status::NoAnswer),
        ("<Say>Hello</Say>", Status::Completed),
        ("<Hangup/>", Status::Completed),
    ] {
        let mut play = cleo(Rules::default()).answer("/voice", xml(document));
        let sid = play.call("Cleo");
        play.pass(5.0);
        assert_eq!(play.status_of(&sid), after, "{document:?}");
        assert_eq!(play.told(&sid).len(), 1, "the number's callback, once");
    }
}

const MENU: &str = "<Gather numDigits=\"1\" timeout=\"4\" action=\"http://app.test/key\">\
    <Say>Press 1 to take the call</Say></Gather><Say>Too late</Say><Hangup/>";

#[test]
fn a_key_interrupts_the_prompt() {
    let mut play = cleo(Rules::default()).answer("/voice", xml(MENU)).answer("/key", xml("<Say>Thanks</Say><Hangup/>"));
    play.call("Cleo");
    play.pass(0.5);
    play.press("Cleo", "1");
    play.pass(0.1);
    assert_eq!(play.sent.last().expect("sent").2["Digits"], "1");
    assert!(play.saw("Cleo", |w| *w == What::Hears(Sound::Speech("Thanks".to_owned()))) < Some(s(0.7)));
}

#[test]
fn without_a_key_the_next_verb_follows() {
    let mut play = cleo(Rules::default()).answer("/voice", xml(MENU));
    play.call("Cleo");
    play.pass(10.0);
    let late = play.saw("Cleo", |w| *w == What::Hears(Sound::Speech("Too late".to_owned())));
    // 24 characters at 70 ms, then 4 s of silence.
    assert_eq!(late, Some(s(24.0 * 0.07 + 4.0)));
}

#[test]
fn finish_on_key_ends_a_longer_number() {
    let menu = "<Gather action=\"http://app.test/key\"><Say>Your code</Say></Gather>";
    let mut play = cleo(Rules::default()).answer("/voice", xml(menu)).answer("/key", xml("<Hangup/>"));
    play.call("Cleo");
    play.pass(0.5);
    play.press("Cleo", "42#");
    play.pass(0.1);
    let key = play.sent.iter().find(|(_, path, _)| path == "/key").expect("asked");
    assert_eq!((key.2["Digits"].as_str(), key.2["FinishedOnKey"].as_str()), ("42", "#"));
}

#[test]
fn retries_as_the_fragment_says_with_one_token() {
    let mut play = cleo(Rules::default()).answer("/voice", status(503));
    play.world.set_line("voice_url", "http://app.test/voice?x=1#rc=2&rp=5xx");
    play.world.set_line("voice_fallback_url", "http://app.test/fallback");
    let mut play = play.answer("/fallback", xml("<Say>Please hold</Say><Hangup/>"));
    play.call("Cleo");
    play.pass(2.0);
    let paths: Vec<&str> = play.sent.iter().map(|(_, path, _)| path.as_str()).collect();
    assert_eq!(paths[..4], ["/voice", "/voice", "/voice", "/fallback"]);
    assert_eq!(play.requests[0].url, "http://app.test/voice?x=1");
    let token = |at: usize| {
        let headers = &play.requests[at].headers;
        headers.iter().find(|(n, _)| n == "I-Twilio-Idempotency-Token").expect("a token").1.clone()
    };
    assert_eq!(token(0), token(2));
    assert_ne!(token(0), token(3));
    let fallback = &play.sent[3].2;
    assert_eq!(fallback["ErrorCode"], "11200");
    assert!(play.story("Cleo").iter().any(|line| line.contains("Please hold")));
}

#[test]
fn without_retries_or_fallback_the_caller_hears_the_apology() {
    for outcome in [
        Some(status(500)),
        Some(status(200)),
        Some(Outcome::ConnectFailed("refused".to_owned())),
        Some(Outcome::Answered { status: 200, content_type: Some("text/xml".into()), body: b" <R".to_vec() }),
        Some(Outcome::Answered { status: 200, content_type: Some("text/xml".into()), body: vec![b' '; 70_000] }),
        None,
    ] {
        let mut play = cleo(Rules::default());
        if let Some(outcome) = outcome.clone() {
            play = play.answer("/voice", outcome);
        }
        let sid = play.call("Cleo");
        play.pass(25.0);
        let sorry = play.saw("Cleo", |w| *w == What::Hears(Sound::ApplicationError));
        assert!(sorry.is_some(), "{outcome:?}");
        assert_eq!(play.status_of(&sid), Status::Completed);
        assert!(!play.world.problems().is_empty());
        if outcome.is_none() {
            assert_eq!(sorry, Some(s(15.0)), "Twilio waits 15 s and no longer");
        }
    }
}

#[test]
fn faults_lose_double_and_hold_back() {
    let doubled = WebhookFault::document("/voice", Which::Nth(1), WebhookTrouble::Doubled(s(1.0)));
    let mut play = cleo(Rules::default()).answer("/voice", xml("<Pause length=\"30\"/>"));
    *play.world.faults_mut() = Faults::new(vec![doubled], vec![]);
    play.call("Cleo");
    play.pass(5.0);
    assert_eq!(play.sent.len(), 2);

    let lost = WebhookFault::callback("no-answer", Which::All, WebhookTrouble::Lost);
    let mut play = cleo(Rules::default()).answer("/voice", xml("<Pause length=\"2\"/>"));
    *play.world.faults_mut() = Faults::new(vec![lost], vec![]);
    let sid = play.call("Cleo");
    play.pass(5.0);
    assert_eq!((play.status_of(&sid), play.told(&sid).len()), (Status::NoAnswer, 0));
    assert!(play.world.problems().iter().all(|p| p.kind == ProblemKind::Remark));
}

#[test]
fn callbacks_want_204_or_a_document() {
    for (answer, problems) in [(status(204), 0), (xml(""), 0), (status(200), 1), (status(500), 1)] {
        let mut play = cleo(Rules::default()).answer("/voice", xml("<Hangup/>")).answer("/updates", answer);
        play.call("Cleo");
        play.pass(5.0);
        assert_eq!(play.world.problems().len(), problems, "{:?}", play.world.problems());
    }
}

#[test]
fn detection_by_machine() {
    let ada = "+15550000001";
    let mut play =
        Play::new(&[("Ada", ada, Behaviour::voicemail(2.0))], Rules::default()).answer("/leg", xml("<Hangup/>"));
    let form = [
        ("To", ada),
        ("From", super::support::HOTLINE),
        ("Url", "http://app.test/leg"),
        ("MachineDetection", "Enable"),
    ];
    play.rest("POST", "Calls.json", &form);
    play.pass(10.0);
    let (at, _, params) = &play.sent[0];
    assert_eq!((*at, params["AnsweredBy"].as_str()), (s(6.3), "machine_start"));
}

#[test]
fn dialled_numbers_ring_together_and_the_first_wins() {
    let phones = [
        ("Cleo", "+15559990001", Behaviour::Manual),
        ("Ada", "+15550000001", Behaviour::takes_the_call(2.0)),
        ("Ben", "+15550000002", Behaviour::takes_the_call(5.0)),
    ];
    let dial = "<Dial answerOnBridge=\"true\" action=\"http://app.test/after\"><Number>+15550000001</Number><Number>+15550000002</Number></Dial>";
    let mut play = Play::new(&phones, Rules::default())
        .answer("/voice", xml(dial))
        .answer("/after", xml("<Say>Bye</Say><Hangup/>"));
    play.call("Cleo");
    play.pass(4.0);
    assert_eq!(play.story("Cleo")[..4], ["calls", "hears ringing", "is answered", "hears silence"]);
    assert!(play.story("Ben").contains(&"stops ringing".to_owned()));
    assert!(play.story("Ada").contains(&"talks to Cleo".to_owned()));
    play.hang_up("Ada");
    play.pass(0.1);
    assert_eq!(play.sent.last().expect("sent").2["DialCallStatus"], "completed");
}

#[test]
fn an_answer_that_gets_lost_counts_as_no_connection() {
    let fault = WebhookFault::document("/voice", Which::Nth(1), WebhookTrouble::AnswerLost);
    let mut play = cleo(Rules::default()).answer("/voice", xml("<Say>Hello</Say><Hangup/>"));
    *play.world.faults_mut() = Faults::new(vec![fault], vec![]);
    play.call("Cleo");
    play.pass(5.0);
    let asked = play.sent.iter().filter(|(_, path, _)| path == "/voice").count();
    assert_eq!(asked, 2, "`ct` is retried once if nothing else is said");
    assert!(play.story("Cleo").iter().any(|line| line.contains("Hello")));
    assert_eq!(play.world.problems(), []);
}

#[test]
fn a_callback_behind_the_next() {
    let ada = "+15550000001";
    let fault = WebhookFault::callback("ringing", Which::All, WebhookTrouble::BehindTheNext);
    let mut play =
        Play::new(&[("Ada", ada, Behaviour::takes_the_call(1.0))], Rules::default()).answer("/leg", xml("<Hangup/>"));
    *play.world.faults_mut() = Faults::new(vec![fault], vec![]);
    let sid = play.place(ada, "http://app.test/leg");
    play.pass(5.0);
    assert_eq!(play.told(&sid), ["initiated", "in-progress", "completed", "ringing"]);
}

#[test]
fn a_message_is_recorded_even_if_the_caller_hangs_up() {
    let record = "<Record action=\"http://app.test/done\" maxLength=\"30\"/>";
    for hangs_up in [true, false] {
        let mut play = cleo(Rules::default()).answer("/voice", xml(record)).answer("/done", xml("<Hangup/>"));
        play.call("Cleo");
        play.pass(4.0);
        if hangs_up {
            play.hang_up("Cleo");
        }
        play.pass(20.0);
        let done = play.sent.iter().find(|(_, path, _)| path == "/done").expect("asked");
        assert_eq!(done.2["RecordingDuration"], if hangs_up { "4" } else { "15" });
    }
}

#[test]
fn a_screening_robot_rings_its_owner_only_if_somebody_speaks() {
    let ada = "+15550000001";
    let Behaviour::Human(owner) = Behaviour::takes_the_call(2.0) else { panic!("a human") };
    for (document, pressed) in [
        (
            "<Gather numDigits=\"1\" timeout=\"9\" action=\"http://app.test/key\"><Say>Press 1</Say><Pause length=\"8\"/><Say>Press 1</Say></Gather>",
            true,
        ),
        ("<Gather numDigits=\"1\" timeout=\"20\" action=\"http://app.test/key\"/>", false),
    ] {
        let phones = [("Ada", ada, Behaviour::CallScreener(Some(owner.clone())))];
        let mut play =
            Play::new(&phones, Rules::default()).answer("/leg", xml(document)).answer("/key", xml("<Hangup/>"));
        play.place(ada, "http://app.test/leg");
        play.pass(30.0);
        assert_eq!(play.sent.iter().any(|(_, path, _)| path == "/key"), pressed);
    }
}

#[test]
fn the_first_key_silences_all_prompts() {
    let menu = "<Gather action=\"http://app.test/key\"><Say>One</Say><Pause length=\"2\"/><Say>Two</Say></Gather>";
    let mut play = cleo(Rules::default()).answer("/voice", xml(menu)).answer("/key", xml("<Hangup/>"));
    play.call("Cleo");
    play.pass(0.5);
    play.press("Cleo", "4");
    play.pass(10.0);
    let (at, _, params) = play.sent.iter().find(|(_, path, _)| path == "/key").expect("asked");
    assert_eq!((*at, params["Digits"].as_str()), (s(5.5), "4"), "5 s after the last key");
    assert!(!play.story("Cleo").iter().any(|line| line.contains("Two")));
}
