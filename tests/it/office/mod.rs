//! A hotline without Twilio, where people write and forget.

mod retention;
mod traces;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use sharedphone::clock::{Clock, RandomIds};
use sharedphone::domain::errand::{Actor, Basis, Errand};
use sharedphone::domain::ids::CallSid;
use sharedphone::domain::input::{CallerMoment, CallerRequest, Input, Start};
use sharedphone::domain::line::LineStatus;
use sharedphone::domain::note::Note;
use sharedphone::domain::phone::CallerId;
use sharedphone::domain::privacy::DataClass;
use sharedphone::domain::reply::Reply;
use sharedphone::store;
use sharedphone::switchboard::{Operator, Switchboard};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::client::call_sid;
use crate::stage;

/// A hotline whose calls are over as soon as they come, and where people write long notes.
struct Office {
    folder: TempDir,
    switchboard: Switchboard,
    operator: JoinHandle<store::Writer>,
    reader: store::Reader,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (writer, reader) = store::open(&folder.path().join("sharedphone.db")).await.expect("a database");
        let (switchboard, inbox) = Switchboard::new();
        let operator = Operator::new(
            inbox,
            writer,
            stage::spool(folder.path()),
            stage::settings(),
            Clock::system(),
            Box::new(RandomIds::default()),
        );
        let operator = tokio::spawn(operator.run());
        let office = Self { folder, switchboard, operator, reader };
        office.reports(Input::Started(Start::default())).await;
        office
    }

    async fn reports(&self, input: Input) {
        match self.switchboard.submit(input).await.expect("a reply") {
            Reply::Errand(answer) => answer.expect("it is done"),
            Reply::Noted | Reply::Caller(_) | Reply::Leg(_) | Reply::Claimed(_) | Reply::Orphans(_) => {}
        }
    }

    async fn does(&self, errand: Errand) {
        self.reports(Input::Errand { errand, by: Actor::Uid(1000) }).await;
    }

    /// A call about which somebody writes a text of that length.
    async fn call(&self, index: usize, length: usize) {
        let call_sid: CallSid = call_sid(index).parse().expect("a SID");
        let caller = CallerId::new(&format!("+1555888{index:04}"));
        let (line, moment) = (LineStatus::InProgress, CallerMoment::Next);
        self.reports(Input::Caller(CallerRequest {
            call_sid: call_sid.clone(),
            caller,
            forwarded_from: None,
            line,
            moment,
        }))
        .await;
        self.reports(Input::CallerStatus { call_sid: call_sid.clone(), line: LineStatus::Completed }).await;
        let description = Some(format!("{} {}", words(index), "x".repeat(length)));
        self.does(Errand::Note { call_sid, number: None, note: Box::new(Note { description, ..Note::default() }) })
            .await;
    }

    async fn erase(&self, index: usize) {
        let call_sid = call_sid(index).parse().expect("a SID");
        let classes = vec![DataClass::Numbers, DataClass::Notes];
        self.does(Errand::Erase { call_sid, classes, basis: Basis::Request }).await;
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("sharedphone.db")
    }

    /// How often these words are in the database's file, for each call.
    fn found(&self) -> BTreeMap<String, usize> {
        let file = fs::read(self.database()).expect("a file");
        let mut found = BTreeMap::new();
        for place in file.windows(6).enumerate().filter(|(_, window)| window == b"canary").map(|(place, _)| place) {
            let word = file.get(place..place + words(0).len()).unwrap_or_default();
            *found.entry(String::from_utf8_lossy(word).into_owned()).or_default() += 1;
        }
        found
    }

    async fn closes(self) -> TempDir {
        drop(self.switchboard);
        let writer = self.operator.await.expect("an operator");
        self.reader.close().await;
        writer.close().await.expect("it closes");
        self.folder
    }
}

fn words(index: usize) -> String {
    format!("canary {index:04}")
}
