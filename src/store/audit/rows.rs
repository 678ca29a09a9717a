//! The rows of one call beside what its events tell: calls, legs and commands, column by column; and
//! the rows of which no event tells.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement};
use serde_json::Value;

use super::orders::Commands;
use super::personal::Personals;
use super::replay::Story;
use super::report::Problems;
use crate::domain::fold;

/// The longest text of a row that is shown in a message, in characters.
const LONGEST: usize = 60;

/// The tables of calls and what hangs on them.
pub(super) struct Tables<'c> {
    calls: Table<'c>,
    legs: Table<'c>,
    commands: Commands<'c>,
    personals: Personals<'c>,
}

/// A table whose rows are compared column by column.
struct Table<'c> {
    /// What a row of it is.
    thing: &'static str,
    rows: Statement<'c>,
    columns: Vec<String>,
    key: usize,
    found: u64,
}

/// Rows that an index should lead to, and that no event may tell of.
struct Strays {
    table: &'static str,
    found: u64,
    /// Finds their keys, and the calls that they say they belong to.
    query: &'static str,
}

impl<'c> Tables<'c> {
    pub(super) fn open(connection: &'c Connection) -> rusqlite::Result<Self> {
        let calls = "SELECT * FROM calls WHERE call_sid = ?1";
        let legs = "SELECT * FROM legs INDEXED BY legs_of_call WHERE call_sid = ?1";
        Ok(Self {
            calls: Table::open(connection, "call", calls, "call_sid")?,
            legs: Table::open(connection, "leg", legs, "leg_id")?,
            commands: Commands::open(connection)?,
            personals: Personals::open(connection)?,
        })
    }

    /// Compares the rows of one call with its story.
    pub(super) fn compare(&mut self, story: &Story, problems: &mut Problems) -> rusqlite::Result<()> {
        let call: Vec<_> = story.fold.call.iter().map(|row| (story.call_sid.as_str(), row)).collect();
        let legs: Vec<_> = story.fold.legs.iter().map(|(id, row)| (id.as_str(), row)).collect();
        self.calls.compare(story, &call, problems)?;
        self.legs.compare(story, &legs, problems)?;
        self.commands.compare(story, problems)?;
        self.personals.compare(story, problems)
    }

    /// Looks for rows that no event leads to. The tables are counted without their indexes, so
    /// that a broken index hides nothing.
    pub(super) fn find_strays(&self, connection: &Connection, problems: &mut Problems) -> rusqlite::Result<()> {
        let (values, salts) = self.personals.found();
        let (commands, numbers) = self.commands.found();
        let all = [
            Strays { table: "calls", found: self.calls.found, query: CALLS },
            Strays { table: "legs", found: self.legs.found, query: LEGS },
            Strays { table: "personal", found: values, query: PERSONAL },
            Strays { table: "salts", found: salts, query: SALTS },
            Strays { table: "outbox", found: commands, query: OUTBOX },
            Strays { table: "outbox_numbers", found: numbers, query: NUMBERS },
        ];
        all.iter().try_for_each(|strays| strays.find(connection, problems))
    }
}

const CALLS: &str = "SELECT 'call', call_sid FROM calls NOT INDEXED
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.call_sid = calls.call_sid)";
const LEGS: &str = "SELECT 'leg ' || leg_id, call_sid FROM legs NOT INDEXED
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.call_sid = legs.call_sid)";
const PERSONAL: &str = "SELECT 'value ' || personal_id, call_sid FROM personal NOT INDEXED
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.call_sid = personal.call_sid)";
const SALTS: &str = "SELECT 'salt ' || class, call_sid FROM salts NOT INDEXED
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.call_sid = salts.call_sid)";
const OUTBOX: &str = "SELECT 'command ' || command_id, call_sid FROM outbox NOT INDEXED
    WHERE NOT EXISTS (
        SELECT 1 FROM events, json_each(events.detail, '$.commands') AS told
         WHERE events.call_sid = outbox.call_sid AND told.value->>'id' = outbox.command_id)";
const NUMBERS: &str = "SELECT 'number', command_id FROM outbox_numbers NOT INDEXED
    WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.command_id = outbox_numbers.command_id)";

