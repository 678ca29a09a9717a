//! What the values promise that no rule tests by the way: the words and forms in which they go to the
//! database, to Twilio and into a log, and what the house knows besides its calls.

use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::case_name::CaseName;
use super::command::{Claimed, Command, CommandKind, CommandResult, CommandStatus, Effect, LineFact, sealed_target};
use super::contact::{Contact, Contacts};
use super::errand::{Actor, Errand, ReadKind};
use super::event::Subject;
use super::fold::{CallFold, Told};
use super::house::{Change, Changes, Decision, Erasure, House};
use super::ids::{CallSid, CommandId, IdSource, LegId, OrganiserId, RoomName};
use super::input::{Input, LegMoment, LegReport, LegRequest, LineUp};
use super::line::LineStatus;
use super::note::Note;
use super::phone::{CallerId, PhoneNumber};
use super::privacy::{DataClass, Field, Identity, Salt, digest, text_version};
use super::reply::Prompt;
use super::texts::{Texts, ours};
use super::time::Timestamp;

struct Ids(u128);

impl IdSource for Ids {
    fn next(&mut self, _: Timestamp) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }
}

fn now() -> Timestamp {
    "2026-11-22T13:16:59.123Z".parse().expect("a time")
}

fn sid(digit: char) -> CallSid {
    format!("CA{}", digit.to_string().repeat(32)).parse().expect("a SID")
}

fn number() -> PhoneNumber {
    "+15550000001".parse().expect("a number")
}

fn salt() -> Salt {
    "a".repeat(32).parse().expect("a salt")
}

fn command(kind: CommandKind) -> Command {
    Command {
        id: CommandId::new(&mut Ids(0), now()),
        kind,
        call_sid: sid('1'),
        leg_id: None,
        target: Some(number().as_str().to_owned()),
        salt: Some(salt()),
        status: CommandStatus::Pending,
        tries: 0,
        created_at: now(),
        due_at: now(),
        deadline: now(),
        result: None,
    }
}

#[test]
fn values_are_written_as_they_are_read() {
    assert_eq!(CaseName::from_stored("amethyst-meadow".into()).to_string(), "amethyst-meadow");
    assert_eq!(number().as_str(), "+15550000001");
    assert_eq!(salt().as_str(), "a".repeat(32));
    assert!("a".repeat(31).parse::<Salt>().is_err() && "x".repeat(32).parse::<Salt>().is_err());
    let room = RoomName::new(&mut Ids(0), now());
    assert_eq!(serde_json::to_value(&room).ok(), Some(room.as_str().into()));
    assert!(room.as_str().len() > 30, "nobody can guess it");
}

#[test]
fn a_time_is_utc_to_the_millisecond() {
    let text = "2026-11-22T13:16:59.123Z";
    assert_eq!(
        (now().to_string(), format!("{:?}", now()), String::from(now())),
        (text.into(), text.into(), text.into())
    );
    assert_eq!((now() - Duration::from_secs(60)).to_string(), "2026-11-22T13:15:59.123Z");
}

#[test]
fn a_caller_rings_from_a_number_or_does_not() {
    assert!(CallerId::new("+15550000001").is(&number()));
    assert!(!CallerId::new("+15550000002").is(&number()));
}

#[test]
fn what_is_private_does_not_show_itself_in_debug_output() {
    let note = Note { description: Some("He shouted.".into()), ..Note::default() };
    assert_eq!(format!("{note:?} {:?}", CallerId::new("+15550000001")), "Note(…) CallerId(…)");
}

#[test]
fn digests_are_those_of_sha_256() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest("abc"), abc);
    assert_eq!(Identity { log_id: "one".into(), secret: "abc".into() }.secret_digest(), abc);
    let versions: BTreeSet<String> =
        [("a", "b", "c"), ("ab", "", "c"), ("a", "b", "d")].map(|(p, l, w)| text_version(p, l, w)).into();
    assert_eq!(versions.len(), 3);
    assert!(versions.iter().all(|version| version.len() == 16));
}

