//! Placing, queueing, ringing, ending: Twilio docs, Call resource.

use super::support::{HOTLINE, Play, json, s};
use crate::simulator::engine::Status;
use crate::simulator::observation::What;
use crate::simulator::phone::{BadNumber, Behaviour, Shows};
use crate::simulator::problem::ProblemKind;
use crate::simulator::rules::Rules;

const ADA: &str = "+15550000001";
const BEN: &str = "+15550000002";
const CAL: &str = "+15550000003";

fn three(behaviour: Behaviour) -> Play {
    let phones = [("Ada", ADA, behaviour), ("Ben", BEN, Behaviour::Ignores), ("Cal", CAL, Behaviour::Busy)];
    Play::new(&phones, Rules::default()).answer("/leg", super::support::xml("<Pause length=\"60\"/>"))
}

#[test]
fn one_call_a_second_in_order() {
    let mut play = three(Behaviour::Ignores);
    for (number, url) in [(ADA, "http://app.test/leg?1"), (BEN, "http://app.test/leg?2")] {
        play.place(number, url);
    }
    play.pass(5.0);
    let rings = |what: &What| *what == What::RingStarted;
    assert_eq!(play.saw("Ada", rings), Some(s(0.3)));
    assert_eq!(play.saw("Ben", rings), Some(s(1.3)));
}

#[test]
fn callbacks_in_order_and_the_document_only_after_the_answer() {
    let mut play = three(Behaviour::takes_the_call(3.0));
    let sid = play.place(ADA, "http://app.test/leg");
    play.pass(3.0);
    assert!(play.sent.iter().all(|(_, path, _)| path != "/leg"));
    play.pass(2.0);
    assert!(play.sent.iter().any(|(_, path, p)| path == "/leg" && p["CallStatus"] == "in-progress"));
    let end_told = |play: &Play| play.world.calls()[0].end_told;
    assert_eq!(end_told(&play), None);
    play.rest("POST", &format!("Calls/{sid}.json"), &[("Status", "completed")]);
    play.pass(1.0);
    assert_eq!(play.told(&sid), ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(end_told(&play), Some(s(5.0)));
    let last = &play.sent.last().expect("a callback").2;
    assert_eq!((last["SequenceNumber"].as_str(), last["CallbackSource"].as_str()), ("3", "call-progress-events"));
}

#[test]
fn ends_of_unanswered_calls() {
    let mut play = three(Behaviour::Declines(s(2.0)));
    let declined = play.place(ADA, "http://app.test/leg?1");
    let ignored = play.place(BEN, "http://app.test/leg?2");
    let busy = play.place(CAL, "http://app.test/leg?3");
    play.pass(30.0);
    assert_eq!(play.status_of(&declined), Status::Busy);
    assert_eq!(play.status_of(&ignored), Status::NoAnswer);
    assert_eq!(play.status_of(&busy), Status::Busy);
    assert_eq!(play.told(&ignored), ["initiated", "ringing", "no-answer"]);
}

/// Twilio docs: Call resource, update; every cell of the table of states and verbs.
#[test]
fn canceled_completed_and_redirect_in_every_state() {
    let form = |verb: &str| -> Vec<(&str, &str)> {
        match verb {
            "canceled" => vec![("Status", "canceled")],
            "completed" => vec![("Status", "completed")],
            _ => vec![("Url", "http://app.test/leg")],
        }
    };
    // State, verb, HTTP status, status afterwards.
    let table = [
        ("queued", "canceled", 200, Status::Canceled),
        ("queued", "completed", 200, Status::Canceled),
        ("queued", "redirect", 400, Status::Queued),
        ("ringing", "canceled", 200, Status::Canceled),
        ("ringing", "completed", 200, Status::Canceled),
        ("ringing", "redirect", 400, Status::Ringing),
        ("in-progress", "canceled", 200, Status::InProgress),
        ("in-progress", "completed", 200, Status::Completed),
        ("in-progress", "redirect", 200, Status::InProgress),
        ("over", "canceled", 400, Status::Completed),
        ("over", "completed", 400, Status::Completed),
        ("over", "redirect", 400, Status::Completed),
    ];
    for (state, verb, http, after) in table {
        let mut play = three(Behaviour::takes_the_call(3.0));
        // Ben is dialled first, so that Ada waits in the queue for a second.
        play.place(BEN, "http://app.test/leg?ben");
        let sid = play.place(ADA, "http://app.test/leg?ada");
        play.pass(match state {
            "queued" => 0.5,
            "ringing" => 2.0,
            _ => 6.0,
        });
        let path = format!("Calls/{sid}.json");
        if state == "over" {
            play.rest("POST", &path, &form("completed"));
        }
        let reply = play.rest("POST", &path, &form(verb));
        assert_eq!(reply.status, http, "{verb} while {state}");
        assert_eq!(play.status_of(&sid), after, "{verb} while {state}");
        if http == 400 {
            assert_eq!(json(&reply)["code"], 21220, "{verb} while {state}");
        }
        play.pass(1.0);
        if state == "queued" && after == Status::Canceled {
            assert_eq!(play.told(&sid), [""; 0], "no callback from the queue");
        }
    }
}

#[test]
fn refusals_have_twilios_codes() {
    let mut play = three(Behaviour::Bad(BadNumber::Refused(21215)));
    let url = ("Url", "http://app.test/leg");
    let mut code = |form: &[(&str, &str)]| json(&play.rest("POST", "Calls.json", form))["code"].clone();
    assert_eq!(code(&[("To", ADA), ("From", HOTLINE), url]), 21215);
    assert_eq!(code(&[("To", "0123"), ("From", HOTLINE), url]), 21211);
    assert_eq!(code(&[("To", BEN), ("From", BEN), url]), 21210);
    assert_eq!(code(&[("From", HOTLINE), url]), 21201);
    assert_eq!(code(&[("To", BEN), ("From", HOTLINE)]), 21205);
    assert_eq!(code(&[("To", BEN), ("From", HOTLINE), url, ("Timeout", "0")]), 21208);
}

#[test]
fn what_is_noted_as_a_problem() {
    let mut play = three(Behaviour::Ignores);
    play.place(ADA, "http://app.test/leg");
    play.place(ADA, "http://app.test/leg");
    play.place(BEN, "http://app.test/leg?to=15550000002");
    play.rest("POST", "Calls.json", &[("To", BEN), ("From", HOTLINE), ("Url", "http://app.test/x"), ("Colour", "red")]);
    let kinds: Vec<ProblemKind> = play.world.problems().iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::PlacedTwice, ProblemKind::Privacy, ProblemKind::BadRest]);
}

