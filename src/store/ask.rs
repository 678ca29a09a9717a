//! Questions in SQL from people, answered by a connection that can only read. Owns what may be asked
//! and how long an answer may be; writes nothing, whatever it is asked.

mod allowed;
mod error;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Statement};

pub use self::error::AskError;
use super::open::APPLICATION_ID;

/// After how many steps of SQLite's machine the patience of whoever asks is looked at.
const STEPS: i32 = 10_000;

/// The largest answer, in bytes. It is read as a whole before anything is done with it: somebody who
/// reads slowly would else keep an erasure from emptying the write-ahead log.
const LARGEST: usize = 256 << 20;

/// One value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// What a question came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The columns' names.
    pub heads: Vec<String>,
    /// The rows, each as long as `heads`.
    pub rows: Vec<Vec<Cell>>,
}

/// A parameter of a question, by its name without the colon, and its value.
pub type Parameters = [(String, String)];

/// A connection for questions.
#[derive(Debug)]
pub struct Shell {
    connection: Connection,
    path: PathBuf,
    refused: Arc<Mutex<Option<String>>>,
}

impl Shell {
    /// Opens the database at `path` for reading. It has to be there and to be ours.
    pub fn open(path: &Path) -> Result<Self, AskError> {
        let shown = || path.display().to_string();
        if !path.is_file() {
            return Err(AskError::Missing(shown()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| AskError::of_opening(path, error))?;
        let id = prepare(&connection).map_err(|error| AskError::of_opening(path, error))?;
        if id != APPLICATION_ID {
            return Err(AskError::NotOurs(shown()));
        }
        let shell = Self { connection, path: path.to_owned(), refused: Arc::default() };
        shell.guard().map_err(|error| AskError::of_opening(path, error))?;
        if shell.ask("SELECT 1 FROM sqlite_schema WHERE name = 'cases'", &[], || false)?.rows.is_empty() {
            return Err(AskError::Old(shown()));
        }
        Ok(shell)
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Answers one statement. `give_up` is asked now and then whether to stop.
    pub fn ask(
        &self,
        statement: &str,
        parameters: &Parameters,
        give_up: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Table, AskError> {
        self.refused().take();
        self.connection.progress_handler(STEPS, Some(give_up)).map_err(AskError::from)?;
        let answer = self.answer(statement, parameters);
        self.connection.progress_handler(0, None::<fn() -> bool>).map_err(AskError::from)?;
        let what = self.refused().take();
        answer.map_err(|error| match what {
            Some(what) => AskError::Refused(what),
            None => error,
        })
    }

    fn answer(&self, statement: &str, parameters: &Parameters) -> Result<Table, AskError> {
        let mut prepared = self.connection.prepare(statement)?;
        bind(&mut prepared, parameters)?;
        let heads: Vec<String> = prepared.column_names().into_iter().map(str::to_owned).collect();
        let mut table = Table { heads, rows: Vec::new() };
        let mut size = 0;
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next()? {
            let cells: Vec<Cell> = (0..table.heads.len())
                .map(|column| row.get_ref(column).map(Cell::from))
                .collect::<Result<_, rusqlite::Error>>()?;
            size += cells.iter().map(Cell::size).sum::<usize>();
            if size > LARGEST {
                return Err(AskError::TooMuch(LARGEST >> 20));
            }
            table.rows.push(cells);
        }
        Ok(table)
    }

    /// From here on nothing but reading is possible.
    fn guard(&self) -> Result<(), rusqlite::Error> {
        let refused = self.refused.clone();
        self.connection.authorizer(Some(move |context: rusqlite::hooks::AuthContext<'_>| {
            let verdict = allowed::verdict(&context.action);
            if let Err(what) = &verdict {
                *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(what.clone());
            }
            verdict.unwrap_or(rusqlite::hooks::Authorization::Deny)
        }))
    }

    fn refused(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the connection one for reading; says whose the file is.
fn prepare(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    connection.execute_batch("PRAGMA temp_store = MEMORY;")?;
    connection.query_row("PRAGMA application_id", [], |row| row.get(0))
}

/// Sets the parameters that the statement has; each has to have a value.
fn bind(statement: &mut Statement<'_>, parameters: &Parameters) -> Result<(), AskError> {
    let mut unset = Vec::new();
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or("?").to_owned();
        match parameters.iter().find(|(set, _)| name.get(1..) == Some(set)) {
            Some((_, value)) => statement.raw_bind_parameter(index, value)?,
            None => unset.push(name),
        }
    }
    if unset.is_empty() { Ok(()) } else { Err(AskError::Unset(unset)) }
}

impl Cell {
    fn size(&self) -> usize {
        let content = match self {
            Self::Null | Self::Integer(_) | Self::Real(_) => 0,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        };
        content + size_of::<Self>()
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}
