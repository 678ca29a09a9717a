//! Each promise is seen broken by a record in which it is broken, and kept by one in which it is.

use super::{Expectations, Report, check};
use crate::simulator::engine::{Call, Direction, Settings, World};
use crate::simulator::faults::Faults;
use crate::simulator::observation::{By, Observation, Sound, What};
use crate::simulator::problem::{Problem, ProblemKind};
use crate::simulator::rules::Rules;
use std::time::Duration;

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn like(call: &Call, change: impl FnOnce(&mut Call)) -> Call {
    let mut call = call.clone();
    change(&mut call);
    call
}

/// A record of Cleo, who calls at 0 s and hangs up at 100 s, and of two legs.
struct Record {
    report: Report,
}

impl Record {
    fn new() -> Self {
        let settings = Settings {
            account_sid: String::new(),
            auth_token: String::new(),
            hotline: "+15550006666".to_owned(),
            phones: Vec::new(),
            calls_per_second: 1,
            seed: 1,
            epoch: 0,
            rules: Rules::default(),
            faults: Faults::default(),
        };
        let mut world = World::new(settings);
        world.start_call("Cleo", None, s(0));
        let mut calls = vec![like(&world.calls()[0], |call| {
            call.sid = "C".to_owned();
            call.ended = Some(s(100));
        })];
        for (sid, to) in [("A", "+15550000001"), ("B", "+15550000002")] {
            calls.push(like(&calls[0], |call| {
                call.sid = sid.to_owned();
                call.to = to.to_owned();
                call.direction = Direction::OutboundApi;
            }));
        }
        let mut report = Report { machines: vec!["Bot".to_owned()], now: s(100), ..Report::on(&world) };
        report.calls = calls;
        report.observations.clear();
        Self { report }
    }

    fn saw(mut self, at: u64, call: &str, party: &str, what: What) -> Self {
        let (party, call_sid) = (party.to_owned(), call.to_owned());
        self.report.observations.push(Observation { at: s(at), number: String::new(), party, call_sid, what });
        self
    }

    fn hears(self, at: u64, call: &str, party: &str, sound: Sound) -> Self {
        self.saw(at, call, party, What::Hears(sound))
    }

    fn talks(self, at: u64, call: &str, party: &str, with: &[&str]) -> Self {
        let with = with.iter().map(|name| (*name).to_owned()).collect();
        self.saw(at, call, party, What::Bridged { with })
    }

    /// Ada is rung, takes the call and talks until Cleo hangs up.
    fn good() -> Self {
        Self::new()
            .hears(0, "C", "Cleo", Sound::NetworkRinging)
            .saw(1, "A", "Ada", What::RingStarted)
            .saw(5, "A", "Ada", What::Answered)
            .saw(7, "A", "Ada", What::PressedKey("1".to_owned()))
            .talks(8, "C", "Cleo", &["Ada"])
            .talks(8, "A", "Ada", &["Cleo"])
            .hears(8, "C", "Cleo", Sound::Voice("Ada".to_owned()))
            .hears(8, "A", "Ada", Sound::Voice("Cleo".to_owned()))
            .saw(100, "C", "Cleo", What::HungUp { by: By::Party })
    }

    fn broken(&self) -> Vec<u8> {
        self.broken_of(&Expectations::default())
    }

    fn broken_of(&self, expected: &Expectations) -> Vec<u8> {
        check(&self.report, expected).iter().map(|b| b.promise).collect()
    }
}

#[test]
fn a_good_call_breaks_nothing() {
    let expected = Expectations {
        organisers: vec!["+15550000001".to_owned(), "+15550000002".to_owned()],
        ..Expectations::default()
    };
    assert_eq!(check(&Record::good().report, &expected), []);
}

#[test]
fn promise_1() {
    let silent = Record::good().hears(20, "C", "Cleo", Sound::Silence);
    assert_eq!(silent.broken(), [1]);
    let sorry = Record::good().hears(20, "C", "Cleo", Sound::ApplicationError);
    assert_eq!(sorry.broken(), [1]);
    let nobody = Record::new().hears(0, "C", "Cleo", Sound::NetworkRinging);
    assert_eq!(nobody.broken(), [1]);
    let told = Record::new().hears(60, "C", "Cleo", Sound::Speech("Nobody can be had".to_owned()));
    assert_eq!(told.broken(), [0; 0]);
}

