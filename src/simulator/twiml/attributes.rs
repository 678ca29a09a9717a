//! Owns the reading of attributes: every one must be known to the verb, in Twilio's spelling, with
//! a value of the right kind. What is wrong is collected as a complaint and the default used, as
//! Twilio does (Twilio docs: Error 12200 is a warning).

use super::xml::Element;
use super::{Hook, Method};
use crate::simulator::problem::ProblemKind;
use std::time::Duration;

/// What a document is read against: its own URL, and the complaints so far.
pub struct Reading<'a> {
    /// The URL of the document, for relative ones.
    pub base: &'a str,
    /// What was wrong.
    pub complaints: Vec<(ProblemKind, String)>,
}

impl Reading<'_> {
    /// Notes something wrong.
    pub fn complain(&mut self, kind: ProblemKind, text: String) {
        self.complaints.push((kind, text));
    }

    /// Complains about each attribute that isn't in `known` (words separated by spaces).
    pub fn only(&mut self, element: &Element, known: &str) {
        for (name, _) in &element.attributes {
            if !known.split(' ').any(|k| k == name) {
                let text = format!("<{}> has no attribute {name:?}", element.name);
                self.complain(ProblemKind::BadTwiml, text);
            }
        }
    }

    /// Complains about children where none may be.
    pub fn no_children(&mut self, element: &Element) {
        for child in &element.children {
            let text = format!("<{}> may not stand in <{}>", child.name, element.name);
            self.complain(ProblemKind::BadTwiml, text);
        }
    }

    /// A truth value.
    pub fn truth(&mut self, element: &Element, name: &str, default: bool) -> bool {
        match get(element, name) {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(other) => {
                self.bad_value(element, name, other);
                default
            }
        }
    }

    /// A whole number in a range.
    pub fn number(&mut self, element: &Element, name: &str, default: u64, least: u64) -> u64 {
        match get(element, name).map(|text| (text, text.parse::<u64>())) {
            None => default,
            Some((_, Ok(n))) if n >= least => n,
            Some((text, _)) => {
                self.bad_value(element, name, text);
                default
            }
        }
    }

    /// Whole seconds.
    pub fn seconds(&mut self, element: &Element, name: &str, default: u64, least: u64) -> Duration {
        Duration::from_secs(self.number(element, name, default, least))
    }

    /// A method, POST by default.
    pub fn method(&mut self, element: &Element, name: &str) -> Method {
        match get(element, name) {
            None | Some("POST") => Method::Post,
            Some("GET") => Method::Get,
            Some(other) => {
                self.bad_value(element, name, other);
                Method::Post
            }
        }
    }

    /// The hook of two attributes, if the first is there.
    pub fn hook(&mut self, element: &Element, url: &str, method: &str) -> Option<Hook> {
        let method = self.method(element, method);
        let raw = get(element, url)?.to_owned();
        Some(Hook { url: self.absolute(&raw), method })
    }

    /// The hook of two attributes, or the current document: a loop, usually by accident.
    pub fn hook_or_here(&mut self, element: &Element, url: &str, method: &str) -> Hook {
        if let Some(hook) = self.hook(element, url, method) {
            return hook;
        }
        let text = format!("<{}> without {url}: it asks for its own document again", element.name);
        self.complain(ProblemKind::Remark, text);
        Hook { url: self.base.to_owned(), method: Method::Post }
    }

    /// A URL made absolute; a relative one is a complaint.
    pub fn absolute(&mut self, raw: &str) -> String {
        let raw = raw.trim();
        if raw.starts_with("http://") || raw.starts_with("https://") {
            return raw.to_owned();
        }
        self.complain(ProblemKind::BadUrl, format!("not an absolute URL: {raw:?}"));
        match url::Url::parse(self.base).and_then(|base| base.join(raw)) {
            Ok(url) => url.into(),
            Err(_) => raw.to_owned(),
        }
    }

    fn bad_value(&mut self, element: &Element, name: &str, value: &str) {
        let text = format!("<{} {name}={value:?}> is not a value Twilio takes", element.name);
        self.complain(ProblemKind::BadTwiml, text);
    }
}

/// An attribute's value.
pub fn get<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    element.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}
