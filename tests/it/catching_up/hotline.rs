//! A hotline whose operator is stepped by hand, on a clock that stands, with a disk that can be full; the
//! test is Twilio.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sharedphone::clock::{Clock, Hand, RandomIds};
use sharedphone::crash::fill_disk;
use sharedphone::domain::command::{CommandResult, Effect, LineFact};
use sharedphone::domain::ids::{CallSid, LegId};
use sharedphone::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegReport, LegRequest};
use sharedphone::domain::line::LineStatus;
use sharedphone::domain::phone::CallerId;
use sharedphone::domain::reply::{CallerReply, Reply};
use sharedphone::domain::settings::{Limits, Settings, Waiting};
use sharedphone::store;
use sharedphone::switchboard::{Operator, Switchboard};
use tempfile::TempDir;

use crate::client::call_sid;
use crate::queries::seed::configured;
use crate::stage;

pub struct Hotline {
    pub folder: TempDir,
    pub settings: Settings,
    pub clock: Clock,
    pub hand: Hand,
    pub switchboard: Switchboard,
    pub operator: Operator,
    /// Who was rung.
    pub legs: Vec<LegId>,
    /// What was heard so far, and from when to when the disk is full.
    pub heard: usize,
    pub full: std::ops::Range<usize>,
}

impl Hotline {
    /// Ada and Ben are on call.
    pub async fn open(limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings { waiting: Waiting::Ringing, limits, ..stage::settings() };
        let (clock, hand) = Clock::stepped("2026-11-20T08:00:00.000Z".parse().expect("a time"));
        let (switchboard, operator) =
            begin(&folder.path().join("sharedphone.db"), folder.path(), &settings, &clock).await;
        let (legs, heard, full) = (Vec::new(), 0, 0..0);
        let mut hotline = Self { folder, settings, clock, hand, switchboard, operator, legs, heard, full };
        hotline.starts().await;
        hotline
    }

    /// The service is killed and starts again.
    pub async fn dies(&mut self) {
        self.is_another_process().await;
        self.starts().await;
    }

    /// The same without a word: it knows only what is on disk.
    pub async fn is_another_process(&mut self) {
        (self.switchboard, self.operator) =
            begin(&self.database(), self.folder.path(), &self.settings, &self.clock).await;
    }

    async fn starts(&mut self) {
        self.hears(Input::Started(configured(&["Ada", "Ben"], 20, BTreeMap::new()))).await;
    }

    pub async fn hears(&mut self, input: Input) -> Reply {
        self.heard += 1;
        if !self.full.is_empty() {
            fill_disk(self.full.contains(&self.heard));
        }
        let works = async { while self.operator.step().await && self.operator.has_work() {} };
        let (reply, ()) = tokio::join!(self.switchboard.submit(input), works);
        reply.expect("it is taken in")
    }

    /// Time passes; what is due by then is done.
    pub async fn after(&mut self, seconds: u64) {
        self.hand.advance(self.clock.now() + Duration::from_secs(seconds));
        self.hears(Input::Tick).await;
        self.outbox().await;
    }

    /// The outbox sends what is due, and Twilio says yes.
    pub async fn outbox(&mut self) {
        let Reply::Claimed(claimed) = self.hears(Input::Claim { placements: 9, total: 9 }).await else {
            panic!("nothing was claimed")
        };
        for command in claimed {
            let result = self.twilio(&command.effect);
            self.hears(Input::CommandDone { id: command.id, result }).await;
        }
    }

    fn twilio(&mut self, effect: &Effect) -> CommandResult {
        let (sid, status) = match effect {
            Effect::Place { leg_id, .. } => {
                self.legs.push(*leg_id);
                (line(self.legs.len() - 1), LineStatus::Queued)
            }
            Effect::HangUp { sid, .. } => (sid.clone(), LineStatus::Canceled),
            Effect::Ask { sid } => (sid.clone(), LineStatus::InProgress),
            _ => return CommandResult::Redirected,
        };
        CommandResult::Line(LineFact {
            sid,
            status,
            answered_by: None,
            created_at: None,
            ended_at: None,
            outbound_api: true,
        })
    }

    pub async fn caller_asks(&mut self, call: usize, line: LineStatus) -> CallerReply {
        let Reply::Caller(reply) = self.hears(request(call, line)).await else { panic!("no reply for a caller") };
        reply
    }

    pub async fn caller_is(&mut self, call: usize, line: LineStatus) {
        self.hears(Input::CallerStatus { call_sid: caller_line(call), line }).await;
    }

    pub async fn leg_asks(&mut self, leg: usize, moment: LegMoment) {
        let (leg_id, sid) = (self.legs[leg], line(leg));
        self.hears(Input::Leg(LegRequest { leg_id, sid, line: LineStatus::InProgress, moment, by_dial: false })).await;
    }

    pub async fn leg_is(&mut self, leg: usize, status: LineStatus) {
        let (leg_id, sid) = (self.legs[leg], line(leg));
        self.hears(Input::LegStatus(LegReport { leg_id, sid, line: status, reason: None, by_dial: false })).await;
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("sharedphone.db")
    }

    pub fn spool(&self) -> PathBuf {
        self.folder.path().join("sharedphone.db.spool")
    }

    pub async fn sql(&self, query: &'static str) -> Vec<String> {
        crate::record::rows(&self.database(), query).await
    }
}

pub async fn begin(database: &Path, spool: &Path, settings: &Settings, clock: &Clock) -> (Switchboard, Operator) {
    let (writer, reader) = store::open(database).await.expect("a database");
    reader.close().await;
    let (switchboard, inbox) = Switchboard::new();
    let (spool, ids) = (stage::spool(spool), Box::new(RandomIds::default()));
    (switchboard, Operator::new(inbox, writer, spool, settings.clone(), clock.clone(), ids))
}

pub fn request(call: usize, line: LineStatus) -> Input {
    let (caller, moment) = (CallerId::new("+15557770001"), CallerMoment::Next);
    Input::Caller(CallerRequest { call_sid: caller_line(call), caller, forwarded_from: None, line, moment })
}

pub fn caller_line(call: usize) -> CallSid {
    call_sid(call).parse().expect("a SID")
}

fn line(leg: usize) -> CallSid {
    call_sid(1000 + leg).parse().expect("a SID")
}
