//! `[hotline]`: what the hotline is called, which language it speaks and whose clock it shows.

use chrono_tz::Tz;
use toml::Value;

use super::keys::Keys;
use super::values::{Wrong, line, parsed, text};

/// The `[hotline]` section.
#[derive(Debug, Clone)]
pub struct HotlineSection {
    /// Said to organisers and, where the wait is answered, to callers.
    pub name: String,
    /// The language tag of the spoken texts, like `en-GB`.
    pub language: String,
    /// For what people read; the database keeps UTC.
    pub time_zone: Tz,
}

impl HotlineSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            name: keys.or("name", "hotline".to_owned(), line(80)),
            language: keys.or("language", "en-GB".to_owned(), language),
            time_zone: keys.or("time_zone", Tz::UTC, parsed("write a time zone's name, like Europe/London or UTC")),
        }
    }
}

/// A language tag by shape: two or three letters, then perhaps script and region.
fn language(value: &Value) -> Result<String, Wrong> {
    let tag = text(value)?.trim();
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let good = (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.clone().count() <= 2
        && parts.all(|part| (2..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if good { Ok(tag.to_owned()) } else { Err(Wrong::new("is not a language tag", "write one like en-GB or de-DE")) }
}
