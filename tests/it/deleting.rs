//! Deleting what Twilio keeps of a person: our client and the simulated Twilio, over HTTP.

use std::time::Duration;

use secrecy::SecretString;
use sharedphone::clock::Clock;
use sharedphone::domain::ids::CallSid;
use sharedphone::domain::phone::PhoneNumber;
use sharedphone::simulator::engine::Kept;
use sharedphone::simulator::faults::{Faults, RestFault, RestTrouble, Which};
use sharedphone::simulator::phone::{Behaviour, Phone};
use sharedphone::simulator::problem::ProblemKind;
use sharedphone::simulator::{Options, Simulator};
use sharedphone::twilio::client::{Credentials, Deleted, Placement, Timeouts, TwilioClient, TwilioError};

const ADA: &str = "+15550000001";
const CLEO: &str = "+15557770000";
const DORA: &str = "+15557770001";

/// A Twilio and its customer.
struct Account {
    sim: Simulator,
    client: TwilioClient,
    hotline: PhoneNumber,
}

impl Account {
    async fn open() -> Self {
        Self::patient_for(Duration::from_secs(8)).await
    }

    /// An account whose client waits so long for an answer, in real time.
    async fn patient_for(total: Duration) -> Self {
        let options = Options {
            phones: vec![Phone::new("Ada", ADA, Behaviour::Ignores)],
            // Nobody answers the webhooks here.
            tolerate: vec![ProblemKind::Unreachable],
            ..Options::default()
        };
        let (account, token, hotline) =
            (options.account_sid.clone(), options.auth_token.clone(), options.hotline.clone());
        let sim = Simulator::start(options).await.expect("a simulator");
        let client = TwilioClient::new(
            &sim.api_url().parse().expect("a URL"),
            Credentials::new(account.parse().expect("an account SID"), &[SecretString::from(token)]),
            Timeouts { total, ..Timeouts::default() },
            Clock::system(),
        );
        Self { sim, client: client.expect("a client"), hotline: hotline.parse().expect("a number") }
    }

    /// A call that still rings, or waits to.
    async fn call(&self) -> CallSid {
        let number = self.sim.calls().len();
        let url = |path: &str| format!("http://127.0.0.1:9/{path}?{number}");
        let placement = Placement {
            to: ADA.parse().expect("a number"),
            from: self.hotline.clone(),
            url: url("join"),
            fallback_url: url("fallback"),
            status_callback: url("updates"),
            ring_seconds: 60,
            time_limit_seconds: 3600,
            machine_detection: false,
        };
        self.client.place(&placement).await.expect("a line").sid
    }

    /// A call that is over.
    async fn past_call(&self) -> CallSid {
        let sid = self.call().await;
        self.client.hang_up(&sid, false).await.expect("an end");
        sid
    }

    /// One text each way.
    fn has_texts_with(&self, number: &str) {
        self.sim.has_message(number, self.hotline.as_str(), "Are you open?");
        self.sim.has_message(self.hotline.as_str(), number, "We are.");
    }

    /// The first request to these paths goes wrong.
    fn fails_once(&self, method: &str, path: &str, trouble: RestTrouble, took_effect: bool) {
        self.sim.set_faults(Faults::new(
            vec![],
            vec![RestFault {
                method: method.to_owned(),
                path_contains: path.to_owned(),
                form_contains: String::new(),
                which: Which::Nth(1),
                trouble,
                took_effect,
            }],
        ));
    }

