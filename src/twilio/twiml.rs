//! Replies as TwiML. Every document ends in a way on: a hang-up, or an address of ours that knows
//! what is next.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use crate::domain::ids::{LegId, RoomName};
use crate::domain::reply::{CallerReply, LegReply, Prompt};
use crate::domain::settings::Waiting;
use crate::domain::texts::Texts;
use crate::urls::{self, Urls};

/// How long the caller may think about pressing a key, in seconds, after the text.
const CALLER_KEY_SECONDS: &str = "8";

/// The same for the organiser; before, the text was said three times.
const LEG_KEY_SECONDS: &str = "4";

/// Writes the documents of one hotline.
#[derive(Debug, Clone)]
pub struct Twiml {
    urls: Urls,
    texts: Texts,
    language: String,
    waiting: Waiting,
}

/// A document under construction, `<Response>` being open.
type Document = Writer<Vec<u8>>;

impl Twiml {
    /// Documents with these addresses and texts, spoken in `language`.
    pub fn new(urls: Urls, texts: Texts, language: &str, waiting: Waiting) -> Self {
        Self { urls, texts, language: language.to_owned(), waiting }
    }

    /// The document for a caller's line.
    pub fn caller(&self, reply: &CallerReply) -> String {
        document(|out| match reply {
            CallerReply::RingOn => {
                pause(out, "1")?;
                redirect(out, &self.urls.caller(urls::CALLER_NEXT))
            }
            CallerReply::EnterRoom { room, round, greet, say } => {
                self.say_maybe(out, *say)?;
                self.caller_room(out, room, *round, *greet)
            }
            CallerReply::RoomTone { say } => {
                self.say_maybe(out, *say)?;
                let tone = if self.waiting == Waiting::Music { urls::MUSIC } else { urls::RINGBACK };
                text(out, "Play", &[], &self.urls.audio(tone))?;
                redirect(out, &self.urls.caller_room(false))
            }
            // A waiting document cannot hang up; the redirect that ends this is on its way.
            CallerReply::RoomNobody => {
                self.say(out, Prompt::Nobody, None)?;
                pause(out, "4")?;
                redirect(out, &self.urls.caller_room(false))
            }
            CallerReply::Nobody => self.say_and_hang_up(out, Prompt::Nobody, None),
            CallerReply::Overloaded => self.say_and_hang_up(out, Prompt::Overloaded, None),
            CallerReply::CutOff { round } => {
                let action = self.urls.caller_in_round(urls::CALLER_KEY, *round);
                self.gather(out, &action, CALLER_KEY_SECONDS, Prompt::CutOff, 1)?;
                self.say_and_hang_up(out, Prompt::Goodbye, None)
            }
            CallerReply::Goodbye => self.say_and_hang_up(out, Prompt::Goodbye, None),
            CallerReply::CallAgain => self.say_and_hang_up(out, Prompt::CallAgain, None),
            CallerReply::Refuse => empty(out, "Reject", &[]),
        })
    }

    /// The document for a leg's line.
    pub fn leg(&self, reply: &LegReply) -> String {
        document(|out| match reply {
            LegReply::Screen { leg_id } => {
                self.gather(out, &self.urls.leg(urls::LEG_KEY, *leg_id), LEG_KEY_SECONDS, Prompt::Screen, 3)?;
                redirect(out, &self.urls.leg(urls::LEG_NO_KEY, *leg_id))
            }
            LegReply::Join { leg_id, room } => self.leg_room(out, *leg_id, room),
            LegReply::RoomWait { leg_id } => {
                self.say(out, Prompt::Connecting, None)?;
                pause(out, "1")?;
                redirect(out, &self.urls.leg(urls::LEG_ROOM, *leg_id))
            }
            LegReply::Dismiss { say, taken_by } => self.say_and_hang_up(out, *say, taken_by.as_deref()),
            LegReply::HangUp => empty(out, "Hangup", &[]),
        })
    }

