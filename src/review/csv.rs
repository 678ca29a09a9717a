//! Tables as CSV (RFC 4180: commas, CRLF, quotes where they are needed; UTF-8), safe to be opened
//! in a spreadsheet.
//!
//! What a cell holds is changed in two ways, so that it is one line and never a formula. To read
//! back exactly what was held: take off one leading apostrophe, then read the escapes `\\`, `\n`,
//! `\r`, `\t` and `\u{…}` (hexadecimal). An empty cell is nothing. Times are UTC.

mod rows;

use std::io::Write;

use csv::{Terminator, WriterBuilder};

use crate::domain::words::words;
use crate::review::safe::{is_invisible, safe};
use crate::review::story::CallStory;

words! {
    /// A table of the export.
    Table, "table" {
        /// The calls, one row each.
        Calls = "calls",
        /// The legs.
        Phones = "phones",
        /// The events.
        Events = "events",
        /// The notes, one row a revision.
        Notes = "notes",
        /// The spoken texts.
        Texts = "texts",
        /// The roster.
        Roster = "roster",
        /// Who has opened the record.
        Access = "access",
    }
}

/// Writes one table with its head and the rows of all these stories, in their order.
pub fn write<'a>(
    table: Table,
    stories: impl IntoIterator<Item = &'a CallStory>,
    out: impl Write,
) -> Result<(), csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(rows::SHARED.iter().copied().chain(rows::columns(table)))?;
    for story in stories {
        let call = [story.call.case_name.as_str(), story.call.call_sid.as_deref().unwrap_or_default()];
        for row in rows::of(table, story) {
            let cells = call.into_iter().chain(row.iter().map(String::as_str));
            writer.write_record(cells.map(cell))?;
        }
    }
    writer.flush()?;
    Ok(())
}

/// What a cell holds, on one line and never a formula.
pub fn cell(text: &str) -> String {
    let line = safe(&text.replace('\\', r"\\"));
    if wants_apostrophe(text) { format!("'{line}") } else { line }
}

/// Whether a spreadsheet could take the text for a formula, or its first sign for ours.
fn wants_apostrophe(text: &str) -> bool {
    let passed_over = |c: char| c.is_whitespace() || is_invisible(c) || "\"'`“”‘’„«»".contains(c);
    let inside = text.trim_start_matches(passed_over);
    inside.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        || text.starts_with('\'')
        || text.starts_with(|c: char| c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_a_text() {
        for (text, shown) in [
            ("Ada", "Ada"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+15550001", "'+15550001"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", r"'\t=1"),
            ("\rx", r"'\rx"),
            ("\0=1", r"'\u{0}=1"),
            ("  \" =1", "'  \" =1"),
            ("\u{feff}=1", r"'\u{feff}=1"),
            ("＝1", "'＝1"),
            ("'tis", "''tis"),
            (r"a\n", r"a\\n"),
            ("a\nb", r"a\nb"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), shown, "{text:?}");
        }
    }
}
