//! The rules, without anything around them: a world in which whatever arrives can arrive in any order, and what was
//! promised is checked after every step. `random` plays random histories, `cases` single ones that went wrong once,
//! `limits` what happens when many call, `errands` and `review` what people do to the record. The other files hold one
//! matter each, word by word and to the millisecond, where a promise leaves a choice.

mod answers;
mod callers;
mod cases;
mod deadlines;
mod dial;
mod errands;
mod limits;
mod lines;
mod organisers;
mod outages;
mod phones;
mod play;
mod random;
mod review;
mod service;
mod settling;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use super::{agenda, decide};
use crate::domain::call::{Call, CallStatus};
use crate::domain::columns::{of_call, of_leg};
use crate::domain::command::{Claimed, Command, CommandResult, Effect, LineFact};
use crate::domain::contact::Contacts;
use crate::domain::event::{Event, Subject};
use crate::domain::fold::{CallFold, Told};
use crate::domain::house::House;
use crate::domain::ids::{CallSid, CommandId, IdSource, LegId};
use crate::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegReport, LegRequest, Start};
use crate::domain::leg::{Leg, LegStatus};
use crate::domain::line::LineStatus;
use crate::domain::organiser::{Organiser, RosterEntry};
use crate::domain::phone::CallerId;
use crate::domain::reply::{CallerReply, Reply};
use crate::domain::settings::{Limits, Screening, Settings, Waiting};
use crate::domain::time::Timestamp;

/// One thing that happens; indices are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Caller(usize, CallerMoment, LineStatus),
    CallerStatus(usize, LineStatus),
    Leg(usize, LegMoment, bool),
    LegStatus(usize, LineStatus),
    Claim(usize),
    Answer(usize, Answer),
    Wait(u64),
    Restart,
}

/// What comes of a command that is under way.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Good(LineStatus),
    NotInProgress,
    NotFound,
    Nothing,
    Rejected,
    Busy,
    Unreachable,
    Unclear,
}

#[derive(Default)]
struct Ids(u128);

impl IdSource for Ids {
    fn next(&mut self, _: Timestamp) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }
}

struct World {
    house: House,
    settings: Settings,
    now: Timestamp,
    ids: Ids,
    under_way: Vec<Claimed>,
    /// Statuses as the events tell them.
    told: BTreeMap<String, &'static str>,
    /// The legs that Twilio may know of.
    lines: BTreeSet<LegId>,
    /// The legs that a caller's `<Dial>` rings.
    dialled: BTreeSet<LegId>,
    /// How often each leg was really placed, as far as anybody can know.
    placed: BTreeMap<LegId, u32>,
    seen: BTreeMap<LegId, LegStatus>,
    /// The events so far, played back.
    folds: BTreeMap<CallSid, CallFold>,
    seq: i64,
    events: Vec<Event>,
}

fn placed_leg(claimed: &Claimed) -> Option<LegId> {
    match &claimed.effect {
        Effect::Place { leg_id, .. } => Some(*leg_id),
        _ => None,
    }
}

fn sid(number: usize) -> CallSid {
    format!("CA{number:032x}").parse().expect("a SID")
}

fn line_of(leg: LegId) -> CallSid {
    let digits: String = leg.to_string().replace('-', "");
    format!("CA{digits}").parse().expect("a SID")
}

fn start() -> Start {
    Start { roster: roster(), ..Start::default() }
}

fn roster() -> Vec<RosterEntry> {
    let entry = |index: u32| RosterEntry {
        name: format!("Organiser {index}"),
        number: format!("+1555000{index:04}").parse().expect("a number"),
    };
    (1..=3).map(entry).collect()
}

