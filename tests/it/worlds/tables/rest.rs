//! The cells of Twilio's REST API: each operation with each answer that is none.

use std::time::Duration;

use sharedphone::simulator::faults::{Faults, RestFault, RestTrouble, WebhookFault, WebhookTrouble, Which};

use super::stories::{self, Story};
use super::{Cell, Strikes};

/// A request, and the story in which it is sent.
struct Operation {
    name: &'static str,
    story: Story,
    method: &'static str,
    path: &'static str,
    /// What its query or form has.
    has: &'static str,
    /// How the caller's call ends, whatever goes wrong with one of these requests.
    outcome: &'static str,
    /// How often it goes wrong where it does more than once.
    often: Which,
    /// What makes it necessary.
    before: fn(&mut Faults),
}

fn nothing(_: &mut Faults) {}

/// A placement is unclear, and its line is not there.
fn a_placement_is_lost(faults: &mut Faults) {
    faults.rest.push(RestFault::placing(Which::Nth(1), RestTrouble::Reset, false));
}

/// A placement is unclear, and its line is there without a word.
fn an_answer_is_lost(faults: &mut Faults) {
    faults.rest.push(RestFault::placing(Which::Nth(1), RestTrouble::Reset, true));
    let (lost, callbacks) = (WebhookTrouble::Lost, Some(true));
    let (url_contains, event) = ("/updates?".to_owned(), String::new());
    faults.webhooks.push(WebhookFault { url_contains, event, callbacks, which: Which::All, trouble: lost });
}

/// Who picked up can't be sent to another document, and is hung up.
fn a_redirect_is_refused(faults: &mut Faults) {
    faults.rest.push(RestFault { trouble: RestTrouble::Error(400, 21201), ..crate::stage::redirects_fail() });
}

#[rustfmt::skip]
fn operations() -> Vec<Operation> {
    use stories::{caller_leaves, erased, long_talk, nobody, taken_while_it_rings as taken};
    let all = || Which::All;
    // What is to be deleted is asked for until it is gone; twice is enough to see that.
    let twice = || Which::First(2);
    let of = |name, story, method, path, has, outcome, often, before| {
        Operation { name, story, method, path, has, outcome, often, before }
    };
    vec![
        of("place", taken as Story, "POST", "/Calls.json", "", "connected", all(), nothing as fn(&mut Faults)),
        of("hang up who rings", taken, "POST", "/Calls/CA", "Status=canceled", "connected", all(), nothing),
        of("hang up who picked up", caller_leaves, "POST", "/Calls/CA", "Status=completed", "abandoned", all(), a_redirect_is_refused),
        of("redirect a leg", taken, "POST", "/Calls/CA", "/twilio/leg/next", "connected", all(), nothing),
        of("redirect the caller", nobody, "POST", "/Calls/CA", "/twilio/caller/next", "unanswered", all(), nothing),
        of("fetch a line", long_talk, "GET", "/Calls/CA", "", "connected", all(), nothing),
        of("find a leg that is not there", taken, "GET", "/Calls.json", "To=", "connected", all(), a_placement_is_lost),
        of("find a leg that is there", taken, "GET", "/Calls.json", "To=", "connected", all(), an_answer_is_lost),
        of("list what is up", taken, "GET", "/Calls.json", "Status=", "connected", all(), nothing),
        of("list texts", erased, "GET", "/Messages.json", "", "connected", twice(), nothing),
        of("delete a text", erased, "DELETE", "/Messages/", "", "connected", twice(), nothing),
        of("list recordings", erased, "GET", "/Recordings.json", "", "connected", twice(), nothing),
        of("delete a recording", erased, "DELETE", "/Recordings/", "", "connected", twice(), nothing),
        of("delete a call", erased, "DELETE", "/Calls/CA", "", "connected", twice(), nothing),
    ]
}

/// What may go wrong, and whether the request may have taken effect.
fn troubles() -> Vec<(RestTrouble, bool)> {
    let none = [
        RestTrouble::TooManyRequests(None),
        RestTrouble::TooManyRequests(Some(2)),
        RestTrouble::Error(400, 21201),
        RestTrouble::Error(401, 20003),
        RestTrouble::Error(403, 20403),
        RestTrouble::Error(404, 20404),
        RestTrouble::Error(409, 20409),
        RestTrouble::Error(422, 20422),
        // Refused at once; a name that nobody knows, or an address that nobody answers at.
        RestTrouble::NoConnection(Duration::ZERO),
        RestTrouble::NoConnection(Duration::from_secs(2)),
    ];
    let either = [
        RestTrouble::Error(500, 20500),
        RestTrouble::Gateway,
        RestTrouble::Hang,
        RestTrouble::Reset,
        RestTrouble::Truncated,
        RestTrouble::WrongJson,
    ];
    let none = none.into_iter().map(|trouble| (trouble, false));
    let either = either.into_iter().flat_map(|trouble| [(trouble.clone(), true), (trouble, false)]);
    none.chain(either).chain([(RestTrouble::Slow(Duration::from_secs(7)), true)]).collect()
}

/// All of them: each operation, each trouble, once and again and again.
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for operation in operations() {
        for (trouble, took_effect) in troubles() {
            cells.push(cell(&operation, &trouble, took_effect, Which::Nth(1)));
            cells.push(cell(&operation, &trouble, took_effect, operation.often.clone()));
        }
    }
    cells
}

fn cell(operation: &Operation, trouble: &RestTrouble, took_effect: bool, which: Which) -> Cell {
    let once = matches!(which, Which::Nth(_));
    let fault = RestFault {
        method: operation.method.to_owned(),
        path_contains: operation.path.to_owned(),
        form_contains: operation.has.to_owned(),
        which: which.clone(),
        trouble: trouble.clone(),
        took_effect,
    };
    let mut plan = (operation.story)();
    let faults = &mut plan.setting.faults;
    faults.rest.push(fault);
    (operation.before)(faults);
    plan.webhook_trouble = !faults.webhooks.is_empty();
    plan.rest_trouble = true;
    let effect = if took_effect { "took effect" } else { "did not" };
    Cell {
        operation: operation.name,
        fault: format!("{trouble:?}, {effect}, {which:?}"),
        plan,
        strikes: Strikes::Request,
        outcome: once.then_some(operation.outcome),
        refuses: false,
    }
}
