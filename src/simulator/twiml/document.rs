//! Owns the reading of a document's verbs. `nouns` reads what stands in `<Dial>`.

use super::attributes::{Reading, get};
use super::nouns;
use super::xml::{self, Element};
use super::{Gather, Hook, Prompt, Record, Verb};
use crate::simulator::problem::ProblemKind;
use std::time::Duration;

/// A document that was read, and what Twilio's debugger would say about it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The verbs in their order.
    pub verbs: Vec<Verb>,
    /// What was wrong but didn't stop it.
    pub complaints: Vec<(ProblemKind, String)>,
}

/// Reads the document that came from `base`.
///
/// # Errors
/// Twilio's error code (12100 not XML, 12102 no `<Response>`) and why.
pub fn read(text: &str, base: &str) -> Result<Document, (u32, String)> {
    let root = xml::parse(text).map_err(|why| (12100, why))?;
    if root.name != "Response" {
        return Err((12102, format!("the root is <{}>, not <Response>", root.name)));
    }
    let mut reading = Reading { base, complaints: Vec::new() };
    reading.only(&root, "");
    stray_text(&mut reading, &root);
    let verbs = root.children.iter().filter_map(|child| verb(&mut reading, child)).collect();
    Ok(Document { verbs, complaints: reading.complaints })
}

fn verb(r: &mut Reading<'_>, e: &Element) -> Option<Verb> {
    let verb = match e.name.as_str() {
        "Say" | "Play" | "Pause" => Verb::Prompt(prompt(r, e)?),
        "Gather" => Verb::Gather(gather(r, e)),
        "Redirect" => redirect(r, e),
        "Hangup" => {
            r.only(e, "");
            r.no_children(e);
            Verb::Hangup
        }
        "Reject" => {
            r.only(e, "reason");
            r.no_children(e);
            Verb::Reject { busy: get(e, "reason") == Some("busy") }
        }
        "Dial" => Verb::Dial(Box::new(nouns::dial(r, e)?)),
        "Record" => Verb::Record(record(r, e)),
        "Enqueue" | "Leave" | "Sms" | "Message" | "Refer" | "Pay" | "Connect" | "Start" | "Stop" | "Prompt" => {
            r.complain(ProblemKind::Unsupported, format!("<{}> isn't played by this simulator", e.name));
            return None;
        }
        other => {
            r.complain(ProblemKind::BadTwiml, format!("no verb <{other}>"));
            return None;
        }
    };
    Some(verb)
}

fn prompt(r: &mut Reading<'_>, e: &Element) -> Option<Prompt> {
    r.no_children(e);
    let prompt = match e.name.as_str() {
        "Say" => {
            r.only(e, "voice language loop");
            let text = collapse(&e.text);
            if text.is_empty() {
                r.complain(ProblemKind::BadTwiml, "<Say> says nothing".to_owned());
            }
            Prompt::Say { text, loops: loops(r, e) }
        }
        "Play" => {
            r.only(e, "loop digits");
            if let Some(digits) = get(e, "digits") {
                return Some(Prompt::Digits(digits.to_owned()));
            }
            Prompt::Play { url: r.absolute(&e.text), loops: loops(r, e) }
        }
        _ => {
            r.only(e, "length");
            stray_text(r, e);
            Prompt::Pause(r.seconds(e, "length", 1, 1))
        }
    };
    Some(prompt)
}

fn loops(r: &mut Reading<'_>, e: &Element) -> u32 {
    u32::try_from(r.number(e, "loop", 1, 0)).unwrap_or(u32::MAX)
}

fn redirect(r: &mut Reading<'_>, e: &Element) -> Verb {
    r.only(e, "method");
    r.no_children(e);
    let method = r.method(e, "method");
    Verb::Redirect(Hook { url: r.absolute(&e.text), method })
}

