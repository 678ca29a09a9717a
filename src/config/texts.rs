//! `[texts]`: spoken texts that replace ours, one by one. Owns which there are and what may be in
//! them; the texts that they replace are elsewhere.

use std::collections::BTreeMap;

use toml::Value;

use super::keys::Keys;
use super::values::{Wrong, line};
use crate::domain::reply::Prompt;

/// Longest text, in characters: more than a minute of speech helps nobody.
const LONGEST: usize = 600;

/// What may stand in braces: the hotline's name, and the organiser who took the call.
const PLACEHOLDERS: [&str; 2] = ["hotline", "organiser"];

/// The `[texts]` section: a key for each [`Prompt`], named by its word.
#[derive(Debug, Clone, Default)]
pub struct TextsSection {
    replaced: BTreeMap<Prompt, String>,
}

impl TextsSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Self {
        let given = Prompt::ALL.iter().filter_map(|name| Some((*name, keys.maybe(name.as_str(), prompt)?)));
        Self { replaced: given.collect() }
    }

    /// The texts to speak instead of ours, their placeholders not yet filled in.
    pub fn replaced(&self) -> &BTreeMap<Prompt, String> {
        &self.replaced
    }
}

fn prompt(value: &Value) -> Result<String, Wrong> {
    let text = line(LONGEST)(value)?;
    match stray_brace(&text) {
        None => Ok(text),
        Some(stray) => {
            Err(Wrong::new(format!("has {stray} in it"), "in braces only {hotline} and {organiser} can stand"))
        }
    }
}

/// The first thing in braces that is no placeholder, or a brace without its partner.
fn stray_brace(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(start) = rest.find(['{', '}']) {
        let from = &rest[start..];
        let stray = from.find('}').map_or(from, |end| &from[..=end]);
        if !PLACEHOLDERS.iter().any(|name| stray == format!("{{{name}}}")) {
            return Some(stray);
        }
        rest = &from[stray.len()..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_placeholders_pass() {
        for good in ["", "plain", "{hotline} and {organiser}", "{hotline}{hotline}"] {
            assert_eq!(stray_brace(good), None, "{good}");
        }
        for (bad, stray) in [("a {name} b", "{name}"), ("{hotline} {", "{"), ("}", "}"), ("{{hotline}}", "{{hotline}")]
        {
            assert_eq!(stray_brace(bad), Some(stray), "{bad}");
        }
    }
}