#[test]
fn texts_are_ours_or_those_that_replace_them_with_the_names_put_in() {
    let texts = Texts::new("helpline", [(Prompt::Goodbye, "Bye from {hotline}.".to_owned())].into());
    assert_eq!(texts.say(Prompt::Goodbye, None), "Bye from helpline.");
    assert_eq!(texts.say(Prompt::Taken, Some("Ada")), ours(Prompt::Taken).replace("{organiser}", "Ada"));
    assert!(texts.say(Prompt::Taken, None).starts_with("Somebody else has taken this call."));
    let all = texts.all("en");
    assert_eq!(all.iter().map(|text| text.prompt).collect::<Vec<_>>(), Prompt::ALL);
    let different: BTreeSet<&str> = all.iter().map(|text| text.words.as_str()).collect();
    assert_eq!(different.len(), Prompt::ALL.len());
}

#[test]
fn deeds_go_before_placements_before_questions_before_deletions() {
    let by_urgency = |urgency| CommandKind::ALL.iter().filter(move |kind| kind.urgency() == urgency).count();
    assert_eq!([0, 1, 2, 3].map(by_urgency), [4, 1, 3, 3]);
    let once: Vec<_> = CommandKind::ALL.iter().filter(|kind| !kind.is_repeatable()).collect();
    assert_eq!(once, [&CommandKind::Place]);
    let effect = Effect::Place { leg_id: LegId::new(&mut Ids(0), now()), to: number(), ring: Duration::ZERO };
    let claimed = |effect| Claimed { id: command(CommandKind::Place).id, effect };
    assert!(claimed(effect).is_placement() && !claimed(Effect::Ask { sid: sid('1') }).is_placement());
}

#[test]
fn a_target_is_told_as_it_is_unless_it_is_a_number() {
    assert_eq!(command(CommandKind::DeleteCall).told_target(), Some(number().as_str().to_owned()));
    let sealed = sealed_target(&salt(), number().as_str());
    assert_eq!(sealed, salt().seal("target", number().as_str()));
    assert_eq!(command(CommandKind::DeleteMessages).told_target(), Some(sealed));
}

#[test]
fn a_line_goes_from_rank_to_rank() {
    let ranks: Vec<u8> = LineStatus::ALL.iter().map(|status| status.rank()).collect();
    assert_eq!(ranks, [0, 1, 2, 3, 4, 4, 4, 4, 4]);
}

#[test]
fn an_input_says_what_it_concerns() {
    let leg_id = LegId::new(&mut Ids(0), now());
    let status = LineStatus::Ringing;
    let fact = |sid| LineFact { sid, status, answered_by: None, created_at: None, ended_at: None, outbound_api: true };
    let done = |result| Input::CommandDone { id: command(CommandKind::Place).id, result };
    let read = |kind| Input::Errand { errand: Errand::Read { kind, calls: Vec::new() }, by: Actor::Service };
    let note = Errand::Note { call_sid: sid('1'), number: None, note: Box::default() };
    let note = Input::Errand { errand: note, by: Actor::Service };
    let tag = Errand::Tag { call_sid: sid('2'), tags: Vec::new() };
    let tag = Input::Errand { errand: tag, by: Actor::Service };
    let leg = Input::Leg(LegRequest { leg_id, sid: sid('1'), line: status, moment: LegMoment::Next, by_dial: false });
    let report = Input::LegStatus(LegReport { leg_id, sid: sid('2'), line: status, reason: None, by_dial: false });
    let up = Input::LinesUp(vec![LineUp { sid: sid('3'), to: number(), created_at: now() }]);
    let caller = Input::CallerStatus { call_sid: sid('4'), line: status };

    assert_eq!((caller.call_sid(), tag.call_sid(), leg.call_sid()), (Some(&sid('4')), Some(&sid('2')), None));
    assert_eq!((note.notes_of(), tag.notes_of()), (Some(&sid('1')), None));
    assert_eq!((leg.leg_id(), report.leg_id(), caller.leg_id()), (Some(leg_id), Some(leg_id), None));
    assert!(read(ReadKind::Exported).is_an_export() && !read(ReadKind::Shown).is_an_export());
    assert!(leg.is_a_question() && !report.is_a_question(), "nobody's line waits for what becomes of a status");
    assert!(leg.can_wait_in_the_spool() && !up.can_wait_in_the_spool(), "it is only asked again");
    let one = done(CommandResult::Line(fact(sid('1'))));
    let two = done(CommandResult::Listed(vec![fact(sid('1')), fact(sid('2'))]));
    for (input, lines) in
        [(leg, "1"), (report, "2"), (up, "3"), (one, "1"), (two, "12"), (done(CommandResult::Unclear), "")]
    {
        let expected: Vec<CallSid> = lines.chars().map(sid).collect();
        assert_eq!(input.lines(), expected.iter().collect::<Vec<_>>(), "{input:?}");
    }
}

