//! Owns phones that forward to the hotline: what rings them comes in as a call of its own, and the two
//! lines end together.

use super::{CallId, Status, World};
use crate::simulator::observation::By;
use crate::simulator::phone::Shows;

/// What makes a call a phone's forward.
#[derive(Debug, Clone)]
pub(super) struct Forward {
    /// The call that rang the phone.
    pub leg: CallId,
    /// The phone's number, if the network says that it was forwarded.
    pub by: Option<String>,
}

impl World {
    /// A phone that rings forwards the call to the hotline.
    pub(super) fn forward(&mut self, leg: CallId, shows: Shows, says_so: bool) {
        let own = self.calls[leg].to.clone();
        let from = match shows {
            Shows::WhoRang => self.calls[leg].from.clone(),
            Shows::Itself => own.clone(),
            Shows::Nobody => "anonymous".to_owned(),
        };
        let person = self.person_named(&format!("{}'s forward", self.name_of(leg)));
        self.call_hotline(person, from, Some(Forward { leg, by: says_so.then_some(own) }));
    }

    /// A forward that is answered has the phone answered.
    pub(super) fn forward_answered(&mut self, call: CallId) {
        if let Some(leg) = self.calls[call].forward.as_ref().map(|forward| forward.leg) {
            self.phone_answered(leg);
        }
    }

    /// A forward that is turned away makes the phone busy; and it ends when the phone is no longer rung.
    pub(super) fn forward_ends(&mut self, call: CallId) {
        let hung_up = |status| if status == Status::InProgress { Status::Completed } else { Status::Busy };
        if let Some(leg) = self.calls[call].forward.as_ref().map(|forward| forward.leg) {
            self.end(leg, hung_up(self.calls[leg].status), By::Network);
        }
        let of_this = |c: &super::Call| c.forward.as_ref().is_some_and(|forward| forward.leg == call);
        if let Some(forward) = self.calls.iter().position(of_this) {
            let status = match self.calls[forward].status {
                Status::InProgress => Status::Completed,
                _ => self.settings.rules.caller_leaves_as,
            };
            self.end(forward, status, By::Network);
        }
    }
}