impl Strays {
    fn find(&self, connection: &Connection, problems: &mut Problems) -> rusqlite::Result<()> {
        let Self { table, found, query } = self;
        let count = format!("SELECT count(*) FROM {table} NOT INDEXED");
        let there: i64 = connection.query_row(&count, [], |row| row.get(0))?;
        let (there, mut named) = (there.unsigned_abs(), 0);
        if there == *found {
            return Ok(());
        }
        let mut strays = connection.prepare(query)?;
        let mut rows = strays.query([])?;
        while let Some(row) = rows.next()? {
            named += 1;
            let (thing, call) = (shown(row.get_ref(0)?), shown(row.get_ref(1)?));
            problems.say(format_args!("the table {table} has a row, {thing} of {call}, of which no event tells"));
        }
        if there != found + named {
            problems.say(format_args!("the table {table} has {there} rows, and its indexes lead to {found} of them"));
        }
        Ok(())
    }
}

impl<'c> Table<'c> {
    fn open(connection: &'c Connection, thing: &'static str, query: &str, key: &str) -> rusqlite::Result<Self> {
        let rows = connection.prepare(query)?;
        let columns = rows.column_names().into_iter().map(str::to_owned).collect();
        let key = rows.column_index(key)?;
        Ok(Self { thing, rows, columns, key, found: 0 })
    }

    /// Compares the rows of a call with those that its events tell, by their keys.
    fn compare(&mut self, story: &Story, told: &[(&str, &fold::Row)], problems: &mut Problems) -> rusqlite::Result<()> {
        let thing = self.thing;
        let mut seen = vec![false; told.len()];
        let mut rows = self.rows.query([&story.call_sid])?;
        while let Some(row) = rows.next()? {
            self.found += 1;
            let key = row.get_ref(self.key)?;
            let place = told.iter().position(|(id, _)| is(key, id));
            match place.filter(|place| !std::mem::replace(&mut seen[*place], true)) {
                Some(place) => compare_columns(thing, &self.columns, row, told[place], problems)?,
                None if story.expunged => problems.say(format_args!(
                    "{thing} {} is in its table, and event {} expunged the call",
                    shown(key),
                    story.last
                )),
                None => problems.say(format_args!("{thing} {} is in its table, and no event tells of it", shown(key))),
            }
        }
        for ((id, row), _) in told.iter().zip(seen).filter(|(_, seen)| !seen) {
            problems.say_of(row.event_seq, format_args!("it tells of {thing} {id}, which is not in its table"));
        }
        Ok(())
    }
}

fn compare_columns(
    thing: &str,
    columns: &[String],
    row: &Row<'_>,
    (id, told): (&str, &fold::Row),
    problems: &mut Problems,
) -> rusqlite::Result<()> {
    let mut agreed = 0;
    for (place, name) in columns.iter().enumerate() {
        let value = row.get_ref(place)?;
        let (agrees, told_value) = match name.as_str() {
            "call_sid" | "leg_id" => continue,
            "status" => (is(value, &told.status), Value::from(told.status.as_str())),
            "event_seq" => (value == ValueRef::Integer(told.event_seq), Value::from(told.event_seq)),
            _ => {
                let told = told.columns.get(name);
                agreed += usize::from(told.is_some());
                (agrees(value, told), told.cloned().unwrap_or_default())
            }
        };
        if !agrees {
            let (there, told_value) = (shown(value), shown_value(&told_value));
            problems.say_of(
                told.event_seq,
                format_args!("since then {thing} {id} has {name} {told_value}, and its table says {there}"),
            );
        }
    }
    if agreed != told.columns.len() {
        problems.say_of(told.event_seq, format_args!("{thing} {id} is told to have columns that there are not"));
    }
    Ok(())
}

/// Whether a column has this text.
pub(super) fn is(value: ValueRef<'_>, text: &str) -> bool {
    matches!(value, ValueRef::Text(found) if found == text.as_bytes())
}

/// Whether a column has what the events tell; nothing stands for NULL.
pub(super) fn agrees(value: ValueRef<'_>, told: Option<&Value>) -> bool {
    match (value, told) {
        (ValueRef::Null, None) => true,
        (ValueRef::Integer(found), Some(Value::Number(told))) => told.as_i64() == Some(found),
        (ValueRef::Text(found), Some(Value::String(told))) => found == told.as_bytes(),
        _ => false,
    }
}

/// A column for a message: no control characters, and not too long. Never of personal data.
pub(super) fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "nothing".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => shortened(&String::from_utf8_lossy(text)),
        ValueRef::Blob(_) => "bytes that are no text".to_owned(),
    }
}

fn shown_value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => shortened(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => shortened(&value.to_string()),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