impl World {
    fn new(screening: Screening, waiting: Waiting) -> Self {
        let settings = Settings {
            screening,
            waiting,
            ring: Duration::from_secs(20),
            give_up: Duration::from_secs(60),
            legs_per_number: Some(1),
            concurrent_legs: None,
            limits: Limits::default(),
            texts: BTreeMap::new(),
            hotline_number: "+15550006666".parse().expect("a number"),
        };
        let mut world = Self {
            house: House::default(),
            settings,
            now: "2026-11-22T13:00:00.000Z".parse().expect("a time"),
            ids: Ids::default(),
            under_way: Vec::new(),
            told: BTreeMap::new(),
            lines: BTreeSet::new(),
            dialled: BTreeSet::new(),
            placed: BTreeMap::new(),
            seen: BTreeMap::new(),
            folds: BTreeMap::new(),
            seq: 0,
            events: Vec::new(),
        };
        world.submit(Input::Started(start()));
        world
    }

    fn submit(&mut self, input: Input) -> Reply {
        let (decision, reply) = decide(&self.house, &self.settings, &input, self.now, &mut self.ids);
        for event in &decision.events {
            self.play_back(event);
            let Some(to) = event.to_status else { continue };
            let key = match &event.subject {
                Subject::Call(sid) => sid.to_string(),
                Subject::Leg(_, id) => id.to_string(),
                Subject::Organiser(..) | Subject::Service | Subject::Review(_) => unreachable!("has no status"),
            };
            let before = self.told.insert(key, to);
            assert_eq!(before, event.from_status, "each event goes on from the one before: {event:?}");
        }
        self.house.apply(decision, self.now);
        self.compare();
        if let Reply::Claimed(claimed) = &reply {
            self.lines.extend(claimed.iter().filter_map(placed_leg));
            self.under_way.extend(claimed.clone());
        }
        if let Reply::Caller(CallerReply::Dial { numbers, .. }) = &reply {
            self.lines.extend(numbers.iter().map(|(id, _)| *id));
            self.dialled.extend(numbers.iter().map(|(id, _)| *id));
        }
        reply
    }

    /// Plays an event back, as a verifier would.
    fn play_back(&mut self, event: &Event) {
        self.seq += 1;
        self.events.push(event.clone());
        let Some(sid) = event.subject.call_sid() else { return };
        let leg_id = event.subject.leg_id().map(|id| id.to_string());
        let told = Told {
            seq: self.seq,
            subject: event.subject.kind(),
            leg_id: leg_id.as_deref(),
            from_status: event.from_status,
            to_status: event.to_status,
            cause: &event.cause,
            detail: &event.detail,
        };
        assert_eq!(self.folds.entry(sid.clone()).or_default().take(&told), Ok(()), "{event:?}");
    }

    /// The events replay to the rows: promise 8.
    fn compare(&self) {
        for call in self.house.calls() {
            let row = self.folds.get(&call.sid).and_then(|fold| fold.call.as_ref()).expect("a played back call");
            assert_eq!((row.status.as_str(), &row.columns), (call.status.as_str(), &of_call(call)));
        }
        for leg in self.house.legs() {
            let fold = self.folds.get(&leg.call_sid).expect("a played back call");
            let row = fold.legs.get(&leg.id.to_string()).expect("a played back leg");
            assert_eq!((row.status.as_str(), &row.columns), (leg.status.as_str(), &of_leg(leg)));
        }
        for command in self.house.commands() {
            let fold = self.folds.get(&command.call_sid).expect("a played back call");
            let step = fold.commands.get(&command.id.to_string()).expect("a played back command");
            let told = (step.status.as_str(), step.tries, step.result.as_deref());
            assert_eq!(told, (command.status.as_str(), command.tries.into(), command.result.as_deref()));
        }
    }

