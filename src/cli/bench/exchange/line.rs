//! What one line goes through: a caller's from the first ring until it is over, and a leg's. Follows documents as far as
//! a hotline needs it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::room::Guest;
use super::{Exchange, Ringing, Up, lock, pairs};
use crate::simulator::twiml::{self, Dial, Dialled, Gather, Hook, Prompt, Verb};

/// The longest that a caller waits for somebody.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happens to a line from outside.
#[derive(Debug)]
pub(super) enum Order {
    /// It is hung up.
    End,
    /// It is sent to another document.
    GoTo(Hook),
    /// Somebody else is in the room too.
    Together,
    /// The room has ended.
    RoomOver,
}

/// What a line does next.
enum Next {
    Document(Hook, Vec<(String, String)>),
    Over,
}

/// How a leg was ordered.
#[derive(Debug)]
pub(super) struct Placement {
    pub(super) to: String,
    pub(super) url: Hook,
    pub(super) callback: Option<Hook>,
    pub(super) events: Vec<String>,
    /// Twilio was asked who answers.
    pub(super) is_screened: bool,
}

/// A line while it lives.
pub(super) struct Line {
    exchange: Arc<Exchange>,
    sid: String,
    from: String,
    to: String,
    is_caller: bool,
    status: &'static str,
    orders: UnboundedReceiver<Order>,
    way_in: UnboundedSender<Order>,
    /// When the organiser has accepted the call: by a key, or where none is asked for, by picking up.
    accepted: Option<Duration>,
    has_talked: bool,
}

impl Line {
    pub(super) fn inbound(exchange: Arc<Exchange>, caller: String) -> Self {
        let number = exchange.plan.number.clone();
        Self::new(exchange, caller, number, true)
    }

    pub(super) fn outbound(exchange: Arc<Exchange>, to: String) -> Self {
        let number = exchange.plan.number.clone();
        Self::new(exchange, number, to, false)
    }

    fn new(exchange: Arc<Exchange>, from: String, to: String, is_caller: bool) -> Self {
        let (way_in, orders) = unbounded_channel();
        let status = if is_caller { "ringing" } else { "queued" };
        let sid = exchange.new_sid("CA");
        let up = Up { orders: way_in.clone(), status, from: from.clone(), to: to.clone() };
        lock(&exchange.up).insert(sid.clone(), up);
        Self { exchange, sid, from, to, is_caller, status, orders, way_in, accepted: None, has_talked: false }
    }

    pub(super) fn sid(&self) -> &str {
        &self.sid
    }

    /// A caller's line, from the first ring to the end; says whether they have talked to anybody.
    pub(super) async fn lives(mut self) -> bool {
        let voice = self.exchange.plan.voice.clone();
        let clock = self.exchange.clock;
        clock.within(PATIENCE, self.follow(Next::Document(voice, Vec::new()))).await;
        self.is_now("completed");
        lock(&self.exchange.up).remove(&self.sid);
        let status = self.exchange.plan.status.clone();
        self.exchange.post(&status, &self.parameters(), true).await;
        self.has_talked
    }

    /// A leg's line, from the placement to the end.
    pub(super) async fn rings(mut self, placement: Placement) {
        let Placement { url, callback, events, is_screened, .. } = placement;
        self.tell(callback.as_ref(), &events, "initiated", "initiated");
        self.is_now("ringing");
        self.tell(callback.as_ref(), &events, "ringing", "ringing");
        let exchange = self.exchange.clone();
        let Some(picks_up) = exchange.plan.picks_up else {
            lock(&exchange.ringing).extend(callback.map(|callback| Ringing {
                sid: self.sid.clone(),
                to: self.to.clone(),
                callback,
            }));
            while !matches!(self.orders.recv().await, Some(Order::End) | None) {}
            lock(&exchange.up).remove(&self.sid);
            return;
        };
        let ended = self.waits(picks_up).await.is_some();
        if ended {
            self.is_now("canceled");
        } else {
            self.is_now("in-progress");
            self.tell(callback.as_ref(), &events, "answered", "in-progress");
            self.accepted = Some(exchange.clock.now());
            let human = if is_screened { pairs(&[("AnsweredBy", "human")]) } else { Vec::new() };
            self.follow(Next::Document(url, human)).await;
            self.is_now("completed");
        }
        lock(&exchange.up).remove(&self.sid);
        self.tell(callback.as_ref(), &events, "completed", self.status);
    }

    async fn follow(&mut self, first: Next) {
        let mut next = first;
        while let Next::Document(hook, extra) = next {
            let mut params = self.parameters();
            params.extend(extra);
            // A caller's question may be held until somebody has come.
            let document = self.exchange.post(&hook, &params, !self.is_caller).await;
            let document = document.and_then(|text| twiml::read(&text, &hook.url).ok());
            let Some(document) = document else {
                self.exchange.seen.went_wrong();
                return;
            };
            next = self.play(document.verbs).await;
        }
    }

