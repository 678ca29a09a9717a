//! A mistake in the configuration and how it is told. Owns the form of the message; no message
//! ever has a secret or a phone number in it.

use std::fmt;

/// One mistake: where it is, what it is, and how it is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    place: String,
    key: String,
    wrong: String,
    cure: String,
}

impl Problem {
    /// `place` is a file or an environment variable, `key` like `[server] listen`, or empty when
    /// it is about the whole place.
    pub fn new(
        place: impl Into<String>,
        key: impl Into<String>,
        wrong: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), key: key.into(), wrong: wrong.into(), cure: cure.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, wrong, cure } = self;
        if key.is_empty() {
            write!(f, "{place}: {wrong}; {cure}")
        } else {
            write!(f, "{place}: {key}: {wrong}; {cure}")
        }
    }
}

impl std::error::Error for Problem {}

/// Everything that is wrong with a configuration, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The mistakes, in the order of the sections.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
