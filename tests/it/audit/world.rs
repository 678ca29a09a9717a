//! A hotline at which everything that may happen does, in random order: calls, keys, phones, Twilio's
//! answers, restarts, notes, erasures. What it leaves is an honest record.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use sharedphone::clock::{Clock, RandomIds};
use sharedphone::domain::command::{Claimed, CommandResult, Effect, LineFact};
use sharedphone::domain::errand::{Actor, Basis, Errand, ReadKind};
use sharedphone::domain::ids::{CallSid, LegId, OrganiserId};
use sharedphone::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegReport, LegRequest, Start};
use sharedphone::domain::line::{AnsweredBy, LineStatus};
use sharedphone::domain::note::{CaseStatus, Note};
use sharedphone::domain::organiser::RosterEntry;
use sharedphone::domain::phone::CallerId;
use sharedphone::domain::privacy::DataClass;
use sharedphone::domain::reply::Reply;
use sharedphone::domain::settings::{Screening, Settings, Waiting};
use sharedphone::domain::texts::Texts;
use sharedphone::store::{self, Reader};
use sharedphone::switchboard::{Operator, Switchboard};
use tempfile::TempDir;

use super::chance::Chance;
use crate::client::call_sid;
use crate::stage::{self, number};

/// A call has ended and is reviewed; what is erased of it.
const CLASSES: [&[DataClass]; 5] = [
    &[DataClass::Numbers],
    &[DataClass::Notes],
    &[DataClass::Numbers, DataClass::Notes],
    &[DataClass::Recordings],
    &[DataClass::Timeline],
];

/// The hotline.
pub struct World {
    pub chance: Chance,
    switchboard: Switchboard,
    operator: Operator,
    reader: Reader,
    clock: Clock,
    folder: TempDir,
    calls: Vec<CallSid>,
    legs: Vec<LegId>,
    under_way: Vec<Claimed>,
    starts: usize,
}

