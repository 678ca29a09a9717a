//! Answers on paper: as a table for eyes, as JSON, as CSV. Owns their forms. Whatever a caller or a
//! note has brought into the record, no character of it may move a cursor, turn a line around, or
//! become a formula.

use std::io::{self, Write};
use std::str::FromStr;

use csv::{Terminator, WriterBuilder};

use crate::review::csv::cell;
use crate::review::safe::{is_invisible, safe, width};
use crate::store::ask::{Cell, Table};

/// What stands where there is nothing.
const NOTHING: &str = "\u{b7}";

/// The widest table that is one; wider ones are written with a line for each column.
const WIDEST: usize = 160;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Table,
    Json,
    Csv,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            other => Err(format!("an answer is written as table, json or csv, not as {other}")),
        }
    }
}

/// Writes an answer.
pub(super) fn table(out: &mut impl Write, format: Format, table: &Table) -> io::Result<()> {
    match format {
        Format::Table => for_eyes(out, table),
        Format::Json => json(out, table),
        Format::Csv => csv(out, table),
    }
}

/// Writes the first column as it is, line by line.
pub(super) fn texts(out: &mut impl Write, table: &Table) -> io::Result<()> {
    for cell in table.rows.iter().filter_map(|row| row.first()) {
        let Cell::Text(text) = cell else { continue };
        for line in text.lines() {
            writeln!(out, "{}", safe(line))?;
        }
    }
    Ok(())
}

fn for_eyes(out: &mut impl Write, table: &Table) -> io::Result<()> {
    let heads: Vec<String> = table.heads.iter().map(|head| safe(head)).collect();
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    let widest = |column: usize| rows.iter().chain([&heads]).map(|row| width(&row[column])).max().unwrap_or(0);
    let columns: Vec<Column> = (0..heads.len())
        .map(|column| {
            let is_text = |row: &Vec<Cell>| matches!(row[column], Cell::Text(_) | Cell::Bytes(_));
            Column { width: widest(column), is_number: !table.rows.iter().any(is_text) }
        })
        .collect();
    if columns.iter().map(|column| column.width + 2).sum::<usize>() > WIDEST {
        line_by_line(out, &heads, &rows)?;
    } else {
        let rule = columns.iter().map(|column| "\u{2500}".repeat(column.width)).collect();
        for row in [&heads, &rule].into_iter().chain(&rows) {
            let cells = row.iter().zip(&columns).map(|(cell, column)| column.align(cell));
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
    }
    match rows.len() {
        0 => writeln!(out, "(nothing)"),
        1 => writeln!(out, "(1 row)"),
        count => writeln!(out, "({count} rows)"),
    }
}

/// A column of a table for eyes.
struct Column {
    width: usize,
    is_number: bool,
}

impl Column {
    fn align(&self, cell: &str) -> String {
        let gap = " ".repeat(self.width.saturating_sub(width(cell)));
        if self.is_number { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
    }
}

fn line_by_line(out: &mut impl Write, heads: &[String], rows: &[Vec<String>]) -> io::Result<()> {
    let widest = heads.iter().map(|head| width(head)).max().unwrap_or(0);
    for row in rows {
        for (head, cell) in heads.iter().zip(row) {
            writeln!(out, "{}{head}  {cell}", " ".repeat(widest.saturating_sub(width(head))))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => NOTHING.to_owned(),
        Cell::Integer(_) | Cell::Real(_) | Cell::Text(_) | Cell::Bytes(_) => safe(&plain(cell)),
    }
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
    }
}

/// A list of objects, the columns in their order.
fn json(out: &mut impl Write, table: &Table) -> io::Result<()> {
    let heads = different(&table.heads);
    write!(out, "[")?;
    for (index, row) in table.rows.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let values: Vec<String> =
            heads.iter().zip(row).map(|(head, cell)| format!("{}:{}", json_text(head), json_value(cell))).collect();
        write!(out, "{comma}\n{{{}}}", values.join(","))?;
    }
    writeln!(out, "{}]", if table.rows.is_empty() { "" } else { "\n" })
}

/// Names that are there twice would hide one another in an object.
fn different(heads: &[String]) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for head in heads {
        let mut name = head.clone();
        let mut count = 1;
        while seen.contains(&name) {
            count += 1;
            name = format!("{head}:{count}");
        }
        seen.push(name);
    }
    seen
}

fn json_value(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) if number.is_finite() => serde_json::json!(number).to_string(),
        Cell::Real(_) => "null".to_owned(),
        Cell::Text(_) | Cell::Bytes(_) => json_text(&plain(cell)),
    }
}

/// JSON for the same text in which nothing can act on a terminal.
fn json_text(text: &str) -> String {
    let mut escaped = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        if is_invisible(c) {
            let mut units = [0; 2];
            escaped.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Lines of commas, in which no text is a formula; a number is one.
fn csv(out: &mut impl Write, table: &Table) -> io::Result<()> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    writer.write_record(table.heads.iter().map(|head| cell(head)))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(csv_value))?;
    }
    writer.flush()
}

fn csv_value(value: &Cell) -> String {
    match value {
        Cell::Null => String::new(),
        Cell::Integer(_) | Cell::Real(_) => plain(value),
        Cell::Text(_) | Cell::Bytes(_) => cell(&plain(value)),
    }
}
