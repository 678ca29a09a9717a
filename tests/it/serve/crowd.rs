//! Connections that ask nothing: they keep nobody from being answered.

use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::urls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::process::{Place, path};
use crate::client::{Params, call_sid};
use crate::serve::process::Process;
use crate::stage::Setting;

/// Somebody who begins to ask, and goes no further.
async fn slow(place: &Place) -> TcpStream {
    let mut stream = TcpStream::connect(place.base.trim_start_matches("http://")).await.expect("a connection");
    stream.write_all(b"POST / HTTP/1.1\r\nHost: h\r\n").await.expect("half a request");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_asks_nothing_keeps_no_caller_out() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let listen = place.base.trim_start_matches("http://");
    let config = place.config();
    let serve = ["serve", "--config", path(&config)];
    let mut service = Process::start_with_files(256, &serve, &[("SHAREDPHONE__SERVER__LISTEN", listen)]);
    service.is_ready().await;
    let twilio = place.twilio();
    let ringing = |index| Params::of_line(&call_sid(index)).with("CallStatus", "ringing");
    let held = twilio.post(urls::INCOMING, &ringing(1));
    let held = tokio::spawn(async move { held.send().await });
    place.until("SELECT status FROM leg_history", &["ringing"]).await;

    let mut crowd = Vec::new();
    for _ in 0..400 {
        crowd.push(slow(&place).await);
    }
    let over = Params::of_line(&call_sid(2)).with("CallStatus", "completed");
    let asked = Clock::system().timeout(Duration::from_secs(3), twilio.post(urls::UPDATES, &over).send()).await;
    asked.expect("an answer at once").is_noted();
    assert!(!held.is_finished(), "who is known stays");
    place.sim.phone("Ada").rings().answers().hears("press 1").presses("1").await;
    let answer = Clock::system().timeout(Duration::from_secs(3), held).await.expect("an answer at once");
    assert!(answer.expect("an answer").twiml().contains("<Conference"), "they are connected");
    service.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_nothing_is_sent_away() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let _service = place.serve().await;
    let silent = TcpStream::connect(place.base.trim_start_matches("http://")).await.expect("a connection");
    let half = slow(&place).await;
    for mut stream in [silent, half] {
        let mut rest = Vec::new();
        let ended = Clock::system().timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "it is still open");
    }
}
