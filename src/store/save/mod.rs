//! Saving a batch: all its rows and events in a few statements, in one transaction. Events come
//! first, because the database takes no row without its event.

mod calls;
mod commands;
mod erase;
mod events;
mod service;

use serde::Serialize;
use sqlx::{Connection, Sqlite, Transaction};

use super::error::StoreError;
use super::load::{self, ChainEnd, Named};
use super::open::Writer;
use crate::domain::contact::Contacts;
use crate::domain::house::{Changes, House};
use crate::domain::recent::LookBack;
use crate::domain::time::Timestamp;

/// One transaction, or a part of one. Dropped without [`Batch::commit`], it changes nothing.
#[derive(Debug)]
pub struct Batch<'a> {
    pub(super) transaction: Transaction<'a, Sqlite>,
    /// The end of the chain as whoever this is a part of has left it.
    left: &'a mut Option<ChainEnd>,
    /// As this one leaves it.
    end: Option<ChainEnd>,
}

impl Writer {
    /// Begins a transaction that may write.
    pub async fn begin(&mut self) -> Result<Batch<'_>, StoreError> {
        let transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Batch { transaction, end: self.left.clone(), left: &mut self.left })
    }

    /// Loads what is live, as a start does, from a database that can be read but not written.
    pub async fn recall(&mut self, look_back: Option<LookBack>, contacts: Contacts) -> Result<House, StoreError> {
        let named = Named { start: true, look_back, ..Named::default() };
        load::house(&mut self.connection, &named, contacts).await
    }
}

impl Batch<'_> {
    /// Begins a part that can be given up without the rest.
    pub async fn part(&mut self) -> Result<Batch<'_>, StoreError> {
        let transaction = self.transaction.begin().await?;
        Ok(Batch { transaction, end: self.end.clone(), left: &mut self.end })
    }

    /// Loads what is live, and what the batch names.
    pub async fn load(&mut self, named: &Named<'_>, contacts: Contacts) -> Result<House, StoreError> {
        load::house(&mut self.transaction, named, contacts).await
    }

    /// Loads into a house that was kept since the batch before what this one names and it lacks.
    pub async fn complete(&mut self, house: &mut House, named: &Named<'_>) -> Result<(), StoreError> {
        load::complete(&mut self.transaction, house, named).await
    }

    /// Writes all changes; `now` is the time of every one of them. Returns the new end of the chain.
    pub async fn save(&mut self, changes: &Changes, now: Timestamp) -> Result<ChainEnd, StoreError> {
        let connection = &mut *self.transaction;
        let before = match self.end.take() {
            Some(end) => end,
            None => load::head(connection).await?,
        };
        let rows = events::number(&changes.events, before.clone(), now);
        if let Err(error) = events::save(connection, &rows).await {
            // The database takes no event that does not follow the last one.
            let is_last = load::head(connection).await? == before;
            return Err(if is_last { error } else { StoreError::NotAlone });
        }
        let head = events::last(&rows).unwrap_or(before);
        service::save_identity(connection, changes, &rows).await?;
        service::save_texts(connection, changes, &rows).await?;
        service::save_remarks(connection, changes, &rows).await?;
        service::save_organisers(connection, changes, &rows).await?;
        calls::save_calls(connection, changes, &rows).await?;
        calls::save_legs(connection, changes, &rows).await?;
        erase::save_salts(connection, changes, &rows).await?;
        events::save_personal(connection, &changes.events, &rows).await?;
        commands::save(connection, changes, &rows).await?;
        erase::forget(connection, changes, &rows).await?;
        erase::erase(connection, changes).await?;
        self.end = Some(head.clone());
        Ok(head)
    }

    /// Makes it durable; a part, as soon as the whole is.
    pub async fn commit(self) -> Result<(), StoreError> {
        // Until it has succeeded, nobody knows which end the chain has.
        *self.left = None;
        self.transaction.commit().await?;
        *self.left = self.end;
        Ok(())
    }
}

/// Puts rows into the JSON text that a bulk statement reads; `None` if there are none.
fn json<R: Serialize>(rows: &[R]) -> Result<Option<String>, StoreError> {
    if rows.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(rows).map(Some).map_err(|error| StoreError::Driver(sqlx::Error::Encode(error.into())))
}

fn expect_all(table: &'static str, expected: usize, saved: u64) -> Result<(), StoreError> {
    if saved == expected as u64 { Ok(()) } else { Err(StoreError::Changed { table, expected, saved }) }
}
