//! Where values come from: the file's sections with the environment laid over them. Owns the
//! overlay and the complaints about sections and variables that do not exist.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::keys::{Given, Keys, nearest};
use super::problem::{ConfigError, Problem};

/// Begins the name of each environment variable that sets a key.
const PREFIX: &str = "SHAREDPHONE__";

/// The whole configuration, unread; each section is taken out once.
pub(super) struct Source {
    file: String,
    sections: Table,
    env: Vec<Variable>,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

struct Variable {
    name: String,
    section: String,
    key: String,
    value: String,
}

impl Source {
    pub(super) fn new(
        file: &str,
        text: &str,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let sections = text.parse().map_err(|error| ConfigError::new(vec![not_toml(file, text, &error)]))?;
        let mut source =
            Self { file: file.to_owned(), sections, env: Vec::new(), known: Vec::new(), problems: Vec::new() };
        for (name, value) in env {
            let Some(path) = name.strip_prefix(PREFIX).map(str::to_lowercase) else { continue };
            match path.split_once("__") {
                Some((section, key)) => {
                    source.env.push(Variable { section: section.to_owned(), key: key.to_owned(), name, value });
                }
                None => source.problems.push(Problem::new(
                    name,
                    "",
                    "names no key",
                    "write SHAREDPHONE__SECTION__KEY, with two underscores before the key, or remove it",
                )),
            }
        }
        Ok(source)
    }

    /// Takes out a section, has it read, and complains about what was left in it.
    pub(super) fn section<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Keys<'_>) -> T) -> T {
        let mut given = match self.take(name) {
            None => BTreeMap::new(),
            Some(Value::Table(table)) => Given::all_of(table, &self.file),
            Some(_) => {
                self.complain(name, "is a section, not a key", &format!("write [{name}] on a line, its keys below"));
                BTreeMap::new()
            }
        };
        for variable in self.env.extract_if(.., |variable| variable.section == name) {
            given.insert(variable.key, Given { value: Value::String(variable.value), place: variable.name });
        }
        let mut keys = Keys::new(&self.file, format!("[{name}]"), given, &mut self.problems);
        let section = read(&mut keys);
        keys.finish();
        section
    }

    /// Takes out whatever is at the top under that name.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.sections.remove(name)
    }

    /// Reads one of several tables under one name.
    pub(super) fn entry<T>(&mut self, label: String, table: Table, read: impl FnOnce(&mut Keys<'_>) -> T) -> T {
        let given = Given::all_of(table, &self.file);
        let mut keys = Keys::new(&self.file, label, given, &mut self.problems);
        let entry = read(&mut keys);
        keys.finish();
        entry
    }

    /// Notes a mistake in the file.
    pub(super) fn complain(&mut self, key: &str, wrong: &str, cure: &str) {
        self.problems.push(Problem::new(&self.file, key, wrong, cure));
    }

    /// Complains about what nobody took out; gives all the mistakes.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        for name in self.sections.keys() {
            let cure = nearest(name, &self.known, "sections");
            self.problems.push(Problem::new(&self.file, format!("[{name}]"), "there is no such section", cure));
        }
        for variable in self.env {
            let (wrong, cure) = match variable.section.as_str() {
                "organisers" => ("organisers are not set this way", "write them into the file".to_owned()),
                section => ("there is no such section", nearest(section, &self.known, "sections")),
            };
            self.problems.push(Problem::new(variable.name, format!("[{}]", variable.section), wrong, cure));
        }
        self.problems
    }
}

/// Tells the line and not what is on it, which may be half a secret.
fn not_toml(file: &str, text: &str, error: &toml::de::Error) -> Problem {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    let reason = error.message().lines().next().unwrap_or_default();
    Problem::new(
        format!("{file}:{line}"),
        "",
        format!("can't be understood as TOML: {reason}"),
        "look for a missing quote, bracket or = on this line or the one before",
    )
}
