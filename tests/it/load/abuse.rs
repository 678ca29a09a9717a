//! Connections that begin to ask and never come to an end, many times more than there is room for:
//! live calls do not notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sharedphone::clock::Clock;
use sharedphone::simulator::phone::Behaviour;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{PROMPT, answer_times, ninety_nine};
use crate::serve::process::{Place, Process, path};
use crate::stage::Setting;

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_slow_connections_disturb_no_call() {
    disturb_no_call(300, 128, Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn two_thousand_slow_connections_disturb_no_call() {
    disturb_no_call(2000, 1024, Duration::from_secs(20)).await;
}

/// So many at a time, against a service that may have so many files open.
async fn disturb_no_call(connections: usize, files: u32, lasts: Duration) {
    let longest = calls_in_a_crowd(connections, files, lasts).await;
    assert!(longest < PROMPT, "{connections} slow connections: 99 % of the answers took up to {longest:?}");
}

/// People talk to each other, one call after the other, and each goes as it should. What 99 of 100
/// answers took.
async fn calls_in_a_crowd(connections: usize, files: u32, lasts: Duration) -> Duration {
    let mut setting = Setting::with([("Ada", Behaviour::takes_the_call(0.3))]);
    // No answer is held on purpose.
    setting.waiting = "ringback";
    let place = Place::of(setting).await;
    let listen = ("SHAREDPHONE__SERVER__LISTEN", place.base.trim_start_matches("http://"));
    let serve = ["serve", "--config", path(&place.config())].map(str::to_owned);
    let mut service = Process::start_with_files(files, &serve.each_ref().map(String::as_str), &[listen]);
    service.is_ready().await;
    let crowd = Crowd::gathers(connections, listen.1.to_owned()).await;
    let until = place.sim.now() + lasts;
    let mut calls = 0;
    while place.sim.now() < until {
        place.sim.caller("Cleo").calls().is_connected_to("Ada").within(6.0).await;
        place.sim.caller("Cleo").waits(0.5).is_connected_to("Ada").hangs_up().await;
        place.sim.phone("Ada").call_ends().within(3.0).await;
        calls += 1;
    }
    let came = crowd.leaves().await;
    assert!(came > connections, "nobody had to make room");
    let times = answer_times(&place.sim.calls());
    let (longest, memory) = (ninety_nine(&times), service.peak_memory().unwrap_or_default());
    println!(
        "{connections} slow connections, {came} in all; {calls} calls with {} webhooks: 99 % {longest:?}; the service had at most {memory}",
        times.len()
    );
    service.terminate();
    assert!(service.ends_within(Duration::from_secs(10)).await.success(), "{}", service.stderr());
    place.curtain(PROMPT).await;
    longest
}

/// Connections that never finish what they ask.
struct Crowd {
    enough: CancellationToken,
    came: Arc<AtomicUsize>,
    all: JoinSet<()>,
}

impl Crowd {
    /// Comes back when all are there.
    async fn gathers(connections: usize, address: String) -> Self {
        let (enough, came) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
        let mut all = JoinSet::new();
        for _ in 0..connections {
            let slow = slow(address.clone(), came.clone());
            let enough = enough.clone();
            all.spawn(async move {
                enough.run_until_cancelled_owned(slow).await;
            });
        }
        let gathered = async {
            while came.load(Ordering::Relaxed) < connections {
                Clock::system().sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = Clock::system().timeout(Duration::from_secs(60), gathered).await;
        assert!(in_time.is_ok(), "the crowd does not come together");
        Self { enough, came, all }
    }

    /// How often one of them has connected.
    async fn leaves(self) -> usize {
        self.enough.cancel();
        self.all.join_all().await;
        self.came.load(Ordering::Relaxed)
    }
}

/// Begins to ask, a letter at a time, and again when it is sent away.
async fn slow(address: String, came: Arc<AtomicUsize>) {
    let a_second = Duration::from_secs(1);
    loop {
        if let Ok(mut stream) = TcpStream::connect(&address).await {
            came.fetch_add(1, Ordering::Relaxed);
            let mut next: &[u8] = b"POST / HTTP/1.1\r\nHost: hotline\r\nX-Long: ";
            while stream.write_all(next).await.is_ok() {
                next = b"x";
                Clock::system().sleep(a_second).await;
            }
        }
        Clock::system().sleep(a_second / 10).await;
    }
}
