//! The drawing of a page: the lanes of a call in the coordinates of an SVG.

use crate::domain::time::Timestamp;
use crate::review::axis::Axis;
use crate::review::lanes::{Bar, Lane, Lanes, Phase};
use crate::review::safe::{fit, safe};
use crate::review::story::CallStory;
use crate::review::time::after;

/// Where the bars begin, and how long they are in all.
const LEFT: f64 = 150.0;
const LENGTH: f64 = 570.0;

/// The height of a lane, and of the labels above the first.
const LANE: f64 = 34.0;
const LABELS: f64 = 28.0;

/// How far labels stand apart, at least, as a share of the length.
const APART: f64 = 0.11;

/// A drawing, with its coordinates as text.
pub(super) struct Ladder {
    pub(super) height: String,
    pub(super) result_x: String,
    /// The drawing in words, for who can't see it.
    pub(super) described: String,
    pub(super) ticks: Vec<Tick>,
    pub(super) rows: Vec<Row>,
    /// From the caller's lane to the organiser's, whenever they were connected.
    pub(super) rungs: Vec<Rung>,
    /// Each phase: its class and its name.
    pub(super) legend: Vec<(&'static str, String)>,
    pub(super) is_shortened: bool,
}

pub(super) struct Tick {
    pub(super) x: String,
    pub(super) label: String,
}

pub(super) struct Row {
    pub(super) who: String,
    pub(super) result: String,
    pub(super) text_y: String,
    pub(super) stretches: Vec<Stretch>,
    /// Where they took the call: x and y.
    pub(super) taken: Vec<[String; 2]>,
}

pub(super) struct Stretch {
    pub(super) class: &'static str,
    pub(super) title: String,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
}

pub(super) struct Rung {
    pub(super) x: String,
    pub(super) from_y: String,
    pub(super) to_y: String,
}

impl Ladder {
    /// Draws a story.
    pub(super) fn of(story: &CallStory) -> Self {
        let start = story.call.started_at;
        let Lanes { lanes, axis } = Lanes::of(story);
        let ticks = axis.ticks(APART).into_iter().map(|(at, place)| Tick { x: x(place), label: after(start, at) });
        let rows = lanes.iter().enumerate().map(|(place, lane)| row(lane, place, &axis, start));
        Self {
            height: number(LABELS + LANE * lanes.len() as f64 + 6.0),
            result_x: number(LEFT + LENGTH + 12.0),
            described: lanes.iter().map(|lane| described(lane, start)).collect::<Vec<_>>().join(" "),
            ticks: ticks.collect(),
            rows: rows.collect(),
            rungs: rungs(&lanes, &axis),
            legend: Phase::ALL.iter().map(|phase| (phase.as_str(), phase.as_str().replace('-', " "))).collect(),
            is_shortened: axis.is_shortened(),
        }
    }
}

fn row(lane: &Lane, place: usize, axis: &Axis, start: Timestamp) -> Row {
    let middle = middle(place);
    let stretches = lane.bars.iter().map(|bar| {
        let (from, to, height) = (axis.place(bar.from), axis.place(bar.to), height(bar.phase));
        Stretch {
            class: bar.phase.as_str(),
            title: in_words(bar, start),
            x: x(from),
            y: number(middle - height / 2.0),
            width: number(((to - from) * LENGTH).max(1.5)),
            height: number(height),
        }
    });
    Row {
        who: fit(&lane.who, 18).trim_end().to_owned(),
        result: safe(&lane.result()),
        text_y: number(middle + 4.5),
        stretches: stretches.collect(),
        taken: lane.taken_at.iter().map(|at| [x(axis.place(*at)), number(middle)]).collect(),
    }
}

/// Each phase has a height of its own, so that the drawing can be read without colours.
fn height(phase: Phase) -> f64 {
    match phase {
        Phase::Planned => 2.0,
        Phase::Dialling => 5.0,
        Phase::Waiting => 8.0,
        Phase::Ringing => 12.0,
        Phase::PickedUp => 17.0,
        Phase::Talking => 24.0,
    }
}

fn rungs(lanes: &[Lane], axis: &Axis) -> Vec<Rung> {
    let organisers = lanes.iter().enumerate().skip(1);
    let talks = organisers.flat_map(|(place, lane)| {
        lane.bars.iter().filter(|bar| bar.phase == Phase::Talking).map(move |bar| (place, bar.from))
    });
    let rung = |(place, from)| Rung { x: x(axis.place(from)), from_y: number(middle(0)), to_y: number(middle(place)) };
    talks.map(rung).collect()
}

fn described(lane: &Lane, start: Timestamp) -> String {
    let stretches = lane.bars.iter().map(|bar| in_words(bar, start)).chain([lane.result()]);
    safe(&format!("{}: {}.", lane.who, stretches.collect::<Vec<_>>().join(", ")))
}

fn in_words(bar: &Bar, start: Timestamp) -> String {
    format!("{} from {} to {}", bar.phase.as_str().replace('-', " "), after(start, bar.from), after(start, bar.to))
}

fn middle(place: usize) -> f64 {
    LABELS + LANE * (place as f64 + 0.5)
}

fn x(place: f64) -> String {
    number(LEFT + place * LENGTH)
}

fn number(number: f64) -> String {
    format!("{number:.1}")
}
