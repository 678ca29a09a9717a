//! What a start of the service brings: the record's identity, the roster, the spoken texts.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::events::EventRow;
use super::{expect_all, json};
use crate::domain::house::{Change, Changes};
use crate::domain::organiser::Organiser;
use crate::domain::texts::SpokenText;
use crate::store::error::StoreError;
use crate::store::rows::OrganiserRow;

pub(super) async fn save_identity(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let Some(identity) = &changes.identity else { return Ok(()) };
    let created = events.iter().find(|event| event.cause == "record.created").map(|event| event.seq);
    let saved = sqlx::query!(
        "INSERT INTO identity (log_id, secret, event_seq) VALUES (?1, ?2, ?3)",
        identity.log_id,
        identity.secret,
        created
    );
    expect_all("identity", 1, saved.execute(connection).await?.rows_affected())
}

pub(super) async fn save_texts(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let added = events.iter().find(|event| event.cause == "texts.added").map(|event| event.seq);
    let row = |text: &SpokenText| {
        json!({
            "version": text.version, "prompt": text.prompt, "language": text.language, "words": text.words,
            "event_seq": added,
        })
    };
    let rows: Vec<Value> = changes.texts.iter().map(row).collect();
    let Some(json) = json(&rows)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO spoken_texts (version, prompt, language, words, event_seq)
         SELECT value->>'version', value->>'prompt', value->>'language', value->>'words', value->>'event_seq'
           FROM jsonb_each(?1)",
        json
    );
    expect_all("spoken_texts", rows.len(), saved.execute(connection).await?.rows_affected())
}

pub(super) async fn save_remarks(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    for remark in &changes.remarks {
        let seq = events.iter().find(|event| event.cause == remark.cause).map(|event| event.seq);
        let saved = sqlx::query!("INSERT INTO remarks (event_seq, words) VALUES (?1, ?2)", seq, remark.words);
        expect_all("remarks", 1, saved.execute(&mut *connection).await?.rows_affected())?;
    }
    Ok(())
}

/// Who leaves the roster goes first: somebody new may have their number.
pub(super) async fn save_organisers(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let (new, changed): (Vec<_>, Vec<_>) = changes.organisers.iter().partition(|change| change.stored.is_none());
    let (gone, changed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|change| change.row.retired_at.is_some());
    update(connection, &rows(&gone, events)).await?;
    update(connection, &rows(&changed, events)).await?;
    let rows = rows(&new, events);
    let Some(json) = json(&rows)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO organisers (organiser_id, name, number, salt, retired_at, event_seq)
         SELECT value->>'organiser_id', value->>'name', value->>'number', value->>'salt', value->>'retired_at',
                value->>'event_seq'
           FROM jsonb_each(?1)",
        json
    );
    expect_all("organisers", rows.len(), saved.execute(connection).await?.rows_affected())
}

async fn update(connection: &mut SqliteConnection, rows: &[OrganiserRow]) -> Result<(), StoreError> {
    let Some(json) = json(rows)? else { return Ok(()) };
    let saved = sqlx::query!(
        "UPDATE organisers
            SET name = new.value->>'name', number = new.value->>'number', retired_at = new.value->>'retired_at',
                event_seq = new.value->>'event_seq'
           FROM jsonb_each(?1) AS new
          WHERE organisers.organiser_id = new.value->>'organiser_id'",
        json
    );
    expect_all("organisers", rows.len(), saved.execute(connection).await?.rows_affected())
}

fn rows(changes: &[&Change<Organiser, ()>], events: &[EventRow]) -> Vec<OrganiserRow> {
    let last = |row: &OrganiserRow| {
        let its = |event: &&EventRow| {
            event.subject == "organiser"
                && event.changes_a_row
                && event.organiser_id.as_ref() == Some(&row.organiser_id)
        };
        events.iter().rev().find(its).map(|event| event.seq)
    };
    let row = |change: &&Change<Organiser, ()>| {
        let row = OrganiserRow::from(&change.row);
        OrganiserRow { event_seq: last(&row), ..row }
    };
    changes.iter().map(row).collect()
}
