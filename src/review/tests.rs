//! One call told in every way, hostile texts in every field of it, and what a redaction must
//! leave out of every output.

mod hostile;
mod redaction;
pub mod sample;
mod sentences;
mod snapshots;
mod visit;

use std::io::{Cursor, Read};

use crate::review::bundle::{Bundle, Cover};
use crate::review::csv::Table;
use crate::review::story::{CallLine, CallStory, Level};
use crate::review::{csv, html, json, terminal};

/// Every output of a story, by name.
fn outputs(story: &CallStory) -> Vec<(String, String)> {
    let mut outputs = vec![
        ("terminal".to_owned(), terminal::show(story, true)),
        ("list".to_owned(), terminal::list(&[line(story)], story.time_zone)),
        ("html".to_owned(), html::page(story).expect("a page")),
        ("json".to_owned(), json::text(story).expect("a document")),
    ];
    outputs.extend(Table::ALL.iter().map(|table| (format!("{table}.csv"), table_text(*table, story))));
    outputs.extend(unpacked(&bundle(story)));
    outputs
}

fn line(story: &CallStory) -> CallLine {
    CallLine { call: story.call.clone(), has_note: story.counts().note_revisions > 0 }
}

fn table_text(table: Table, story: &CallStory) -> String {
    let mut bytes = Vec::new();
    csv::write(table, [story], &mut bytes).expect("a table");
    String::from_utf8(bytes).expect("UTF-8")
}

fn cover(story: &CallStory) -> Cover {
    Cover { level: story.level, made_at: sample::at(86_465.877), time_zone: story.time_zone }
}

fn bundle(story: &CallStory) -> Vec<u8> {
    let mut bundle = Bundle::new(Cursor::new(Vec::new()), cover(story));
    bundle.add(story).expect("a folder");
    bundle.finish(None).expect("an archive").into_inner()
}

fn unpacked(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let files = 0..archive.len();
    let files = files.map(|index| {
        let mut file = archive.by_index(index).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("UTF-8");
        (file.name().expect("a name").into_owned(), text)
    });
    files.collect()
}

#[test]
fn an_archive_holds_a_folder_a_call_and_is_the_same_to_the_byte_each_time() {
    let story = sample::story();
    let make = || {
        let mut bundle = Bundle::new(Cursor::new(Vec::new()), cover(&story));
        bundle.add(&story).expect("a folder");
        bundle.add(&story).expect("another of the same name");
        bundle.chain(["{\"seq\":1}"]).expect("a line");
        bundle.chain(["{\"seq\":2}"]).expect("and the next");
        bundle.finish(Some("{\"seq\":2}")).expect("an archive").into_inner()
    };
    assert_eq!(make(), make());
    let mut archive = zip::ZipArchive::new(Cursor::new(make())).expect("an archive");
    let time = archive.by_index(0).expect("a file").last_modified().expect("a time");
    assert_eq!(time.to_string(), "2026-11-23 13:18:04", "when it was made, in steps of two seconds");
    let files = unpacked(&make());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let folder = "timeline.html story.json calls.csv phones.csv events.csv notes.csv texts.csv roster.csv access.csv";
    let in_folder = |name: &str| folder.split(' ').map(|file| format!("{name}/{file}")).collect::<Vec<_>>();
    let mut expected = [in_folder("azure-meadow"), in_folder("azure-meadow_2")].concat();
    expected.extend(["chain.jsonl", "checkpoint.json", "HOW-TO-VERIFY.txt", "index.html"].map(str::to_owned));
    assert_eq!(names, expected);
    let text = |wanted: &str| files.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.clone());
    assert_eq!(text("chain.jsonl").as_deref(), Some("{\"seq\":1}\n{\"seq\":2}\n"));
    assert!(text("index.html").is_some_and(|index| index.contains("href=\"azure-meadow_2/timeline.html\"")));
}

#[test]
fn an_archive_takes_in_nothing_that_is_for_fewer_eyes() {
    let story = sample::story();
    let for_parties = Cover { level: Level::Parties, ..cover(&story) };
    let mut bundle = Bundle::new(Cursor::new(Vec::new()), for_parties);
    let refused = bundle.add(&story).expect_err("not redacted").to_string();
    assert_eq!(
        refused,
        "this call is redacted for team, but the archive is for parties; redact every call for the same eyes"
    );
    assert!(bundle.chain(["{}"]).is_err(), "the chain names lines and people");
}
