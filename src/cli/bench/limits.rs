//! What this machine can do at most, for comparison in the same rounds: SQLite alone with the same rows, a file that is
//! only appended to, and an HTTP server that does nothing.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use rusqlite::{Connection, OpenFlags, params};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

use super::Scale;
use super::seen::{Spread, spread};
use crate::simulator::clock::VirtualClock;

/// How many webhooks are in one transaction.
const BATCH: usize = 128;

/// How often a block is appended to a file.
const BLOCKS: usize = 400;

/// What the service has written between two moments, on a copy of the database as it was at the first.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    copy: PathBuf,
    events: Vec<Row>,
}

/// An event, and the leg's row that it made.
#[derive(Debug, Clone)]
struct Row {
    event: [Option<String>; 13],
    leg: Option<[Option<String>; 4]>,
}

impl Rows {
    /// A copy of the database as it is now.
    pub(super) async fn copy(database: &Path) -> Result<Self> {
        let (database, copy) = (database.to_owned(), database.with_extension("before"));
        spawn_blocking(move || {
            let connection = read(&database)?;
            connection.execute("VACUUM INTO ?1", [copy.display().to_string()])?;
            Ok(Self { copy, events: Vec::new() })
        })
        .await?
    }

    /// What was written since.
    pub(super) async fn until(self, database: &Path) -> Result<Self> {
        let database = database.to_owned();
        spawn_blocking(move || {
            let from: i64 = read(&self.copy)?.query_row("SELECT max(seq) FROM events", [], |row| row.get(0))?;
            let connection = read(&database)?;
            let mut statement = connection.prepare(
                "SELECT CAST(events.seq AS TEXT), at, subject, events.call_sid, events.leg_id, events.organiser_id,
                        from_status, to_status, cause, source, detail, previous_hash, hash,
                        legs.line, legs.answered_at
                   FROM events LEFT JOIN legs ON legs.leg_id = events.leg_id AND to_status IS NOT NULL
                  WHERE events.seq > ?1 ORDER BY events.seq",
            )?;
            let rows = statement.query_map([from], |row| {
                let mut event: [Option<String>; 13] = Default::default();
                for (at, column) in event.iter_mut().enumerate() {
                    *column = row.get(at)?;
                }
                let answered = event[7].as_deref() == Some("answered");
                let leg = event[7].is_some() && event[2].as_deref() == Some("leg");
                let leg = leg.then(|| -> rusqlite::Result<_> {
                    let answered_at: Option<String> = row.get(14)?;
                    Ok([event[7].clone(), row.get(13)?, answered_at.filter(|_| answered), event[4].clone()])
                });
                Ok(Row { leg: leg.transpose()?, event })
            })?;
            Ok(Self { events: rows.collect::<rusqlite::Result<_>>()?, copy: self.copy })
        })
        .await?
    }
}

/// The number of the newest event.
pub(super) async fn newest_event(database: &Path) -> Result<i64> {
    let database = database.to_owned();
    let newest = move || -> Result<i64> {
        Ok(read(&database)?.query_row("SELECT coalesce(max(seq), 0) FROM events", [], |row| row.get(0))?)
    };
    spawn_blocking(newest).await?
}

/// How many transactions wrote events after this one: all events of one have the same time.
pub(super) async fn commits(database: &Path, after: i64) -> Result<f64> {
    let database = database.to_owned();
    let count = move || -> Result<f64> {
        let count = "SELECT count(DISTINCT at) FROM events WHERE seq > ?1";
        Ok(read(&database)?.query_row(count, [after], |row| row.get(0))?)
    };
    spawn_blocking(count).await?
}

fn read(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

/// Writes the same rows once more on the copy, prepared, 128 webhooks a transaction, under the same rules and with the
/// same care for the disk; webhooks a second.
pub(super) async fn sqlite(rows: Rows) -> Result<f64> {
    spawn_blocking(move || {
        let connection = read(&rows.copy)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
             PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;",
        )?;
        let clock = VirtualClock::start(1.0);
        let mut insert = connection.prepare(
            "INSERT INTO events (seq, at, subject, call_sid, leg_id, organiser_id, from_status, to_status, cause, source,
                                 detail, previous_hash, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?;
        let mut update = connection.prepare(
            "UPDATE legs SET status = ?1, line = ?2, answered_at = coalesce(?3, answered_at), event_seq = ?5
              WHERE leg_id = ?4",
        )?;
        let mut legs = 0_usize;
        for batch in rows.events.chunks(BATCH) {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for Row { event, leg } in batch {
                insert.execute(rusqlite::params_from_iter(event))?;
                if let Some([status, line, answered_at, leg_id]) = leg {
                    legs += update.execute(params![status, line, answered_at, leg_id, event[0]])?;
                }
            }
            connection.execute_batch("COMMIT")?;
        }
        ensure!(legs > 0, "no row was written");
        Ok(legs as f64 / clock.now().as_secs_f64())
    })
    .await?
}

/// Appends a block of 4 KiB to a file, and waits for the disk, again and again.
pub(super) async fn disk(folder: &Path) -> Result<Spread> {
    let path = folder.join("blocks");
    spawn_blocking(move || {
        let mut file: File = OpenOptions::new().create(true).append(true).open(path).context("no file")?;
        let clock = VirtualClock::start(1.0);
        let mut times = Vec::with_capacity(BLOCKS);
        for _ in 0..BLOCKS {
            let began = clock.now();
            file.write_all(&[7; 4096])?;
            file.sync_data()?;
            times.push(clock.now() - began);
        }
        Ok(spread(times))
    })
    .await?
}

/// An HTTP server of the same kind that does nothing, in this process, asked over as many connections; answers a second.
pub(super) async fn http(scale: Scale) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
    let url = format!("http://{}/updates", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, Router::new().fallback(|| async {})).await });
    let clock = VirtualClock::start(1.0);
    let asked = super::exchange::knock(&url, clock, scale.time.min(Duration::from_secs(2)), scale.calls.max(256)).await;
    server.abort();
    Ok(asked as f64 / clock.now().as_secs_f64())
}
