//! Commands as they are saved.

use sqlx::SqliteConnection;

use super::{expect_all, json};
use crate::domain::command::Command;
use crate::domain::house::{Change, Changes};
use crate::store::error::StoreError;
use crate::store::rows::CommandRow;

pub(super) async fn save(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), StoreError> {
    let (new, changed): (Vec<_>, Vec<_>) = changes.commands.iter().partition(|change| change.stored.is_none());
    let rows = |changes: Vec<&Change<Command, ()>>| -> Vec<CommandRow> {
        changes.into_iter().map(|change| CommandRow::from(&change.row)).collect()
    };
    let (new, changed) = (rows(new), rows(changed));
    if let Some(rows) = json(&new)? {
        let saved = sqlx::query!(
            "INSERT INTO outbox (command_id, kind, call_sid, leg_id, target, status, tries, created_at, due_at,
                                 deadline, result)
             SELECT value->>'command_id', value->>'kind', value->>'call_sid', value->>'leg_id', value->>'target',
                    value->>'status', value->>'tries', value->>'created_at', value->>'due_at', value->>'deadline',
                    value->>'result'
               FROM json_each(?1)",
            rows
        );
        expect_all("outbox", new.len(), saved.execute(&mut *connection).await?.rows_affected())?;
    }
    let Some(rows) = json(&changed)? else { return Ok(()) };
    let saved = sqlx::query!(
        "UPDATE outbox
            SET status = new.value->>'status', tries = new.value->>'tries', due_at = new.value->>'due_at',
                target = new.value->>'target', result = new.value->>'result'
           FROM json_each(?1) AS new
          WHERE outbox.command_id = new.value->>'command_id' AND outbox.status IN ('pending', 'sending')",
        rows
    );
    expect_all("outbox", changed.len(), saved.execute(connection).await?.rows_affected())
}
