//! Every cause that the rules can write has a sentence of its own.

use serde_json::json;

use crate::domain::call::CallStatus;
use crate::domain::command::CommandKind;
use crate::domain::errand::ReadKind;
use crate::domain::leg::LegStatus;
use crate::domain::line::LineStatus;
use crate::domain::note::CaseStatus;
use crate::domain::reply::Prompt;
use crate::review::story::Entry;
use crate::review::words::tell;

/// What the rules write: the subject, the statuses to which it leads (none is a note) and the
/// cause. `*` stands for what the list behind it holds.
const WRITTEN: [(&str, &[&str], &str); 68] = [
    ("call", &["pending"], "call.comes_in"),
    ("call", &["pending", "active"], "key.1"),
    ("call", &["active"], "picked_up"),
    ("call", &["unanswered"], "timer.give_up"),
    ("call", &["unanswered"], "nobody_left"),
    ("call", &["unanswered"], "nobody_to_ring"),
    ("call", &["ended"], "call.from_ourselves"),
    ("call", &["ended"], "call.forwarded_by_organiser"),
    ("call", &["ended"], "call.was_over"),
    ("call", &[""], "call.limited"),
    ("call", &["ended"], "caller.left_to_twilio"),
    ("call", &["ended"], "twilio.not_found"),
    ("call", &["ended"], "twilio.*line"),
    ("call", &[""], "caller.enters_room"),
    ("call", &[""], "key.other"),
    ("call", &[""], "said.*prompt"),
    ("leg", &["planned"], "plan"),
    ("leg", &["planned"], "replace"),
    ("leg", &["planned"], "phone_free"),
    ("leg", &["planned", "failed"], "outbox.busy"),
    ("leg", &["planned", "failed"], "outbox.unreachable"),
    ("leg", &["dialing"], "outbox.place"),
    ("leg", &["dialing"], "line_found"),
    ("leg", &["dialing"], "caller.dial"),
    ("leg", &["no_answer"], "caller.dial_over"),
    ("leg", &["failed"], "outbox.too_late"),
    ("leg", &["unclear"], "outbox.unclear"),
    ("leg", &["unclear"], "outbox.interrupted"),
    ("leg", &["failed"], "twilio.absent"),
    ("leg", &["failed"], "twilio.error.21211"),
    ("leg", &["", "answered"], "twilio.picked_up"),
    ("leg", &["", "completed", "canceled", "declined"], "twilio.not_found"),
    ("leg", &["", "ringing", "answered", "completed", "declined", "busy", "no_answer", "failed"], "twilio.*line"),
    ("leg", &["canceled"], "twilio.*line"),
    ("leg", &["machine"], "twilio.answered_by_machine"),
    ("leg", &["joined"], "picked_up"),
    ("leg", &["joined"], "key.1"),
    ("leg", &["declined"], "key.none"),
    ("leg", &["declined"], "key.other"),
    ("leg", &["lost"], "answered_too_late"),
    ("leg", &["canceled", "lost"], "released.taken"),
    ("leg", &["canceled", "lost"], "released.caller_left"),
    ("leg", &["canceled", "lost"], "released.gave_up"),
    ("leg", &["canceled"], "released.off_roster"),
    ("leg", &[""], "stranger"),
    ("leg", &[""], "connected"),
    ("leg", &[""], "disconnected"),
    ("leg", &[""], "alone_in_room"),
    ("leg", &[""], "said.*prompt"),
    ("organiser", &[""], "not_rung"),
    ("organiser", &[""], "roster.*change"),
    ("organiser", &[""], "roster.forgotten"),
    ("service", &[""], "service.*moment"),
    ("service", &[""], "record.created"),
    ("service", &[""], "configuration.is"),
    ("service", &[""], "line.orphaned"),
    ("service", &[""], "texts.added"),
    ("call", &[""], "changed"),
    ("leg", &[""], "changed"),
    ("call", &[""], "command.*command"),
    ("leg", &[""], "command.*command"),
    ("review", &[""], "read.*reading"),
    ("review", &[""], "note.written"),
    ("review", &[""], "case.*case"),
    ("review", &[""], "record.erased"),
    ("review", &[""], "record.expunged"),
    ("review", &[""], "record.verified"),
    ("review", &[""], "record.restored"),
];

