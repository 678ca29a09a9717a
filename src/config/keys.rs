//! One section's keys, taken out one by one. Owns the collecting of mistakes: a bad value is
//! noted, a stand-in is used, and reading goes on, so that the next mistake is found too.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::problem::Problem;
use super::values::Wrong;

/// A value and the file or variable that it is from.
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) place: String,
}

impl Given {
    /// Whether it is anything but an empty text.
    pub(super) fn is_filled_in(&self) -> bool {
        self.value.as_str() != Some("")
    }

    /// The values of a table in that file.
    pub(super) fn all_of(table: Table, file: &str) -> BTreeMap<String, Self> {
        table.into_iter().map(|(key, value)| (key, Self { value, place: file.to_owned() })).collect()
    }
}

/// What is left to read of one section.
pub(super) struct Keys<'a> {
    file: &'a str,
    section: String,
    given: BTreeMap<String, Given>,
    known: Vec<&'static str>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(
        file: &'a str,
        section: String,
        given: BTreeMap<String, Given>,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self { file, section, given, known: Vec::new(), problems }
    }

    /// A key without which nothing works; `cure` says how to come by a value. An empty text is
    /// none: that is how the example has those that have to be filled in.
    pub(super) fn need<T>(
        &mut self,
        key: &'static str,
        cure: &str,
        read: impl FnOnce(&Value) -> Result<T, Wrong>,
    ) -> Option<T> {
        let place = self.place(key);
        let Some(given) = self.take(key).filter(Given::is_filled_in) else {
            self.complain(place, key, Wrong::new("is missing", cure));
            return None;
        };
        self.read(key, given, read)
    }

    /// A key with a default.
    pub(super) fn or<T>(&mut self, key: &'static str, default: T, read: impl FnOnce(&Value) -> Result<T, Wrong>) -> T {
        self.take(key).and_then(|given| self.read(key, given, read)).unwrap_or(default)
    }

    /// A key that may be left out; an empty text leaves it out too.
    pub(super) fn maybe<T>(&mut self, key: &'static str, read: impl FnOnce(&Value) -> Result<T, Wrong>) -> Option<T> {
        let given = self.take(key).filter(Given::is_filled_in)?;
        self.read(key, given, read)
    }

    /// The value as it was given.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Given> {
        self.known.push(key);
        self.given.remove(key)
    }

    /// The file or variable that the key's value is from, or would be.
    pub(super) fn place(&self, key: &str) -> String {
        self.given.get(key).map_or(self.file, |given| &given.place).to_owned()
    }

    /// Notes a mistake.
    pub(super) fn complain(&mut self, place: String, key: &str, wrong: Wrong) {
        self.problems.push(Problem::new(place, format!("{} {key}", self.section), wrong.what, wrong.cure));
    }

    /// Complains about every key that nobody asked for.
    pub(super) fn finish(mut self) {
        for (key, given) in std::mem::take(&mut self.given) {
            let cure = nearest(&key, &self.known, "keys");
            self.complain(given.place, &key, Wrong::new("there is no such key", cure));
        }
    }

    fn read<T>(&mut self, key: &str, given: Given, read: impl FnOnce(&Value) -> Result<T, Wrong>) -> Option<T> {
        read(&given.value).map_err(|wrong| self.complain(given.place, key, wrong)).ok()
    }
}

/// What was probably meant instead of `name`, or all there is.
pub(super) fn nearest(name: &str, known: &[&str], kind: &str) -> String {
    let close = known.iter().map(|candidate| (distance(name, candidate), candidate)).min();
    match close {
        Some((distance, candidate)) if distance <= 1 + name.chars().count() / 4 => format!("did you mean {candidate}?"),
        _ => format!("the {kind} are: {}", known.join(", ")),
    }
}

/// How many letters must be added, removed or changed to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.chars().enumerate() {
            let changed = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_letter_edits() {
        for (a, b, wanted) in
            [("", "abc", 3), ("kitten", "sitting", 3), ("listen", "listen", 0), ("lisen", "listen", 1)]
        {
            assert_eq!(distance(a, b), wanted, "{a} {b}");
        }
    }

    #[test]
    fn a_slip_gets_a_suggestion_and_nonsense_the_list() {
        let known = ["listen", "public_url"];
        assert_eq!(nearest("publik_url", &known, "keys"), "did you mean public_url?");
        assert_eq!(nearest("frobnicate", &known, "keys"), "the keys are: listen, public_url");
    }
}
