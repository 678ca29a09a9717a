//! The timeline, drawn with characters: a row for the caller and one for each organiser's phone.

use crate::domain::time::Timestamp;
use crate::review::axis::Axis;
use crate::review::lanes::{Lane, Lanes, Phase};
use crate::review::safe::fit;
use crate::review::story::CallStory;
use crate::review::time::after;

/// How many columns there are for a name.
const NAME: usize = 16;

/// How many for a bar.
const BAR: usize = 50;

/// How many for what came of it: what the name, the bar and the gaps between them leave.
const RESULT: usize = super::COLUMNS - 2 - NAME - 1 - BAR - 2;

/// How far labels stand apart, at least.
const LABEL: usize = 10;

/// The drawing with its line of time and what its characters mean.
pub(super) fn rows(story: &CallStory) -> Vec<String> {
    let Lanes { lanes, axis } = Lanes::of(story);
    let mut rows = vec![labels(&axis, story.call.started_at)];
    rows.extend(lanes.iter().map(|lane| row(lane, &axis)));
    let phases = Phase::ALL.iter().map(|phase| format!("{} {}", mark(*phase), phase.as_str().replace('-', " ")));
    rows.push(format!("  {}  {TAKEN} took the call", phases.collect::<Vec<_>>().join("  ")));
    if axis.is_shortened() {
        rows.push("  Long stretches in which nothing changed are drawn shorter.".to_owned());
    }
    rows
}

const TAKEN: char = '1';

fn mark(phase: Phase) -> char {
    match phase {
        Phase::Waiting => '─',
        Phase::Planned => '·',
        Phase::Dialling => '╌',
        Phase::Ringing => '░',
        Phase::PickedUp => '▒',
        Phase::Talking => '█',
    }
}

fn column(axis: &Axis, at: Timestamp) -> usize {
    ((axis.place(at) * BAR as f64).round() as usize).min(BAR - 1)
}

fn labels(axis: &Axis, start: Timestamp) -> String {
    let mut line = " ".repeat(2 + NAME + 1);
    let apart = LABEL as f64 / BAR as f64;
    for (at, _) in axis.ticks(apart) {
        let column = 2 + NAME + 1 + column(axis, at);
        line = format!("{line:column$}{}", after(start, at));
    }
    line
}

fn row(lane: &Lane, axis: &Axis) -> String {
    let mut drawn = [' '; BAR];
    for bar in &lane.bars {
        let from = column(axis, bar.from);
        let to = column(axis, bar.to).max(from + 1);
        drawn[from..to].fill(mark(bar.phase));
    }
    for at in &lane.taken_at {
        drawn[column(axis, *at)] = TAKEN;
    }
    let drawn: String = drawn.iter().collect();
    format!("  {} {drawn}  {}", fit(&lane.who, NAME), fit(&lane.result(), RESULT)).trim_end().to_owned()
}