#[test]
fn lists_filter_page_and_lag() {
    let mut play = three(Behaviour::Ignores);
    play.world.rules_mut().list_lag = s(2.0);
    play.place(ADA, "http://app.test/leg?1");
    play.place(BEN, "http://app.test/leg?2");
    let all = |play: &mut Play, query: &str| {
        let reply = play.rest("GET", &format!("Calls.json{query}"), &[]);
        json(&reply)
    };
    assert_eq!(all(&mut play, "")["calls"].as_array().map(Vec::len), Some(0));
    play.pass(3.0);
    assert_eq!(all(&mut play, "?To=%2B15550000001")["calls"][0]["to"], ADA);
    let page = all(&mut play, "?PageSize=1");
    assert!(page["next_page_uri"].as_str().is_some_and(|uri| uri.contains("Page=1")));
    assert_eq!(all(&mut play, "?StartTime%3E=2099-01-01")["calls"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_wrong_token_is_refused() {
    let mut play = three(Behaviour::Ignores);
    let request = crate::simulator::rest::RestRequest {
        method: "GET".to_owned(),
        target: "/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Calls.json".to_owned(),
        authorization: Some("Basic eDp5".to_owned()),
        content_type: None,
        body: Vec::new(),
    };
    let reply = play.world.handle_rest(&request, s(0.0));
    assert_eq!((reply.status, json(&reply)["code"].clone()), (401, 20003.into()));
}

#[test]
fn a_phone_that_forwards_calls_the_hotline_and_both_lines_end_together() {
    for (shows, says_so, from, by) in [
        (Shows::WhoRang, true, HOTLINE, Some(ADA)),
        (Shows::Itself, false, ADA, None),
        (Shows::Nobody, true, "anonymous", Some(ADA)),
    ] {
        let rejects = super::support::xml("<Reject/>");
        let mut play = three(Behaviour::Forwards { shows, says_so }).answer("/voice", rejects);
        let leg = play.place(ADA, "http://app.test/leg");
        play.pass(2.0);
        let asked = &play.sent.iter().find(|(_, path, _)| path == "/voice").expect("a call").2;
        assert_eq!((asked["From"].as_str(), asked.get("ForwardedFrom").map(String::as_str)), (from, by));
        assert_eq!(play.status_of(&leg), Status::Busy, "the forward was turned away");

        let mut play = three(Behaviour::Forwards { shows, says_so }).answer("/voice", super::support::xml("<Pause/>"));
        let leg = play.place(ADA, "http://app.test/leg");
        play.pass(1.0);
        play.rest("POST", &format!("Calls/{leg}.json"), &[("Status", "canceled")]);
        play.pass(0.1);
        assert!(play.world.calls().iter().all(|call| call.status.is_over()), "{:?}", play.world.calls());
    }
}
