//! Hanging up, whatever the line does meanwhile.

use super::*;

#[tokio::test]
async fn hanging_up_needs_one_request_when_what_we_believe_is_true() {
    for (answered, verb) in [(false, "canceled"), (true, "completed")] {
        let mut stub = Stub::answering([line(verb)]).await;
        let status = stub.client().hang_up(&sid(), answered).await.expect("an end");
        assert_eq!(status.as_str(), verb);
        let (first_line, body) = stub.asked();
        assert_eq!(first_line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls/{SID}.json HTTP/1.1"));
        assert_eq!(body, format!("Status={verb}"));
    }
}

/// Plays `answers` to one hang-up; gives its result and the verbs and reads that it took.
async fn hang_up(answered: bool, answers: Vec<String>) -> (Result<LineStatus, TwilioError>, Vec<String>) {
    let count = answers.len();
    let mut stub = Stub::answering(answers).await;
    let result = stub.client().hang_up(&sid(), answered).await;
    let steps = (0..count).map(|_| match stub.asked() {
        (line, _) if line.starts_with("GET") => "GET".to_owned(),
        (_, body) => body.replace("Status=", ""),
    });
    (result, steps.collect())
}

#[tokio::test]
async fn hanging_up_wins_every_race() {
    use LineStatus::{Canceled, Completed, InProgress, NoAnswer};
    let gone = || http(404, "", r#"{"code":20404}"#);
    for (name, answered, answers, end, steps) in [
        (
            "answered meanwhile, refused",
            false,
            vec![wrong_state(), line("in-progress"), line("completed")],
            Completed,
            "canceled GET completed",
        ),
        (
            "answered meanwhile, no effect",
            false,
            vec![line("in-progress"), line("in-progress"), line("completed")],
            Completed,
            "canceled GET completed",
        ),
        (
            "answered meanwhile, read is stale",
            false,
            vec![wrong_state(), line("ringing"), line("completed")],
            Completed,
            "canceled GET completed",
        ),
        ("ended meanwhile", false, vec![wrong_state(), line("no-answer")], NoAnswer, "canceled GET"),
        (
            "not answered after all",
            true,
            vec![wrong_state(), line("ringing"), line("canceled")],
            Canceled,
            "completed GET canceled",
        ),
        (
            "asked twice",
            true,
            vec![line("in-progress"), line("in-progress"), line("completed")],
            Completed,
            "completed GET completed",
        ),
        ("unknown", false, vec![gone()], Completed, "canceled"),
        ("gone meanwhile", true, vec![wrong_state(), gone()], Completed, "completed GET"),
        ("gone at last", false, vec![wrong_state(), line("in-progress"), gone()], Completed, "canceled GET completed"),
        ("never", false, vec![wrong_state(), line("in-progress"), wrong_state()], InProgress, "canceled GET completed"),
    ] {
        let (result, taken) = hang_up(answered, answers).await;
        assert_eq!((result, taken.join(" ").as_str()), (Ok(end), steps), "{name}");
    }
}

#[tokio::test]
async fn hanging_up_tells_when_twilio_does_not_answer() {
    let (result, _) = hang_up(false, vec![http(503, "", "")]).await;
    assert_eq!(result, Err(TwilioError::unclear("HTTP 503")));
    let (result, _) = hang_up(false, vec![wrong_state(), http(429, "", "")]).await;
    assert_eq!(result, Err(TwilioError::Busy { retry_after: None }));
}