#[test]
fn a_subject_leads_to_its_organiser() {
    let id = OrganiserId::new(&mut Ids(0), now());
    assert_eq!(Subject::Organiser(None, id).organiser_id(), Some(id));
    assert_eq!(Subject::Service.organiser_id(), None);
}

#[test]
fn what_is_removed_is_to_leave_no_trace_in_the_file() {
    let erasure = Erasure { call_sid: sid('1'), classes: vec![DataClass::Notes] };
    let of = |kind, target: Option<&str>, stored| {
        let row = Command { target: target.map(str::to_owned), ..command(kind) };
        Changes { commands: vec![Change { row, stored }], ..Changes::default() }
    };
    let table = [
        (Changes::default(), false),
        (Changes { erasures: vec![erasure], ..Changes::default() }, true),
        (Changes { forgotten: vec![OrganiserId::new(&mut Ids(0), now())], ..Changes::default() }, true),
        (of(CommandKind::DeleteMessages, None, Some(())), true),
        (of(CommandKind::DeleteMessages, Some("+1555"), Some(())), false),
        (of(CommandKind::DeleteMessages, None, None), false),
        (of(CommandKind::DeleteCall, None, Some(())), false),
    ];
    for (changes, forgets) in table {
        assert_eq!(changes.forgets(), forgets, "{changes:?}");
        assert!(changes.is_empty(), "there is no event");
    }
}

#[test]
fn of_the_callers_who_were_gone_the_last_256_are_remembered_and_of_the_others_nobody_whose_line_is_down() {
    let gone = |count: u32| {
        let mut contacts = Contacts::new();
        for second in 0..count {
            let sid: CallSid = format!("CA{second:032x}").parse().expect("a SID");
            contacts.insert(Contact::Gone(sid), now() + Duration::from_secs(second.into()));
        }
        contacts.insert(Contact::Caller(sid('1')), now());
        House::new(Vec::new(), Vec::new(), Vec::new(), Vec::new(), Default::default(), contacts)
            .settled()
            .contacts()
            .clone()
    };
    assert_eq!(gone(255).len(), 255);
    assert_eq!(gone(256).len(), 256);
    let kept = gone(300);
    assert_eq!((kept.len(), kept.values().min()), (256, Some(&(now() + Duration::from_secs(44)))), "the oldest go");
    let mut house = House::default();
    for second in 0..2000 {
        let sid: CallSid = format!("CA{second:032x}").parse().expect("a SID");
        house.apply(
            Decision { contacts: vec![Contact::Gone(sid)], ..Decision::default() },
            now() + Duration::from_secs(second),
        );
        house = house.settled();
        assert!(house.contacts().len() <= 2 * 256, "again and again");
    }
    let at_once = (0..300).map(|n| (Contact::Gone(format!("CA{n:032x}").parse().expect("a SID")), now()));
    let contacts = Contacts::from_iter(at_once);
    assert_eq!(House::default().still_of_use(contacts).len(), 300, "nobody is the oldest");
}

#[test]
fn what_was_sealed_after_an_erasure_is_held() {
    let sealed = serde_json::json!({ "sealed": { "note": "digest" } });
    let erased = serde_json::json!({ "classes": ["notes"] });
    let mut fold = CallFold::default();
    for (seq, cause, detail) in [(1, "x", &sealed), (2, "record.erased", &erased), (3, "x", &sealed)] {
        let subject = Subject::Review(Some(sid('1'))).kind();
        let detail = detail.as_object().expect("an object");
        let told = Told { seq, subject, leg_id: None, from_status: None, to_status: None, cause, detail };
        assert_eq!(fold.take(&told), Ok(()));
    }
    let held = fold.held(|field| field.parse().ok().map(Field::class));
    assert_eq!(held.iter().map(|sealed| sealed.seq).collect::<Vec<_>>(), [3]);
}