const REASONS: [&str; 12] = [
    "",
    "occupied",
    "taken",
    "caller_left",
    "gave_up",
    "no_key",
    "other_key",
    "absent",
    "unreachable",
    "off_roster",
    "twilio_21211",
    "sip_404",
];

/// A cause with what its `*` stands for.
fn causes(cause: &str) -> Vec<String> {
    let Some((head, list)) = cause.split_once('*') else { return vec![cause.to_owned()] };
    let steps = ["ordered", "resumed", "sent", "answered", "dropped"];
    let steps = |kind: &CommandKind| steps.map(|step| format!("{kind}.{step}"));
    let words: Vec<String> = match list {
        "line" => LineStatus::ALL.iter().map(ToString::to_string).collect(),
        "prompt" => Prompt::ALL.iter().map(ToString::to_string).collect(),
        "reading" => ReadKind::ALL.iter().map(ToString::to_string).collect(),
        "command" => CommandKind::ALL.iter().flat_map(steps).collect(),
        "change" => ["added", "changed", "removed"].map(str::to_owned).to_vec(),
        "moment" => ["started", "gap", "caught_up", "stopping"].map(str::to_owned).to_vec(),
        _ => {
            let done = ["tagged", "held", "released", "expunge_on"].map(str::to_owned);
            CaseStatus::ALL.iter().map(ToString::to_string).chain(done).collect()
        }
    };
    words.into_iter().map(|word| format!("{head}{word}")).collect()
}

fn entry(subject: &str, to: &str, cause: &str, reason: &str) -> Entry {
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    let detail = json!({ "set": { "outcome": "abandoned", "reason": reason } });
    Entry {
        seq: 1,
        at: super::sample::at(0.0),
        subject: subject.to_owned(),
        organiser: Some("Ada".to_owned()),
        leg_sid: None,
        from_status: None,
        to_status: Some(to.to_owned()).filter(|to| !to.is_empty()),
        cause: cause.to_owned(),
        source: "webhook".to_owned(),
        detail: detail.as_object().cloned().unwrap_or_default(),
        hash: String::new(),
    }
}

fn told(entry: &Entry) -> String {
    tell(std::slice::from_ref(entry)).remove(0).sentence
}

#[test]
fn every_cause_of_the_rules_has_a_sentence() {
    for (subject, statuses, cause) in WRITTEN {
        for (cause, status) in causes(cause).iter().flat_map(|cause| statuses.iter().map(move |to| (cause, to))) {
            for reason in REASONS {
                let sentence = told(&entry(subject, status, cause, reason));
                assert!(!sentence.contains("without words"), "{subject} {status} {cause}");
                assert!(sentence.ends_with('.') && !sentence.contains('_'), "{sentence}");
            }
        }
    }
}

#[test]
fn every_status_has_a_sentence_whatever_the_cause() {
    let statuses = |subject: &'static str| move |to: &'static str| (subject, to);
    let calls = CallStatus::ALL.iter().map(|status| status.as_str()).map(statuses("call"));
    let legs = LegStatus::ALL.iter().map(|status| status.as_str()).map(statuses("leg"));
    for (subject, to) in calls.chain(legs) {
        assert!(!told(&entry(subject, to, "of.tomorrow", "of_tomorrow")).contains("without words"), "{subject} {to}");
    }
}

