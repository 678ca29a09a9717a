//! What was appended is there, also after a crash at any byte.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::beside::beside;

fn entry(second: u32) -> Entry {
    let at = format!("2026-11-22T13:00:{second:02}.000Z").parse().expect("a time");
    Entry { at, ids: vec![Uuid::from_u128(u128::from(second))], input: Input::Tick }
}

fn head(id: &str) -> Head {
    Head { id: id.parse().expect("an id"), heard: vec![(Contact::Placed, entry(0).at)] }
}

const FIRST: &str = "01a20358-1b40-7231-b320-84625d6a3934";
const SECOND: &str = "01a20358-1b40-7231-b320-84625d6a3935";

#[tokio::test]
async fn what_was_appended_is_there_after_a_restart_until_it_is_cleared() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spool");
    let spool = Spool::open(&path);
    assert!(spool.is_empty() && spool.trouble().is_none());
    assert_eq!(spool.read().await.expect("read"), None);
    spool.append(head(FIRST), vec![entry(1), entry(2)]).await.expect("appended");
    spool.append(head(SECOND), vec![entry(3)]).await.expect("appended");
    let all = Some(Spooled { head: head(FIRST), entries: vec![entry(1), entry(2), entry(3)] });
    assert_eq!(spool.read().await.expect("read"), all);

    let again = Spool::open(&path);
    assert!(!again.is_empty());
    assert_eq!(again.read().await.expect("read"), all);
    again.clear().await.expect("cleared");
    assert!(fs::read(&path).expect("a file").iter().all(|byte| *byte == 0), "nothing is left of it");
    again.append(head(SECOND), vec![entry(4)]).await.expect("appended");
    assert_eq!(again.read().await.expect("read"), Some(Spooled { head: head(SECOND), entries: vec![entry(4)] }));
}

/// Where the first copy of a damaged spool is.
fn copy_of(path: &Path) -> PathBuf {
    beside(path, ".damaged-1")
}

/// What is in this file up to its room.
fn text(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a file").into_iter().take_while(|byte| *byte != 0).collect()
}

#[tokio::test]
async fn a_line_that_was_cut_off_ends_the_spool_and_the_next_one_overwrites_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spool");
    Spool::open(&path).append(head(FIRST), vec![entry(1), entry(2)]).await.expect("appended");
    let (whole, text) = (fs::read(&path).expect("a file"), text(&path));
    let ends: Vec<usize> = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    assert_eq!(ends.len(), 3, "a head and two entries");
    for at in 0..text.len() {
        let mut cut_off = whole.clone();
        cut_off[at..].fill(0);
        fs::write(&path, &cut_off).expect("written");
        let spool = Spool::open(&path);
        let whole_lines = ends.iter().filter(|end| at >= **end).count();
        let entries = spool.read().await.expect("read").map_or(0, |read| read.entries.len());
        assert_eq!((entries, copy_of(&path).exists()), (whole_lines.saturating_sub(1), false), "at byte {at}");
    }
    fs::write(&path, &whole[..ends[1] + 5]).expect("written");
    let cut = Spool::open(&path);
    cut.append(head(SECOND), vec![entry(5)]).await.expect("appended");
    let entries = cut.read().await.expect("read").expect("some").entries;
    assert_eq!(entries, [entry(1), entry(5)]);
}

#[tokio::test]
async fn of_a_damaged_spool_all_is_kept_and_what_can_be_read_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spool");
    Spool::open(&path).append(head(FIRST), vec![entry(1), entry(2), entry(3)]).await.expect("appended");
    let (whole, text) = (fs::read(&path).expect("a file"), text(&path));
    let ends: Vec<usize> = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let (flipped, lost) = ((0..text.len() - 1).step_by(3), (0..text.len() - 1).step_by(7));
    for (at, becomes_zero) in flipped.map(|at| (at, false)).chain(lost.map(|at| (at, true))) {
        let mut damaged = whole.clone();
        damaged[at] = if becomes_zero { 0 } else { damaged[at] ^ 1 };
        fs::write(&path, &damaged).expect("written");
        let spool = Spool::open(&path);
        let copy = copy_of(&path);
        let kept = if copy.exists() {
            let whole_lines = ends.iter().filter(|end| at >= **end).count();
            let entries = spool.read().await.expect("read").map_or(0, |read| read.entries.len());
            assert_eq!(entries, whole_lines.saturating_sub(1), "byte {at}");
            let kept = fs::read(&copy).expect("a copy");
            fs::remove_file(&copy).expect("removed");
            spool.append(head(SECOND), vec![entry(4)]).await.expect("appended");
            Spool::open(&path);
            assert!(!copy.exists(), "once");
            kept
        } else {
            assert!(spool.trouble().is_some_and(|trouble| trouble.contains("no spool")), "byte {at}");
            fs::read(&path).expect("the file").into_iter().take(text.len()).collect()
        };
        assert_eq!(kept, damaged[..text.len()], "byte {at}");
    }
}

