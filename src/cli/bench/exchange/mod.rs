//! A lean Twilio for load: it follows documents, answers REST requests and tells of everything that happens, and
//! remembers nothing of what is over. No faults, no delays but those of the people; how Twilio really behaves is in
//! `simulator/`.
//!
//! `line` is what one line goes through, `room` conferences, `api` the REST API, `wire` how webhooks travel.

mod api;
mod line;
mod room;
mod wire;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use self::line::{Line, Order};
use self::room::Room;
use self::wire::Wire;
use super::seen::Seen;
use crate::simulator::clock::VirtualClock;
use crate::simulator::twiml::{Hook, Method};

/// How long Twilio waits for the answer to a webhook.
const TWILIO_WAITS: Duration = Duration::from_secs(15);

/// Whom it works for, and how people behave.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) account_sid: String,
    pub(super) auth_token: String,
    /// The hotline's number.
    pub(super) number: String,
    /// Where its calls are announced.
    pub(super) voice: Hook,
    /// Where it is told that a caller's line is over.
    pub(super) status: Hook,
    /// How long a phone rings until it is picked up; nobody does without.
    pub(super) picks_up: Option<Duration>,
    /// How long a caller and an organiser talk.
    pub(super) talks: Duration,
}

/// A line that is up, as the API finds it.
#[derive(Debug)]
struct Up {
    orders: UnboundedSender<Order>,
    status: &'static str,
    from: String,
    to: String,
}

/// A leg that rings and is not picked up: where its progress is to be told.
#[derive(Debug, Clone)]
pub(super) struct Ringing {
    pub(super) sid: String,
    to: String,
    callback: Hook,
}

/// The exchange while it works.
pub(super) struct Exchange {
    plan: Plan,
    clock: VirtualClock,
    wire: Wire,
    count: AtomicU64,
    up: Mutex<HashMap<String, Up>>,
    rooms: Mutex<HashMap<String, Room>>,
    ringing: Mutex<Vec<Ringing>>,
    /// What was measured.
    pub(super) seen: Arc<Seen>,
}

impl Exchange {
    /// An exchange whose lines are all free.
    pub(super) fn new(plan: Plan, clock: VirtualClock, seen: Arc<Seen>) -> Arc<Self> {
        let wire = Wire::new(&plan.auth_token);
        Arc::new(Self {
            plan,
            clock,
            wire,
            count: AtomicU64::new(0),
            up: Mutex::default(),
            rooms: Mutex::default(),
            ringing: Mutex::default(),
            seen,
        })
    }

    /// Serves the API on this socket until the task is dropped.
    pub(super) async fn serve(self: Arc<Self>, listener: tokio::net::TcpListener) -> io::Result<()> {
        api::serve(self, listener).await
    }

    /// Somebody calls, and talks with whoever comes.
    pub(super) async fn call(self: &Arc<Self>) {
        // Nobody of the team and not the hotline itself: that would be a loop.
        let caller = format!("+1556{:07}", self.number() % 10_000_000);
        let somebody_came = Line::inbound(self.clone(), caller).lives().await;
        self.seen.call(somebody_came);
    }

    /// The legs that have begun to ring and are not picked up.
    pub(super) fn take_ringing(&self) -> Vec<Ringing> {
        std::mem::take(&mut *lock(&self.ringing))
    }

    /// Tells of a leg's progress, and waits until that was taken in.
    pub(super) async fn tell(&self, leg: &Ringing, status: &str) {
        let params = self.parameters(&leg.sid, status, &self.plan.number, &leg.to, "outbound-api");
        self.post(&leg.callback, &params, true).await;
    }

    /// Whether an address answers well to a plain question.
    pub(super) async fn is_answered(&self, url: &str) -> bool {
        self.wire.send(&Hook { url: url.to_owned(), method: Method::Get }, &[]).await.is_some()
    }

    /// Everybody hangs up.
    pub(super) fn hang_up_all(&self) {
        for up in lock(&self.up).values() {
            // A line that is over has no use for it.
            up.orders.send(Order::End).ok();
        }
    }

    fn number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn new_sid(&self, prefix: &str) -> String {
        format!("{prefix}{:032x}", self.number())
    }

    fn parameters(&self, sid: &str, status: &str, from: &str, to: &str, direction: &str) -> Vec<(String, String)> {
        pairs(&[
            ("AccountSid", &self.plan.account_sid),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", sid),
            ("CallStatus", status),
            ("Called", to),
            ("Caller", from),
            ("Direction", direction),
            ("From", from),
            ("To", to),
        ])
    }

    /// Sends a webhook; the document that came back, if it is one. Only what is `timed` counts in the latencies.
    async fn post(&self, hook: &Hook, params: &[(String, String)], timed: bool) -> Option<String> {
        let began = self.clock.now();
        let answer = self.clock.within(TWILIO_WAITS, self.wire.send(hook, params)).await.flatten();
        self.seen.webhook(self.clock.now().saturating_sub(began), timed, answer.is_some());
        answer
    }
}

/// Asks an address over so many connections for so long, as webhooks do; how many answers came.
pub(super) async fn knock(url: &str, clock: VirtualClock, time: Duration, connections: usize) -> u64 {
    let wire = Arc::new(Wire::new("nobody's token"));
    let hook = Hook { url: url.to_owned(), method: Method::Post };
    let params = pairs(&[("CallSid", "CA00000000000000000000000000000000"), ("CallStatus", "ringing")]);
    let until = clock.now() + time;
    let mut people = JoinSet::new();
    for _ in 0..connections {
        let (wire, hook, params) = (wire.clone(), hook.clone(), params.clone());
        people.spawn(async move {
            let mut answers = 0_u64;
            while clock.now() < until {
                answers += u64::from(wire.send(&hook, &params).await.is_some());
            }
            answers
        });
    }
    people.join_all().await.into_iter().sum()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
