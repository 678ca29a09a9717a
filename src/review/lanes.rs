//! A call as lanes beside each other, one for the caller and one for each organiser: what each
//! line did from when to when. The terminal and the page draw them; here is no drawing.

use crate::domain::time::Timestamp;
use crate::domain::words::words;
use crate::review::axis::Axis;
use crate::review::story::{CallStory, PhoneRow};
use crate::review::words as told;

words! {
    /// What a line does.
    Phase, "phase" {
        /// The caller waits.
        Waiting = "waiting",
        /// A phone is to be rung.
        Planned = "planned",
        /// Twilio was asked to ring it.
        Dialling = "dialling",
        /// It rings.
        Ringing = "ringing",
        /// It was picked up; nobody talks with the caller.
        PickedUp = "picked-up",
        /// Caller and organiser are connected.
        Talking = "talking",
    }
}

/// One stretch of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// What the line does.
    pub phase: Phase,
}

/// What one person's line did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Whose.
    pub who: String,
    /// What, in order.
    pub bars: Vec<Bar>,
    /// When this person took the call, once a round.
    pub taken_at: Vec<Timestamp>,
    /// What came of it, of each attempt.
    pub results: Vec<String>,
}

impl Lane {
    /// What came of it, in one line.
    pub fn result(&self) -> String {
        self.results.join("; ")
    }
}

/// A call as it is drawn.
#[derive(Debug, Clone)]
pub struct Lanes {
    /// The caller's lane, then the organisers' in the order in which they were to be rung.
    pub lanes: Vec<Lane>,
    /// The line of time for all of them.
    pub axis: Axis,
}

impl Lanes {
    /// Draws up a story's lanes.
    pub fn of(story: &CallStory) -> Self {
        let end = last_instant(story);
        let mut lanes = vec![caller(story, end)];
        let mut keys = vec![None];
        for phone in &story.phones {
            let key = Some((phone.organiser_id.as_deref(), told::who(phone)));
            let place = keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                keys.push(key);
                lanes.push(Lane {
                    who: told::who(phone).to_owned(),
                    bars: Vec::new(),
                    taken_at: Vec::new(),
                    results: Vec::new(),
                });
                lanes.len() - 1
            });
            lanes[place].bars.extend(bars(phone, end));
            lanes[place].taken_at.extend(phone.joined_at);
            let result = told::result(phone);
            if lanes[place].results.last() != Some(&result) {
                lanes[place].results.push(result);
            }
        }
        let edges = lanes.iter().flat_map(|lane| &lane.bars).flat_map(|bar| [bar.from, bar.to]);
        let axis = Axis::new(edges.chain([story.call.started_at]).collect::<Vec<_>>());
        Self { lanes, axis }
    }
}

/// What is not over yet is drawn up to the last that is known.
fn last_instant(story: &CallStory) -> Timestamp {
    let call = &story.call;
    let phones = story.phones.iter().flat_map(|phone| steps(phone).into_iter().flatten().map(|(at, _)| at));
    let ends = story.phones.iter().filter_map(|phone| phone.ended_at);
    let all = phones.chain(ends).chain(call.connected_at).chain(call.ended_at);
    // Events count only while the call goes on: later ones are about the record.
    let events = story.entries.iter().filter(|_| call.ended_at.is_none()).map(|entry| entry.at);
    all.chain(events).fold(call.started_at, Timestamp::max)
}

fn caller(story: &CallStory, end: Timestamp) -> Lane {
    let call = &story.call;
    let ended = call.ended_at.unwrap_or(end);
    let mut talks: Vec<(Timestamp, Timestamp)> = story
        .phones
        .iter()
        .filter_map(|phone| Some((phone.connected_at?, phone.disconnected_at.or(phone.ended_at).unwrap_or(ended))))
        .collect();
    talks.sort();
    let mut bars = Vec::new();
    let mut since = call.started_at;
    for (from, to) in talks {
        bars.push(Bar { from: since, to: from, phase: Phase::Waiting });
        bars.push(Bar { from, to, phase: Phase::Talking });
        since = to;
    }
    bars.push(Bar { from: since, to: ended, phase: Phase::Waiting });
    bars.retain(|bar| bar.from < bar.to);
    let result = call.outcome.map_or_else(|| call.status.to_string(), |outcome| outcome.to_string());
    Lane { who: "Caller".to_owned(), bars, taken_at: Vec::new(), results: vec![result.replace('_', " ")] }
}

/// The steps of a leg with what its line does from then on.
fn steps(phone: &PhoneRow) -> [Option<(Timestamp, Phase)>; 6] {
    let never_said = phone.ringing_at.is_none() && phone.answered_at.is_some();
    let dialled = if never_said { Phase::Ringing } else { Phase::Dialling };
    [
        phone.planned_at.map(|at| (at, Phase::Planned)),
        phone.dialed_at.map(|at| (at, dialled)),
        phone.ringing_at.map(|at| (at, Phase::Ringing)),
        phone.answered_at.map(|at| (at, Phase::PickedUp)),
        phone.connected_at.map(|at| (at, Phase::Talking)),
        phone.disconnected_at.filter(|_| phone.connected_at.is_some()).map(|at| (at, Phase::PickedUp)),
    ]
}

fn bars(phone: &PhoneRow, end: Timestamp) -> Vec<Bar> {
    let steps: Vec<(Timestamp, Phase)> = steps(phone).into_iter().flatten().collect();
    let ends = steps.iter().skip(1).map(|(at, _)| *at).chain([phone.ended_at.unwrap_or(end)]);
    let bars = steps.iter().zip(ends).map(|((from, phase), to)| Bar { from: *from, to, phase: *phase });
    bars.filter(|bar| bar.from < bar.to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::tests::sample::{self, at};

    #[test]
    fn what_is_not_over_is_drawn_up_to_the_last_that_is_known() {
        let mut story = sample::story();
        story.entries.truncate(16);
        story.phones.truncate(1);
        story.call.ended_at = None;
        let ada = &mut story.phones[0];
        (ada.disconnected_at, ada.ended_at) = (None, None);
        let Lanes { lanes, axis } = Lanes::of(&story);
        let last = story.entries[15].at;
        for lane in &lanes {
            let end = lane.bars.last().expect("a bar");
            assert_eq!((end.phase, end.from, end.to), (Phase::Talking, at(12.4), last), "{}", lane.who);
        }
        assert_eq!(axis.place(last), 1.0);
    }
}
