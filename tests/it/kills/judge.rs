//! Whether all promises were kept by a service that was killed again and again. What promise 11
//! allows, the time from a kill until two seconds after the restart, is counted for none of the others.

use std::time::Duration;

use sharedphone::simulator::promises::{self, Expectations, Report};

use crate::serve::process::Place;
use crate::stage::{LEG_OF, promised};

/// How much slower time passes while the service is excused: what happens then stays in order.
const SLOWER: f64 = 0.001;

/// Half a second of a machine on which several services run at once.
const BUSY: Duration = Duration::from_millis(500);

/// From when to when the service was excused, in order.
pub type Excused = Vec<(Duration, Duration)>;

/// Every promise that was broken, in words.
pub async fn broken(place: &Place, excused: &Excused) -> Vec<String> {
    let report = counted(place.sim.report(), excused);
    let leg_of = crate::record::pairs(&place.database(), LEG_OF).await;
    let expected = Expectations { tolerance: BUSY, leg_of, ..promised(&place.setting) };
    let broken = promises::check(&report, &expected);
    broken
        .iter()
        .map(|promise| format!("{promise} (by the clock on the wall: {:.2} s)", wall(promise.at, excused)))
        .collect()
}

/// The same story, told by a clock that hardly moves while the service is excused.
fn counted(mut report: Report, excused: &Excused) -> Report {
    let counted = |at: Duration| {
        let away: Duration = excused.iter().map(|(from, to)| at.min(*to).saturating_sub(*from)).sum();
        at - away.mul_f64(1.0 - SLOWER)
    };
    for seen in &mut report.observations {
        seen.at = counted(seen.at);
    }
    for problem in &mut report.problems {
        problem.at = counted(problem.at);
    }
    for call in &mut report.calls {
        call.created = counted(call.created);
        call.ended = call.ended.map(counted);
        call.end_told = call.end_told.map(counted);
    }
    report.api_answers_at = counted(report.api_answers_at);
    report.now = counted(report.now);
    report
}

/// Where in the ladder something is that was told by the other clock.
fn wall(counted: Duration, excused: &Excused) -> f64 {
    let mut wall = counted;
    for (from, to) in excused {
        let lost = (*to - *from).mul_f64(1.0 - SLOWER);
        if wall > *from {
            wall += lost.min((wall - *from).mul_f64(1.0 / SLOWER));
        }
    }
    wall.as_secs_f64()
}
