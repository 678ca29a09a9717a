//! One seed, one world: who has which phone, who calls when, how this Twilio behaves, what goes
//! wrong, and when the service dies.

use std::time::Duration;

use sharedphone::crash::Point;
use sharedphone::simulator::Rules;
use sharedphone::simulator::engine::Status;
use sharedphone::simulator::faults::{Faults, RestFault, RestTrouble, WebhookFault, WebhookTrouble, Which};
use sharedphone::simulator::phone::{BadNumber, Behaviour, Cue, Human, Phone, Press};
use sharedphone::simulator::problem::ProblemKind;

use super::network::Act;
use crate::draw::Draw;
use crate::stage::{Setting, number};

/// None of them can be read into the hex digits of an id.
const ORGANISERS: [&str; 5] = ["Ines", "Ben", "Noor", "Fay", "Gus"];
const CALLERS: [&str; 3] = ["Cleo", "Dan", "Kim"];

/// A whole world, before it begins.
pub struct Plan {
    pub seed: u64,
    pub setting: Setting,
    /// What people do at which time.
    pub acts: Vec<(Duration, Act)>,
    /// How the service dies, once for each of its lives but the last.
    pub deaths: Vec<Death>,
    /// How far the wall's clock is ahead of Twilio's, in seconds, at each start of the service: it may have been set.
    pub clocks: Vec<i64>,
    /// When the database's disk is full: from, to.
    pub full: Vec<(Duration, Duration)>,
    /// Whether messages get lost, late or doubled.
    pub webhook_trouble: bool,
    /// Whether requests to Twilio fail.
    pub rest_trouble: bool,
}

/// How the service dies.
#[derive(Debug, Clone, Copy)]
pub enum Death {
    /// At this hit of this point.
    At(Point, u32),
    /// So long after its start, wherever it is.
    After(Duration),
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut draw = Draw::new(seed ^ 0x5eed);
        let team = 1 + draw.below(ORGANISERS.len());
        let mut phones = Vec::new();
        for (index, name) in ORGANISERS.iter().take(team).enumerate() {
            phones.push(Phone::new(name, &number(index), organiser(&mut draw)));
        }
        let mut setting = Setting::with(std::iter::empty());
        let mut acts = Vec::new();
        let callers = 1 + draw.below(CALLERS.len());
        for (index, name) in CALLERS.iter().take(callers).enumerate() {
            phones.push(Phone::new(name, &format!("+1556000{index:04}"), caller(&mut draw)));
            let calls_at = if draw.happens(0.3) { Duration::from_millis(10) } else { draw.seconds(0.0, 40.0) };
            acts.push((calls_at, Act::Calls(name)));
            let stays = if draw.happens(0.4) { draw.seconds(0.5, 25.0) } else { draw.seconds(25.0, 150.0) };
            acts.push((calls_at + stays, Act::HangsUp(name)));
        }
        setting.phones = phones;
        modes(&mut draw, &mut setting);
        setting.rules = rules(&mut draw);
        let (webhook_trouble, rest_trouble) = (draw.happens(0.4), draw.happens(0.4));
        let webhooks = if webhook_trouble { webhook_faults(&mut draw) } else { Vec::new() };
        let rest = if rest_trouble { rest_faults(&mut draw) } else { Vec::new() };
        setting.faults = Faults::new(webhooks, rest);
        let lives = if draw.happens(0.4) { 1 + draw.below(2) } else { 0 };
        let mut deaths: Vec<Death> = (0..lives).map(|_| death(&mut draw)).collect();
        // Sooner, all tries are over before anybody could start the service again, as often as it dies.
        let spacing = Duration::from_millis([0, 250, 1000][deaths.len()]);
        setting.rules.retry_spacing = setting.rules.retry_spacing.max(spacing);
        setting.tolerate = vec![ProblemKind::Unreachable, ProblemKind::TooSlow, ProblemKind::BadStatus];
        let full = if draw.happens(0.3) { full_disk(&mut draw) } else { Vec::new() };
        if let (Some(first), false) = (deaths.first_mut(), full.is_empty())
            && draw.happens(0.6)
        {
            // Points that are only there while the disk is full, or just after.
            let point = draw.of(&[Point::BatchSpooled, Point::SpoolTakenIn, Point::SpoolCommitted]);
            *first = Death::At(point, 1);
        }
        let outage = draw.happens(0.15);
        if outage {
            setting.faults.rest.insert(0, no_placing(&mut draw));
            setting.rules.screened_dial_rings_on = draw.happens(0.5);
        }
        let rest_trouble = rest_trouble || outage;
        let clocks = clocks(&mut Draw::new(seed ^ 0xc10c), deaths.len());
        let mut plan = Self { seed, setting, acts, deaths, clocks, full, webhook_trouble, rest_trouble };
        if plan.loses_time() {
            // Whom we leave to hear ringing for 40 s, and for the time that is lost, is not to be cut off.
            plan.setting.rules.carrier_ring_limit = Duration::from_secs(120);
        }
        plan
    }

    /// When people do something for the last time.
    pub fn last_act(&self) -> Duration {
        self.acts.iter().map(|(at, _)| *at).max().unwrap_or_default()
    }

    /// Whether status callbacks may get lost.
    pub fn loses_callbacks(&self) -> bool {
        let mut faults = self.setting.faults.webhooks.iter();
        faults.any(|fault| matches!(fault.trouble, WebhookTrouble::Lost) && fault.callbacks != Some(false))
    }

    /// Whether one of Twilio's questions after the other may be late.
    pub fn delays_questions(&self) -> bool {
        let mut faults = self.setting.faults.webhooks.iter();
        faults.any(|fault| {
            let late = matches!(fault.trouble, WebhookTrouble::Delayed(_) | WebhookTrouble::BehindTheNext);
            late && fault.callbacks != Some(true) && !matches!(fault.which, Which::Nth(_))
        })
    }

    /// Whether the wall's clock is set back while nobody is there.
    pub fn loses_time(&self) -> bool {
        !self.clocks.is_sorted()
    }

    /// With what it is played, for whoever looks for a fault.
    pub fn setup(&self) -> String {
        let Setting { waiting, screening, ring_seconds, give_up_seconds, calls_per_second, .. } = &self.setting;
        let (rules, faults, env) = (&self.setting.rules, &self.setting.faults, &self.setting.env);
        format!(
            "{waiting}, {screening}, rings {ring_seconds} s, gives up after {give_up_seconds} s, \
             {calls_per_second} calls a second, {env:?}, clocks {:?}, full {:?}\n{rules:?}\n{:#?}\n{:#?}",
            self.clocks, self.full, faults.webhooks, faults.rest
        )
    }

    /// How many of the phones are organisers'.
    pub fn team(&self) -> usize {
        self.setting.phones.iter().filter(|phone| ORGANISERS.contains(&phone.name.as_str())).count()
    }
}

