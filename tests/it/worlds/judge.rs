//! What must be true of a world when it is over, whatever went wrong in it.

use std::path::Path;
use std::time::Duration;

use sharedphone::simulator::engine::Direction;
use sharedphone::simulator::ladder::ladder;
use sharedphone::simulator::problem::ProblemKind;
use sharedphone::simulator::promises::{self, BrokenPromise, Expectations, Report};

use super::plan::Plan;
use super::play::Played;
use crate::stage::promised;

/// How late a message may be.
const LATE: Duration = Duration::from_secs(6);

/// How much longer than it was asked to Twilio lets a phone ring.
const RINGS_ON: Duration = Duration::from_secs(5);

/// Everything that is not as promised, and the story.
pub fn judge(plan: &Plan, played: &Played, database: &Path) -> Result<(), String> {
    let mut wrong = Vec::new();
    let world = &played.world;
    if played.endless {
        wrong.push("it never comes to an end".to_owned());
    }
    for call in world.calls().iter().filter(|call| call.ended.is_none()) {
        let side = if call.direction == Direction::Inbound { "caller's" } else { "organiser's" };
        wrong.push(format!("a {side} line is left over ({})", call.sid));
    }
    let tolerated = &plan.setting.tolerate;
    let problems = world.problems().iter();
    let problems = problems.filter(|problem| problem.kind != ProblemKind::Remark && !tolerated.contains(&problem.kind));
    wrong.extend(problems.map(ToString::to_string));
    let mut expected = promised(&plan.setting);
    expected.organisers.truncate(plan.team());
    expected.tolerance = tolerance(plan, played);
    expected.second_ring = plan.rest_trouble || !played.deaths.is_empty();
    match super::record::look(database) {
        Ok(leg_of) => expected.leg_of = leg_of,
        Err(found) => wrong.extend(found),
    }
    let report = Report::on(world);
    let mut broken = promises::check(&report, &expected);
    for (promise, word, more) in allowances(plan) {
        let is_meant = |one: &BrokenPromise| one.promise == promise && one.what.contains(word);
        let patient = Expectations { tolerance: expected.tolerance + more, ..expected.clone() };
        let is_still_broken = promises::check(&report, &patient).iter().any(is_meant);
        broken.retain(|one| !is_meant(one) || is_still_broken);
    }
    wrong.extend(broken.iter().map(ToString::to_string));
    if wrong.is_empty() {
        return Ok(());
    }
    let deaths: Vec<String> = played.deaths.iter().map(|death| format!("{death:?}")).collect();
    let (wrong, died, story) = (wrong.join("\n"), deaths.join(", "), ladder(&report.observations));
    Err(format!("{wrong}\n\n{}\ndied: {died}\n{story}", plan.setup()))
}

/// For how long nothing may happen in an open call that would be on record.
const QUIET: Duration = Duration::from_secs(40);

/// What is allowed beyond what all promises are: by how much, and which broken promise says so.
fn allowances(plan: &Plan) -> Vec<(u8, &'static str, Duration)> {
    let mut allowances = Vec::new();
    if plan.delays_questions() {
        // One of them is tolerated. To the word that nobody came it takes two questions, the call's first and its last;
        // from a key to being together or to a word up to three.
        allowances.extend([(1, "fallback in time", LATE), (3, "", 2 * LATE)]);
    }
    if plan.loses_time() {
        // The service goes on from the last that is on record of an open call.
        allowances.push((1, "fallback in time", QUIET));
    }
    if plan.rest_trouble {
        // Whom Twilio refuses to hang up again and again, rings until its own time-out.
        allowances.push((4, "rang for nobody", RINGS_ON));
    }
    allowances
}

/// What goes wrong on the way takes its time; what must never happen has none.
fn tolerance(plan: &Plan, played: &Played) -> Duration {
    let mut tolerance = Duration::from_millis(900);
    if plan.webhook_trouble {
        // A message may be late, and only then be answered.
        tolerance += LATE + Duration::from_secs(2);
    }
    if plan.loses_callbacks() {
        // A caller who says nothing more is asked after when 25 s have passed.
        tolerance += Duration::from_secs(27);
    }
    if plan.rest_trouble {
        // A request takes up to eight seconds to be unclear, and is sent again.
        tolerance += Duration::from_secs(20);
    }
    for (_, from, to) in &played.deaths {
        // Promise 11.
        tolerance += *to - *from + Duration::from_secs(3);
    }
    tolerance
}
