//! A record that is written by hand: the rules and the store of the product, a clock that is set, and
//! a Twilio that says what it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use sharedphone::clock::RandomIds;
use sharedphone::domain::command::{Claimed, CommandResult, Effect, LineFact};
use sharedphone::domain::contact::Contacts;
use sharedphone::domain::decide::decide;
use sharedphone::domain::errand::{Actor, Errand};
use sharedphone::domain::ids::{CallSid, LegId};
use sharedphone::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegReport, LegRequest, Start};
use sharedphone::domain::line::LineStatus;
use sharedphone::domain::phone::CallerId;
use sharedphone::domain::reply::Reply;
use sharedphone::domain::settings::{Settings, Waiting};
use sharedphone::domain::time::Timestamp;
use sharedphone::store::ask::{Cell, Shell};
use sharedphone::store::{self, Named, Writer};
use tempfile::TempDir;

use crate::client::call_sid;
use crate::stage;

/// The lines of organisers have SIDs from here on.
const LEG_LINES: usize = 100_000;

pub struct House {
    pub folder: TempDir,
    pub settings: Settings,
    writer: Writer,
    shell: Shell,
    ids: RandomIds,
    contacts: Contacts,
    now: Timestamp,
    lines: BTreeMap<LegId, CallSid>,
    /// What Twilio says to the next placements of an organiser, where it does not simply place.
    pub placing: BTreeMap<&'static str, VecDeque<CommandResult>>,
}

