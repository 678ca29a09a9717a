//! Readers of single values: each takes what the file or the environment has and gives the type
//! that the key wants, or says what is wrong and how to mend it. No message repeats the value,
//! which may be a secret or somebody's number.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use toml::Value;
use url::Url;

/// What is wrong with a value, and the cure.
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) cure: String,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { what: what.into(), cure: cure.into() }
    }
}

/// Any text.
pub(super) fn text(value: &Value) -> Result<&str, Wrong> {
    value.as_str().ok_or_else(|| Wrong::new("is not a text", "put the value in quotes"))
}

/// A text that can be spoken and printed: not empty, on one line, not longer than `most`.
pub(super) fn line(most: usize) -> impl Fn(&Value) -> Result<String, Wrong> {
    move |value| {
        let text = text(value)?.trim();
        let length = text.chars().count();
        if text.is_empty() {
            return Err(Wrong::new("is empty", "write something, or remove the key"));
        }
        if length > most {
            return Err(Wrong::new(format!("has {length} characters"), format!("{most} are the most; shorten it")));
        }
        // The last two are no characters to XML, and Twilio would refuse the whole document.
        if text.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
            return Err(Wrong::new("has a line break or another control character", "write it on one line"));
        }
        Ok(text.to_owned())
    }
}

/// A whole number in that range; the environment has it as text.
pub(super) fn number(range: RangeInclusive<u32>) -> impl Fn(&Value) -> Result<u32, Wrong> {
    move |value| {
        let number = match value {
            Value::Integer(number) => u32::try_from(*number).ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let cure = match (*range.start(), *range.end()) {
                (first, u32::MAX) => format!("write a whole number, {first} or more, without quotes"),
                (first, last) => format!("write a whole number from {first} to {last}, without quotes"),
            };
            Wrong::new("is not a number that is allowed here", cure)
        })
    }
}

/// A text with a form of its own; `cure` describes it.
pub(super) fn parsed<T: FromStr>(cure: &'static str) -> impl Fn(&Value) -> Result<T, Wrong> {
    move |value| text(value)?.trim().parse().map_err(|_| Wrong::new("does not have the right form", cure))
}

/// A text whose type explains its form by itself.
pub(super) fn explained<T: FromStr<Err: std::fmt::Display>>(value: &Value) -> Result<T, Wrong> {
    text(value)?.trim().parse().map_err(|error: T::Err| Wrong::new("does not have the right form", error.to_string()))
}

/// One of a few words.
pub(super) fn choice<T: DeserializeOwned>(words: &'static str) -> impl Fn(&Value) -> Result<T, Wrong> {
    move |value| {
        let word = Value::String(text(value)?.trim().to_owned());
        T::deserialize(word)
            .map_err(|_| Wrong::new("is not one of the words for this", format!("write one of {words}")))
    }
}

/// Yes or no.
pub(super) fn yes_or_no(value: &Value) -> Result<bool, Wrong> {
    value.as_bool().ok_or_else(|| Wrong::new("is neither true nor false", "write true or false, without quotes"))
}

/// A path; nothing is looked up.
pub(super) fn path(value: &Value) -> Result<PathBuf, Wrong> {
    match text(value)? {
        "" => Err(Wrong::new("is empty", "write a path, or remove the key")),
        path => Ok(PathBuf::from(path)),
    }
}

/// An address on the web, `http` or `https`. A password in it would end up in logs.
pub(super) fn web_address(value: &Value) -> Result<Url, Wrong> {
    const CURE: &str = "write it in full, like https://hotline.example.org";
    let url = Url::parse(text(value)?.trim()).map_err(|_| Wrong::new("is not a web address", CURE))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Wrong::new("does not start with https:// or http://", CURE));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new("has a user name or a password in it", "remove what is before the @"));
    }
    Ok(url)
}

/// The address of a server, to which paths are added.
pub(super) fn base_address(value: &Value) -> Result<Url, Wrong> {
    let url = web_address(value)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Wrong::new("has a ? or a # in it", "end it before that; paths are added to it"));
    }
    Ok(url)
}
