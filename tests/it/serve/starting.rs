//! A caller who comes while the service starts: the kernel keeps what they ask until the team is on record.

use sharedphone::app;
use sharedphone::clock::Clock;
use sharedphone::config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Params, Twilio, call_sid};
use crate::stage::{Setting, toml};

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_before_the_service_is_there_is_not_decided_before_its_start() {
    let setting = Setting::by_hand(&["Ada"]);
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let base = format!("http://{address}");
    let sim = setting.simulator().await;
    let text = toml(&setting, &base, sim.api_url(), folder.path());
    let config = Config::parse("test.toml", &text, std::iter::empty()).expect("a good configuration");
    // On the wire before there is a service.
    let webhook = Twilio::calling(&base).post("/", &Params::of_line(&call_sid(1)));
    let mut line = TcpStream::connect(&address).await.expect("a socket that listens");
    line.write_all(&webhook.on_the_wire(&address)).await.expect("a request that is kept");
    let running = app::start_on(listener, &config, Clock::system()).await.expect("a service");
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let query = "SELECT cause FROM events WHERE cause IN ('service.started', 'call.comes_in') ORDER BY seq";
    let order = crate::record::rows(&config.database.path, query).await;
    assert_eq!(order, ["service.started", "call.comes_in"]);
    let legs = crate::record::rows(&config.database.path, "SELECT count(*) FROM legs").await;
    assert_eq!(legs, ["1"], "the team was there");
    running.stop().await.expect("a clean stop");
}