fn modes(draw: &mut Draw, setting: &mut Setting) {
    setting.waiting = draw.of(&["ringing", "ringback", "music"]);
    setting.screening = draw.of(&["keypress", "keypress", "keypress", "amd", "none"]);
    setting.ring_seconds = draw.of(&[8, 15, 20]);
    setting.give_up_seconds = draw.of(&[8, 30, 60]);
    setting.calls_per_second = draw.of(&[1, 3, 10]);
    setting.legs_per_number = 1;
    if draw.happens(0.15) {
        setting.env.push(("SHAREDPHONE__LIMITS__CONCURRENT_LEGS", draw.of(&["1", "2"]).to_owned()));
    }
}

fn organiser(draw: &mut Draw) -> Behaviour {
    match draw.below(16) {
        0..6 => human(draw, "press 1", "1"),
        6 => human(draw, "press 1", "2"),
        7 => Behaviour::Declines(draw.seconds(0.5, 6.0)),
        8 => Behaviour::Ignores,
        9 => Behaviour::Busy,
        10 => Behaviour::voicemail(draw.seconds(3.0, 18.0).as_secs_f64()),
        11 => Behaviour::PocketAnswer(draw.seconds(1.0, 10.0)),
        12 => Behaviour::Bad(draw.of(&[BadNumber::Refused(21211), BadNumber::Refused(21215), BadNumber::Fails])),
        13 => Behaviour::AnswersThenHangsUp {
            answers_after: draw.seconds(0.5, 10.0),
            hangs_up_after: draw.seconds(0.1, 6.0),
        },
        14 => Behaviour::CallScreener(None),
        _ => Behaviour::Human(Human {
            answers_after: draw.seconds(0.2, 15.0),
            presses: vec![Press { cue: Cue::After(draw.seconds(0.0, 4.0)), keys: "1".into() }],
            talks_for: Some(draw.seconds(0.5, 60.0)),
        }),
    }
}

fn human(draw: &mut Draw, text: &str, keys: &str) -> Behaviour {
    let answers_after = draw.seconds(0.1, 14.0).as_secs_f64();
    let behaviour = Behaviour::human_pressing(answers_after, text, keys);
    if draw.happens(0.6) { behaviour.talking_for(draw.seconds(0.3, 60.0).as_secs_f64()) } else { behaviour }
}

/// Some want the team rung again when they are cut off.
fn caller(draw: &mut Draw) -> Behaviour {
    if draw.happens(0.3) { Behaviour::human_pressing(1.0, "press 1", "1") } else { Behaviour::Manual }
}

fn rules(draw: &mut Draw) -> Rules {
    let ms = Duration::from_millis;
    Rules {
        pause_answers: draw.happens(0.3),
        carrier_ring_limit: draw.of(&[ms(60_000), ms(90_000)]),
        retry_spacing: draw.of(&[ms(50), ms(250), ms(1000)]),
        caller_leaves_as: draw.of(&[Status::NoAnswer, Status::Canceled, Status::Completed, Status::Failed]),
        cancel_in_progress_is_error: draw.happens(0.5),
        completed_ends_unanswered: draw.happens(0.5),
        list_lag: draw.of(&[ms(0), ms(0), ms(800)]),
        ring_timeout_extra: draw.of(&[ms(0), ms(5000)]),
        set_up: draw.of(&[ms(20), ms(300), ms(1500)]),
        dial_action_after_hangup: draw.happens(0.5),
        call_waiting: draw.happens(0.2),
        ..Rules::default()
    }
}

