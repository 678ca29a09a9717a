//! Owns promises 2 and 3: who may talk to whom, and that nobody who accepted is left alone.

use super::{BrokenPromise, Expectations, Report};
use crate::simulator::engine::Call;
use crate::simulator::observation::{Sound, What, heard};
use std::time::Duration;

/// From the accepting key to being together.
const TOGETHER: Duration = Duration::from_secs(2);
/// Alone without a word.
const WORDLESS: Duration = Duration::from_secs(5);
/// Alone at all.
const ALONE: Duration = Duration::from_secs(10);

pub(super) fn check(report: &Report, expected: &Expectations, broken: &mut Vec<BrokenPromise>) {
    for call in &report.calls {
        one_other_party(report, call, broken);
    }
    for leg in report.outbound() {
        no_organisers_together(report, leg, broken);
        if !expected.screening_none {
            no_machine(report, leg, broken);
        }
        together_soon(report, leg, expected, broken);
        not_alone(report, leg, expected, broken);
    }
}

fn one_other_party(report: &Report, call: &Call, broken: &mut Vec<BrokenPromise>) {
    for o in report.of(call) {
        if let What::Bridged { with } = &o.what
            && with.len() > 1
        {
            let what = format!("{} was connected with {}", o.party, with.join(" and "));
            broken.push(BrokenPromise { promise: 2, at: o.at, what });
        }
    }
}

/// Two who were both rung must not hear each other.
fn no_organisers_together(report: &Report, leg: &Call, broken: &mut Vec<BrokenPromise>) {
    for o in report.of(leg) {
        let What::Bridged { with } = &o.what else { continue };
        let rung = |name: &String| {
            let mut live = report
                .outbound()
                .filter(|other| other.sid != leg.sid && other.created <= o.at && report.end_of(other) >= o.at);
            live.any(|other| report.of(other).any(|seen| seen.party == *name))
        };
        if let Some(other) = with.iter().find(|name| rung(name)) {
            let what = format!("the organisers {} and {other} were connected", o.party);
            broken.push(BrokenPromise { promise: 2, at: o.at, what });
        }
    }
}

fn no_machine(report: &Report, leg: &Call, broken: &mut Vec<BrokenPromise>) {
    let mut human = false;
    for o in report.of(leg) {
        human |= o.what == What::HumanTookOver;
        let talks = matches!(o.what, What::Bridged { .. });
        if talks && !human && report.machines.contains(&o.party) {
            let what = format!("the machine of {} was connected", o.party);
            broken.push(BrokenPromise { promise: 2, at: o.at, what });
        }
    }
}

fn together_soon(report: &Report, leg: &Call, expected: &Expectations, broken: &mut Vec<BrokenPromise>) {
    let (mut was_asked, mut accepted) = (false, None);
    for o in report.of(leg) {
        match &o.what {
            What::Hears(Sound::Speech(_)) => was_asked = true,
            // Nobody can accept what they have not heard.
            What::PressedKey(_) if was_asked => accepted = Some(o.at),
            What::Bridged { .. } => {
                let took = accepted.take().map(|from| o.at.saturating_sub(from));
                if let Some(took) = took.filter(|took| *took > TOGETHER + expected.tolerance) {
                    let seconds = took.as_secs_f64();
                    let what = format!("{} waited {seconds:.1} s to be connected", o.party);
                    broken.push(BrokenPromise { promise: 3, at: o.at, what });
                }
            }
            _ => {}
        }
    }
}

/// Alone is: after the accepting key, or after the other has gone.
fn not_alone(report: &Report, leg: &Call, expected: &Expectations, broken: &mut Vec<BrokenPromise>) {
    let alone_from = report.of(leg).find(|o| matches!(o.what, What::PressedKey(_) | What::Unbridged)).map(|o| o.at);
    let Some(alone_from) = alone_from else { return };
    for stretch in heard(&report.observations, &leg.sid, report.now) {
        let lasted = stretch.to.saturating_sub(stretch.from.max(alone_from));
        let wordless = matches!(stretch.sound, Sound::Silence | Sound::Play(_));
        if wordless && lasted > WORDLESS + expected.tolerance {
            let seconds = lasted.as_secs_f64();
            let what = format!("{} was alone without a word for {seconds:.1} s", leg.sid);
            broken.push(BrokenPromise { promise: 3, at: stretch.from, what });
        }
    }
    for (from, to) in left_behind(report, leg) {
        let lasted = to.saturating_sub(from);
        if lasted > ALONE + expected.tolerance {
            let what = format!("{} was alone for {:.1} s", leg.sid, lasted.as_secs_f64());
            broken.push(BrokenPromise { promise: 3, at: from, what });
        }
    }
}

/// From each lost connection to the next or the end.
fn left_behind(report: &Report, leg: &Call) -> Vec<(Duration, Duration)> {
    let mut intervals = Vec::new();
    let mut since = None;
    for o in report.of(leg) {
        match &o.what {
            What::Unbridged => since = Some(o.at),
            What::Bridged { .. } => intervals.extend(since.take().map(|from| (from, o.at))),
            _ => {}
        }
    }
    intervals.extend(since.map(|from| (from, report.end_of(leg))));
    intervals
}
