//! Tables: every cell reads back as exactly what was held, as the head of `review/csv.rs` says, is one
//! line, and is no formula to a spreadsheet.
//!
//! An input is some texts.

use csv::{ReaderBuilder, StringRecord};
use sharedphone::review::csv::{Table, cell, write};
use sharedphone::review::safe::is_invisible;

use super::story::story;

/// With what a formula begins.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Puts the texts into every table.
pub fn check(bytes: &[u8]) {
    let texts: Vec<String> =
        bytes.split(|byte| *byte == 0xff).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    for text in &texts {
        let shown = cell(text);
        harmless(&shown);
        assert_eq!(read_back(&shown), *text, "{shown:?}");
    }
    let story = story(&texts, Vec::new());
    for table in Table::ALL {
        let mut bytes = Vec::new();
        write(*table, [&story], &mut bytes).expect("memory can be written");
        let mut reader = ReaderBuilder::new().from_reader(bytes.as_slice());
        let rows: Vec<StringRecord> = reader.records().collect::<Result<_, _>>().expect("a table");
        assert_eq!(rows.len(), usize::from(*table != Table::Events), "{table}: rows of one story");
        rows.iter().flatten().for_each(harmless);
        let held = texts.iter().take(1).all(|text| rows.iter().flatten().any(|cell| read_back(cell) == *text));
        assert!(held || rows.is_empty(), "{table}: a text is missing");
    }
}

fn harmless(cell: &str) {
    assert!(!cell.chars().any(is_invisible), "{cell:?} has something that is not seen");
    let seen = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
    assert!(!seen.starts_with(FORMULA), "{cell:?} is a formula");
}

/// A cell as the head of the module says that it is to be read.
fn read_back(cell: &str) -> String {
    let mut rest = cell.strip_prefix('\'').unwrap_or(cell);
    let mut text = String::new();
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let (character, after) = match escape.chars().next() {
            Some('n') => ('\n', &escape[1..]),
            Some('r') => ('\r', &escape[1..]),
            Some('t') => ('\t', &escape[1..]),
            Some('\\') => ('\\', &escape[1..]),
            _ => {
                let (code, after) =
                    escape.strip_prefix("u{").and_then(|code| code.split_once('}')).expect("an escape is whole");
                let code = u32::from_str_radix(code, 16).expect("hexadecimal");
                (char::from_u32(code).expect("a character"), after)
            }
        };
        text.push(character);
        rest = after;
    }
    text + rest
}
