//! Lines that Twilio has and no leg explains: left over from a database that was lost, or put back to an
//! older copy. Somebody's phone rings because of them, and nobody would take them back.

use std::time::Duration;

use serde_json::json;

use super::draft::Draft;
use crate::domain::event::Subject;
use crate::domain::house::House;
use crate::domain::ids::CallSid;
use crate::domain::input::LineUp;
use crate::domain::leg::Leg;

/// A younger line may be one whose request we are just making: Twilio's answer or its first webhook
/// says whose it is.
const OF_AGE: Duration = Duration::from_secs(15);

/// Which of these lines are to be hung up. Only lines to the team's phones: the account may place
/// other calls from the hotline's number.
pub(super) fn among(draft: &mut Draft<'_>, house: &House, lines: &[LineUp]) -> Vec<CallSid> {
    let orphans: Vec<CallSid> =
        lines.iter().filter(|line| is_orphan(draft, house, line)).map(|line| line.sid.clone()).collect();
    for sid in &orphans {
        draft.note(Subject::Service, "line.orphaned", json!({ "line": sid }));
    }
    orphans
}

fn is_orphan(draft: &Draft<'_>, house: &House, line: &LineUp) -> bool {
    let is_theirs = draft.organisers().iter().any(|organiser| organiser.number == line.to);
    // A leg whose line is not known yet is looked for by its own question.
    let may_be = |leg: &Leg| {
        leg.sid.is_none() && leg.ended_at.is_none() && leg.dialed_at.is_some() && leg.number.as_ref() == Some(&line.to)
    };
    is_theirs
        && draft.now >= line.created_at + OF_AGE
        && !draft.is_line_of_a_leg(&line.sid)
        && !house.legs().any(may_be)
}
