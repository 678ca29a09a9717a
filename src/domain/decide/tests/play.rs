//! What the tests of single matters do with a world, and what they look at.

use std::time::Duration;

use super::{World, fact, line_of, sid};
use crate::domain::call::Call;
use crate::domain::command::{Command, CommandKind, CommandResult, CommandStatus, Effect};
use crate::domain::event::Event;
use crate::domain::ids::LegId;
use crate::domain::input::{CallerMoment, Input, LegMoment};
use crate::domain::leg::{LegStatus, Reason};
use crate::domain::line::LineStatus;
use crate::domain::settings::{Screening, Waiting};

impl World {
    /// A call that rings: nobody's line is known yet.
    pub(super) fn rung() -> Self {
        let mut world = Self::new(Screening::Keypress, Waiting::Ringing);
        world.comes(1);
        world
    }

    /// A call that rings, with a line to each of the three organisers.
    pub(super) fn ringing() -> Self {
        let mut world = Self::rung();
        world.place();
        world
    }

    pub(super) fn comes(&mut self, call: usize) {
        self.caller_line(call, CallerMoment::Next, LineStatus::Ringing);
    }

    pub(super) fn leaves(&mut self, call: usize) {
        self.submit(Input::CallerStatus { call_sid: sid(call), line: LineStatus::Completed });
    }

    pub(super) fn takes(&mut self, leg: LegId) {
        self.organiser(leg, LegMoment::PickedUp(None));
        self.organiser(leg, LegMoment::Key("1".to_owned()));
    }

    pub(super) fn presses(&mut self, round: u32, key: &str) -> crate::domain::reply::CallerReply {
        self.caller(1, CallerMoment::Key { round: Some(round), key: key.to_owned() })
    }

    pub(super) fn row(&self, call: usize) -> Call {
        self.house.call(&sid(call)).cloned().expect("a call")
    }

    pub(super) fn stands(&self, leg: LegId) -> (LegStatus, Option<Reason>) {
        let leg = self.leg_row(leg);
        (leg.status, leg.reason)
    }

    /// The commands of one kind, the oldest first.
    pub(super) fn all(&self, kind: CommandKind) -> Vec<Command> {
        self.house.commands().filter(|command| command.kind == kind).cloned().collect()
    }

    /// Those of them that are not over, and for which leg.
    pub(super) fn open_for(&self, kind: CommandKind) -> Vec<Option<LegId>> {
        self.all(kind).iter().filter(|command| command.status.is_open()).map(|command| command.leg_id).collect()
    }

    /// The newest command of a kind: how far it has come, and what came of it.
    pub(super) fn newest(&self, kind: CommandKind) -> (CommandStatus, String) {
        let command = self.all(kind).pop().expect("a command of this kind");
        (command.status, command.result.unwrap_or_default())
    }

    /// Has everything sent that is due. What goes to Twilio, and what not yet has an answer.
    pub(super) fn sends(&mut self) -> Vec<Effect> {
        self.submit(Input::Claim { placements: 64, total: 64 });
        self.under_way.iter().map(|claimed| claimed.effect.clone()).collect()
    }

    /// Has everything sent that is due; Twilio answers the commands of this kind and no others.
    pub(super) fn twilio_says(&mut self, kind: CommandKind, result: &CommandResult) {
        self.submit(Input::Claim { placements: 64, total: 64 });
        let house = &self.house;
        let is_of_kind = |id| house.command(id).is_some_and(|command| command.kind == kind);
        let answered: Vec<_> = self.under_way.extract_if(.., |claimed| is_of_kind(claimed.id)).collect();
        assert!(!answered.is_empty(), "nothing of this kind is under way: {kind}");
        for claimed in answered {
            self.submit(Input::CommandDone { id: claimed.id, result: result.clone() });
        }
    }

    /// The causes of all that happened since there were that many events.
    pub(super) fn causes_since(&self, before: usize) -> Vec<&str> {
        self.events[before..].iter().map(|event| event.cause.as_str()).collect()
    }

    /// The last event of this cause.
    pub(super) fn last(&self, cause: &str) -> &Event {
        self.events.iter().rev().find(|event| event.cause == cause).expect("an event of this cause")
    }

    /// Goes on without a tick.
    pub(super) fn later(&mut self, seconds: f64) {
        self.now = self.now + Duration::from_secs_f64(seconds);
    }
}

/// The line of a leg is like this.
pub(super) fn line_is(leg: LegId, status: LineStatus) -> CommandResult {
    CommandResult::Line(fact(line_of(leg), status))
}
