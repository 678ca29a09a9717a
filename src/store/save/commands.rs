//! Commands as they are saved: each row with the number of the event that made it what it is.

use serde::Serialize;
use sqlx::SqliteConnection;

use super::events::{EventRow, last_steps};
use super::{expect_all, json};
use crate::domain::command::{Command, CommandKind};
use crate::domain::house::{Change, Changes};
use crate::store::error::StoreError;
use crate::store::rows::CommandRow;

/// A row as it is to be.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    command: CommandRow,
    event_seq: Option<i64>,
}

pub(super) async fn save(
    connection: &mut SqliteConnection,
    changes: &Changes,
    events: &[EventRow],
) -> Result<(), StoreError> {
    let steps = last_steps(&changes.events, events);
    let (new, changed): (Vec<_>, Vec<_>) = changes.commands.iter().partition(|change| change.stored.is_none());
    let row = |change: &Change<Command, ()>| {
        let command = CommandRow::from(&change.row);
        Row { event_seq: steps.get(command.command_id.as_str()).copied(), command }
    };
    let rows = |changes: Vec<&Change<Command, ()>>| -> Vec<Row> { changes.into_iter().map(row).collect() };
    let had_a_number = changed.iter().any(|change| change.row.kind == CommandKind::DeleteMessages);
    let (new, changed) = (rows(new), rows(changed));
    if let Some(rows) = json(&new)? {
        let saved = sqlx::query!(
            "INSERT INTO outbox (command_id, kind, call_sid, leg_id, target, status, tries, created_at, due_at,
                                 deadline, result, event_seq)
             SELECT value->>'command_id', value->>'kind', value->>'call_sid', value->>'leg_id',
                    CASE WHEN value->>'salt' IS NULL THEN value->>'target' END, value->>'status', value->>'tries',
                    value->>'created_at', value->>'due_at', value->>'deadline', value->>'result', value->>'event_seq'
               FROM jsonb_each(?1)",
            rows
        );
        expect_all("outbox", new.len(), saved.execute(&mut *connection).await?.rows_affected())?;
        if new.iter().any(|row| row.command.salt.is_some()) {
            keep_numbers(connection, &rows).await?;
        }
    }
    let Some(rows) = json(&changed)? else { return Ok(()) };
    let saved = sqlx::query!(
        "UPDATE outbox
            SET status = new.value->>'status', tries = new.value->>'tries', due_at = new.value->>'due_at',
                result = new.value->>'result', event_seq = new.value->>'event_seq'
           FROM jsonb_each(?1) AS new
          WHERE outbox.command_id = new.value->>'command_id' AND outbox.status IN ('pending', 'sending')",
        rows
    );
    expect_all("outbox", changed.len(), saved.execute(&mut *connection).await?.rows_affected())?;
    if had_a_number { remove_numbers(connection, &rows).await } else { Ok(()) }
}

/// A target with a salt is a person's number.
async fn keep_numbers(connection: &mut SqliteConnection, new: &str) -> Result<(), StoreError> {
    let kept = sqlx::query!(
        "INSERT INTO outbox_numbers (command_id, number, salt)
         SELECT value->>'command_id', value->>'target', value->>'salt'
           FROM jsonb_each(?1) WHERE value->>'salt' IS NOT NULL",
        new
    );
    kept.execute(connection).await?;
    Ok(())
}

/// Of a command that is not open any more, nothing is kept that may have to be forgotten.
async fn remove_numbers(connection: &mut SqliteConnection, changed: &str) -> Result<(), StoreError> {
    let removed = sqlx::query!(
        "DELETE FROM outbox_numbers
          WHERE command_id IN (
                SELECT value->>'command_id' FROM jsonb_each(?1) WHERE value->>'status' NOT IN ('pending', 'sending'))",
        changed
    );
    removed.execute(connection).await?;
    Ok(())
}