fn gather(r: &mut Reading<'_>, e: &Element) -> Gather {
    r.only(
        e,
        "input action method timeout finishOnKey numDigits partialResultCallback \
         partialResultCallbackMethod language hints bargeIn profanityFilter speechTimeout \
         speechModel enhanced actionOnEmptyResult debug",
    );
    stray_text(r, e);
    if get(e, "input").is_some_and(|input| !input.split(' ').any(|i| i == "dtmf")) {
        r.complain(ProblemKind::Unsupported, "speech recognition isn't played".to_owned());
    }
    let mut prompts = Vec::new();
    for child in &e.children {
        if matches!(child.name.as_str(), "Say" | "Play" | "Pause") {
            prompts.extend(prompt(r, child));
        } else {
            let text = format!("<{}> may not stand in <Gather>", child.name);
            r.complain(ProblemKind::BadTwiml, text);
        }
    }
    let digits = r.number(e, "numDigits", 0, 1);
    Gather {
        action: r.hook_or_here(e, "action", "method"),
        timeout: r.seconds(e, "timeout", 5, 0),
        num_digits: usize::try_from(digits).ok().filter(|n| *n > 0),
        finish_on_key: get(e, "finishOnKey").unwrap_or("#").to_owned(),
        action_on_empty: r.truth(e, "actionOnEmptyResult", false),
        prompts,
    }
}

fn record(r: &mut Reading<'_>, e: &Element) -> Record {
    r.only(
        e,
        "action method timeout maxLength finishOnKey playBeep trim recordingStatusCallback \
         recordingStatusCallbackMethod recordingStatusCallbackEvent transcribe transcribeCallback",
    );
    r.no_children(e);
    Record {
        action: r.hook_or_here(e, "action", "method"),
        timeout: r.seconds(e, "timeout", 5, 0),
        max_length: r.seconds(e, "maxLength", 3600, 1),
        finish_on_key: get(e, "finishOnKey").unwrap_or("1234567890*#").to_owned(),
        beep: r.truth(e, "playBeep", true),
        status_callback: r.hook(e, "recordingStatusCallback", "recordingStatusCallbackMethod"),
    }
}

fn stray_text(r: &mut Reading<'_>, e: &Element) {
    if !e.text.trim().is_empty() {
        r.complain(ProblemKind::BadTwiml, format!("text in <{}>: {:?}", e.name, e.text.trim()));
    }
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How long a prompt takes once through; `None` for audio, whose length isn't in the document.
pub fn lasts(prompt: &Prompt, per_character: Duration) -> Option<Duration> {
    match prompt {
        Prompt::Say { text, .. } => {
            let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
            Some((per_character * characters).max(Duration::from_secs(1)))
        }
        Prompt::Play { .. } => None,
        Prompt::Digits(digits) => Some(Duration::from_millis(200) * digits.len() as u32),
        Prompt::Pause(length) => Some(*length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::twiml::{Dialled, Method, Waiting};

    fn one(text: &str) -> (Verb, Vec<(ProblemKind, String)>) {
        let document = read(text, "http://app.test/here").expect("readable");
        (document.verbs[0].clone(), document.complaints)
    }

    #[test]
    fn a_conference_with_defaults_and_fragment() {
        let (verb, complaints) = one(
            "<Response><Dial><Conference waitUrl=\"http://app.test/w#rc=2\" endConferenceOnExit=\"true\">a</Conference></Dial></Response>",
        );
        assert_eq!(complaints, []);
        let Verb::Dial(dial) = verb else { panic!("a dial") };
        let Dialled::Room(room) = dial.to else { panic!("a room") };
        assert!(room.start_on_enter && room.end_on_exit);
        assert_eq!(room.max_participants, 250);
        let hook = Hook { url: "http://app.test/w#rc=2".to_owned(), method: Method::Post };
        assert_eq!(room.wait, Waiting::At(hook));
    }

    #[test]
    fn complaints() {
        for (text, kind) in [
            ("<Response><say>x</say></Response>", ProblemKind::BadTwiml),
            ("<Response><Say Voice='x'>x</Say></Response>", ProblemKind::BadTwiml),
            ("<Response><Pause length='0'/></Response>", ProblemKind::BadTwiml),
            ("<Response><Redirect>/next</Redirect></Response>", ProblemKind::BadUrl),
            ("<Response><Gather/></Response>", ProblemKind::Remark),
            ("<Response><Enqueue>x</Enqueue></Response>", ProblemKind::Unsupported),
            (
                "<Response><Dial><Conference>+15550000001</Conference><Number>1</Number></Dial></Response>",
                ProblemKind::BadTwiml,
            ),
        ] {
            let document = read(text, "http://app.test/here").expect("readable");
            assert_eq!(document.complaints.first().map(|c| c.0), Some(kind), "{text}");
        }
        assert_eq!(read("<Reply/>", "").map_err(|e| e.0).err(), Some(12102));
    }
}
