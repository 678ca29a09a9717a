//! `sql`: questions about the record in SQL, one at a time or in a shell. Owns the conversation; what
//! may be asked is the store's matter, which answers with a connection that can only read.

mod print;
mod statements;

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use self::print::Format;
use super::errand;
use super::reading::{Reading, told};
use crate::domain::errand::ReadKind;
use crate::review::safe::safe;
use crate::store::ask::Shell;

const HELP: &str = "\
A question in SQL ends with a semicolon and may take several lines. This shell only reads.
  .tables            the views that are made for questions, and the tables behind them
  .schema [NAME]     how a view or table is made, with remarks on its columns
  .set NAME VALUE    gives :NAME in the questions that follow this value
  .mode table|json|csv
  .quit              so does the end of the input
docs/QUERIES.md has questions that are often asked, each with its query.
";

/// What can be asked for.
#[derive(Debug, Args)]
pub(super) struct Sql {
    #[command(flatten)]
    reading: Reading,
    /// What to ask, with or without a semicolon; without it, a shell reads questions from its input.
    query: Option<String>,
    /// Answer in JSON: a list of objects for each question.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Answer in CSV, made safe for spreadsheets.
    #[arg(long)]
    csv: bool,
    /// What :NAME stands for in the question; may be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is expected, such as case=\"quiet harbour\"")?;
    Ok((name.trim_start_matches(':').to_owned(), value.to_owned()))
}

/// Answers what is asked; 1 if something could not be answered.
pub(super) async fn run(sql: &Sql) -> Result<ExitCode> {
    let (shell, config) = sql.reading.open()?;
    // A copy has no service and no record of its own.
    if let Some(config) = &config {
        errand::on_record(config, ReadKind::Queried, Vec::new()).await?;
    }
    let format = match (sql.json, sql.csv) {
        (true, _) => Format::Json,
        (_, true) => Format::Csv,
        (false, false) => Format::Table,
    };
    let session = Session { sql, shell, format, parameters: sql.parameters.clone() };
    told(session.converse())
}

/// What comes after a line that was read.
#[derive(PartialEq)]
enum Next {
    GoOn,
    Quit,
}

/// One conversation.
struct Session<'a> {
    sql: &'a Sql,
    shell: Shell,
    format: Format,
    parameters: Vec<(String, String)>,
}

impl Session<'_> {
    fn converse(mut self) -> Result<()> {
        match &self.sql.query {
            Some(query) if query.trim_start().starts_with('.') => self.obey(query.trim()).map(drop),
            Some(query) => self.answer_all(query),
            None if io::stdin().is_terminal() => self.chat(),
            None => self.read_script(),
        }
    }

    /// Reads all of the input and answers it; the first question that can't be answered ends it.
    fn read_script(&mut self) -> Result<()> {
        let mut pending = String::new();
        for line in io::stdin().lock().lines() {
            if self.take(&mut pending, &line?)? == Next::Quit {
                return Ok(());
            }
        }
        self.answer_all(&pending)
    }

    /// Talks with somebody at a terminal, to whom a question that can't be answered is no end.
    fn chat(&mut self) -> Result<()> {
        tell(&format!("The record in {}, for reading. .help says what there is.\n", self.shell.path().display()))?;
        let mut pending = String::new();
        let mut lines = io::stdin().lock().lines();
        loop {
            tell(if pending.trim().is_empty() { "sharedphone> " } else { "        ...> " })?;
            let Some(line) = lines.next() else { return Ok(tell("\n")?) };
            match self.take(&mut pending, &line?) {
                Ok(Next::Quit) => return Ok(()),
                Ok(Next::GoOn) => {}
                Err(error) => {
                    pending.clear();
                    eprintln!("{}", safe(&format!("{error:#}")));
                }
            }
        }
    }

    /// Takes in a line: a command of the shell, or more of a question.
    fn take(&mut self, pending: &mut String, line: &str) -> Result<Next> {
        if pending.trim().is_empty() && line.trim_start().starts_with('.') {
            return self.obey(line.trim());
        }
        pending.push_str(line);
        pending.push('\n');
        while let Some(end) = statements::first_end(pending) {
            let statement: String = pending.drain(..end).collect();
            self.answer(&statement)?;
        }
        Ok(Next::GoOn)
    }

    fn answer_all(&mut self, text: &str) -> Result<()> {
        let mut rest = text;
        while let Some(end) = statements::first_end(rest) {
            self.answer(&rest[..end])?;
            rest = &rest[end..];
        }
        self.answer(rest)
    }

    fn answer(&mut self, statement: &str) -> Result<()> {
        if statements::is_blank(statement) {
            return Ok(());
        }
        let table = self.shell.ask(statement, &self.parameters, self.sql.reading.patience())?;
        Ok(print::table(&mut io::stdout().lock(), self.format, &table)?)
    }

    /// Does what a line that begins with a dot asks for.
    fn obey(&mut self, line: &str) -> Result<Next> {
        let mut words = line.trim_end_matches(';').splitn(3, char::is_whitespace);
        match (words.next().unwrap_or_default(), words.next().map(str::trim), words.next().map(str::trim)) {
            (".quit" | ".exit", None, None) => return Ok(Next::Quit),
            (".help", None, None) => tell(HELP)?,
            (".tables", None, None) => self.show_tables()?,
            (".schema", name, None) => self.show_schema(name)?,
            (".set", Some(name), Some(value)) => {
                let name = name.trim_start_matches(':');
                self.parameters.retain(|(set, _)| set != name);
                self.parameters.push((name.to_owned(), value.to_owned()));
            }
            (".mode", Some(mode), None) => self.format = mode.parse().map_err(anyhow::Error::msg)?,
            _ => bail!("this shell does not know {line}; .help says what it knows"),
        }
        Ok(Next::GoOn)
    }

    fn show_tables(&self) -> Result<()> {
        for (kind, title) in [("view", "Views, made for questions:"), ("table", "Tables behind them:")] {
            let names = "SELECT group_concat(name, '  ') FROM (
                SELECT name FROM sqlite_schema WHERE type = :kind AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name)";
            let kind = [("kind".to_owned(), kind.to_owned())];
            let found = self.shell.ask(names, &kind, self.sql.reading.patience())?;
            tell(&format!("{title}\n"))?;
            print::texts(&mut io::stdout().lock(), &found)?;
        }
        Ok(())
    }

    fn show_schema(&self, name: Option<&str>) -> Result<()> {
        let found = "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND (name = :name OR :name = '')
            ORDER BY type DESC, name";
        let name = name.unwrap_or_default();
        let named = [("name".to_owned(), name.to_owned())];
        let table = self.shell.ask(found, &named, self.sql.reading.patience())?;
        if table.rows.is_empty() {
            bail!("there is no table or view {name}; .tables shows what there is");
        }
        Ok(print::texts(&mut io::stdout().lock(), &table)?)
    }
}

/// Writes at once; who reads us may have gone.
fn tell(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