/// The table above is made by hand; this finds what it has forgotten.
#[test]
fn the_table_has_every_cause_that_the_sources_name() {
    const RULES: [&str; 16] = [
        include_str!("../../domain/decide/caller.rs"),
        include_str!("../../domain/decide/deadline.rs"),
        include_str!("../../domain/decide/draft/commands.rs"),
        include_str!("../../domain/decide/draft/mod.rs"),
        include_str!("../../domain/decide/entry.rs"),
        include_str!("../../domain/decide/errand.rs"),
        include_str!("../../domain/decide/leg.rs"),
        include_str!("../../domain/decide/limits.rs"),
        include_str!("../../domain/decide/line.rs"),
        include_str!("../../domain/decide/loops.rs"),
        include_str!("../../domain/decide/orphans.rs"),
        include_str!("../../domain/decide/outbox.rs"),
        include_str!("../../domain/decide/plan.rs"),
        include_str!("../../domain/decide/results.rs"),
        include_str!("../../domain/decide/service.rs"),
        include_str!("../../domain/decide/settle.rs"),
    ];
    let known: Vec<String> = WRITTEN.iter().flat_map(|(_, _, cause)| causes(cause)).collect();
    let code = RULES.iter().flat_map(|text| text.lines()).filter(|line| !line.trim_start().starts_with("//"));
    let texts = code.flat_map(|line| line.split('"').skip(1).step_by(2));
    let is_cause = |text: &&str| text.contains('.') && !text.contains([' ', '/']);
    let named: Vec<&str> = texts.filter(is_cause).map(|text| text.split('{').next().unwrap_or_default()).collect();
    assert!(named.len() > 20, "{named:?}");
    for cause in named {
        assert!(
            known.iter().any(|known| known == cause || cause.ends_with('.') && known.starts_with(cause)),
            "{cause}"
        );
    }
}

#[test]
fn what_is_not_known_is_told_as_such() {
    let odd = Entry { from_status: Some("old".to_owned()), ..entry("leg", "older", "of.yesterday", "") };
    assert_eq!(told(&odd), "An event without words of its own: leg of Ada, of.yesterday, from old to older.");
    let strange = entry("weather", "", "it.rained", "");
    assert_eq!(told(&strange), "An event without words of its own: weather of Ada, it.rained.");
}

#[test]
fn a_sentence_knows_what_came_before() {
    let leg = |name: &str, to: &str, cause: &str, reason: &str| Entry {
        organiser: Some(name.to_owned()),
        ..entry("leg", to, cause, reason)
    };
    let entries = [
        leg("Ada", "joined", "key.1", ""),
        leg("Bob", "canceled", "twilio.canceled", "taken"),
        leg("Ada", "", "disconnected", ""),
        leg("Ada", "", "connected", ""),
        leg("Ada", "", "disconnected", ""),
        leg("Cleo", "lost", "released.taken", ""),
        leg("Cleo", "declined", "key.none", ""),
    ];
    let told: Vec<String> = tell(&entries).into_iter().map(|told| told.sentence).collect();
    assert_eq!(
        told,
        [
            "Ada pressed 1 and took the call.",
            "Bob’s phone was hung up: Ada had taken the call.",
            "Ada waited for the caller no longer.",
            "Ada and the caller were connected.",
            "Ada and the caller were no longer connected.",
            "Cleo had picked up, but had not taken the call yet: Ada had taken the call.",
            "Nobody pressed a key on Cleo’s phone; probably a voicemail.",
        ]
    );
}

/// A decision puts what has changed into its last event about a row.
#[test]
fn a_reason_is_found_in_a_later_event_of_the_same_moment() {
    let mut late = entry("leg", "lost", "answered_too_late", "");
    late.detail.clear();
    let said = entry("leg", "", "said.caller_left", "caller_left");
    let told = |entries: &[Entry]| tell(entries).remove(0).sentence;
    assert_eq!(told(&[late.clone(), said.clone()]), "Ada’s phone was picked up too late: the caller had left.");
    let later = Entry { at: super::sample::at(1.0), ..said.clone() };
    let other = Entry { organiser: Some("Bob".to_owned()), ..said };
    assert_eq!(told(&[late, other, later]), "Ada’s phone was picked up too late.");
}
