//! The configuration: whatever is in the file and the environment, every mistake comes with its cure,
//! none repeats a secret, and what is let in keeps its promises.
//!
//! An input is the file, then variables as `NAME=value`.

use std::collections::BTreeSet;

use sharedphone::config::{Config, ConfigError};
use toml::Table;

/// What stands for a secret or somebody's number in the corpus.
const PRIVATE: &str = "0123secret0123";

/// Reads the bytes as a configuration.
pub fn check(bytes: &[u8]) {
    let whole = String::from_utf8_lossy(bytes);
    let mut parts = bytes.split(|byte| *byte == 0xff).map(|part| String::from_utf8_lossy(part).into_owned());
    let text = parts.next().unwrap_or_default();
    let env: Vec<(String, String)> = parts
        .filter_map(|part| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect();
    if names_a_secret_file(&text, &env) {
        return;
    }
    match Config::parse("phone.toml", &text, env.iter().cloned()) {
        Ok(config) => good(&config),
        Err(error) => bad(&error, whole.matches(PRIVATE).count() == 1 && is_private(&text, &env)),
    }
}

/// Files are none of this check's business: it is to read nothing but its input.
fn names_a_secret_file(text: &str, env: &[(String, String)]) -> bool {
    let table: Option<Table> = text.parse().ok();
    let twilio = table.as_ref().and_then(|table| table.get("twilio")?.as_table());
    let keys = twilio.into_iter().flat_map(Table::keys).chain(env.iter().map(|(name, _)| name));
    keys.map(|key| key.to_lowercase()).any(|key| key.ends_with("token_file"))
}

fn good(config: &Config) {
    assert!(!config.organisers.is_empty());
    let names: BTreeSet<_> = config.organisers.iter().map(|organiser| &organiser.name).collect();
    let numbers: BTreeSet<_> = config.organisers.iter().map(|organiser| &organiser.number).collect();
    assert_eq!((names.len(), numbers.len()), (config.organisers.len(), config.organisers.len()), "not all different");
    assert!(!numbers.contains(&config.twilio.phone_number), "the hotline rings itself");
    assert!(config.twilio.calls_per_second > 0);
    assert!(!config.server.public_base().ends_with('/'));
    let shown = config.hotline.name.chars().chain(config.texts.replaced().values().flat_map(|text| text.chars()));
    assert!(!shown.into_iter().any(char::is_control), "a control character is to be spoken");
}

fn bad(error: &ConfigError, has_private: bool) {
    assert!(!error.problems().is_empty());
    for problem in error.problems() {
        let problem = problem.to_string();
        let cure = problem.rsplit_once("; ").map_or("", |(_, cure)| cure.trim());
        assert!(!cure.is_empty(), "no cure: {problem}");
        assert!(!(has_private && problem.contains(PRIVATE)), "it tells a secret: {problem}");
    }
}

/// Whether the secret is a value; what somebody took for the name of a key is told as such.
fn is_private(text: &str, env: &[(String, String)]) -> bool {
    if env.iter().any(|(_, value)| value.contains(PRIVATE)) {
        return true;
    }
    let Ok(table) = text.parse::<Table>() else { return true };
    let twilio = table.get("twilio").and_then(toml::Value::as_table);
    twilio.is_some_and(|twilio| twilio.values().any(|value| value.as_str().is_some_and(|text| text.contains(PRIVATE))))
}