    /// A leg that Twilio may know of.
    fn leg(&self, index: usize) -> Option<Leg> {
        let legs: Vec<&Leg> = self.house.legs().filter(|leg| self.lines.contains(&leg.id)).collect();
        (!legs.is_empty()).then(|| legs[index % legs.len()].clone())
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Caller(call, moment, line) => {
                let caller = CallerId::new("+15559990000");
                let request = CallerRequest {
                    call_sid: sid(call % 3),
                    caller,
                    forwarded_from: None,
                    line: *line,
                    moment: moment.clone(),
                };
                self.submit(Input::Caller(request));
            }
            Step::CallerStatus(call, line) => {
                self.submit(Input::CallerStatus { call_sid: sid(call % 3), line: *line });
            }
            Step::Leg(index, moment, stranger) => {
                let Some(leg) = self.leg(*index) else { return };
                let line = if *stranger { sid(0xbad) } else { line_of(leg.id) };
                self.submit(Input::Leg(LegRequest {
                    leg_id: leg.id,
                    sid: line,
                    line: LineStatus::InProgress,
                    moment: moment.clone(),
                    by_dial: self.dialled.contains(&leg.id),
                }));
            }
            Step::LegStatus(index, line) => {
                let Some(leg) = self.leg(*index) else { return };
                let report = LegReport {
                    leg_id: leg.id,
                    sid: line_of(leg.id),
                    line: *line,
                    reason: None,
                    by_dial: self.dialled.contains(&leg.id),
                };
                self.submit(Input::LegStatus(report));
            }
            Step::Claim(placements) => {
                self.submit(Input::Claim { placements: *placements, total: 64 });
            }
            Step::Answer(index, answer) => self.answer(*index, *answer),
            Step::Wait(seconds) => {
                self.now = self.now + Duration::from_secs(*seconds);
                self.submit(Input::Tick);
            }
            Step::Restart => self.restart(),
        }
    }

    fn answer(&mut self, index: usize, answer: Answer) {
        if self.under_way.is_empty() {
            return;
        }
        let claimed = self.under_way.remove(index % self.under_way.len());
        let result = self.result(&claimed, answer);
        self.submit(Input::CommandDone { id: claimed.id, result });
    }

    fn result(&mut self, claimed: &Claimed, answer: Answer) -> CommandResult {
        let may_have_acted = !matches!(answer, Answer::Busy | Answer::Unreachable | Answer::Rejected);
        let line = match &claimed.effect {
            Effect::Place { leg_id, .. } => {
                *self.placed.entry(*leg_id).or_default() += u32::from(may_have_acted);
                if !may_have_acted {
                    self.lines.remove(leg_id);
                }
                line_of(*leg_id)
            }
            Effect::HangUp { sid, .. } | Effect::TellLeg { sid, .. } => sid.clone(),
            Effect::TellCaller { sid } | Effect::Ask { sid } => sid.clone(),
            Effect::Find { .. } => return self.find(answer),
            Effect::DeleteMessages { .. } | Effect::DeleteRecordings { .. } | Effect::DeleteCall { .. } => {
                return if may_have_acted { CommandResult::Deleted } else { CommandResult::Unreachable };
            }
        };
        let redirects = matches!(claimed.effect, Effect::TellLeg { .. } | Effect::TellCaller { .. });
        match answer {
            Answer::Good(_) if redirects => CommandResult::Redirected,
            Answer::Good(status) => CommandResult::Line(fact(line, status)),
            Answer::NotInProgress if redirects => CommandResult::NotInProgress,
            Answer::NotInProgress | Answer::NotFound | Answer::Nothing => CommandResult::NotFound,
            Answer::Rejected => CommandResult::Rejected { code: 21211 },
            Answer::Busy => CommandResult::Busy { retry_after: None },
            Answer::Unreachable => CommandResult::Unreachable,
            Answer::Unclear => CommandResult::Unclear,
        }
    }

    fn find(&self, answer: Answer) -> CommandResult {
        let unclear = self.house.legs().find(|leg| leg.status == LegStatus::Unclear);
        match (answer, unclear) {
            (Answer::Good(status), Some(leg)) => CommandResult::Listed(vec![fact(line_of(leg.id), status)]),
            (Answer::Busy, _) => CommandResult::Busy { retry_after: None },
            (Answer::Unclear, _) => CommandResult::Unclear,
            _ => CommandResult::Listed(Vec::new()),
        }
    }

    /// What the database would have is all that is left.
    fn restart(&mut self) {
        self.under_way.clear();
        let calls: Vec<Call> = self.house.calls().cloned().collect();
        let legs: Vec<Leg> = self.house.legs().cloned().collect();
        let open: Vec<Command> = self.house.commands().filter(|open| open.status.is_open()).cloned().collect();
        let organisers: Vec<Organiser> = self.house.organisers().cloned().collect();
        self.house = House::new(calls, legs, open, organisers, self.house.past().clone(), Contacts::new());
        self.submit(Input::Started(start()));
    }

    fn check(&mut self) {
        for call in self.house.calls() {
            assert_eq!(self.told.get(call.sid.as_str()).copied(), Some(call.status.as_str()), "promise 8");
            let legs = || self.house.legs().filter(|leg| leg.call_sid == call.sid);
            for round in 1..=call.round {
                let winners = legs().filter(|leg| leg.round == round && leg.joined_at.is_some()).count();
                assert!(winners <= 1, "promise 2: {winners} winners");
            }
            if call.status != CallStatus::Pending {
                let planned = legs().find(|leg| leg.status == LegStatus::Planned);
                assert_eq!(planned, None, "promise 4: a decided call has a phone still to be rung");
            }
            assert_eq!(call.status == CallStatus::Ended, call.ended_at.is_some());
            assert_eq!(call.status == CallStatus::Ended, call.outcome.is_some());
        }
        for leg in self.house.legs() {
            assert_eq!(self.told.get(&leg.id.to_string()).copied(), Some(leg.status.as_str()), "promise 8");
            let before = self.seen.insert(leg.id, leg.status);
            let stays = before.is_none_or(|before| !before.is_terminal() || before == leg.status);
            assert!(stays, "a terminal status changed: {before:?} to {:?}", leg.status);
        }
        self.check_phones();
        if let Some(limit) = self.settings.limits.legs_per_hour {
            let rung = self.house.legs().filter(|leg| leg.is_spent(self.now)).count();
            assert!(rung <= limit as usize, "promise 5: {rung} phones in an hour");
        }
        assert!(self.placed.values().all(|times| *times <= 1), "promise 6: {:?}", self.placed);
    }

    /// From here on everything works: in the end nothing may be left hanging.
    fn calm_down(&mut self) {
        for call in 0..3 {
            self.submit(Input::CallerStatus { call_sid: sid(call), line: LineStatus::Completed });
        }
        for _ in 0..200 {
            self.submit(Input::Claim { placements: 64, total: 64 });
            while !self.under_way.is_empty() {
                self.answer(0, Answer::Good(LineStatus::Completed));
            }
            self.check();
            let next = agenda(&self.house, &self.settings);
            let Some(at) = [next.tick_at, next.placement_at, next.command_at].into_iter().flatten().min() else {
                break;
            };
            self.now = self.now.max(at);
            self.submit(Input::Tick);
        }
        let hanging: Vec<&Leg> = self.house.legs().filter(|leg| leg.ended_at.is_none()).collect();
        assert!(hanging.is_empty(), "promise 4: {hanging:?}");
        let live: Vec<&Call> = self.house.calls().filter(|call| call.status != CallStatus::Ended).collect();
        assert!(live.is_empty(), "{live:?}");
        let open: Vec<CommandId> = self.house.commands().filter(|open| open.status.is_open()).map(|c| c.id).collect();
        assert!(open.is_empty(), "{open:?}");
    }
}

fn fact(sid: CallSid, status: LineStatus) -> LineFact {
    LineFact { sid, status, answered_by: None, created_at: None, ended_at: None, outbound_api: true }
}
