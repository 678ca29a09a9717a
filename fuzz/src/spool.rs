//! The spool: whatever a crash or a bad disk has made of the file, what is read is the beginning of what
//! was written, up to the first line that is not whole, and written anew it is the same bytes.
//!
//! An input is the place and the byte of a damage, then entries as lines of JSON, which get their sums here.

use sha2::{Digest, Sha256};
use sharedphone::spool::lines;
use sharedphone::spool::{Entry, Head, Spooled};

use super::fields::fields;

const ID: &str = "01a20358-1b40-7231-b320-84625d6a3934";

/// Reads the bytes as a spool's file, and as entries that are written, damaged and read.
pub fn check(bytes: &[u8]) {
    if let Ok(lines::Read { whole: Some(whole), .. }) = lines::read(bytes) {
        same_again(&whole.spooled);
    }
    let [place, byte, text] = fields(bytes);
    let text = String::from_utf8_lossy(text);
    let head = Head { id: ID.parse().expect("an id"), heard: Vec::new() };
    let entries: Vec<Entry> = text.split('\n').map_while(|line| serde_json::from_str(line).ok()).collect();
    let all_are_entries = entries.len() == text.split('\n').count();
    let spooled = Spooled { head, entries };

    match lines::read(&with_sums(&text)) {
        Ok(by_hand) => assert_eq!(by_hand.whole.expect("a head").spooled, spooled),
        Err(error) => assert!(!all_are_entries, "{error}"),
    }
    let whole = same_again(&spooled);
    let place = std::str::from_utf8(place).ok().and_then(|place| place.parse::<usize>().ok());
    damaged(&whole, &spooled, place.unwrap_or_default() % whole.len(), byte.first().copied());
}

/// Writes what was read, which is read as the same and then written as the same.
fn same_again(spooled: &Spooled) -> Vec<u8> {
    let bytes = written(spooled);
    let again = lines::read(&bytes).expect("what we write").whole.expect("a head");
    assert_eq!((&again.spooled, again.end), (spooled, bytes.len()));
    assert_eq!(written(&again.spooled), bytes);
    bytes
}

fn written(spooled: &Spooled) -> Vec<u8> {
    let (mut sum, mut text) = lines::head(&spooled.head).expect("JSON");
    for entry in &spooled.entries {
        let line;
        (sum, line) = lines::line(&sum, entry).expect("JSON");
        text.push_str(&line);
    }
    text.into_bytes()
}

/// The lines behind a head, each with its sum, which is computed once more from its description.
fn with_sums(text: &str) -> Vec<u8> {
    let head = format!("{{\"spool\":\"{ID}\"}}");
    let mut sum = "sharedphone spool 1".to_owned();
    let mut file = String::new();
    for json in [head.as_str()].into_iter().chain(text.split('\n')) {
        let digest = Sha256::digest(sum + json);
        sum = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        file += &format!("{sum} {json}\n");
    }
    file.into_bytes()
}

/// One byte is another, or the file ends there: the lines before are kept, and nothing else.
fn damaged(whole: &[u8], spooled: &Spooled, place: usize, byte: Option<u8>) {
    let mut file = whole.to_vec();
    match byte {
        Some(byte) if byte == file[place] => return,
        Some(byte) => file[place] = byte,
        None => file.truncate(place),
    }
    let lines = whole[..place].iter().filter(|byte| **byte == b'\n').count();
    let Ok(read) = lines::read(&file) else {
        assert!(place < "0123456789abcdef {".len(), "no line that has a sum of its own");
        return;
    };
    let kept = lines.checked_sub(1).map(|entries| spooled.entries[..entries].to_vec());
    assert_eq!(read.whole.map(|whole| whole.spooled.entries), kept, "{byte:?} at {place}");
    let is_cut_off = !file[place..].iter().any(|byte| matches!(byte, b'\n' | 0));
    assert_eq!(read.is_damaged, !is_cut_off, "{byte:?} at {place}");
}
