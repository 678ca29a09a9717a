//! Whether tables, indexes, triggers and views are those that the migrations make: a guard that is
//! gone or blunted is tampering, whether or not anything else was done yet.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rusqlite::Connection;
use sqlx::migrate::{Migration, Migrator};

use super::open::{Opened, Trouble};
use super::report::{CannotCheck, Problems};
use crate::store::open::APPLICATION_ID;

/// Type and name of a part of the schema.
type Key = (String, String);

/// A part of the schema: the table it belongs to, and the statement that made it.
type Part = (String, Option<String>);

type Schema = BTreeMap<Key, Part>;

/// Checks whose database it is, and how it was made.
pub(super) fn check(
    opened: &Opened,
    connection: &Connection,
    problems: &mut Problems,
    remarks: &mut Vec<String>,
) -> Result<(), Trouble> {
    let trouble = |error| opened.trouble(error);
    let read = application_id(connection).and_then(|id| Ok((id, parts(connection)?, applied(connection)?)));
    let (id, found, applied) = read.map_err(trouble)?;
    let has_events = found.contains_key(&("table".to_owned(), "events".to_owned()));
    match (id == APPLICATION_ID, has_events) {
        (true, true) => {}
        (false, false) => return Err(CannotCheck::NotOurs(opened.path().to_owned()).into()),
        (false, true) => problems.say(format_args!(
            "the file's application id is {id} and not {APPLICATION_ID}, which marks the databases of SharedPhone"
        )),
        (true, false) => {}
    }
    let migrations = sqlx::migrate!();
    if let Some(version) = applied.iter().find(|version| !migrations.version_exists(**version)) {
        return Err(CannotCheck::Newer { path: opened.path().to_owned(), version: *version }.into());
    }
    if applied.is_empty() {
        problems.say(format_args!("the list of migrations that made this database is empty or gone"));
    }
    // An older database has not seen the newest ones yet.
    let last = applied.last().copied().unwrap_or(i64::MAX);
    let every = every(&migrations).map_err(trouble)?;
    let mut earlier = None;
    if migrations.iter().any(|one| one.version > last) {
        remarks.push("this database is of an earlier version; the service brings it up to date when it starts".into());
        earlier = Some(made_by(migrations.iter().filter(|one| one.version <= last)).map_err(trouble)?);
    }
    let wanted = earlier.as_ref().unwrap_or(every);
    for (kind, name) in found.keys().filter(|key| every.contains_key(*key) && !wanted.contains_key(*key)) {
        problems
            .say(format_args!("the {kind} {name} is there, and not on the list of migrations the one that makes it"));
    }
    compare(wanted, &found, problems, remarks);
    Ok(())
}

/// The schema that all migrations make. Making it takes longer than checking a small record, so it is made once.
fn every(migrations: &Migrator) -> rusqlite::Result<&'static Schema> {
    static EVERY: OnceLock<Schema> = OnceLock::new();
    match EVERY.get() {
        Some(every) => Ok(every),
        None => made_by(migrations.iter()).map(|made| EVERY.get_or_init(|| made)),
    }
}

/// The schema that these migrations make.
fn made_by<'a>(migrations: impl Iterator<Item = &'a Migration>) -> rusqlite::Result<Schema> {
    let fresh = Connection::open_in_memory()?;
    for migration in migrations {
        fresh.execute_batch(migration.sql.as_str())?;
    }
    parts(&fresh)
}

fn compare(wanted: &Schema, found: &Schema, problems: &mut Problems, remarks: &mut Vec<String>) {
    for (key @ (kind, name), part) in wanted {
        match found.get(key) {
            None => problems.say(format_args!("the {kind} {name} is missing")),
            Some(other) if other != part => problems.say(format_args!("the {kind} {name} is not as it was made")),
            Some(_) => {}
        }
    }
    for ((kind, name), (table, _)) in found.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        let ours = wanted.contains_key(&("table".to_owned(), table.clone()));
        if kind == "trigger" && ours {
            problems.say(format_args!("the trigger {name:?} on {table} is none of ours"));
        } else if !name.starts_with("sqlite_") && table != "_sqlx_migrations" {
            remarks.push(format!("the {kind} {name:?} is none of ours"));
        }
    }
}

fn application_id(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA application_id", [], |row| row.get(0))
}

/// The migrations that this database says it has seen.
fn applied(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let known = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations' AND type = 'table'";
    if connection.query_row(known, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(Vec::new());
    }
    let mut versions = connection.prepare("SELECT version FROM _sqlx_migrations ORDER BY version")?;
    versions.query_map([], |row| row.get(0))?.collect()
}

fn parts(connection: &Connection) -> rusqlite::Result<Schema> {
    let mut parts = connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema")?;
    let part = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)));
    parts.query_map([], part)?.collect()
}