#[test]
fn promise_2() {
    let three = Record::good().talks(9, "C", "Cleo", &["Ada", "Ben"]);
    assert_eq!(three.broken(), [2]);
    let two = Record::good().saw(8, "B", "Ben", What::Answered).talks(9, "A", "Ada", &["Ben"]);
    assert_eq!(two.broken(), [2]);
    let machine = Record::good().talks(9, "B", "Bot", &["Cleo"]);
    assert_eq!(machine.broken(), [2]);
    let expected = Expectations { screening_none: true, ..Expectations::default() };
    assert_eq!(machine.broken_of(&expected), [0; 0]);
}

#[test]
fn promise_3() {
    let late = Record::new()
        .hears(4, "A", "Ada", Sound::Speech("Press 1".to_owned()))
        .saw(5, "A", "Ada", What::PressedKey("1".to_owned()))
        .talks(8, "A", "Ada", &["Cleo"])
        .talks(8, "C", "Cleo", &["Ada"]);
    assert_eq!(late.broken(), [3]);
    let alone = Record::good().hears(20, "A", "Ada", Sound::Silence);
    assert_eq!(alone.broken(), [3]);
    let left = Record::good().saw(20, "A", "Ada", What::Unbridged);
    assert_eq!(left.broken(), [3]);
}

#[test]
fn promise_4() {
    let rings_on = Record::good().saw(2, "B", "Ben", What::RingStarted).saw(14, "B", "Ben", What::RingStopped);
    assert_eq!(rings_on.broken(), [4]);
    let in_time = Record::good().saw(2, "B", "Ben", What::RingStarted).saw(9, "B", "Ben", What::RingStopped);
    assert_eq!(in_time.broken(), [0; 0]);
    for (begins, api_answers_at, promises) in [(9, 0, &[4][..]), (9, 28, &[4]), (9, 29, &[]), (11, 29, &[4])] {
        let mut not_to_be_asked =
            Record::good().saw(begins, "B", "Ben", What::RingStarted).saw(31, "B", "Ben", What::RingStopped);
        not_to_be_asked.report.calls[2].created = s(begins);
        not_to_be_asked.report.api_answers_at = s(api_answers_at);
        assert_eq!(not_to_be_asked.broken(), promises);
    }
    for (told_at, promises) in [(None, &[][..]), (Some(22), &[]), (Some(21), &[4])] {
        let mut began_late = Record::new()
            .hears(0, "C", "Cleo", Sound::NetworkRinging)
            .saw(20, "C", "Cleo", What::HungUp { by: By::Party })
            .saw(24, "B", "Ben", What::RingStarted)
            .saw(26, "B", "Ben", What::RingStopped);
        began_late.report.calls[2].created = s(23);
        let caller = &mut began_late.report.calls[0];
        (caller.ended, caller.end_told) = (Some(s(20)), told_at.map(s));
        began_late.report.api_answers_at = s(25);
        assert_eq!(began_late.broken(), promises);
    }
    let given_up = Record::new()
        .hears(61, "C", "Cleo", Sound::Speech("Nobody can be had".to_owned()))
        .saw(2, "B", "Ben", What::RingStarted)
        .saw(80, "B", "Ben", What::RingStopped);
    assert_eq!(given_up.broken(), [4]);
    let mut twice = Record::good().saw(2, "B", "Ben", What::RingStarted).saw(4, "B", "Ben", What::RingStopped);
    let again = like(&twice.report.calls[2], |call| {
        call.sid = "D".to_owned();
        call.created = s(5);
    });
    twice.report.calls.push(again);
    twice.report.calls[2].ended = Some(s(4));
    let twice = twice.saw(6, "D", "Ben", What::RingStarted).saw(7, "D", "Ben", What::RingStopped);
    assert_eq!(twice.broken(), [4]);
}

#[test]
fn promises_5_6_and_12() {
    let expected = Expectations { organisers: vec!["+15550000001".to_owned()], ..Expectations::default() };
    assert_eq!(Record::good().broken_of(&expected), [5]);
    let mut both = Record::good();
    both.report.calls[2].to = both.report.calls[1].to.clone();
    both.report.calls[2].created = s(1);
    assert_eq!(both.broken(), [5]);
    for (kind, promise) in [(ProblemKind::PlacedTwice, 6), (ProblemKind::Privacy, 12)] {
        let mut record = Record::good();
        record.report.problems.push(Problem { at: s(1), kind, detail: String::new() });
        assert_eq!(record.broken(), [promise]);
    }
}
