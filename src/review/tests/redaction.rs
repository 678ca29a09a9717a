//! What a redaction leaves out is in no output of any kind.

use super::visit::each_text;
use super::{outputs, sample};
use crate::review::redact::redacted;
use crate::review::story::{CallStory, Level};

/// The texts that the parties may read.
const FOR_PARTIES: &str = "call.call_sid call.case_name call.case_status call.expunge_on call.erased.class \
    call.at_twilio.what call.at_twilio.answer \
    phones.reason entries.subject entries.from_status entries.to_status entries.cause entries.hash \
    entries.detail.text entries.detail.set.reason entries.detail.set.outcome entries.detail.set.line \
    entries.detail.set.planned_at entries.detail.set.connected_at \
    notes.happened notes.place notes.ongoing notes.description notes.safe_now notes.follow_up \
    texts.version texts.prompt texts.language texts.words";

/// The sample with a text of its own in every field, and their places.
fn with_canaries() -> (CallStory, Vec<(String, String)>) {
    let mut story = sample::story();
    let mut canaries = Vec::new();
    each_text(&mut story, |place, field| {
        // Digits, so that particulars of an event are words by their shape.
        let canary = format!("canary.{:05}", 10_000 + canaries.len());
        field.clone_from(&canary);
        canaries.push((place.to_owned(), canary));
    });
    (story, canaries)
}

/// The places whose texts are in some output at this level.
fn seen(level: Level) -> (Vec<String>, Vec<String>) {
    let (story, canaries) = with_canaries();
    let outputs = outputs(&redacted(story, level));
    let is_seen = |canary: &str| outputs.iter().any(|(_, text)| text.contains(canary));
    let (mut seen, mut gone): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for (place, canary) in canaries {
        if is_seen(&canary) { seen.push(place) } else { gone.push(place) }
    }
    (seen, gone)
}

#[test]
fn the_team_sees_everything() {
    let (seen, gone) = seen(Level::Team);
    assert!(seen.len() > 100 && gone.is_empty(), "gone: {gone:?}");
}

#[test]
fn the_parties_see_what_is_meant_for_them() {
    let (seen, gone) = seen(Level::Parties);
    let meant: Vec<&str> = FOR_PARTIES.split_ascii_whitespace().collect();
    let too_much: Vec<_> = seen.iter().filter(|place| !meant.contains(&place.as_str())).collect();
    assert!(too_much.is_empty(), "seen: {too_much:?}");
    let missing: Vec<_> = meant.iter().filter(|place| !seen.iter().any(|seen| seen == *place)).collect();
    assert!(missing.is_empty(), "not seen: {missing:?}");
    assert!(gone.iter().any(|place| place == "phones.number"));
}

#[test]
fn the_public_sees_the_case_name() {
    let (seen, _) = seen(Level::Public);
    assert_eq!(seen, ["call.case_name"]);
}

fn texts(level: Level) -> Vec<(String, String)> {
    outputs(&redacted(sample::story(), level))
}

fn all_without(outputs: &[(String, String)], words: &[&str]) {
    for (name, text) in outputs {
        for word in words {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}

#[test]
fn of_the_sample_nothing_is_left_that_names_anybody() {
    let parties = texts(Level::Parties);
    let secret = [
        "Ada",
        "Bob",
        "Chidi",
        "dana",
        "id-of-",
        "CA-leg",
        "hl-room",
        "1555000",
        "Green jumper",
        "red scarves",
        "knows them",
        "board",
        "hallway track",
        "uid:",
        "copper",
        "5ea1",
    ];
    all_without(&parties, &secret);
    all_without(&texts(Level::Public), &secret);
    let terminal = &parties[0].1;
    assert!(terminal.contains("Caller       …42\n"), "{terminal}");
    assert!(terminal.contains("Somebody made a remark."));
}

#[test]
fn an_organiser_has_the_same_number_in_every_part() {
    let story = redacted(sample::story(), Level::Parties);
    let phones: Vec<&str> = story.phones.iter().map(|phone| phone.organiser.as_deref().unwrap_or_default()).collect();
    let [ada, bob, chidi] = ["Organiser 1", "Organiser 2", "Organiser 3"];
    assert_eq!(phones, [ada, bob, chidi, chidi, bob]);
    assert_eq!(story.roster.iter().map(|row| row.name.as_deref()).collect::<Vec<_>>(), [ada, bob, chidi].map(Some));
    assert_eq!(story.call.organiser.as_deref(), Some(ada));
    for (entry, original) in story.entries.iter().zip(sample::story().entries) {
        let same = |name: Option<&str>| match name {
            Some("Ada") => Some(ada),
            Some("Bob") => Some(bob),
            Some("Chidi") => Some(chidi),
            _ => None,
        };
        assert_eq!(entry.organiser.as_deref(), same(original.organiser.as_deref()));
        if original.cause == "plan" {
            assert_eq!(entry.detail["set"]["organiser_id"], same(original.organiser.as_deref()).expect("one of them"));
        }
    }
    assert_eq!(story.entries.len(), sample::story().entries.len() - 1, "who read it is not told");
}

/// An organiser who calls the hotline is not rung, and the record says why.
#[test]
fn the_parties_are_not_told_that_an_organiser_called() {
    let mut story = sample::story();
    let entry = &mut story.entries[2];
    "organiser".clone_into(&mut entry.subject);
    "not_rung".clone_into(&mut entry.cause);
    entry.detail.insert("reason".to_owned(), "own_call".into());
    assert!(outputs(&story).iter().any(|(_, text)| text.contains("from their own phone")));
    all_without(&outputs(&redacted(story, Level::Parties)), &["own phone", "own_call"]);
}

#[test]
fn the_public_sees_hours_and_counts() {
    let public = texts(Level::Public);
    let original = sample::story();
    for at in original.entries.iter().map(|entry| entry.at).chain([original.call.started_at]) {
        let minute = at.to_string()[13..19].to_owned();
        all_without(&public, &[&minute]);
    }
    all_without(&public, &[sample::CALL_SID, "1467", "24 min", "12.4"]);
    let terminal = &public[0].1;
    assert!(terminal.contains("Rung         5 phones in 2 rounds, 3 picked up"), "{terminal}");
    assert!(terminal.contains("in the hour from 13:00"), "{terminal}");
}

#[test]
fn what_was_taken_out_does_not_come_back() {
    let public = redacted(sample::story(), Level::Public);
    for level in Level::ALL {
        assert_eq!(redacted(public.clone(), *level), public, "{level}");
    }
    let parties = redacted(sample::story(), Level::Parties);
    assert_eq!(redacted(parties.clone(), Level::Team), parties);
    assert_eq!(redacted(parties, Level::Public), public);
}
