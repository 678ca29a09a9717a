//! The parts of a document: its elements, and what is spoken in it.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use crate::domain::phone::PhoneNumber;
use crate::domain::reply::Prompt;
use crate::domain::texts::Texts;

/// How long the caller may think about pressing a key, in seconds, after the text.
pub(super) const CALLER_KEY_SECONDS: &str = "8";

/// The same for the organiser; before, the text was said three times.
pub(super) const LEG_KEY_SECONDS: &str = "4";

/// A document under construction, `<Response>` being open.
pub(super) type Document = Writer<Vec<u8>>;

/// What is spoken, and in which language.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    texts: Texts,
    language: String,
}

impl Voice {
    pub(super) fn new(texts: Texts, language: &str) -> Self {
        Self { texts, language: language.to_owned() }
    }

    pub(super) fn gather(
        &self,
        out: &mut Document,
        action: &str,
        seconds: &str,
        prompt: Prompt,
        times: usize,
    ) -> io::Result<()> {
        let attributes =
            [("numDigits", "1"), ("finishOnKey", ""), ("timeout", seconds), ("action", action), ("method", "POST")];
        nest(out, "Gather", &attributes, |out| {
            for time in 0..times {
                if time > 0 {
                    pause(out, "2")?;
                }
                self.say(out, prompt, None)?;
            }
            Ok(())
        })
    }

    pub(super) fn say_and_hang_up(
        &self,
        out: &mut Document,
        prompt: Prompt,
        organiser: Option<&str>,
    ) -> io::Result<()> {
        self.say(out, prompt, organiser)?;
        empty(out, "Hangup", &[])
    }

    pub(super) fn say_maybe(&self, out: &mut Document, prompt: Option<Prompt>) -> io::Result<()> {
        prompt.map_or(Ok(()), |prompt| self.say(out, prompt, None))
    }

    pub(super) fn say(&self, out: &mut Document, prompt: Prompt, organiser: Option<&str>) -> io::Result<()> {
        text(out, "Say", &[("language", &self.language)], &self.texts.say(prompt, organiser))
    }
}

pub(super) fn document(fill: impl FnOnce(&mut Document) -> io::Result<()>) -> String {
    let mut out = Writer::new(Vec::new());
    let written = out.create_element("Response").write_inner_content(fill).map(|_| ());
    written.unwrap_or_else(|error| unreachable!("writing to memory does not fail: {error}"));
    let body = String::from_utf8(out.into_inner()).unwrap_or_else(|_| unreachable!("only text was written"));
    format!(r#"<?xml version="1.0" encoding="UTF-8"?>{body}"#)
}

pub(super) fn nest(
    out: &mut Document,
    name: &str,
    attributes: &[(&str, &str)],
    fill: impl FnOnce(&mut Document) -> io::Result<()>,
) -> io::Result<()> {
    let element = out.create_element(name).with_attributes(attributes.iter().copied());
    element.write_inner_content(fill).map(|_| ())
}

pub(super) fn text(out: &mut Document, name: &str, attributes: &[(&str, &str)], content: &str) -> io::Result<()> {
    let element = out.create_element(name).with_attributes(attributes.iter().copied());
    element.write_text_content(BytesText::new(content)).map(|_| ())
}

pub(super) fn empty(out: &mut Document, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    out.create_element(name).with_attributes(attributes.iter().copied()).write_empty().map(|_| ())
}

/// How a `<Dial>` rings.
pub(super) struct Dial<'a> {
    /// Who is seen to call.
    pub(super) hotline: &'a PhoneNumber,
    /// How long.
    pub(super) seconds: u64,
    /// Whether the caller's line is answered at once; if not, they hear their own network's ringing until somebody
    /// is connected (Twilio docs: Dial, answerOnBridge).
    pub(super) answers: bool,
    /// What is asked for then.
    pub(super) after: Option<&'a str>,
}

/// Has Twilio ring phones, and connect the first; `<Number>`s are `rung`.
pub(super) fn dial(
    out: &mut Document,
    dial: &Dial<'_>,
    rung: impl FnOnce(&mut Document) -> io::Result<()>,
) -> io::Result<()> {
    let (on_bridge, seconds) = (if dial.answers { "false" } else { "true" }, dial.seconds.to_string());
    let ours = [("answerOnBridge", on_bridge), ("timeout", &seconds), ("callerId", dial.hotline.as_str())];
    let after = dial.after.into_iter().flat_map(|after| [("action", after), ("method", "POST")]);
    let attributes: Vec<_> = ours.into_iter().chain(after).collect();
    nest(out, "Dial", &attributes, rung)
}

pub(super) fn pause(out: &mut Document, seconds: &str) -> io::Result<()> {
    empty(out, "Pause", &[("length", seconds)])
}

pub(super) fn redirect(out: &mut Document, url: &str) -> io::Result<()> {
    text(out, "Redirect", &[("method", "POST")], url)
}
