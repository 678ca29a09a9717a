//! Events: whatever an older or a later version has written, each is told in one sentence, every
//! output is whole, and the hash is that of the layout in `docs/RECORD.md`.
//!
//! An input is lines of JSON with an event's columns; what is no such line is an event of that cause.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use sharedphone::review::safe::is_invisible;
use sharedphone::review::story::Entry;
use sharedphone::review::words::tell;
use sharedphone::review::{html, json, terminal};
use sharedphone::store::{ChainLink, EventHash, GENESIS, event_hash};

use super::story::{at, story};
use super::tree::Element;

/// What stands in the page instead of texts, when only its form is looked at.
const PLAIN: &str = "x";

/// Tells, prints and hashes the events.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let entries: Vec<Entry> = (1..).zip(text.lines()).map(|(seq, line)| entry(seq, line)).collect();
    hashes(&entries);
    told(&entries);
    let texts: Vec<String> = [text.as_ref()].into_iter().chain(text.lines()).map(str::to_owned).collect();
    pages(&texts, &entries);
}

fn entry(seq: i64, line: &str) -> Entry {
    let columns: Map<String, Value> = serde_json::from_str(line).unwrap_or_default();
    let column = |name: &str| columns.get(name).and_then(Value::as_str).map(str::to_owned);
    Entry {
        seq,
        at: column("at").and_then(|at| at.parse().ok()).unwrap_or_else(at),
        subject: column("subject").unwrap_or_else(|| "call".to_owned()),
        organiser: column("organiser"),
        leg_sid: column("leg_sid"),
        from_status: column("from_status"),
        to_status: column("to_status"),
        cause: column("cause").unwrap_or_else(|| line.to_owned()),
        source: column("source").unwrap_or_default(),
        detail: columns.get("detail").and_then(Value::as_object).cloned().unwrap_or_default(),
        hash: String::new(),
    }
}

fn told(entries: &[Entry]) {
    let told = tell(entries);
    assert_eq!(told.len(), entries.len());
    for (told, entry) in told.iter().zip(entries) {
        assert_eq!((told.seq, told.at), (entry.seq, entry.at));
        assert!(told.sentence.len() > 1 && told.sentence.ends_with('.'), "no sentence: {}", told.sentence);
    }
}

fn pages(texts: &[String], entries: &[Entry]) {
    let full = story(texts, entries.to_vec());
    let page = terminal::show(&full, true);
    let odd: Vec<char> = page.chars().filter(|c| is_invisible(*c) && *c != '\n').collect();
    assert!(odd.is_empty(), "{odd:?} on a terminal");

    // An answer has as many lines as it was given; all else in the page stays as it is.
    let text = |text: &str| html::page(&story(&[text.replace(['\n', '\r'], " ")], entries.to_vec())).expect("a page");
    let [real, plain] = [&texts[0], PLAIN].map(|page| Element::read(&text(page)).skeleton());
    assert!(real == plain || texts[0].trim().is_empty(), "a text has changed the page: {:?}", texts[0]);

    let document: Value = serde_json::from_str(&json::text(&full).expect("a document")).expect("JSON");
    assert_eq!(document["call"]["caller"], *full.call.caller.as_ref().expect("a caller"));
    let causes: Vec<&Value> = document["entries"].as_array().expect("a list").iter().map(|e| &e["cause"]).collect();
    assert_eq!(causes, entries.iter().map(|entry| entry.cause.as_str()).collect::<Vec<_>>());
}

/// Each hash covers the one before.
fn hashes(entries: &[Entry]) {
    let mut previous = GENESIS.to_owned();
    for entry in entries {
        let at = entry.at.to_string();
        let detail = Value::Object(entry.detail.clone()).to_string();
        let link = ChainLink {
            seq: entry.seq,
            at: at.as_str(),
            subject: &entry.subject,
            ids_and_statuses: [
                entry.leg_sid.as_deref(),
                None,
                entry.organiser.as_deref(),
                entry.from_status.as_deref(),
                entry.to_status.as_deref(),
            ],
            cause: &entry.cause,
            source: &entry.source,
            detail: detail.as_str(),
        };
        let hash = event_hash(&previous, &link);
        assert_eq!(hash, by_the_layout(&previous, &link));
        let read: EventHash = hash.parse().expect("a hash");
        assert_eq!(read.to_string(), hash);
        previous = hash;
    }
}

/// The layout once more, from its description.
fn by_the_layout(previous: &str, link: &ChainLink<'_>) -> String {
    let seq = link.seq.to_string();
    let first = [Some(previous), Some(seq.as_str()), Some(link.at), Some(link.subject)];
    let last = [Some(link.cause), Some(link.source), Some(link.detail)];
    let mut hasher = Sha256::new_with_prefix("sharedphone-event-v1");
    for column in first.into_iter().chain(link.ids_and_statuses).chain(last) {
        match column {
            None => hasher.update([0]),
            Some(text) => {
                hasher.update([1]);
                hasher.update(u32::try_from(text.len()).expect("a short text").to_be_bytes());
                hasher.update(text);
            }
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
