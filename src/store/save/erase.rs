//! Erasing: the rows go, the events that vouched for them stay.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::events::{EventRow, first_need};
use super::json;
use crate::domain::house::{Changes, NewSalt};
use crate::domain::privacy::DataClass;
use crate::store::error::StoreError;

/// Saves salts, each with the event that first needs it.
pub(super) async fn save_salts(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let row = |new: &NewSalt| {
        let event_seq = first_need(new, &changes.events, events);
        json!({ "call_sid": new.call_sid, "class": new.class, "salt": new.salt.as_str(), "event_seq": event_seq })
    };
    let rows: Vec<Value> = changes.salts.iter().map(row).collect();
    let Some(json) = json(&rows)? else { return Ok(()) };
    let saved = sqlx::query!(
        "INSERT INTO salts (call_sid, class, salt, event_seq)
         SELECT value->>'call_sid', value->>'class', value->>'salt', value->>'event_seq' FROM jsonb_each(?1)",
        json
    );
    super::expect_all("salts", rows.len(), saved.execute(connection).await?.rows_affected())
}

/// Removes the names of organisers who are to be forgotten.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    for id in changes.forgotten.iter().map(ToString::to_string) {
        let its = |event: &&EventRow| event.organiser_id.as_ref() == Some(&id) && event.cause == "roster.forgotten";
        let event_seq = events.iter().find(its).map(|event| event.seq);
        let saved = sqlx::query!(
            "UPDATE organisers SET name = NULL, number = NULL, salt = NULL, event_seq = ?2 WHERE organiser_id = ?1",
            id,
            event_seq
        );
        super::expect_all("organisers", 1, saved.execute(&mut *connection).await?.rows_affected())?;
    }
    Ok(())
}

/// Removes what is to be erased. The pages that it was on are overwritten (`secure_delete`).
pub(super) async fn erase(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    let pairs = changes.erasures.iter().flat_map(|erasure| {
        erasure.classes.iter().map(|class| json!({ "call_sid": erasure.call_sid, "class": class }))
    });
    let Some(pairs) = json(&pairs.collect::<Vec<_>>())? else { return Ok(()) };
    sqlx::query!(
        "DELETE FROM personal
          WHERE (call_sid, class) IN (SELECT value->>'call_sid', value->>'class' FROM jsonb_each(?1))",
        pairs
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "DELETE FROM salts
          WHERE (call_sid, class) IN (SELECT value->>'call_sid', value->>'class' FROM jsonb_each(?1))",
        pairs
    )
    .execute(&mut *connection)
    .await?;
    let whole = changes.erasures.iter().filter(|erasure| erasure.classes.contains(&DataClass::Timeline));
    let whole: Vec<_> = whole.map(|erasure| &erasure.call_sid).collect();
    let Some(calls) = json(&whole)? else { return Ok(()) };
    expunge(connection, &calls).await
}

/// Removes the rows of whole calls, which no longer have anything but their timeline.
async fn expunge(connection: &mut SqliteConnection, calls: &str) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM outbox WHERE call_sid IN (SELECT value FROM json_each(?1))", calls)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM legs WHERE call_sid IN (SELECT value FROM json_each(?1))", calls)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM calls WHERE call_sid IN (SELECT value FROM json_each(?1))", calls)
        .execute(&mut *connection)
        .await?;
    Ok(())
}
