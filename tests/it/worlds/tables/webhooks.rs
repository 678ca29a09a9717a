//! The cells of Twilio's webhooks: each of them lost, late, twice, before what it follows from, after
//! the end, and in the name of another account.

use std::time::Duration;

use sharedphone::simulator::faults::{RestFault, RestTrouble, WebhookFault, WebhookTrouble, Which};

use super::stories::{self, Story};
use super::{Cell, Strikes};

/// Long after everybody has hung up.
const AFTER_THE_END: Duration = Duration::from_secs(150);

/// A webhook, and the story in which it comes.
#[derive(Clone, Copy)]
struct Webhook {
    name: &'static str,
    story: Story,
    outcome: &'static str,
    at: At,
    /// What usually comes before, and is held up or comes again where this one is to be first.
    after: Cause,
}

/// Where it comes to, and with which status.
type At = (&'static str, &'static str);

/// What a webhook follows from.
#[derive(Clone, Copy)]
enum Cause {
    /// A placement, whose answer comes late.
    Placement,
    /// Another webhook, which comes this much later, or once more then.
    Late(At, u64),
    Again(At, u64),
    /// Nothing: a call comes in.
    Nothing,
}

#[rustfmt::skip]
fn webhooks() -> Vec<Webhook> {
    use stories::{caller_leaves, caller_leaves_at_once, nobody, short_talk, taken_late, taken_while_it_rings as taken};
    use stories::taken_while_the_caller_waits_in_the_room as in_room;
    let of = |name, story, outcome, at, after| Webhook { name, story, outcome, at, after };
    const INCOMING: At = ("test/#", "");
    const JOIN: At = ("/join?", "");
    vec![
        of("a call comes in", taken as Story, "connected", INCOMING, Cause::Nothing),
        of("the caller has left", caller_leaves, "abandoned", ("/updates#", ""), Cause::Nothing),
        of("the caller has left at once", caller_leaves_at_once, "abandoned", ("/updates#", ""), Cause::Late(INCOMING, 4)),
        of("the caller asks again", taken_late, "connected", ("/caller/next", ""), Cause::Again(INCOMING, 5)),
        of("the caller waits in the room", in_room, "connected", ("/caller/room", ""), Cause::Again(INCOMING, 5)),
        of("the caller's room has closed", taken, "connected", ("/caller/after?", ""), Cause::Again(("/caller/room", ""), 20)),
        of("the caller presses a key", taken, "connected", ("/caller/key?", ""), Cause::Again(("/caller/after?", ""), 10)),
        of("a phone is picked up", taken, "connected", JOIN, Cause::Late(("/updates?", ""), 12)),
        of("an organiser presses 1", taken, "connected", ("/leg/key?", ""), Cause::Again(JOIN, 12)),
        of("an organiser presses nothing", nobody, "unanswered", ("/leg/no-key?", ""), Cause::Again(JOIN, 12)),
        of("an organiser is told who took it", taken, "connected", ("/leg/next?", ""), Cause::Again(JOIN, 12)),
        of("the winner waits in the room", taken, "connected", ("/leg/room?", ""), Cause::Again(("/leg/key?", ""), 12)),
        of("the winner's room has closed", short_talk, "connected", ("/leg/after?", ""), Cause::Again(("/leg/key?", ""), 12)),
        of("a leg is initiated", taken, "connected", ("/updates?", "initiated"), Cause::Placement),
        of("a leg rings", taken, "connected", ("/updates?", "ringing"), Cause::Late(("/updates?", "initiated"), 12)),
        of("a leg is answered", taken, "connected", ("/updates?", "in-progress"), Cause::Late(("/updates?", "ringing"), 12)),
        of("a leg has ended", taken, "connected", ("/updates?", "completed"), Cause::Late(("/updates?", "in-progress"), 60)),
        of("a leg is hung up", taken, "connected", ("/updates?", "canceled"), Cause::Late(("/updates?", "ringing"), 60)),
        of("a leg is not answered", nobody, "unanswered", ("/updates?", "no-answer"), Cause::Late(("/updates?", "ringing"), 60)),
        of("a leg is busy", caller_leaves, "abandoned", ("/updates?", "busy"), Cause::Late(("/updates?", "initiated"), 12)),
    ]
}

/// All of them.
pub fn cells() -> Vec<Cell> {
    webhooks().into_iter().flat_map(cells_of).collect()
}

fn cells_of(webhook: Webhook) -> Vec<Cell> {
    let is_status = webhook.at.0.starts_with("/updates");
    let late = WebhookTrouble::Delayed(Duration::from_secs(5));
    let after_the_end =
        if is_status { WebhookTrouble::Delayed(AFTER_THE_END) } else { WebhookTrouble::Doubled(AFTER_THE_END) };
    let mut troubles = vec![
        ("lost", Which::Nth(1), WebhookTrouble::Lost),
        ("its answer lost", Which::Nth(1), WebhookTrouble::AnswerLost),
        ("late", Which::Nth(1), late.clone()),
        ("always late", Which::All, late),
        ("twice", Which::All, WebhookTrouble::Doubled(Duration::ZERO)),
        ("twice, the second late", Which::All, WebhookTrouble::Doubled(Duration::from_secs(3))),
        ("after the end", Which::All, after_the_end),
        ("from another account too", Which::All, WebhookTrouble::FromAnotherAccountToo),
    ];
    if is_status {
        troubles.push(("always lost", Which::All, WebhookTrouble::Lost));
    }
    let mut cells: Vec<Cell> = troubles
        .into_iter()
        .map(|(name, which, trouble)| {
            let refuses = matches!(trouble, WebhookTrouble::FromAnotherAccountToo);
            Cell { refuses, ..cell(webhook, name, vec![fault(webhook.at, which, trouble)], Vec::new()) }
        })
        .collect();
    cells.extend(early(webhook));
    cells
}

/// It comes before what it follows from.
fn early(webhook: Webhook) -> Option<Cell> {
    let (seconds, name) = (Duration::from_secs, "before its cause");
    Some(match webhook.after {
        Cause::Nothing => return None,
        Cause::Placement => {
            let slow = RestFault::placing(Which::All, RestTrouble::Slow(seconds(7)), true);
            Cell { strikes: Strikes::Request, ..cell(webhook, name, Vec::new(), vec![slow]) }
        }
        Cause::Late(at, by) => {
            cell(webhook, name, vec![fault(at, Which::All, WebhookTrouble::Delayed(seconds(by)))], Vec::new())
        }
        Cause::Again(at, by) => {
            cell(webhook, name, vec![fault(at, Which::All, WebhookTrouble::Doubled(seconds(by)))], Vec::new())
        }
    })
}

fn fault((url, event): At, which: Which, trouble: WebhookTrouble) -> WebhookFault {
    WebhookFault { url_contains: url.to_owned(), event: event.to_owned(), callbacks: None, which, trouble }
}

fn cell(webhook: Webhook, name: &str, webhooks: Vec<WebhookFault>, rest: Vec<RestFault>) -> Cell {
    let mut plan = (webhook.story)();
    plan.webhook_trouble = !webhooks.is_empty();
    plan.rest_trouble = !rest.is_empty();
    plan.setting.faults.webhooks = webhooks;
    plan.setting.faults.rest = rest;
    Cell {
        operation: webhook.name,
        fault: name.to_owned(),
        plan,
        strikes: Strikes::Webhook,
        outcome: Some(webhook.outcome),
        refuses: false,
    }
}
