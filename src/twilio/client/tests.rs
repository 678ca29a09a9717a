//! The client against a server of a few lines that answers exactly what a test says.

mod erase;
mod hang_up;

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use secrecy::SecretString;

use super::*;
use crate::clock::Clock;

const SID: &str = "CA0123456789abcdef0123456789abcdef";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// Where a client finds the stub, and what the stub was asked, in order.
struct Stub {
    url: Url,
    requests: UnboundedReceiver<String>,
}

impl Stub {
    /// Gives each answer, raw, to one connection, and closes it; an empty one only closes.
    async fn answering(answers: impl IntoIterator<Item = String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, requests) = unbounded_channel();
        let answers: Vec<_> = answers.into_iter().collect();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                sender.send(request(&mut stream).await.expect("a request")).expect("a test that reads");
                stream.write_all(answer.as_bytes()).await.expect("a client that reads");
            }
        });
        Self { url: format!("http://127.0.0.1:{port}/").parse().expect("a URL"), requests }
    }

    fn client(&self) -> TwilioClient {
        client(self.url.as_str(), Timeouts::default())
    }

    /// The next request's first line and body.
    fn asked(&mut self) -> (String, String) {
        let request = self.requests.try_recv().expect("one more request");
        let (head, body) = request.split_once("\r\n\r\n").expect("head and body");
        (head.lines().next().expect("a first line").to_owned(), body.to_owned())
    }
}

/// Reads one request, its body included.
async fn request(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = String::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await?;
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if count == 0 || body.len() >= length.map_or(0, |length| length.parse().expect("a length")) {
            return Ok(text);
        }
    }
}

fn client(url: &str, timeouts: Timeouts) -> TwilioClient {
    client_with(url, timeouts, &["tok"])
}

