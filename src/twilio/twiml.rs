//! Replies as TwiML. Every document ends in a way on: a hang-up, or an address of ours that knows
//! what is next.

use std::io;

use super::document::{
    CALLER_KEY_SECONDS, Dial, Document, LEG_KEY_SECONDS, Voice, dial, document, empty, nest, pause, redirect, text,
};
use crate::domain::ids::{LegId, RoomName};
use crate::domain::phone::PhoneNumber;
use crate::domain::reply::{CallerReply, LegReply, Prompt};
use crate::domain::settings::Waiting;
use crate::domain::texts::Texts;
use crate::urls::{self, Urls};

/// Writes the documents of one hotline.
#[derive(Debug, Clone)]
pub struct Twiml {
    urls: Urls,
    voice: Voice,
    waiting: Waiting,
    hotline: PhoneNumber,
}

impl Twiml {
    /// Documents with these addresses and texts, spoken in `language`, for the hotline's number.
    pub fn new(urls: Urls, texts: Texts, language: &str, waiting: Waiting, hotline: PhoneNumber) -> Self {
        Self { urls, voice: Voice::new(texts, language), waiting, hotline }
    }

    /// The document for a caller's line.
    pub fn caller(&self, reply: &CallerReply) -> String {
        document(|out| match reply {
            CallerReply::RingOn { .. } => {
                pause(out, "1")?;
                redirect(out, &self.urls.caller(urls::CALLER_NEXT))
            }
            CallerReply::Dial { round, ring, answers, numbers } => {
                let after = self.urls.caller_in_round(urls::CALLER_AFTER, *round);
                let how =
                    Dial { hotline: &self.hotline, seconds: ring.as_secs(), answers: *answers, after: Some(&after) };
                dial(out, &how, |out| {
                    numbers.iter().try_for_each(|(leg_id, number)| self.number(out, *leg_id, number))
                })?;
                redirect(out, &after)
            }
            CallerReply::EnterRoom { room, round, greet, say } => {
                self.voice.say_maybe(out, *say)?;
                self.caller_room(out, room, *round, *greet)
            }
            CallerReply::RoomTone { say } => {
                self.voice.say_maybe(out, *say)?;
                let tone = if self.waiting == Waiting::Music { urls::MUSIC } else { urls::RINGBACK };
                text(out, "Play", &[], &self.urls.audio(tone))?;
                redirect(out, &self.urls.caller_room(false))
            }
            // A waiting document cannot hang up; the redirect that ends this is on its way.
            CallerReply::RoomNobody => {
                self.voice.say(out, Prompt::Nobody, None)?;
                pause(out, "4")?;
                redirect(out, &self.urls.caller_room(false))
            }
            CallerReply::Nobody => self.voice.say_and_hang_up(out, Prompt::Nobody, None),
            CallerReply::Overloaded => self.voice.say_and_hang_up(out, Prompt::Overloaded, None),
            CallerReply::CutOff { round } => {
                let action = self.urls.caller_in_round(urls::CALLER_KEY, *round);
                self.voice.gather(out, &action, CALLER_KEY_SECONDS, Prompt::CutOff, 1)?;
                self.voice.say_and_hang_up(out, Prompt::Goodbye, None)
            }
            CallerReply::Goodbye => self.voice.say_and_hang_up(out, Prompt::Goodbye, None),
            CallerReply::CallAgain => self.voice.say_and_hang_up(out, Prompt::CallAgain, None),
            CallerReply::LeftToTwilio => redirect(out, &self.urls.caller(urls::EMERGENCY_DIAL)),
            CallerReply::Refuse => empty(out, "Reject", &[]),
        })
    }

    /// The document for a leg's line.
    pub fn leg(&self, reply: &LegReply) -> String {
        document(|out| match reply {
            LegReply::Screen { leg_id, by_dial: true } => {
                let action = self.urls.dialled_leg(urls::LEG_KEY, *leg_id);
                self.voice.gather(out, &action, LEG_KEY_SECONDS, Prompt::Screen, 3)?;
                empty(out, "Hangup", &[])
            }
            // At its end Twilio connects them; words would keep them from each other.
            LegReply::Connect => Ok(()),
            LegReply::Screen { leg_id, by_dial: false } => {
                self.voice.gather(out, &self.urls.leg(urls::LEG_KEY, *leg_id), LEG_KEY_SECONDS, Prompt::Screen, 3)?;
                redirect(out, &self.urls.leg(urls::LEG_NO_KEY, *leg_id))
            }
            LegReply::Join { leg_id, room } => self.leg_room(out, *leg_id, room),
            LegReply::RoomWait { leg_id } => {
                self.voice.say(out, Prompt::Connecting, None)?;
                pause(out, "1")?;
                redirect(out, &self.urls.leg(urls::LEG_ROOM, *leg_id))
            }
            LegReply::Dismiss { say, taken_by } => self.voice.say_and_hang_up(out, *say, taken_by.as_deref()),
            LegReply::HangUp => empty(out, "Hangup", &[]),
        })
    }

    /// A leg that the caller's `<Dial>` rings. Only Say, Play, Gather and Hangup are allowed in its documents (Twilio
    /// docs: Number).
    fn number(&self, out: &mut Document, leg_id: LegId, number: &PhoneNumber) -> io::Result<()> {
        let attributes = [
            ("url", &*self.urls.dialled_leg(urls::JOIN, leg_id)),
            ("method", "POST"),
            ("statusCallback", &self.urls.dialled_leg(urls::UPDATES, leg_id)),
            ("statusCallbackEvent", "initiated ringing answered completed"),
            ("statusCallbackMethod", "POST"),
        ];
        text(out, "Number", &attributes, number.as_str())
    }

    /// The caller starts the conference: until they are in the room, nobody in it hears another.
    fn caller_room(&self, out: &mut Document, room: &RoomName, round: u32, greet: bool) -> io::Result<()> {
        let wait = self.urls.caller_room(greet);
        let after = self.urls.caller_in_round(urls::CALLER_AFTER, round);
        let conference = [("participantLabel", "caller"), ("startConferenceOnEnter", "true"), ("beep", "false")];
        meet(out, &after, &conference, &wait, room)
    }

    /// The beep tells both that the organiser is there, and costs no time as words would.
    fn leg_room(&self, out: &mut Document, leg_id: LegId, room: &RoomName) -> io::Result<()> {
        let wait = self.urls.leg(urls::LEG_ROOM, leg_id);
        let after = self.urls.leg(urls::LEG_AFTER, leg_id);
        let conference = [("participantLabel", "organiser"), ("startConferenceOnEnter", "false"), ("beep", "onEnter")];
        meet(out, &after, &conference, &wait, room)
    }
}

/// Into the room. `action` says what comes when it closes, or if there was no room to be had
/// (16020, 16025); the redirect behind it is for a Twilio that goes on with the next verb instead.
fn meet(out: &mut Document, after: &str, conference: &[(&str, &str)], wait: &str, room: &RoomName) -> io::Result<()> {
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
