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

/// A service that has room for half of 256 connections.
async fn small_service(place: &Place) -> Process {
    let listen = place.base.trim_start_matches("http://");
    let config = place.config();
    let serve = ["serve", "--config", path(&config)];
    let mut service = Process::start_with_files(256, &serve, &[("SHAREDPHONE__SERVER__LISTEN", listen)]);
    service.is_ready().await;
    service
}

/// Ends a request that was begun, and reads how the answer to it begins.
async fn answer(stream: &mut TcpStream) -> String {
    let mut begin = [0; 12];
    let answered = async {
        stream.write_all(b"Content-Length: 0\r\n\r\n").await?;
        stream.read_exact(&mut begin).await
    };
    let answered = Clock::system().timeout(Duration::from_secs(10), answered).await.expect("an answer in time");
    answered.expect("a connection that is still open");
    String::from_utf8_lossy(&begin).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_asks_nothing_keeps_no_caller_out() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let mut service = small_service(&place).await;
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
async fn a_crowd_that_was_turned_away_keeps_no_caller_out() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let mut service = small_service(&place).await;
    let mut crowd = Vec::new();
    for _ in 0..300 {
        let mut stranger = slow(&place).await;
        assert_eq!(answer(&mut stranger).await, "HTTP/1.1 403", "it is not signed");
        crowd.push(stranger);
    }
    let calls = Params::of_line(&call_sid(1)).with("CallStatus", "completed");
    let asked =
        Clock::system().timeout(Duration::from_secs(3), place.twilio().post(urls::UPDATES, &calls).send()).await;
    asked.expect("an answer at once").is_noted();
    service.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_first_makes_room_and_who_came_last_is_answered() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let mut service = small_service(&place).await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(slow(&place).await);
    }
    let mut last = slow(&place).await;
    for _ in 0..50 {
        crowd.push(slow(&place).await);
    }
    assert_eq!(answer(&mut last).await, "HTTP/1.1 403");
    let mut rest = Vec::new();
    let first = crowd[0].read_to_end(&mut rest);
    let ended = Clock::system().timeout(Duration::from_secs(5), first).await;
    assert!(ended.is_ok(), "the first had to go");
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