    /// The caller starts the conference: until they are in the room, nobody in it hears another.
    fn caller_room(&self, out: &mut Document, room: &RoomName, round: u32, greet: bool) -> io::Result<()> {
        let wait = self.urls.caller_room(greet);
        let after = self.urls.caller_in_round(urls::CALLER_AFTER, round);
        let conference = [("participantLabel", "caller"), ("startConferenceOnEnter", "true"), ("beep", "false")];
        dial(out, &after, &conference, &wait, room)
    }

    /// The beep tells both that the organiser is there, and costs no time as words would.
    fn leg_room(&self, out: &mut Document, leg_id: LegId, room: &RoomName) -> io::Result<()> {
        let wait = self.urls.leg(urls::LEG_ROOM, leg_id);
        let after = self.urls.leg(urls::LEG_AFTER, leg_id);
        let conference = [("participantLabel", "organiser"), ("startConferenceOnEnter", "false"), ("beep", "onEnter")];
        dial(out, &after, &conference, &wait, room)
    }

    fn gather(&self, out: &mut Document, action: &str, seconds: &str, prompt: Prompt, times: usize) -> io::Result<()> {
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

    fn say_and_hang_up(&self, out: &mut Document, prompt: Prompt, organiser: Option<&str>) -> io::Result<()> {
        self.say(out, prompt, organiser)?;
        empty(out, "Hangup", &[])
    }

    fn say_maybe(&self, out: &mut Document, prompt: Option<Prompt>) -> io::Result<()> {
        prompt.map_or(Ok(()), |prompt| self.say(out, prompt, None))
    }

    fn say(&self, out: &mut Document, prompt: Prompt, organiser: Option<&str>) -> io::Result<()> {
        text(out, "Say", &[("language", &self.language)], &self.texts.say(prompt, organiser))
    }
}

/// Into the room. `action` says what comes when it closes, or if there was no room to be had
/// (16020, 16025); the redirect behind it is for a Twilio that goes on with the next verb instead.
fn dial(out: &mut Document, after: &str, conference: &[(&str, &str)], wait: &str, room: &RoomName) -> io::Result<()> {
    let both = [
        ("endConferenceOnExit", "true"),
        ("maxParticipants", "2"),
        ("jitterBufferSize", "small"),
        ("waitUrl", wait),
        ("waitMethod", "POST"),
    ];
    let attributes: Vec<(&str, &str)> = conference.iter().chain(&both).copied().collect();
    nest(out, "Dial", &[("action", after), ("method", "POST")], |out| {
        text(out, "Conference", &attributes, room.as_str())
    })?;
    redirect(out, after)
}

fn document(fill: impl FnOnce(&mut Document) -> io::Result<()>) -> String {
    let mut out = Writer::new(Vec::new());
    let written = out.create_element("Response").write_inner_content(fill).map(|_| ());
    written.unwrap_or_else(|error| unreachable!("writing to memory does not fail: {error}"));
    let body = String::from_utf8(out.into_inner()).unwrap_or_else(|_| unreachable!("only text was written"));
    format!(r#"<?xml version="1.0" encoding="UTF-8"?>{body}"#)
}

fn nest(
    out: &mut Document,
    name: &str,
    attributes: &[(&str, &str)],
    fill: impl FnOnce(&mut Document) -> io::Result<()>,
) -> io::Result<()> {
    let element = out.create_element(name).with_attributes(attributes.iter().copied());
    element.write_inner_content(fill).map(|_| ())
}

fn text(out: &mut Document, name: &str, attributes: &[(&str, &str)], content: &str) -> io::Result<()> {
    let element = out.create_element(name).with_attributes(attributes.iter().copied());
    element.write_text_content(BytesText::new(content)).map(|_| ())
}

fn empty(out: &mut Document, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    out.create_element(name).with_attributes(attributes.iter().copied()).write_empty().map(|_| ())
}

fn pause(out: &mut Document, seconds: &str) -> io::Result<()> {
    empty(out, "Pause", &[("length", seconds)])
}

fn redirect(out: &mut Document, url: &str) -> io::Result<()> {
    text(out, "Redirect", &[("method", "POST")], url)
}
