//! Owns promise 1: a caller is never left in silence, never hears an application error, and always
//! gets a person or a spoken fallback in time.

use super::{BrokenPromise, Expectations, GRACE, Report};
use crate::simulator::engine::Call;
use crate::simulator::observation::{By, Sound, What, heard};
use std::time::Duration;

pub(super) fn check(report: &Report, expected: &Expectations, broken: &mut Vec<BrokenPromise>) {
    for call in report.inbound() {
        let mut broke = |at, what| broken.push(BrokenPromise { promise: 1, at, what });
        for stretch in heard(&report.observations, &call.sid, report.now) {
            let lasted = stretch.to.saturating_sub(stretch.from);
            match stretch.sound {
                Sound::Silence if lasted > expected.silence + expected.tolerance => {
                    broke(stretch.from, format!("silence for {:.1} s", lasted.as_secs_f64()));
                }
                Sound::ApplicationError => {
                    broke(stretch.from, "the caller heard an application error".to_owned());
                }
                _ => {}
            }
        }
        if let Some(at) = left_without_end(report, expected, call) {
            broke(at, "the caller got neither a person nor a spoken fallback in time".to_owned());
        }
    }
}

/// When a caller should have got something and had not.
fn left_without_end(report: &Report, expected: &Expectations, call: &Call) -> Option<Duration> {
    let limit = call.created + expected.give_up + GRACE + expected.tolerance;
    let by_then: Vec<_> = report.of(call).filter(|o| o.at <= limit).collect();
    let served = by_then.iter().any(|o| match &o.what {
        What::Bridged { .. } | What::HungUp { by: By::Party } => true,
        What::Hears(Sound::Speech(said)) => {
            let texts = &expected.fallback_texts;
            texts.is_empty() || texts.iter().any(|text| said.contains(text))
        }
        _ => false,
    });
    let ended_or_late = call.ended.is_some_and(|at| at <= limit) || report.now > limit;
    (!served && ended_or_late).then(|| report.end_of(call).min(limit))
}
