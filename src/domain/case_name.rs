//! Case names.

/// placeholder until the real list
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseName(String);

impl CaseName {
    /// The name.
    pub fn of(number: u64, _key: &[u8]) -> Self {
        Self(format!("case-{number}"))
    }

    /// A name as the database has it.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
