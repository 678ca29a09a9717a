//! Conferences: who is in, when two are together, and what the application is told of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::line::Order;
use super::{Exchange, lock, pairs};
use crate::simulator::twiml::{self, Hook};

/// A conference that has not ended.
#[derive(Debug)]
pub(super) struct Room {
    sid: String,
    inside: Vec<Inside>,
    /// The first participant's values hold.
    callback: Option<Hook>,
    events: Vec<String>,
    sequence: u32,
}

/// A participant.
#[derive(Debug)]
struct Inside {
    sid: String,
    orders: UnboundedSender<Order>,
    ends_it: bool,
    /// When an organiser has accepted the call.
    accepted: Option<Duration>,
}

/// Somebody who goes in.
pub(super) struct Guest<'a> {
    pub(super) sid: &'a str,
    pub(super) orders: UnboundedSender<Order>,
    pub(super) accepted: Option<Duration>,
}

/// What is to be told of a room.
type News = Vec<(&'static str, Option<String>, u32)>;

impl Room {
    fn event(&mut self, news: &mut News, event: &'static str, about: Option<&str>) {
        let asked = event.split('-').next_back().unwrap_or(event);
        if self.events.iter().any(|wanted| wanted == asked) {
            news.push((event, about.map(str::to_owned), self.sequence));
        }
        self.sequence += 1;
    }
}

impl Exchange {
    /// Somebody goes into the room; two who are in it are together.
    pub(super) fn go_in(self: &Arc<Self>, room: &twiml::Room, guest: Guest<'_>) {
        let mut news = News::new();
        let mut rooms = lock(&self.rooms);
        let state = rooms.entry(room.name.clone()).or_insert_with(|| Room {
            sid: self.new_sid("CF"),
            inside: Vec::new(),
            callback: room.status_callback.clone(),
            events: room.status_events.clone(),
            sequence: 0,
        });
        state.event(&mut news, "participant-join", Some(guest.sid));
        let Guest { sid, orders, accepted } = guest;
        state.inside.push(Inside { sid: sid.to_owned(), orders, ends_it: room.end_on_exit, accepted });
        if state.inside.len() == 2 {
            state.event(&mut news, "conference-start", None);
            let now = self.clock.now();
            if let Some(accepted) = state.inside.iter().find_map(|inside| inside.accepted) {
                self.seen.together(now.saturating_sub(accepted));
            }
            for inside in &state.inside {
                inside.orders.send(Order::Together).ok();
            }
        }
        let (callback, conference) = (state.callback.clone(), state.sid.clone());
        drop(rooms);
        self.tell_of_room(&room.name, &conference, callback, news);
    }

    /// Somebody leaves it.
    pub(super) fn leave(self: &Arc<Self>, name: &str, sid: &str) {
        let mut news = News::new();
        let mut rooms = lock(&self.rooms);
        let Some(state) = rooms.get_mut(name) else { return };
        let Some(at) = state.inside.iter().position(|inside| inside.sid == sid) else { return };
        state.event(&mut news, "participant-leave", Some(sid));
        let left = state.inside.remove(at);
        let is_over = left.ends_it || state.inside.is_empty();
        if is_over {
            for other in std::mem::take(&mut state.inside) {
                state.event(&mut news, "participant-leave", Some(&other.sid));
                other.orders.send(Order::RoomOver).ok();
            }
            state.event(&mut news, "conference-end", None);
        }
        let (callback, conference) = (state.callback.clone(), state.sid.clone());
        if is_over {
            rooms.remove(name);
        }
        drop(rooms);
        self.tell_of_room(name, &conference, callback, news);
    }

    fn tell_of_room(self: &Arc<Self>, name: &str, conference: &str, callback: Option<Hook>, news: News) {
        let Some(callback) = callback.filter(|_| !news.is_empty()) else { return };
        for (event, about, sequence) in news {
            let mut params = pairs(&[
                ("AccountSid", &self.plan.account_sid),
                ("ConferenceSid", conference),
                ("FriendlyName", name),
                ("StatusCallbackEvent", event),
                ("SequenceNumber", &sequence.to_string()),
            ]);
            params.extend(about.map(|sid| ("CallSid".to_owned(), sid)));
            let (exchange, callback) = (self.clone(), callback.clone());
            tokio::spawn(async move { exchange.post(&callback, &params, true).await });
        }
    }
}
