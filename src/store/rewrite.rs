//! Writing anew the tables from which rows are erased. With `secure_delete` SQLite overwrites a row that
//! is deleted, but not the copies of it that stayed behind in unused parts of pages when rows were moved
//! between pages before. A table that is dropped leaves only overwritten pages.

use sqlx::{Connection, SqliteConnection};

use super::error::StoreError;
use super::open::Writer;

/// The tables that have what may have to be forgotten. They have only what was not erased yet; half a second
/// for 50,000 values on a small machine.
const ERASABLE: [&str; 4] = ["personal", "salts", "organisers", "outbox_numbers"];

impl Writer {
    /// Writes the tables anew that have what may have to be forgotten, so that nothing is left in them of
    /// what was erased. Then [`empty_log`](Self::empty_log) brings that into the file. After an error the
    /// connection must be [opened again](Self::reopen).
    pub async fn rewrite_erasable(&mut self) -> Result<(), StoreError> {
        // A table that others refer to can't be dropped while references are enforced; whether they hold
        // is not at stake, since every row comes back.
        sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut self.connection).await?;
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        for table in ERASABLE {
            rewrite(&mut transaction, table).await?;
        }
        // SQLite keeps this number for us: up to which erasure nothing is left.
        let covered = last_erasure(&mut transaction).await?;
        run(&mut transaction, format!("PRAGMA user_version = {covered}")).await?;
        transaction.commit().await?;
        sqlx::query("PRAGMA foreign_keys = ON").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Whether something was erased and the tables were not written anew since.
    pub async fn has_traces(&mut self) -> Result<bool, StoreError> {
        let erased = last_erasure(&mut self.connection).await?;
        let covered: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut self.connection).await?;
        Ok(erased > covered)
    }
}

/// The number of the event that tells of the last erasure; 0 if there is none.
async fn last_erasure(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar!(
        r#"SELECT max(
             coalesce((SELECT max(seq) FROM events WHERE cause = 'record.erased'), 0),
             coalesce((SELECT max(seq) FROM events WHERE cause = 'roster.forgotten' AND call_sid IS NULL), 0)
           ) AS "last!: i64""#
    );
    Ok(last.fetch_one(connection).await?)
}

/// The same rows, indexes and triggers in a new table.
async fn rewrite(connection: &mut SqliteConnection, table: &str) -> Result<(), StoreError> {
    let parts: Vec<(String, String)> =
        sqlx::query_as("SELECT type, sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY rowid")
            .bind(table)
            .fetch_all(&mut *connection)
            .await?;
    let (triggers, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(kind, _)| kind == "trigger");
    // The temporary table is in memory (`temp_store`).
    run(connection, format!("CREATE TEMPORARY TABLE kept AS SELECT * FROM main.{table}")).await?;
    run(connection, format!("DROP TABLE main.{table}")).await?;
    for (_, sql) in others {
        run(connection, sql).await?;
    }
    run(connection, format!("INSERT INTO main.{table} SELECT * FROM temp.kept")).await?;
    for (_, sql) in triggers {
        run(connection, sql).await?;
    }
    run(connection, "DROP TABLE temp.kept".to_owned()).await
}

async fn run(connection: &mut SqliteConnection, sql: String) -> Result<(), StoreError> {
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