impl House {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sharedphone.db");
        let (writer, reader) = store::open(&path).await.expect("a database");
        reader.close().await;
        let settings = Settings { texts: BTreeMap::new(), ..stage::settings() };
        Self {
            shell: Shell::open(&path).expect("a shell"),
            folder,
            settings,
            writer,
            ids: RandomIds::default(),
            contacts: Contacts::new(),
            now: "2026-11-20T08:00:00.000Z".parse().expect("a time"),
            lines: BTreeMap::new(),
            placing: BTreeMap::new(),
        }
    }

    /// Leaves the database's file whole, for others to read.
    pub async fn close(self) -> (TempDir, PathBuf) {
        drop(self.shell);
        self.writer.close().await.expect("a clean close");
        let path = self.folder.path().join("sharedphone.db");
        (self.folder, path)
    }

    pub fn at(&mut self, time: &str) {
        let at: Timestamp = time.parse().expect("a time");
        assert!(at >= self.now, "{time} is in the past");
        self.now = at;
    }

    pub fn after(&mut self, seconds: f64) {
        self.now = self.now + Duration::from_secs_f64(seconds);
    }

    pub async fn start(&mut self, start: Start) {
        self.settings.texts = start.texts.iter().map(|text| (text.prompt, text.version.clone())).collect();
        // Who starts anew remembers nothing.
        self.contacts = Contacts::new();
        self.hears(Input::Started(start)).await;
    }

    /// What the switchboard does with one input.
    pub async fn hears(&mut self, input: Input) -> Reply {
        let named = Named {
            calls: input.call_sid().into_iter().collect(),
            legs: input.leg_id().into_iter().collect(),
            lines: input.lines(),
            notes_of: input.notes_of().into_iter().collect(),
            start: matches!(input, Input::Started(_)),
            look_back: self.settings.limits.look_back(self.now),
        };
        let mut batch = self.writer.begin().await.expect("a transaction");
        let mut house = batch.load(&named, self.contacts.clone()).await.expect("a house");
        let (decision, reply) = decide(&house, &self.settings, &input, self.now, &mut self.ids);
        house.apply(decision, self.now);
        let changes = house.changes();
        if !changes.is_empty() {
            batch.save(&changes, self.now).await.expect("saved");
            batch.commit().await.expect("durable");
        }
        self.contacts = house.settled().contacts().clone();
        reply
    }

    pub async fn does(&mut self, by: u32, errand: Errand) {
        self.errand(Actor::Uid(by), errand).await;
    }

    pub async fn errand(&mut self, by: Actor, errand: Errand) {
        let reply = self.hears(Input::Errand { errand, by }).await;
        assert_eq!(reply, Reply::Errand(Ok(())));
    }

    /// A call comes in and hears what there is to be heard.
    pub async fn comes(&mut self, call: usize, from: &str) {
        let line = if self.settings.waiting == Waiting::Ringing { LineStatus::Ringing } else { LineStatus::InProgress };
        self.caller_asks(call, from, line, CallerMoment::Next).await;
        if line == LineStatus::InProgress {
            self.caller(call, CallerMoment::InRoom { greet: true }).await;
        }
        self.outbox().await;
        self.after(1.0);
        for leg in self.legs(call, "legs.status = 'dialing'") {
            self.leg_line(leg, LineStatus::Ringing).await;
        }
    }

    /// The caller's line, which is up, asks what is next.
    pub async fn caller(&mut self, call: usize, moment: CallerMoment) {
        self.caller_asks(call, "", LineStatus::InProgress, moment).await;
    }

    async fn caller_asks(&mut self, call: usize, from: &str, line: LineStatus, moment: CallerMoment) {
        let request =
            CallerRequest { call_sid: sid(call), caller: CallerId::new(from), forwarded_from: None, line, moment };
        self.hears(Input::Caller(request)).await;
    }

    /// The caller hangs up, and the phones that still ring for them stop.
    pub async fn caller_leaves(&mut self, call: usize) {
        self.hears(Input::CallerStatus { call_sid: sid(call), line: LineStatus::Completed }).await;
        self.outbox().await;
        for leg in self.legs(call, "legs.ended_at IS NULL") {
            self.leg_line(leg, LineStatus::Completed).await;
        }
    }

    /// An organiser's phone is picked up.
    pub async fn picks_up(&mut self, call: usize, who: &str) {
        self.leg(call, who, LegMoment::PickedUp(None)).await;
    }

    /// An organiser who has picked up presses a key; whoever is released by that is.
    pub async fn presses(&mut self, call: usize, who: &str, key: &str) {
        self.leg(call, who, LegMoment::Key(key.to_owned())).await;
        self.outbox().await;
    }

    /// What a leg's line asks.
    pub async fn leg(&mut self, call: usize, who: &str, moment: LegMoment) {
        let leg_id = self.leg_of(call, who);
        let request = LegRequest {
            leg_id,
            sid: self.lines[&leg_id].clone(),
            line: LineStatus::InProgress,
            moment,
            by_dial: false,
        };
        self.hears(Input::Leg(request)).await;
    }

    /// What becomes of an organiser's line.
    pub async fn line(&mut self, call: usize, who: &str, line: LineStatus) {
        self.leg_line(self.leg_of(call, who), line).await;
        self.outbox().await;
    }

    async fn leg_line(&mut self, leg_id: LegId, line: LineStatus) {
        let sid = self.lines.get(&leg_id).cloned().unwrap_or_else(|| self.new_line(leg_id));
        self.hears(Input::LegStatus(LegReport { leg_id, sid, line, reason: None, by_dial: false })).await;
    }

    /// A line that is not the leg's says that it is.
    pub async fn stranger(&mut self, call: usize, who: &str, line: LineStatus) {
        let report =
            LegReport { leg_id: self.leg_of(call, who), sid: sid(999_999), line, reason: None, by_dial: false };
        self.hears(Input::LegStatus(report)).await;
        self.outbox().await;
    }

    /// Sends what is due until nothing is.
    pub async fn outbox(&mut self) {
        loop {
            let Reply::Claimed(claimed) = self.hears(Input::Claim { placements: 100, total: 100 }).await else {
                panic!("no commands")
            };
            if claimed.is_empty() {
                return;
            }
            self.after(0.25);
            for command in claimed {
                let result = self.twilio(&command);
                self.hears(Input::CommandDone { id: command.id, result }).await;
            }
        }
    }

    /// What Twilio says to a command.
    fn twilio(&mut self, command: &Claimed) -> CommandResult {
        match &command.effect {
            Effect::Place { leg_id, .. } => {
                let said = self.placing.get_mut(self.name_of(*leg_id).as_str()).and_then(VecDeque::pop_front);
                said.unwrap_or_else(|| fact(self.new_line(*leg_id), LineStatus::Queued))
            }
            Effect::HangUp { sid, picked_up } => {
                fact(sid.clone(), if *picked_up { LineStatus::Completed } else { LineStatus::Canceled })
            }
            Effect::TellLeg { .. } | Effect::TellCaller { .. } => CommandResult::Redirected,
            Effect::Ask { sid } => fact(sid.clone(), LineStatus::Completed),
            Effect::DeleteMessages { .. } | Effect::DeleteRecordings { .. } | Effect::DeleteCall { .. } => {
                CommandResult::Deleted
            }
            Effect::Find { .. } => CommandResult::Listed(Vec::new()),
        }
    }

    fn new_line(&mut self, leg_id: LegId) -> CallSid {
        let line = sid(LEG_LINES + self.lines.len());
        self.lines.insert(leg_id, line.clone());
        line
    }

    fn leg_of(&self, call: usize, who: &str) -> LegId {
        let legs = self.legs(call, &format!("organisers.name = '{who}'"));
        *legs.last().unwrap_or_else(|| panic!("{who} has no leg in call {call}"))
    }

    fn legs(&self, call: usize, which: &str) -> Vec<LegId> {
        let found = format!(
            "SELECT leg_id FROM legs JOIN organisers USING (organiser_id)
              WHERE call_sid = '{}' AND {which} ORDER BY planned_at, leg_id",
            sid(call)
        );
        self.texts(&found).iter().map(|id| id.parse().expect("a leg id")).collect()
    }

    fn name_of(&self, leg_id: LegId) -> String {
        let name = format!("SELECT name FROM legs JOIN organisers USING (organiser_id) WHERE leg_id = '{leg_id}'");
        self.texts(&name).pop().expect("a name")
    }

    fn texts(&self, query: &str) -> Vec<String> {
        let table = self.shell.ask(query, &[], || false).expect(query);
        let text = |row: Vec<Cell>| match row.into_iter().next() {
            Some(Cell::Text(text)) => text,
            other => panic!("no text: {other:?}"),
        };
        table.rows.into_iter().map(text).collect()
    }
}

pub fn sid(call: usize) -> CallSid {
    call_sid(call).parse().expect("a SID")
}

fn fact(sid: CallSid, status: LineStatus) -> CommandResult {
    let nothing = LineFact { sid, status, answered_by: None, created_at: None, ended_at: None, outbound_api: true };
    CommandResult::Line(nothing)
}
