//! A past: as many calls as are in a record after years. Each goes through the same rules, and is saved by the same
//! code, as any other, only faster than Twilio could bring it; one organiser is rung and takes it.

use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::task::JoinHandle;

use super::service;
use crate::app::parts;
use crate::clock::{Clock, Hand, RandomIds};
use crate::config::Config;
use crate::domain::command::{CommandResult, Effect, LineFact};
use crate::domain::ids::{CallSid, LegId};
use crate::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegReport, LegRequest};
use crate::domain::line::LineStatus;
use crate::domain::phone::CallerId;
use crate::domain::reply::Reply;
use crate::spool::Spool;
use crate::store::{self, Writer};
use crate::switchboard::{Operator, Switchboard};

/// How many calls are under way at once: as many as one transaction takes.
const WAVE: u32 = 128;

/// How many inputs are reported at once.
const AT_ONCE: usize = 1024;

/// Where the numbers of lines begin, callers' and legs': far from those of today's.
const CALLERS: u128 = 1 << 96;
const LEGS: u128 = 1 << 97;

/// How long ago the first of them was.
const YEARS: Duration = Duration::from_secs(5 * 365 * 24 * 3600);

/// A database with nothing but the past in it.
pub(super) struct History {
    database: PathBuf,
}

impl History {
    /// Makes it in this folder.
    pub(super) async fn make(folder: &Path, calls: u32) -> Result<Self> {
        let mut past = Past::begin(folder).await?;
        for first in (0..calls).step_by(WAVE as usize) {
            // Now and then, so that who waits sees that it goes on.
            if first % (WAVE * 100) == 0 {
                eprintln!("the past: {first} of {calls} calls");
            }
            let wave = WAVE.min(calls - first);
            let next = past.clock.now() + YEARS.mul_f64(f64::from(wave) / f64::from(calls));
            past.wave(wave).await?;
            ensure!(past.switchboard.is_fine(), "{} can't hold the past: is its disk full?", folder.display());
            past.hand.advance(next);
        }
        past.end().await?;
        Ok(Self { database: service::database(folder) })
    }

    /// Puts a copy of it there, for a service that is about to start in this folder.
    pub(super) fn put(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).context("no temporary folder")?;
        copy(&self.database, &service::database(folder)).context("no room for a copy of the past")
    }
}

/// Copies a database, and waits until the disk has it: it would be busy with that while it is measured.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)?;
    File::open(to)?.sync_all()?;
    Ok(())
}

/// The past while it goes on: an operator with a clock of its own.
pub struct Past {
    switchboard: Switchboard,
    operator: JoinHandle<Writer>,
    clock: Clock,
    hand: Hand,
    /// How many calls there were.
    calls: u32,
}