#[tokio::test]
async fn what_is_no_spool_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sharedphone.toml");
    for text in ["[server]\n", "no end of a line", "0123456789abcdef is not alone\n", "\0\0\0 ftyp"] {
        fs::write(&path, text).expect("written");
        let spool = Spool::open(&path);
        assert!(spool.trouble().is_some_and(|trouble| trouble.contains("no spool")), "{text}");
        spool.append(head(FIRST), vec![entry(1)]).await.expect_err("nothing is put into it");
        assert_eq!(fs::read_to_string(&path).expect("the file"), text);
    }
}

#[tokio::test]
async fn who_removes_it_does_not_remove_what_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spool");
    let spool = Spool::open(&path);
    let mut all = Vec::new();
    for second in 1..4 {
        all.push(entry(second));
        spool.append(head(FIRST), vec![entry(second)]).await.expect("appended");
        assert_eq!(Spool::open(&path).read().await.expect("read").map(|read| read.entries), Some(all.clone()));
        fs::remove_file(&path).expect("removed");
    }
    assert_eq!(spool.read().await.expect("read").map(|read| read.entries), Some(all.clone()));
    let read = Spool::open(&path).read().await.expect("read");
    assert_eq!(read.map(|read| read.entries), Some(all.clone()), "by reading too");
    fs::remove_file(&path).expect("removed");
    fs::write(&path, "somebody's").expect("written");
    spool.append(head(FIRST), vec![entry(4)]).await.expect_err("another file is in its place");
    assert_eq!(spool.read().await.expect("read").map(|read| read.entries), Some(all), "it is open still");
    assert_eq!(fs::read_to_string(&path).expect("the file"), "somebody's");
}

#[tokio::test]
async fn what_an_older_spool_has_left_behind_is_not_read_as_the_next_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let [older, next] = ["older", "next"].map(|name| folder.path().join(name));
    Spool::open(&older).append(head(FIRST), vec![entry(1), entry(2)]).await.expect("appended");
    Spool::open(&next).append(head(SECOND), vec![entry(3)]).await.expect("appended");
    // As a crash leaves it when the older one is being overwritten: its first lines are gone, its last one is not.
    let (mut bytes, next) = (fs::read(&older).expect("a file"), fs::read(&next).expect("a file"));
    let begun = next.iter().position(|byte| *byte == 0).expect("room");
    bytes[..begun].copy_from_slice(&next[..begun]);
    fs::write(&older, &bytes).expect("written");
    let read = Spool::open(&older).read().await.expect("read").expect("some");
    assert_eq!(read, Spooled { head: head(SECOND), entries: vec![entry(3)] });
}

#[tokio::test]
async fn one_that_cannot_be_opened_says_so_and_refuses() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = Spool::open(&folder.path().join("no").join("spool"));
    assert!(spool.trouble().is_some() && spool.is_empty());
    assert!(spool.append(head(FIRST), vec![entry(1)]).await.is_err());
}

#[tokio::test]
async fn a_line_of_another_version_is_kept_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spool");
    let (sum, mut text) = lines::head(&head(FIRST)).expect("JSON");
    text.push_str(&lines::line(&sum, &serde_json::json!({ "of": "a later version" })).expect("JSON").1);
    fs::write(&path, &text).expect("written");
    let spool = Spool::open(&path);
    assert!(spool.trouble().is_some_and(|trouble| trouble.contains("does not understand")));
    assert!(spool.append(head(SECOND), vec![entry(1)]).await.is_err(), "it was acknowledged");
    spool.clear().await.expect_err("nor is it cleared");
    assert_eq!(fs::read_to_string(&path).expect("a file"), text);
}

#[tokio::test]
async fn what_comes_after_somebody_has_emptied_it_is_on_disk_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spool");
    for is_read_first in [true, false] {
        let spool = Spool::open(&path);
        spool.append(head(FIRST), vec![entry(1)]).await.expect("appended");
        fs::OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(0)).expect("emptied");
        if is_read_first {
            assert_eq!((spool.read().await.expect("read"), spool.is_empty()), (None, true));
        }
        spool.append(head(SECOND), vec![entry(2)]).await.expect("appended");
        let there = Some(Spooled { head: head(SECOND), entries: vec![entry(2)] });
        assert_eq!(Spool::open(&path).read().await.expect("read"), there);
        spool.clear().await.expect("cleared");
    }
}
