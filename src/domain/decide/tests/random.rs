//! Random histories.

use proptest::prelude::*;

use super::{Answer, Step, World};
use crate::domain::input::{CallerMoment, LegMoment};
use crate::domain::line::{AnsweredBy, LineStatus};
use crate::domain::settings::{Limits, Screening, Waiting};

fn line_status() -> impl Strategy<Value = LineStatus> {
    prop::sample::select(LineStatus::ALL.to_vec())
}

fn caller_moment() -> impl Strategy<Value = CallerMoment> {
    prop_oneof![
        6 => Just(CallerMoment::Next),
        1 => any::<bool>().prop_map(|greet| CallerMoment::InRoom { greet }),
        2 => prop::option::of(1..3_u32).prop_map(|round| CallerMoment::AfterRoom { round }),
        2 => (prop::option::of(1..3_u32), prop::sample::select(vec!["1", "2", ""]))
            .prop_map(|(round, key)| CallerMoment::Key { round, key: key.to_owned() }),
    ]
}

fn leg_moment() -> impl Strategy<Value = LegMoment> {
    let heard = vec![None, Some(AnsweredBy::Human), Some(AnsweredBy::Machine), Some(AnsweredBy::Unknown)];
    prop_oneof![
        4 => prop::sample::select(heard).prop_map(LegMoment::PickedUp),
        4 => prop::sample::select(vec!["1", "1", "5", ""]).prop_map(|key| LegMoment::Key(key.to_owned())),
        1 => Just(LegMoment::NoKey),
        1 => Just(LegMoment::Next),
        1 => Just(LegMoment::InRoom),
        1 => Just(LegMoment::AfterRoom),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => line_status().prop_map(Answer::Good),
        1 => Just(Answer::NotInProgress),
        1 => Just(Answer::NotFound),
        1 => Just(Answer::Nothing),
        1 => Just(Answer::Rejected),
        1 => Just(Answer::Busy),
        1 => Just(Answer::Unreachable),
        2 => Just(Answer::Unclear),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0..64_usize;
    prop_oneof![
        5 => (any.clone(), caller_moment(), line_status()).prop_map(|(call, moment, line)| Step::Caller(call, moment, line)),
        1 => (any.clone(), line_status()).prop_map(|(call, line)| Step::CallerStatus(call, line)),
        6 => (any.clone(), leg_moment(), prop::bool::weighted(0.05)).prop_map(|(leg, moment, stranger)| Step::Leg(leg, moment, stranger)),
        6 => (any.clone(), line_status()).prop_map(|(leg, line)| Step::LegStatus(leg, line)),
        5 => (0..4_usize).prop_map(Step::Claim),
        6 => (any, answer()).prop_map(|(command, answer)| Step::Answer(command, answer)),
        3 => (0..12_u64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

fn settings() -> impl Strategy<Value = (Screening, Waiting)> {
    let screening = prop::sample::select(vec![Screening::Keypress, Screening::Amd, Screening::None]);
    (screening, prop::sample::select(vec![Waiting::Ringing, Waiting::Ringback, Waiting::Music]))
}

/// Mostly none: what they forbid can't go wrong.
fn limits() -> impl Strategy<Value = Limits> {
    let limit = |most: u32| prop::option::weighted(0.2, 1..most);
    (limit(3), limit(3), limit(3), limit(9)).prop_map(|(calls, minute, caller, legs)| Limits {
        concurrent_calls: calls,
        calls_per_minute: minute,
        calls_per_caller: caller,
        legs_per_hour: legs,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_promises_hold(
        (screening, waiting) in settings(),
        limits in limits(),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut world = World::new(screening, waiting);
        world.settings.limits = limits;
        for step in &steps {
            world.take(step);
            world.check();
        }
        world.calm_down();
    }
}