    /// How many requests there were with this method.
    fn count(&self, method: &str) -> usize {
        self.sim.rest_log().iter().filter(|entry| entry.method == method).count()
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_caller_and_all_of_the_others() {
    let twilio = Account::open().await;
    let (call, other) = (twilio.past_call().await, twilio.past_call().await);
    twilio.sim.has_recording(call.as_str());
    twilio.sim.has_recording(call.as_str());
    let others = twilio.sim.has_recording(other.as_str());
    twilio.has_texts_with(CLEO);
    twilio.has_texts_with(DORA);

    assert_eq!(twilio.client.delete_recordings(&call).await, Ok(Deleted::Done));
    assert_eq!(twilio.client.delete_messages(CLEO, &twilio.hotline).await, Ok(Deleted::Done));
    assert_eq!(twilio.client.delete_call(&call).await, Ok(Deleted::Done));

    let kept = twilio.sim.kept();
    assert_eq!((kept.calls, kept.recordings, kept.messages.len()), (vec![other.to_string()], vec![others], 2));
    assert_eq!(twilio.client.fetch(&call).await, Ok(None));
    let ada = ADA.parse().expect("a number");
    let listed = twilio.client.list(&ada, &twilio.hotline).await.expect("a list");
    assert_eq!(listed.iter().map(|line| &line.sid).collect::<Vec<_>>(), [&other]);
    assert_eq!(twilio.sim.calls().len(), 2, "the story stays");
    assert_eq!(twilio.sim.problems(), []);
}

#[tokio::test]
async fn what_is_gone_already_counts_as_deleted() {
    let twilio = Account::open().await;
    let call = twilio.past_call().await;
    twilio.sim.has_recording(call.as_str());
    twilio.has_texts_with(CLEO);
    for _ in 0..2 {
        assert_eq!(twilio.client.delete_call(&call).await, Ok(Deleted::Done));
        assert_eq!(twilio.client.delete_recordings(&call).await, Ok(Deleted::Done), "the call's record is gone");
        assert_eq!(twilio.client.delete_messages(CLEO, &twilio.hotline).await, Ok(Deleted::Done));
        assert_eq!(twilio.sim.kept(), Kept::default());
    }

    // Somebody else was quicker, between our list and our deletion.
    twilio.has_texts_with(CLEO);
    twilio.fails_once("DELETE", "/Messages/", RestTrouble::Error(404, 20404), true);
    assert_eq!(twilio.client.delete_messages(CLEO, &twilio.hotline).await, Ok(Deleted::Done));
    assert_eq!(twilio.sim.kept(), Kept::default());
}

#[tokio::test]
async fn a_call_that_is_not_over_is_refused_until_it_is() {
    let twilio = Account::open().await;
    let call = twilio.call().await;
    assert_eq!(twilio.client.delete_call(&call).await, Ok(Deleted::NotYet));
    assert_eq!(twilio.sim.kept().calls, [call.to_string()]);
    twilio.client.hang_up(&call, false).await.expect("an end");
    assert_eq!(twilio.client.delete_call(&call).await, Ok(Deleted::Done));
    assert_eq!(twilio.sim.kept(), Kept::default());
}

#[tokio::test]
async fn several_pages_are_deleted_in_several_goes() {
    let twilio = Account::open().await;
    let call = twilio.past_call().await;
    for _ in 0..120 {
        twilio.sim.has_recording(call.as_str());
    }
    assert_eq!(twilio.client.delete_recordings(&call).await, Ok(Deleted::NotYet));
    assert_eq!((twilio.count("GET"), twilio.sim.kept().recordings.len()), (3, 70), "three pages, one go");
    assert_eq!(twilio.client.delete_recordings(&call).await, Ok(Deleted::NotYet));
    assert_eq!(twilio.client.delete_recordings(&call).await, Ok(Deleted::Done));
    assert_eq!(twilio.sim.kept().recordings, [""; 0]);

    // Fewer than one go takes, on two lists of one page each.
    for _ in 0..20 {
        twilio.has_texts_with(CLEO);
    }
    assert_eq!(twilio.client.delete_messages(CLEO, &twilio.hotline).await, Ok(Deleted::Done));
    assert_eq!(twilio.sim.kept().messages, [""; 0]);
}

#[tokio::test]
async fn a_busy_twilio_is_asked_again_and_then_has_nothing_left() {
    for (method, path) in [("GET", "/Messages.json"), ("DELETE", "/Messages/"), ("DELETE", "/Calls/")] {
        let twilio = Account::open().await;
        let call = twilio.past_call().await;
        twilio.has_texts_with(CLEO);
        twilio.fails_once(method, path, RestTrouble::TooManyRequests(Some(3)), false);
        let busy = Err(TwilioError::Busy { retry_after: Some(Duration::from_secs(3)) });
        let outcome = async || match path {
            "/Calls/" => twilio.client.delete_call(&call).await,
            _ => twilio.client.delete_messages(CLEO, &twilio.hotline).await,
        };
        assert_eq!(outcome().await, busy, "{method} {path}");
        assert_eq!(outcome().await, Ok(Deleted::Done), "{method} {path}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_unclear_and_asking_again_clears_it() {
    for trouble in [
        RestTrouble::Hang,
        RestTrouble::Reset,
        RestTrouble::Truncated,
        RestTrouble::WrongJson,
        RestTrouble::Gateway,
        RestTrouble::Error(503, 20503),
    ] {
        for (method, path) in [("DELETE", "/Recordings/"), ("DELETE", "/Calls/"), ("GET", "/Recordings.json")] {
            let twilio = Account::patient_for(Duration::from_millis(500)).await;
            let call = twilio.past_call().await;
            twilio.sim.has_recording(call.as_str());
            twilio.fails_once(method, path, trouble.clone(), true);
            let outcome = async || match path {
                "/Calls/" => twilio.client.delete_call(&call).await,
                _ => twilio.client.delete_recordings(&call).await,
            };
            let first = outcome().await;
            assert!(matches!(first, Err(TwilioError::Unclear { .. })), "{trouble:?} {path}: {first:?}");
            assert_eq!(outcome().await, Ok(Deleted::Done), "{trouble:?} {path}");
        }
    }
}
