//! What is done with the inputs of a batch, whether the database takes it, memory stands in for that, or the spool is
//! taken in later: what they name, what each comes to, and who need not wait any more.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::error;

use super::SubmitError;
use crate::domain::call::CallStatus;
use crate::domain::decide::decide;
use crate::domain::house::{Changes, House};
use crate::domain::ids::{CallSid, IdSource};
use crate::domain::input::Input;
use crate::domain::reply::Reply;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::store::Named;

/// What these inputs name.
pub(super) fn named<'a>(
    inputs: impl Iterator<Item = &'a Input> + Clone,
    settings: &Settings,
    now: Timestamp,
) -> Named<'a> {
    let inputs = || inputs.clone();
    Named {
        calls: inputs().filter_map(Input::call_sid).collect(),
        legs: inputs().filter_map(Input::leg_id).collect(),
        lines: inputs().flat_map(Input::lines).collect(),
        notes_of: inputs().filter_map(Input::notes_of).collect(),
        start: inputs().any(|input| matches!(input, Input::Started(_))),
        look_back: settings.limits.look_back(now),
    }
}

/// Decides one input and applies it to the house. A panic is a fault of ours; it costs this
/// input its reply and leaves the house as it was.
pub(super) fn decide_one(
    house: &mut House,
    settings: &Settings,
    input: &Input,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<Reply, SubmitError> {
    let decided = catch_unwind(AssertUnwindSafe(|| decide(house, settings, input, now, ids)));
    match decided {
        Ok((decision, reply)) => {
            house.apply(decision, now);
            Ok(reply)
        }
        Err(_) => {
            error!("a fault in the rules; this input is refused");
            Err(SubmitError::Refused)
        }
    }
}

/// Whether no call is open, nor a phone.
pub(super) fn is_quiet(house: &House) -> bool {
    house.calls().all(|call| call.ended_at.is_some()) && house.legs().all(|leg| leg.ended_at.is_some())
}

/// The calls for which waiting is over, or for which Twilio could not be had to ring somebody.
pub(super) fn decided(changes: &Changes) -> Vec<CallSid> {
    let over = changes.calls.iter().map(|change| &change.row).filter(|call| call.status != CallStatus::Pending);
    let in_vain = changes.legs.iter().map(|change| &change.row).filter(|leg| leg.was_dialled_in_vain());
    over.map(|call| call.sid.clone()).chain(in_vain.map(|leg| leg.call_sid.clone())).collect()
}
