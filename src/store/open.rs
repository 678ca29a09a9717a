//! Opening the database: one connection that writes, a few that only read.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::task::spawn_blocking;

use super::error::StoreError;
use super::load::ChainEnd;

/// Marks the file as ours: "SPhn".
pub(super) const APPLICATION_ID: i64 = 0x5350_686e;

/// Before this one, SQLite could lose committed pages of a WAL with more than one connection.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

const READERS: u32 = 4;

/// How many rows SQLite's thread reads ahead.
const ROWS: usize = 4096;

/// How long who reads waits for whoever writes.
const BUSY: Duration = Duration::from_secs(5);

/// How long the writer waits for another program that writes: callers wait with it, and there is the spool.
const BUSY_FOR_CALLERS: Duration = Duration::from_secs(1);

/// How long it waits when calls must not at all.
const A_MOMENT: Duration = Duration::from_millis(200);

static MIGRATOR: Migrator = sqlx::migrate!();

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    pub(super) connection: SqliteConnection,
    /// The end of the chain as this writer has left it.
    pub(super) left: Option<ChainEnd>,
    path: PathBuf,
}

/// Connections that read, and can't write.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) pool: SqlitePool,
}

impl Writer {
    /// Begins anew with a fresh connection.
    pub async fn reopen(&mut self) -> Result<(), StoreError> {
        self.connection = writing(&self.path).connect().await?;
        Ok(())
    }

    /// Writes the mark of this file again, which changes nothing: whether its disk takes anything, and nobody else
    /// writes to it. Calls go on meanwhile, so that it does not wait long.
    pub async fn try_out(&mut self) -> Result<(), StoreError> {
        self.waits(A_MOMENT).await?;
        let tried = mark_as_ours(&mut self.connection).await;
        self.waits(BUSY_FOR_CALLERS).await?;
        tried
    }

    /// How long this connection waits for another.
    async fn waits(&mut self, patience: Duration) -> Result<(), StoreError> {
        let patience = format!("PRAGMA busy_timeout = {}", patience.as_millis());
        sqlx::query(sqlx::AssertSqlSafe(patience)).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Puts the write-ahead log into the database's file and empties it, so that what was erased is
    /// in neither. Says whether it could: somebody who reads at the moment may be in the way.
    pub async fn empty_log(&mut self) -> Result<bool, StoreError> {
        self.waits(A_MOMENT).await?;
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut self.connection).await;
        self.waits(BUSY_FOR_CALLERS).await?;
        let busy: i64 = row?.try_get(0)?;
        Ok(busy == 0)
    }

    /// Closes the connection. The last one to be closed puts the write-ahead log into the
    /// database's file, so that a copy of that file alone is whole; readers are closed before.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}

impl Reader {
    /// Closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Opens the database at `path`, makes it if there is none, and brings its schema up to date.
pub async fn open(path: &Path) -> Result<(Writer, Reader), StoreError> {
    let owned = path.to_owned();
    spawn_blocking(move || make_private(&owned)).await.map_err(io::Error::other)??;
    let mut connection = writing(path).connect().await?;
    check_version(&mut connection).await?;
    check_owner(&mut connection).await?;
    MIGRATOR.run(&mut connection).await.map_err(migration_error)?;
    let reader = readers(path).await?;
    Ok((Writer { connection, left: None, path: path.to_owned() }, reader))
}

/// Opens an existing database for reading only, whether or not a service is running on it.
pub async fn open_reader(path: &Path) -> Result<Reader, StoreError> {
    let mut connection = options(path).read_only(true).connect().await?;
    check_owner(&mut connection).await?;
    check_schema(&mut connection).await?;
    connection.close().await?;
    readers(path).await
}

async fn readers(path: &Path) -> Result<Reader, StoreError> {
    let readers = SqlitePoolOptions::new().max_connections(READERS);
    let pool = readers.connect_with(options(path).read_only(true).pragma("query_only", "ON")).await?;
    Ok(Reader { pool })
}

/// Loading many calls is not to wait for whoever takes the rows.
fn writing(path: &Path) -> SqliteConnectOptions {
    options(path).row_buffer_size(ROWS).busy_timeout(BUSY_FOR_CALLERS)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("recursive_triggers", "ON")
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("journal_size_limit", "67108864")
}

/// Nobody else on this machine is to read who called.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    made.map(drop).map_err(|why| StoreError::LockFile { path: path.display().to_string(), why })
}

/// Development versions before 0.1.0 had a record that could not be completed.
fn migration_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => StoreError::Unreleased(error),
        other => StoreError::Migrate(other),
    }
}

async fn check_version(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let version = sqlx::query_scalar!(r#"SELECT sqlite_version() AS "version!: String""#).fetch_one(connection).await?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < OLDEST_SQLITE {
        return Err(StoreError::TooOld(version));
    }
    Ok(())
}

/// Reading needs the schema of this version.
async fn check_schema(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let newest = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default();
    let applied: i64 =
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(connection).await?;
    if applied == newest { Ok(()) } else { Err(StoreError::OtherVersion { applied, newest }) }
}

async fn check_owner(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *connection).await?;
    match (id, tables) {
        (APPLICATION_ID, _) => Ok(()),
        (0, 0) => mark_as_ours(connection).await,
        (other, _) => Err(StoreError::NotOurs(other)),
    }
}

async fn mark_as_ours(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
    sqlx::query(sqlx::AssertSqlSafe(mark)).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever was done with it meanwhile.
    #[tokio::test]
    async fn callers_wait_a_second_at_most_for_another_program_that_writes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, _) = open(&folder.path().join("sharedphone.db")).await.expect("a database");
        for done in ["opened", "tried out", "emptied the log", "opened anew"] {
            match done {
                "tried out" => writer.try_out().await.expect(done),
                "emptied the log" => assert!(writer.empty_log().await.expect(done)),
                "opened anew" => writer.reopen().await.expect(done),
                _ => {}
            }
            let waits = sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut writer.connection).await;
            assert_eq!(waits.ok(), Some(1000_i64), "{done}");
        }
    }

    /// No test can pull the plug: what SQLite promises then hangs on these.
    #[tokio::test]
    async fn what_is_committed_is_on_disk_also_after_the_database_was_opened_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, _) = open(&folder.path().join("sharedphone.db")).await.expect("a database");
        for _ in 0..2 {
            let synchronous = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut writer.connection).await;
            assert_eq!(synchronous.ok(), Some(2_i64), "FULL");
            let journal = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut writer.connection).await;
            assert_eq!(journal.ok(), Some("wal".to_owned()));
            writer.reopen().await.expect("opened anew");
        }
    }
}