fn client_with(url: &str, timeouts: Timeouts, tokens: &[&str]) -> TwilioClient {
    let url = url.parse().expect("a URL");
    let account = ACCOUNT.parse().expect("an account SID");
    let tokens: Vec<_> = tokens.iter().map(|token| SecretString::from(*token)).collect();
    let credentials = Credentials::new(account, &tokens);
    TwilioClient::new(&url, credentials, timeouts, Clock::system()).expect("a client")
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

fn line(status: &str) -> String {
    http(200, "", &format!(r#"{{"sid":"{SID}","status":"{status}"}}"#))
}

fn wrong_state() -> String {
    http(400, "", r#"{"code":21220,"message":"Call is not in-progress. Cannot redirect.","status":400}"#)
}

fn placement() -> Placement {
    Placement {
        to: "+15550000001".parse().expect("a number"),
        from: "+15550006666".parse().expect("a number"),
        url: "https://h.example/join?leg=1".to_owned(),
        fallback_url: "https://h.example/twilio/fallback?leg=1".to_owned(),
        status_callback: "https://h.example/updates?leg=1#rc=2&rp=all".to_owned(),
        ring_seconds: 20,
        time_limit_seconds: 3600,
        machine_detection: false,
    }
}

fn sid() -> CallSid {
    SID.parse().expect("a call SID")
}

async fn placed(answer: String) -> Result<Line, TwilioError> {
    Stub::answering([answer]).await.client().place(&placement()).await
}

#[tokio::test]
async fn a_placement_says_all_that_twilio_needs() {
    let mut stub = Stub::answering([http(201, "", &format!(r#"{{"sid":"{SID}","status":"queued"}}"#))]).await;
    let line = stub.client().place(&placement()).await.expect("a line");
    assert_eq!((line.sid, line.status), (sid(), LineStatus::Queued));

    let request = stub.requests.try_recv().expect("a request");
    assert!(request.starts_with(&format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json HTTP/1.1\r\n")));
    // "AC…:tok" in base64
    assert!(request.contains("\r\nauthorization: Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0b2s=\r\n"));
    let (_, body) = request.split_once("\r\n\r\n").expect("a body");
    assert_eq!(
        body.split('&').collect::<Vec<_>>(),
        [
            "To=%2B15550000001",
            "From=%2B15550006666",
            "Url=https%3A%2F%2Fh.example%2Fjoin%3Fleg%3D1",
            "Method=POST",
            "FallbackUrl=https%3A%2F%2Fh.example%2Ftwilio%2Ffallback%3Fleg%3D1",
            "FallbackMethod=POST",
            "StatusCallback=https%3A%2F%2Fh.example%2Fupdates%3Fleg%3D1%23rc%3D2%26rp%3Dall",
            "StatusCallbackMethod=POST",
            "Timeout=20",
            "TimeLimit=3600",
            "StatusCallbackEvent=initiated",
            "StatusCallbackEvent=ringing",
            "StatusCallbackEvent=answered",
            "StatusCallbackEvent=completed",
        ]
    );
}

#[tokio::test]
async fn a_token_that_is_refused_gives_way_to_the_other() {
    let refused = || http(401, "", r#"{"code":20003,"message":"Authenticate"}"#);
    let mut stub = Stub::answering([refused(), line("queued"), line("queued"), refused(), refused()]).await;
    let client = client_with(stub.url.as_str(), Timeouts::default(), &["tok", "next"]);
    client.place(&placement()).await.expect("a line");
    client.place(&placement()).await.expect("a line");
    let token =
        |request: String| request.lines().find_map(|line| line.strip_prefix("authorization: ").map(str::to_owned));
    let asked: Vec<_> = (0..3).map(|_| token(stub.requests.try_recv().expect("a request")).expect("a token")).collect();
    assert_ne!(asked[0], asked[1]);
    assert_eq!(asked[1], asked[2], "the other is used from then on");
    let error = client.place(&placement()).await.expect_err("both are refused");
    assert!(matches!(error, TwilioError::Rejected { http: 401, .. }), "{error}");
}

#[tokio::test]
async fn machine_detection_is_asked_for_only_when_wanted() {
    let mut stub = Stub::answering([line("queued")]).await;
    let wanted = Placement { machine_detection: true, ..placement() };
    stub.client().place(&wanted).await.expect("a line");
    assert!(stub.asked().1.ends_with("&MachineDetection=Enable"));
}

#[tokio::test]
async fn too_many_requests_is_busy() {
    assert_eq!(placed(http(429, "", "")).await, Err(TwilioError::Busy { retry_after: None }));
    let seven = Some(Duration::from_secs(7));
    assert_eq!(placed(http(429, "Retry-After: 7\r\n", "{}")).await, Err(TwilioError::Busy { retry_after: seven }));
}

#[tokio::test]
async fn another_4xx_is_a_refusal_with_twilios_code() {
    let body = r#"{"code":21211,"message":"Invalid 'To' Phone Number: +15550000001","status":400}"#;
    let error = placed(http(400, "", body)).await.expect_err("a refusal");
    let message = "Invalid 'To' Phone Number: +…".to_owned();
    assert_eq!(error, TwilioError::Rejected { http: 400, code: Some(21211), message });
    assert_eq!(error.to_string(), "Twilio refused: Invalid 'To' Phone Number: +… (HTTP 400, code 21211)");

    let error = placed(http(403, "", "<html>no</html>")).await.expect_err("a refusal");
    assert_eq!(error.to_string(), "Twilio refused: it gave no reason (HTTP 403, code none)");
}

#[tokio::test]
async fn what_may_have_been_carried_out_is_unclear() {
    let full = line("queued");
    for (name, answer) in [
        ("closed", String::new()),
        ("server error", http(500, "", r#"{"code":20500}"#)),
        ("unavailable", http(503, "", "")),
        ("redirect", http(307, "Location: /elsewhere\r\n", "")),
        ("cut off", full[..full.len() - 5].to_owned()),
        ("not JSON", http(201, "", "<html/>")),
        ("no SID", http(201, "", r#"{"status":"queued"}"#)),
        ("not HTTP", "hello\r\n\r\n".to_owned()),
    ] {
        let result = placed(answer).await;
        assert!(matches!(result, Err(TwilioError::Unclear { .. })), "{name}: {result:?}");
    }
}

#[tokio::test]
async fn silence_after_the_request_is_unclear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let short = Timeouts { total: Duration::from_millis(50), ..Timeouts::default() };
    let result = client(&url, short).place(&placement()).await;
    assert_eq!(result, Err(TwilioError::unclear("no answer in time")));
}

#[tokio::test]
async fn what_certainly_was_not_sent_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let refused = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let no_tls = Stub::answering(["HTTP/1.1 400 X\r\n\r\n".to_owned()]).await.url;
    let no_tls = format!("https://127.0.0.1:{}", no_tls.port().expect("a port"));
    for url in [refused.as_str(), &no_tls, "http://nowhere.invalid"] {
        let result = client(url, Timeouts::default()).place(&placement()).await;
        assert!(matches!(result, Err(TwilioError::Unreachable { .. })), "{url}: {result:?}");
        let shown = result.expect_err("an error").to_string();
        assert!(!shown.contains("5550000001") && !shown.contains("http"), "{shown}");
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "real sockets take real time")]
async fn a_connection_that_does_not_come_about_is_unreachable() {
    // A listener that nobody empties: its queue is full after a few connections, and Linux then
    // leaves the next one without an answer.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let waiting = || tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(address));
    let mut queue = Vec::new();
    while let Ok(connected) = waiting().await {
        queue.push(connected.expect("a connection"));
    }
    let short = Timeouts { connect: Duration::from_millis(50), ..Timeouts::default() };
    let result = client(&format!("http://{address}"), short).place(&placement()).await;
    assert_eq!(result, Err(TwilioError::Unreachable { why: "no connection in time".to_owned() }));
}

#[tokio::test]
async fn a_redirect_is_done_or_the_line_is_not_in_progress() {
    let not_found = http(404, "", "");
    for (answer, wanted) in [
        (line("in-progress"), Ok(Redirected::Done)),
        (wrong_state(), Ok(Redirected::NotInProgress)),
        (not_found, Ok(Redirected::NotInProgress)),
        (http(500, "", ""), Err(TwilioError::unclear("HTTP 500"))),
    ] {
        let mut stub = Stub::answering([answer]).await;
        assert_eq!(stub.client().redirect(&sid(), "https://h.example/a?b=c").await, wanted);
        assert_eq!(stub.asked().1, "Url=https%3A%2F%2Fh.example%2Fa%3Fb%3Dc&Method=POST");
    }
}

#[tokio::test]
async fn fetching_tells_a_line_from_none() {
    let stub = Stub::answering([line("busy"), http(404, "", "")]).await;
    let found = stub.client().fetch(&sid()).await.expect("an answer");
    assert_eq!(found.map(|line| line.status), Some(LineStatus::Busy));
    assert_eq!(stub.client().fetch(&sid()).await, Ok(None));
}

fn page(next: &str) -> String {
    let calls = format!(r#"[{{"sid":"{SID}","status":"ringing"}}]"#);
    http(200, "", &format!(r#"{{"calls":{calls},"next_page_uri":{next}}}"#))
}

async fn listed(stub: &Stub) -> Result<Vec<Line>, TwilioError> {
    let Placement { to, from, .. } = placement();
    stub.client().list(&to, &from).await
}

#[tokio::test]
async fn a_list_follows_its_pages_up_to_a_limit() {
    let next = |number: u32| page(&format!("\"/next?Page={number}\""));
    let mut stub = Stub::answering([next(1), page("null")]).await;
    assert_eq!(listed(&stub).await.map(|lines| lines.len()), Ok(2));
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?To=%2B15550000001&From=%2B15550006666&PageSize=50");
    assert_eq!(stub.asked().0, format!("GET {path} HTTP/1.1"));
    assert_eq!(stub.asked().0, "GET /next?Page=1 HTTP/1.1");

    let stub = Stub::answering((1..=9).map(next)).await;
    assert_eq!(listed(&stub).await.map(|lines| lines.len()), Ok(LIST_PAGES));
}

#[tokio::test]
async fn a_next_page_elsewhere_is_not_followed() {
    let stub = Stub::answering([page("\"@evil.example/\"")]).await;
    assert!(matches!(listed(&stub).await, Err(TwilioError::Unclear { .. })));
}
