//! What a question may do: read. Owns the list of what counts as reading.

use rusqlite::hooks::{AuthAction, Authorization};

/// Pragmas that tell something and, without a value, change nothing.
const TELLING: [&str; 9] = [
    "application_id",
    "collation_list",
    "compile_options",
    "database_list",
    "encoding",
    "journal_mode",
    "page_count",
    "page_size",
    "user_version",
];

/// Pragmas that tell something of whatever is named.
const TELLING_OF: [&str; 10] = [
    "foreign_key_list",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// The keys of the record. With them numbers could be tried out until a digest fits; here they read
/// as NULL.
const KEYS: [(&str, &str); 4] =
    [("identity", "secret"), ("salts", "salt"), ("organisers", "salt"), ("outbox_numbers", "salt")];

const THE_SCHEMA: &str = "changing the schema";

/// Whether this may be done, or in words what it is that may not.
pub(super) fn verdict(action: &AuthAction<'_>) -> Result<Authorization, String> {
    match action {
        AuthAction::Select | AuthAction::Recursive => Ok(Authorization::Allow),
        AuthAction::Read { table_name, column_name } => {
            let is_key = KEYS.iter().any(|(table, column)| is(table, table_name) && is(column, column_name));
            Ok(if is_key { Authorization::Ignore } else { Authorization::Allow })
        }
        AuthAction::Function { function_name } if is("load_extension", function_name) => {
            Err("loading an extension".to_owned())
        }
        AuthAction::Function { .. } => Ok(Authorization::Allow),
        AuthAction::Pragma { pragma_name, pragma_value } if tells(pragma_name, pragma_value.is_some()) => {
            Ok(Authorization::Allow)
        }
        AuthAction::Pragma { pragma_name, .. } => Err(format!("PRAGMA {pragma_name}")),
        AuthAction::Insert { table_name: table }
        | AuthAction::Update { table_name: table, .. }
        | AuthAction::Delete { table_name: table }
            if table.starts_with("sqlite_") =>
        {
            Err(THE_SCHEMA.to_owned())
        }
        AuthAction::Insert { table_name } => Err(format!("adding to {table_name}")),
        AuthAction::Update { table_name, .. } => Err(format!("changing {table_name}")),
        AuthAction::Delete { table_name } => Err(format!("removing from {table_name}")),
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Err("attaching or detaching a database".to_owned()),
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => Err("a transaction".to_owned()),
        // All the rest makes, changes or removes tables, indexes, views and triggers.
        _ => Err(THE_SCHEMA.to_owned()),
    }
}

fn tells(pragma: &str, of_something: bool) -> bool {
    let among = |list: &[&str]| list.iter().any(|name| is(name, pragma));
    among(&TELLING_OF) || (!of_something && among(&TELLING))
}

fn is(ours: &str, theirs: &str) -> bool {
    ours.eq_ignore_ascii_case(theirs)
}
