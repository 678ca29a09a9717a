//! Writing anew the tables from which rows are erased. With `secure_delete` SQLite overwrites a row that
//! is deleted, but not the copies of it that stayed behind in unused parts of pages when rows were moved
//! between pages before. A table that is dropped leaves only overwritten pages.

use sqlx::{Connection, SqliteConnection};

use super::error::StoreError;
use super::open::Writer;

/// The tables that have what may have to be forgotten. Small ones: they have what was not erased yet.
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
        transaction.commit().await?;
        sqlx::query("PRAGMA foreign_keys = ON").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Whether something was erased after the last orderly stop, which leaves nothing behind.
    pub async fn has_erased_since_last_stop(&mut self) -> Result<bool, StoreError> {
        let has = sqlx::query_scalar!(
            r#"SELECT EXISTS (
                 SELECT 1 FROM events WHERE cause = 'record.erased' AND seq > stop.seq
                 UNION ALL
                 SELECT 1 FROM events WHERE cause = 'roster.forgotten' AND call_sid IS NULL AND seq > stop.seq
               ) AS "has!: bool"
               FROM (SELECT coalesce(max(seq), 0) AS seq
                       FROM events WHERE cause = 'service.stopped' AND call_sid IS NULL) AS stop"#
        );
        Ok(has.fetch_one(&mut self.connection).await?)
    }
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