impl Past {
    /// Begins it, five years ago, in a new database in this folder.
    pub async fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).context("no temporary folder")?;
        let nowhere = "127.0.0.1:1";
        let text = service::configuration(folder, nowhere, &format!("http://{nowhere}"), 1);
        let config = Config::parse("history", &text, std::iter::empty())?;
        let (writer, reader) = store::open(&config.database.path).await?;
        reader.close().await;
        let (clock, hand) = Clock::stepped(Clock::system().now() - YEARS);
        let (switchboard, inbox) = Switchboard::new();
        let spool = Spool::open(&folder.join("history.spool"));
        let ids = Box::new(RandomIds::default());
        let operator = Operator::new(inbox, writer, spool, parts::settings(&config), clock.clone(), ids);
        let past = Self { switchboard, operator: tokio::spawn(operator.run()), clock, hand, calls: 0 };
        past.submit(Input::Started(parts::beginning(&config))).await?;
        Ok(past)
    }

    /// So many calls that come, are taken, talked and over, all at the same times. Each is eleven inputs.
    pub async fn wave(&mut self, calls: u32) -> Result<()> {
        let numbers = self.calls..self.calls + calls;
        self.calls = numbers.end;
        let callers: Vec<CallSid> =
            numbers.clone().map(|number| line(CALLERS | u128::from(number))).collect::<Result<_>>()?;
        self.all(callers.iter().map(|call| asks(call, LineStatus::Ringing, CallerMoment::Next))).await?;
        let phones = self.place(numbers).await?;
        for (seconds, line) in [(1, LineStatus::Ringing), (6, LineStatus::InProgress)] {
            self.later(seconds);
            self.all(phones.iter().map(|phone| phone.is(line))).await?;
        }
        for (seconds, moment) in [(0, LegMoment::PickedUp(None)), (3, LegMoment::Key("1".to_owned()))] {
            self.later(seconds);
            self.all(phones.iter().map(|phone| phone.asks(moment.clone()))).await?;
        }
        for moment in [CallerMoment::Next, CallerMoment::InRoom { greet: false }] {
            self.all(callers.iter().map(|call| asks(call, LineStatus::InProgress, moment.clone()))).await?;
        }
        self.all(phones.iter().map(|phone| phone.asks(LegMoment::InRoom))).await?;
        self.later(120);
        self.all(phones.iter().map(|phone| phone.is(LineStatus::Completed))).await?;
        let over = |call: &CallSid| Input::CallerStatus { call_sid: call.clone(), line: LineStatus::Completed };
        self.all(callers.iter().map(over)).await
    }

    /// Ends it as a service stops.
    pub async fn end(self) -> Result<()> {
        self.submit(Input::Stopping).await?;
        Ok(self.operator.await?.close().await?)
    }

    /// Has all phones rung that are to be rung.
    async fn place(&self, mut numbers: Range<u32>) -> Result<Vec<Phone>> {
        let claim = Input::Claim { placements: numbers.len(), total: numbers.len() };
        let Reply::Claimed(claimed) = self.submit(claim).await? else { bail!("no phone is to be rung") };
        let (mut phones, mut results) = (Vec::new(), Vec::new());
        for command in claimed {
            if let (Effect::Place { leg_id, .. }, Some(number)) = (command.effect, numbers.next()) {
                let line = line(LEGS | u128::from(number))?;
                let fact = LineFact {
                    sid: line.clone(),
                    status: LineStatus::Queued,
                    answered_by: None,
                    created_at: Some(self.clock.now()),
                    ended_at: None,
                    outbound_api: true,
                };
                results.push(Input::CommandDone { id: command.id, result: CommandResult::Line(fact) });
                phones.push(Phone { leg_id, line });
            }
        }
        self.all(results.into_iter()).await?;
        Ok(phones)
    }

    async fn all(&self, inputs: impl Iterator<Item = Input>) -> Result<()> {
        let replies = stream::iter(inputs).map(|input| self.submit(input)).buffer_unordered(AT_ONCE);
        replies.try_for_each(|_| async { Ok(()) }).await
    }

    async fn submit(&self, input: Input) -> Result<Reply> {
        self.switchboard.submit(input).await.context("the past could not be written")
    }

    fn later(&mut self, seconds: u64) {
        self.hand.advance(self.clock.now() + Duration::from_secs(seconds));
    }
}

fn asks(call: &CallSid, line: LineStatus, moment: CallerMoment) -> Input {
    let caller = CallerId::new("+15559990000");
    Input::Caller(CallerRequest { call_sid: call.clone(), caller, forwarded_from: None, line, moment })
}

/// The line of this number.
fn line(number: u128) -> Result<CallSid> {
    Ok(format!("CA{number:032x}").parse()?)
}

/// A leg, and its line.
struct Phone {
    leg_id: LegId,
    line: CallSid,
}

impl Phone {
    fn is(&self, line: LineStatus) -> Input {
        let (leg_id, sid) = (self.leg_id, self.line.clone());
        Input::LegStatus(LegReport { leg_id, sid, line, reason: None, by_dial: false })
    }

    fn asks(&self, moment: LegMoment) -> Input {
        let (leg_id, sid) = (self.leg_id, self.line.clone());
        Input::Leg(LegRequest { leg_id, sid, line: LineStatus::InProgress, moment, by_dial: false })
    }
}
