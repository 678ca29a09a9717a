//! Owns how the world is read and configured from outside.

use super::{Call, Line, Message, RestEntry, RoomState, Settings, World};
use crate::simulator::faults::Faults;
use crate::simulator::observation::Observation;
use crate::simulator::problem::Problem;
use crate::simulator::rules::Rules;

impl World {
    /// All that was observed so far, in order.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// All that was wrong so far.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Every call, in the order of creation.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Every conference, in the order of creation.
    pub fn rooms(&self) -> &[RoomState] {
        &self.rooms
    }

    /// Every text message, deleted ones too.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Every REST request.
    pub fn rest_log(&self) -> &[RestEntry] {
        &self.rest_log
    }

    /// What the world began with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The account's number.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The rules, to change them on the way.
    pub fn rules_mut(&mut self) -> &mut Rules {
        &mut self.settings.rules
    }

    /// The faults, to change them on the way.
    pub fn faults_mut(&mut self) -> &mut Faults {
        &mut self.settings.faults
    }

    /// Sets a field of the number, by its JSON name.
    pub fn set_line(&mut self, field: &str, value: &str) {
        self.line.fields.insert(field.to_owned(), value.to_owned());
    }

    /// How many requests to the application are unanswered.
    pub fn unanswered(&self) -> usize {
        self.tries.len()
    }

    /// Differs whenever something was observed, scheduled, noted or answered.
    pub fn version(&self) -> (usize, u64, usize, usize) {
        (self.observations.len(), self.timer_count, self.problems.len(), self.tries.len())
    }
}