fn webhook_faults(draw: &mut Draw) -> Vec<WebhookFault> {
    let mut faults = Vec::new();
    for _ in 0..1 + draw.below(3) {
        let trouble = match draw.below(5) {
            0 => WebhookTrouble::Lost,
            1 => WebhookTrouble::AnswerLost,
            2 => WebhookTrouble::Delayed(draw.seconds(0.1, 6.0)),
            3 => WebhookTrouble::Doubled(draw.seconds(0.0, 3.0)),
            _ => WebhookTrouble::BehindTheNext,
        };
        // Lost documents are tried again; a few in a row would cut the line off, whoever is at fault.
        let loses = matches!(trouble, WebhookTrouble::Lost | WebhookTrouble::AnswerLost);
        let callbacks = if loses && draw.happens(0.7) { Some(true) } else { draw.of(&[None, Some(true), Some(false)]) };
        let which = match (loses, callbacks) {
            (true, Some(true)) | (false, _) => {
                draw.of(&[Which::All, Which::Chance(0.5), Which::Nth(1), Which::First(3)])
            }
            (true, _) => Which::Nth(1 + u32::try_from(draw.below(6)).expect("small")),
        };
        let event = if draw.happens(0.5) { "" } else { draw.of(&["ringing", "in-progress", "completed", "initiated"]) };
        faults.push(WebhookFault { url_contains: String::new(), event: event.into(), callbacks, which, trouble });
    }
    faults
}

fn rest_faults(draw: &mut Draw) -> Vec<RestFault> {
    let mut faults = Vec::new();
    for _ in 0..1 + draw.below(2) {
        let (trouble, sure) = match draw.below(9) {
            0 => (RestTrouble::TooManyRequests(draw.of(&[None, Some(1), Some(2)])), Some(false)),
            1 => (RestTrouble::Error(500, 20500), None),
            2 => (RestTrouble::Gateway, None),
            3 => (RestTrouble::Hang, None),
            4 => (RestTrouble::Reset, None),
            5 => (RestTrouble::Truncated, Some(true)),
            6 => (RestTrouble::WrongJson, Some(true)),
            7 => (RestTrouble::Slow(draw.seconds(0.2, 7.5)), Some(true)),
            _ => (RestTrouble::Error(400, 21211), Some(false)),
        };
        let took_effect = sure.unwrap_or_else(|| draw.happens(0.5));
        let (method, path_contains) = draw.of(&[("POST", "/Calls.json"), ("POST", "/Calls/CA"), ("GET", ""), ("", "")]);
        let which = draw.of(&[Which::Nth(1), Which::Nth(2), Which::First(2), Which::Chance(0.3), Which::Chance(0.7)]);
        faults.push(RestFault {
            method: method.into(),
            path_contains: path_contains.into(),
            form_contains: String::new(),
            which,
            trouble,
            took_effect,
        });
    }
    faults
}

/// For a while, or for ever, Twilio can't be told to ring anybody; or, for a while, it can't be told or asked anything.
fn no_placing(draw: &mut Draw) -> RestFault {
    let trouble = match draw.below(4) {
        0 => RestTrouble::NoConnection(draw.seconds(0.0, 3.0)),
        1 => RestTrouble::TooManyRequests(None),
        2 => RestTrouble::Gateway,
        _ => RestTrouble::Hang,
    };
    let all = draw.happens(0.5);
    // What Twilio never tells can't be known: the record of such a world would stay open.
    let longest = if all { Which::First(20) } else { Which::All };
    let which = draw.of(&[longest, Which::First(10), Which::First(40)]);
    let fault = RestFault::placing(which, trouble, false);
    if all { RestFault { method: String::new(), path_contains: String::new(), ..fault } } else { fault }
}

/// Full once or twice, for a moment or for a call's whole life.
fn full_disk(draw: &mut Draw) -> Vec<(Duration, Duration)> {
    let times = 1 + draw.below(2);
    let mut from = Duration::ZERO;
    let mut full = Vec::new();
    for _ in 0..times {
        from += draw.seconds(0.0, 50.0);
        let to = from + if draw.happens(0.5) { draw.seconds(0.05, 5.0) } else { draw.seconds(5.0, 90.0) };
        full.push((from, to));
        from = to;
    }
    full
}

/// Right at first; between two lives somebody may set it by an hour, or over the start of a call.
fn clocks(draw: &mut Draw, restarts: usize) -> Vec<i64> {
    let may_be_set = draw.happens(0.3);
    let later = (0..restarts).map(|_| if may_be_set { draw.of(&[0, 3600, -3600, -40, -5, 40]) } else { 0 });
    std::iter::once(0).chain(later).collect()
}

fn death(draw: &mut Draw) -> Death {
    if draw.happens(0.3) {
        return Death::After(draw.seconds(0.0, 60.0));
    }
    Death::At(draw.of(Point::ALL), 1 + u32::try_from(draw.below(12)).expect("small"))
}
