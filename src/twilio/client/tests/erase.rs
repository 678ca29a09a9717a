//! Deleting, request by request: what is asked, what an answer means, and whom it must not touch.

use super::*;

const WITH: &str = "+15557770000";
const GONE: &str = "";

fn hotline() -> PhoneNumber {
    placement().from
}

fn recording(number: u32, call_sid: &str) -> String {
    format!(r#"{{"sid":"RE{number:032}","call_sid":"{call_sid}","duration":"10"}}"#)
}

fn message(number: u32, from: &str, to: &str) -> String {
    format!(r#"{{"sid":"SM{number:032}","from":"{from}","to":"{to}","body":"Hello"}}"#)
}

fn page_of(kind: &str, records: &[String], next: &str) -> String {
    http(200, "", &format!(r#"{{"{kind}":[{}],"next_page_uri":{next}}}"#, records.join(",")))
}

fn not_complete() -> String {
    http(409, "", r#"{"code":20009,"message":"Cannot delete this resource before it is complete","status":409}"#)
}

/// The requests' lines without what they all have in common.
fn asked(stub: &mut Stub) -> Vec<String> {
    let mut lines = Vec::new();
    while let Ok(request) = stub.requests.try_recv() {
        let line = request.lines().next().expect("a first line").replace(" HTTP/1.1", "");
        lines.push(line.replace(&format!("/2010-04-01/Accounts/{ACCOUNT}/"), ""));
    }
    lines
}

#[tokio::test]
async fn a_call_is_deleted_was_gone_or_is_not_over_yet() {
    for (answer, wanted) in [
        (http(204, "", GONE), Ok(Deleted::Done)),
        (http(404, "", r#"{"code":20404}"#), Ok(Deleted::Done)),
        (not_complete(), Ok(Deleted::NotYet)),
        (http(429, "Retry-After: 7\r\n", ""), Err(TwilioError::Busy { retry_after: Some(Duration::from_secs(7)) })),
        (http(503, "", ""), Err(TwilioError::unclear("HTTP 503"))),
        (http(200, "", "Welcome to our Wi-Fi"), Err(TwilioError::unclear("an answer that no deletion has"))),
    ] {
        let mut stub = Stub::answering([answer.clone()]).await;
        assert_eq!(stub.client().delete_call(&sid()).await, wanted, "{answer}");
        assert_eq!(asked(&mut stub), [format!("DELETE Calls/{SID}.json")]);
    }
    let refused = http(403, "", r#"{"code":20003,"message":"Permission denied","status":403}"#);
    let result = Stub::answering([refused]).await.client().delete_call(&sid()).await;
    assert!(matches!(result, Err(TwilioError::Rejected { http: 403, code: Some(20003), .. })), "{result:?}");
}

#[tokio::test]
async fn recordings_are_listed_to_the_last_page_and_then_deleted() {
    let next = format!("\"/2010-04-01/Accounts/{ACCOUNT}/Recordings.json?Page=1\"");
    let first = page_of("recordings", &[recording(1, SID)], &next);
    let last = page_of("recordings", &[recording(2, SID)], "null");
    let mut stub = Stub::answering([first, last, http(204, "", GONE), http(404, "", "")]).await;
    assert_eq!(stub.client().delete_recordings(&sid()).await, Ok(Deleted::Done));
    assert_eq!(
        asked(&mut stub),
        [
            format!("GET Recordings.json?CallSid={SID}&PageSize=50"),
            "GET Recordings.json?Page=1".to_owned(),
            format!("DELETE Recordings/RE{:032}.json", 1),
            format!("DELETE Recordings/RE{:032}.json", 2),
        ]
    );
}

#[tokio::test]
async fn texts_are_deleted_in_both_directions() {
    let mut stub = Stub::answering([
        page_of("messages", &[message(1, WITH, "+15550006666")], "null"),
        page_of("messages", &[message(2, "+15550006666", WITH)], "null"),
        http(204, "", GONE),
        http(204, "", GONE),
    ])
    .await;
    assert_eq!(stub.client().delete_messages(WITH, &hotline()).await, Ok(Deleted::Done));
    assert_eq!(
        asked(&mut stub),
        [
            "GET Messages.json?From=%2B15557770000&To=%2B15550006666&PageSize=50".to_owned(),
            "GET Messages.json?From=%2B15550006666&To=%2B15557770000&PageSize=50".to_owned(),
            format!("DELETE Messages/SM{:032}.json", 1),
            format!("DELETE Messages/SM{:032}.json", 2),
        ]
    );
}

#[tokio::test]
async fn what_can_not_have_sent_a_text_is_not_even_asked_for() {
    for with in ["", "+", "anonymous", "sip:cleo@example.org", "client:cleo", "+1555 777"] {
        let mut stub = Stub::answering([]).await;
        assert_eq!(stub.client().delete_messages(with, &hotline()).await, Ok(Deleted::Done), "{with}");
        assert_eq!(asked(&mut stub), [""; 0], "{with}");
    }
}

#[tokio::test]
async fn a_list_with_others_records_in_it_harms_nobody() {
    let other = "CAffffffffffffffffffffffffffffffff";
    let unknown = r#"{"sid":"RE00000000000000000000000000000000","call_sid":null}"#.to_owned();
    let listed = page_of("recordings", &[recording(1, other), unknown], "null");
    let stub = Stub::answering([listed]).await;
    assert_eq!(stub.client().delete_recordings(&sid()).await, Ok(Deleted::Done));

    let everybodys = [message(1, "+15558880000", "+15550006666"), message(2, WITH, "+15559990000")];
    let (to_us, from_us) = (page_of("messages", &everybodys, "null"), page_of("messages", &everybodys, "null"));
    let mut stub = Stub::answering([to_us, from_us]).await;
    assert_eq!(stub.client().delete_messages(WITH, &hotline()).await, Ok(Deleted::Done));
    assert_eq!(asked(&mut stub).len(), 2, "nothing was deleted");
}

#[tokio::test]
async fn a_list_that_leads_astray_is_not_followed() {
    for next in ["\"@evil.example/\"", "\"https://evil.example/\"", "\".evil.example/\""] {
        let mut stub = Stub::answering([page_of("recordings", &[recording(1, SID)], next)]).await;
        let result = stub.client().delete_recordings(&sid()).await;
        assert!(matches!(result, Err(TwilioError::Unclear { .. })), "{next}: {result:?}");
        assert_eq!(asked(&mut stub).len(), 1);
    }
    let path = format!(r#"{{"sid":"../Calls/{SID}","call_sid":"{SID}"}}"#);
    let mut stub = Stub::answering([page_of("recordings", &[path], "null")]).await;
    let result = stub.client().delete_recordings(&sid()).await;
    assert!(matches!(result, Err(TwilioError::Unclear { .. })), "{result:?}");
    assert_eq!(asked(&mut stub).len(), 1);
}

#[tokio::test]
async fn one_that_stays_keeps_no_other() {
    let refused = || http(403, "", r#"{"code":20003,"message":"Permission denied","status":403}"#);
    let list = |count| page_of("recordings", &(0..count).map(|at| recording(at, SID)).collect::<Vec<_>>(), "null");
    let mut stub = Stub::answering([list(3), refused(), not_complete(), http(204, "", GONE)]).await;
    assert_eq!(stub.client().delete_recordings(&sid()).await, Ok(Deleted::NotYet));
    assert_eq!(asked(&mut stub).len(), 4);

    let stub = Stub::answering([list(2), refused(), http(204, "", GONE)]).await;
    let result = stub.client().delete_recordings(&sid()).await;
    assert!(matches!(result, Err(TwilioError::Rejected { http: 403, .. })), "{result:?}");

    let mut stub = Stub::answering([list(2), http(429, "", "")]).await;
    assert_eq!(stub.client().delete_recordings(&sid()).await, Err(TwilioError::Busy { retry_after: None }));
    assert_eq!(asked(&mut stub).len(), 2, "who is asked to wait waits");
}

#[tokio::test]
async fn what_is_too_much_for_one_go_is_left_for_another() {
    let next = |page: u32| page_of("recordings", &[recording(page, SID)], &format!("\"/next?Page={page}\""));
    let pages = (1..=4).map(next);
    let stub = Stub::answering(pages.chain((1..=4).map(|_| http(204, "", GONE)))).await;
    assert_eq!(stub.client().delete_recordings(&sid()).await, Ok(Deleted::NotYet), "a fifth page");

    for (count, wanted) in [(50, Deleted::Done), (51, Deleted::NotYet)] {
        let all: Vec<_> = (0..count).map(|number| recording(number, SID)).collect();
        let answers = (0..50).map(|_| http(204, "", GONE));
        let mut stub = Stub::answering([page_of("recordings", &all, "null")].into_iter().chain(answers)).await;
        assert_eq!(stub.client().delete_recordings(&sid()).await, Ok(wanted), "{count}");
        assert_eq!(asked(&mut stub).len(), 51, "one list, fifty deletions");
    }
}
