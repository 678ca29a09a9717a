//! The pages of the file, as SQLite itself checks them: that each belongs to one table or index,
//! that the indexes lead to all rows, and that every row keeps the CHECKs of its table.

use rusqlite::Connection;

use super::report::Problems;

/// Checks the whole file. What was found out before an error is kept.
pub(super) fn check(connection: &Connection) -> (Problems, rusqlite::Result<()>) {
    let mut problems = Problems::default();
    let end = find(connection, &mut problems);
    (problems, end)
}

fn find(connection: &Connection, problems: &mut Problems) -> rusqlite::Result<()> {
    let mut check = connection.prepare("PRAGMA integrity_check(100)")?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let found: String = row.get(0)?;
        if found != "ok" {
            problems.say(format_args!("SQLite finds: {found:?}"));
        }
    }
    Ok(())
}
