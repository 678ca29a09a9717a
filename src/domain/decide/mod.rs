//! The rules: what follows from one input. `decide` is a pure function; the same house, input,
//! time and ids give the same decision.
//!
//! One file a matter: `caller` and `leg` answer Twilio's questions, `line` takes in what became of
//! a leg's line, `plan` says who is rung and `limits` how many, `loops` knows our own ringing, `settle` picks the winner and ends things, `together`
//! knows whether caller and winner met, `dial` rings the team without the outbox, `outbox` hands out commands and `results` takes in what
//! came of them, `errand` does what people want of the record, `entry` completes the events, `deadline` knows what is overdue, `orphans` which lines are nobody's, `service` starts and stops.

mod caller;
mod deadline;
mod dial;
mod draft;
mod entry;
mod errand;
mod leg;
mod limits;
mod line;
mod loops;
mod orphans;
mod outbox;
mod plan;
mod results;
mod service;
mod settle;
mod together;

#[cfg(test)]
mod tests;

pub use deadline::{Agenda, agenda};

use super::errand::Actor;
use super::event::Source;
use super::house::{Decision, House};
use super::ids::IdSource;
use super::input::Input;
use super::reply::Reply;
use super::settings::Settings;
use super::time::Timestamp;
use draft::Draft;

/// Says what follows from `input`, for a house as it is at `now`.
pub fn decide(
    house: &House,
    settings: &Settings,
    input: &Input,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> (Decision, Reply) {
    let mut draft = Draft::new(house, settings, now, source_of(input), ids);
    let reply = match input {
        Input::Caller(request) => Reply::Caller(caller::request(&mut draft, request)),
        Input::CallerStatus { call_sid, line } => {
            caller::status(&mut draft, call_sid, *line);
            Reply::Noted
        }
        Input::LeftToTwilio { call_sid } => {
            caller::left_to_twilio(&mut draft, call_sid);
            Reply::Noted
        }
        Input::Leg(request) => Reply::Leg(leg::request(&mut draft, request)),
        Input::LegStatus(report) => {
            line::report(&mut draft, report);
            Reply::Noted
        }
        Input::Claim { placements, total } => Reply::Claimed(outbox::claim(&mut draft, *placements, *total)),
        Input::CommandDone { id, result } => {
            results::done(&mut draft, *id, result);
            Reply::Noted
        }
        Input::LinesUp(lines) => Reply::Orphans(orphans::among(&mut draft, house, lines)),
        Input::Tick => {
            deadline::tick(&mut draft, house);
            Reply::Noted
        }
        Input::Errand { errand, by } => Reply::Errand(errand::run(&mut draft, errand, *by)),
        Input::Started(start) => {
            service::started(&mut draft, house, start);
            Reply::Noted
        }
        Input::CaughtUp(absence) => {
            service::caught_up(&mut draft, absence);
            Reply::Noted
        }
        Input::Stopping => {
            service::stopping(&mut draft);
            Reply::Noted
        }
    };
    plan::place_waiting(&mut draft);
    (draft.finish(), reply)
}

fn source_of(input: &Input) -> Source {
    match input {
        Input::Caller(_)
        | Input::CallerStatus { .. }
        | Input::LeftToTwilio { .. }
        | Input::Leg(_)
        | Input::LegStatus(_) => Source::Webhook,
        Input::Claim { .. } | Input::CommandDone { .. } => Source::Outbox,
        Input::LinesUp(_) => Source::Reconcile,
        Input::Tick | Input::CaughtUp(_) => Source::Timer,
        Input::Errand { by: Actor::Service, .. } => Source::Timer,
        Input::Errand { by: Actor::Uid(_), .. } | Input::Started(_) | Input::Stopping => Source::Cli,
    }
}