impl World {
    /// A new record, with everything that is random decided by `seed`, but for ids and times.
    pub async fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let folder = tempfile::tempdir().expect("a folder");
        let (writer, reader) = store::open(&folder.path().join("sharedphone.db")).await.expect("a database");
        let (switchboard, inbox) = Switchboard::new();
        let settings = Settings {
            screening: *chance.of(&[Screening::Keypress, Screening::Amd, Screening::None]),
            waiting: *chance.of(&[Waiting::Ringing, Waiting::Ringback, Waiting::Music]),
            ..stage::settings()
        };
        // A second of this world is a few milliseconds.
        let clock = Clock::faster(400.0);
        let operator = Operator::new(
            inbox,
            writer,
            stage::spool(folder.path()),
            settings,
            clock.clone(),
            Box::new(RandomIds::default()),
        );
        let (calls, legs, under_way) = (Vec::new(), Vec::new(), Vec::new());
        let mut world =
            Self { chance, switchboard, operator, reader, clock, folder, calls, legs, under_way, starts: 0 };
        let start = world.start();
        world.hears(vec![start]).await;
        world
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("sharedphone.db")
    }

    /// Lets so many batches of things happen.
    pub async fn goes_on(&mut self, batches: usize) {
        for _ in 0..batches {
            let inputs = (0..1 + self.chance.below(3)).filter_map(|_| self.something()).collect::<Vec<_>>();
            if !inputs.is_empty() {
                self.hears(inputs).await;
            }
            if self.chance.below(6) == 0 {
                self.clock.sleep(Duration::from_secs(8)).await;
            }
        }
    }

    /// An older copy is accepted.
    pub async fn is_restored(&mut self) {
        let errand = Errand::Restored { lost_to: 1, reason: "the disk broke".to_owned() };
        self.hears(vec![Input::Errand { errand, by: Actor::Service }]).await;
    }

    /// Stops the service; what is left is one file.
    pub async fn stops(self) -> TempDir {
        let Self { switchboard, operator, reader, folder, .. } = self;
        let (stopped, writer) = tokio::join!(switchboard.submit(Input::Stopping), operator.run());
        stopped.expect("a durable stop");
        reader.close().await;
        writer.close().await.expect("a clean end");
        folder
    }

    /// Reports all of these in one batch. What is refused is refused.
    async fn hears(&mut self, inputs: Vec<Input>) {
        let mut replies = pin!(join_all(inputs.into_iter().map(|input| self.switchboard.submit(input))));
        // A step may be one in which the operator tidies up.
        let replies = loop {
            tokio::select! {
                biased;
                replies = &mut replies => break replies,
                more = self.operator.step() => assert!(more),
            }
        };
        for reply in replies.into_iter().flatten() {
            if let Reply::Claimed(claimed) = reply {
                let placed = claimed.iter().filter_map(|claimed| match &claimed.effect {
                    Effect::Place { leg_id, .. } => Some(*leg_id),
                    _ => None,
                });
                self.legs.extend(placed);
                self.under_way.extend(claimed);
            }
        }
    }

    fn something(&mut self) -> Option<Input> {
        Some(match self.chance.below(40) {
            0..4 => self.caller(true),
            4..8 => self.caller(false),
            8..10 => Input::CallerStatus { call_sid: self.call()?, line: *self.chance.of(LineStatus::ALL) },
            10..16 => self.leg()?,
            16..21 => {
                let leg_id = self.a_leg()?;
                let line = *self.chance.of(LineStatus::ALL);
                Input::LegStatus(LegReport { leg_id, sid: line_of(leg_id), line, reason: None, by_dial: false })
            }
            21..26 => Input::Claim { placements: self.chance.below(4), total: 64 },
            26..31 => self.answer()?,
            31 => Input::Tick,
            32 => self.start(),
            33 => Input::CallerStatus { call_sid: self.call()?, line: LineStatus::Completed },
            _ => Input::Errand { errand: self.errand()?, by: *self.chance.of(&[Actor::Uid(1000), Actor::Service]) },
        })
    }

    fn caller(&mut self, new: bool) -> Input {
        if new || self.calls.is_empty() {
            self.calls.push(call_sid(self.calls.len() + 1).parse().expect("a SID"));
        }
        let call_sid = if new { self.calls[self.calls.len() - 1].clone() } else { self.chance.of(&self.calls).clone() };
        let round = Some(1 + u32::from(self.chance.below(3) == 0));
        let key = (*self.chance.of(&["1", "2", ""])).to_owned();
        let moments = [
            CallerMoment::Next,
            CallerMoment::InRoom { greet: true },
            CallerMoment::AfterRoom { round },
            CallerMoment::Key { round, key },
        ];
        let moment = if new { CallerMoment::Next } else { self.chance.of(&moments).clone() };
        let callers = ["+15557770001", "+15557770002", "anonymous", ""];
        let caller = CallerId::new(self.chance.of::<&str>(&callers));
        let line = *self.chance.of(&[LineStatus::Ringing, LineStatus::InProgress]);
        Input::Caller(CallerRequest { call_sid, caller, forwarded_from: None, line, moment })
    }

    fn leg(&mut self) -> Option<Input> {
        let leg_id = self.a_leg()?;
        let heard = *self.chance.of(&[None, Some(AnsweredBy::Human), Some(AnsweredBy::Machine)]);
        let key = (*self.chance.of(&["1", "1", "5"])).to_owned();
        let moments = [
            LegMoment::PickedUp(heard),
            LegMoment::Key(key),
            LegMoment::NoKey,
            LegMoment::Next,
            LegMoment::InRoom,
            LegMoment::AfterRoom,
        ];
        let moment = self.chance.of(&moments).clone();
        let sid = if self.chance.below(20) == 0 { call_sid(0xbad).parse().expect("a SID") } else { line_of(leg_id) };
        Some(Input::Leg(LegRequest { leg_id, sid, line: LineStatus::InProgress, moment, by_dial: false }))
    }

    /// What came of a command.
    fn answer(&mut self) -> Option<Input> {
        if self.under_way.is_empty() {
            return None;
        }
        let place = self.chance.below(self.under_way.len());
        let Claimed { id, effect } = self.under_way.remove(place);
        let line = match effect {
            Effect::Place { leg_id, .. } => line_of(leg_id),
            Effect::HangUp { sid, .. }
            | Effect::TellLeg { sid, .. }
            | Effect::TellCaller { sid }
            | Effect::Ask { sid } => sid,
            Effect::DeleteRecordings { sid } | Effect::DeleteCall { sid } => sid,
            Effect::Find { .. } | Effect::DeleteMessages { .. } => call_sid(0xf0).parse().expect("a SID"),
        };
        let status = *self.chance.of(LineStatus::ALL);
        let (answered_by, created_at, ended_at) = (None, None, None);
        let fact = LineFact { sid: line, status, answered_by, created_at, ended_at, outbound_api: true };
        let results = [
            CommandResult::Line(fact.clone()),
            CommandResult::Line(fact.clone()),
            CommandResult::Redirected,
            CommandResult::NotInProgress,
            CommandResult::Deleted,
            CommandResult::NotFound,
            CommandResult::Listed(vec![fact]),
            CommandResult::Rejected { code: 21211 },
            CommandResult::Busy { retry_after: None },
            CommandResult::Unreachable,
            CommandResult::Unclear,
        ];
        Some(Input::CommandDone { id, result: self.chance.of(&results).clone() })
    }

    /// The service starts, perhaps with another roster, other texts or another configuration.
    fn start(&mut self) -> Input {
        self.starts += 1;
        let size = 2 + self.chance.below(3);
        let entry = |index: usize| RosterEntry {
            name: format!("Organiser {index}"),
            number: number(index + 10 * (self.starts % 2)).parse().expect("a number"),
        };
        let roster = (0..size).map(entry).collect();
        let hotline = *self.chance.of(&["a", "b"]);
        let configuration = serde_json::json!({ "ring_seconds": 20 + self.chance.below(2) });
        let configuration = configuration.as_object().cloned().unwrap_or_default();
        Input::Started(Start { roster, configuration, texts: Texts::new(hotline, Default::default()).all("en") })
    }

    fn errand(&mut self) -> Option<Errand> {
        let call_sid = self.call()?;
        let number = (self.chance.below(2) == 0).then_some(1);
        let note = Note { description: Some(format!("said something {}", self.chance.below(1000))), ..Note::default() };
        let status = *self.chance.of(CaseStatus::ALL);
        let classes = self.chance.of(&CLASSES).to_vec();
        Some(match self.chance.below(12) {
            0 => Errand::Read { kind: *self.chance.of(ReadKind::ALL), calls: vec![call_sid] },
            1 => Errand::Read { kind: *self.chance.of(ReadKind::ALL), calls: Vec::new() },
            2 => Errand::Note { call_sid, number, note: note.into() },
            3 => Errand::Tag { call_sid, tags: vec!["one".to_owned(), "two".to_owned()] },
            4 => Errand::SetStatus { call_sid, status },
            5 => Errand::Hold { call_sid, reason: "a reason".to_owned() },
            6 => Errand::Release { call_sid },
            7 => Errand::ExpungeOn { call_sid, on: Some("2027-01-31".to_owned()) },
            8 => Errand::Forget { organiser_id: self.organiser()?, basis: Basis::Request },
            _ => Errand::Erase { call_sid, classes, basis: *self.chance.of(Basis::ALL) },
        })
    }

    fn organiser(&mut self) -> Option<OrganiserId> {
        let ids =
            super::sql::texts(&self.database(), "SELECT organiser_id FROM organisers WHERE retired_at IS NOT NULL");
        (!ids.is_empty()).then(|| self.chance.of(&ids).parse().expect("an id"))
    }

    fn call(&mut self) -> Option<CallSid> {
        (!self.calls.is_empty()).then(|| self.chance.of(&self.calls).clone())
    }

    fn a_leg(&mut self) -> Option<LegId> {
        (!self.legs.is_empty()).then(|| *self.chance.of(&self.legs))
    }
}

/// The line that Twilio gives a leg.
fn line_of(leg: LegId) -> CallSid {
    format!("CA{}", leg.to_string().replace('-', "")).parse().expect("a SID")
}

/// One consistent copy of a database that may be in use.
pub fn snapshot(database: &Path, copy: &Path) {
    let connection = super::sql::connect(database);
    connection.execute("VACUUM INTO ?1", [copy.to_str().expect("a path in UTF-8")]).expect("a copy");
}
