//! SIGTERM: what is being answered is answered, and the process ends in time, whatever hangs.

use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::simulator::faults::{RestFault, RestTrouble, Which};
use sharedphone::urls;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::process::{Place, Process};
use crate::client::{Params, call_sid};
use crate::stage::Setting;

/// How long a stop may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Long before the webhook's own 6 s are over.
const AT_ONCE: Duration = Duration::from_secs(3);

async fn stops_in_time(mut service: Process) {
    service.terminate();
    service.ends_within(LIMIT).await;
    let (code, _, stderr) = service.end().await;
    assert_eq!(code, Some(0), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_held_is_answered_first() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let service = place.serve().await;
    let params = Params::of_line(&call_sid(1)).with("CallStatus", "ringing");
    let webhook = place.twilio().post(urls::INCOMING, &params);
    let held = tokio::spawn(async move { webhook.send().await });
    place.until("SELECT status FROM leg_history", &["ringing"]).await;
    assert!(!held.is_finished(), "it is held while the phone rings");
    service.terminate();
    let answer = Clock::system().timeout(AT_ONCE, held).await.expect("an answer at once");
    let text = answer.expect("an answer").twiml();
    assert!(text.contains("<Redirect"), "{text}");
    stops_in_time(service).await;
    place.until("SELECT cause FROM event_log ORDER BY seq DESC LIMIT 1", &["service.stopping"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_in_time_with_nothing_to_do() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    stops_in_time(place.serve().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_in_time_while_somebody_is_slow_to_ask() {
    let place = Place::of(Setting::by_hand(&["Ada"])).await;
    let service = place.serve().await;
    let mut slow = TcpStream::connect(place.base.trim_start_matches("http://")).await.expect("a connection");
    slow.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n").await.expect("half a request");
    let mut silent = TcpStream::connect(place.base.trim_start_matches("http://")).await.expect("a connection");
    silent.flush().await.expect("nothing");
    stops_in_time(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_in_time_while_twilio_hangs() {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.faults.rest.push(RestFault::placing(Which::All, RestTrouble::Hang, false));
    let place = Place::of(setting).await;
    let service = place.serve().await;
    place.sim.caller("Cleo").calls().await;
    place.until("SELECT status FROM outbox", &["sending"]).await;
    stops_in_time(service).await;
}