    async fn play(&mut self, verbs: Vec<Verb>) -> Next {
        for verb in verbs {
            if self.is_caller && !matches!(verb, Verb::Reject { .. }) {
                self.is_now("in-progress");
            }
            let next = match verb {
                Verb::Prompt(prompt) => self.hears(&prompt).await,
                Verb::Gather(gather) => self.is_asked(gather).await,
                Verb::Redirect(hook) => Some(Next::Document(hook, Vec::new())),
                Verb::Dial(dial) => Some(self.is_in_room(*dial).await),
                Verb::Hangup | Verb::Reject { .. } | Verb::Record(_) => Some(Next::Over),
            };
            if let Some(next) = next {
                return next;
            }
        }
        Next::Over
    }

    /// Words take no time here, and silence and music do.
    async fn hears(&mut self, prompt: &Prompt) -> Option<Next> {
        match prompt {
            Prompt::Pause(time) => self.waits(*time).await,
            Prompt::Play { loops: 0, .. } | Prompt::Say { loops: 0, .. } => self.waits(PATIENCE).await,
            Prompt::Say { .. } | Prompt::Play { .. } | Prompt::Digits(_) => None,
        }
    }

    /// Organisers press 1 at once; callers wait.
    async fn is_asked(&mut self, gather: Gather) -> Option<Next> {
        if self.is_caller {
            return self.waits(gather.timeout).await;
        }
        if let Some(next) = self.waits(Duration::ZERO).await {
            return Some(next);
        }
        self.accepted = Some(self.exchange.clock.now());
        Some(Next::Document(gather.action, pairs(&[("Digits", "1")])))
    }

    /// Lets time pass; says what to do if something has happened meanwhile.
    async fn waits(&mut self, time: Duration) -> Option<Next> {
        let clock = self.exchange.clock;
        loop {
            let order = tokio::select! {
                biased;
                order = self.orders.recv() => order,
                () = clock.sleep(time) => return None,
            };
            match order {
                Some(Order::GoTo(hook)) => return Some(Next::Document(hook, Vec::new())),
                Some(Order::End) | None => return Some(Next::Over),
                Some(Order::Together | Order::RoomOver) => {}
            }
        }
    }

    async fn is_in_room(&mut self, dial: Dial) -> Next {
        let Dialled::Room(room) = &dial.to else {
            self.exchange.seen.went_wrong();
            return Next::Over;
        };
        let guest = Guest { sid: &self.sid, orders: self.way_in.clone(), accepted: self.accepted };
        self.exchange.go_in(room, guest);
        let clock = self.exchange.clock;
        let mut talks = PATIENCE;
        loop {
            let order = tokio::select! {
                order = self.orders.recv() => order,
                // The caller hangs up.
                () = clock.sleep(talks) => Some(Order::End),
            };
            match order {
                Some(Order::Together) => {
                    self.has_talked = true;
                    if self.is_caller {
                        talks = self.exchange.plan.talks;
                    }
                }
                Some(Order::RoomOver) => {
                    let status = pairs(&[("DialCallStatus", "answered")]);
                    return dial.action.map_or(Next::Over, |action| Next::Document(action, status));
                }
                Some(Order::GoTo(hook)) => {
                    self.exchange.leave(&room.name, &self.sid);
                    return Next::Document(hook, Vec::new());
                }
                Some(Order::End) | None => {
                    self.exchange.leave(&room.name, &self.sid);
                    return Next::Over;
                }
            }
        }
    }

    fn is_now(&mut self, status: &'static str) {
        if self.status != status {
            self.status = status;
            if let Some(up) = lock(&self.exchange.up).get_mut(&self.sid) {
                up.status = status;
            }
        }
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let direction = if self.is_caller { "inbound" } else { "outbound-api" };
        self.exchange.parameters(&self.sid, self.status, &self.from, &self.to, direction)
    }

    /// Tells of the leg's progress, if that was asked for; nothing waits for the answer.
    fn tell(&self, callback: Option<&Hook>, events: &[String], event: &str, status: &str) {
        let asked = if events.is_empty() { event == "completed" } else { events.iter().any(|wanted| wanted == event) };
        let Some(callback) = callback.filter(|_| asked) else { return };
        let params = self.exchange.parameters(&self.sid, status, &self.from, &self.to, "outbound-api");
        let (exchange, callback) = (self.exchange.clone(), callback.clone());
        tokio::spawn(async move { exchange.post(&callback, &params, true).await });
    }
}
