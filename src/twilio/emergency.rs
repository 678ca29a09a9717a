//! Documents that need nothing but the configuration: Twilio itself rings the team, and connects whoever presses
//! 1 first. For the time in which nothing can be made durable, and, without our addresses, for the time in
//! which we are down. Twilio connects the first who picks up if the key can't be asked for; whether a voicemail
//! that picks up first ends the other phones' ringing is not documented (Twilio docs: Number, url).

use std::io;

use super::document::{
    CALLER_KEY_SECONDS, Dial, Document, LEG_KEY_SECONDS, Voice, dial, document, empty, redirect, text,
};
use crate::domain::phone::{CallerId, PhoneNumber};
use crate::domain::reply::{MOST_DIALLED, Prompt};
use crate::domain::texts::Texts;
use crate::urls::{self, Urls};

/// Writes these documents for one hotline.
#[derive(Debug, Clone)]
pub struct EmergencyTwiml {
    urls: Urls,
    voice: Voice,
    hotline: PhoneNumber,
    team: Vec<PhoneNumber>,
    ring_seconds: u32,
}

impl EmergencyTwiml {
    /// Documents that ring this team, at most [`MOST_DIALLED`] of it, from the hotline's number.
    pub fn new(
        urls: Urls,
        texts: Texts,
        language: &str,
        hotline: PhoneNumber,
        team: impl IntoIterator<Item = PhoneNumber>,
        ring_seconds: u32,
    ) -> Self {
        let team = team.into_iter().take(MOST_DIALLED).collect();
        Self { urls, voice: Voice::new(texts, language), hotline, team, ring_seconds }
    }

    /// For a caller: ring the team, each of whom is asked for a key. Nobody's own phone is rung for them.
    pub fn dial(&self, caller: &CallerId) -> String {
        if caller.is(&self.hotline) {
            return document(|out| empty(out, "Reject", &[]));
        }
        if self.team.iter().all(|number| caller.is(number)) {
            // A <Dial> that dials nothing is no document.
            return self.nobody();
        }
        let after = self.urls.caller(urls::EMERGENCY_AFTER);
        let screen = self.urls.caller(urls::EMERGENCY_SCREEN);
        document(|out| {
            self.ring(out, Some(&after), &[("url", &screen), ("method", "POST")], |number| !caller.is(number))?;
            redirect(out, &after)
        })
    }

    /// For the same, when we are down: a document that Twilio keeps. It can't ask for a key.
    pub fn kept_at_twilio(&self) -> String {
        document(|out| {
            self.ring(out, None, &[], |_| true)?;
            self.voice.say(out, Prompt::Nobody, None)?;
            empty(out, "Hangup", &[])
        })
    }

    /// For an organiser who picked up. Only Say, Play, Gather and Hangup are allowed here (Twilio docs: Number).
    pub fn screen(&self) -> String {
        let action = self.urls.caller(urls::EMERGENCY_KEY);
        document(|out| {
            self.voice.gather(out, &action, LEG_KEY_SECONDS, Prompt::Screen, 3)?;
            empty(out, "Hangup", &[])
        })
    }

    /// For an organiser who pressed a key: with 1, the end of this document connects them; words would keep them
    /// from the caller.
    pub fn key(&self, key: &str) -> String {
        document(|out| match key {
            "1" => Ok(()),
            _ => self.voice.say_and_hang_up(out, Prompt::Declined, None),
        })
    }

    /// For a caller whom nobody could take.
    pub fn nobody(&self) -> String {
        document(|out| self.voice.say_and_hang_up(out, Prompt::Nobody, None))
    }

    /// For a caller whose talk has ended, or was cut off, or whom a voicemail has kept from the others.
    pub fn ended(&self) -> String {
        let action = self.urls.caller(urls::CALLER_KEY);
        document(|out| {
            self.voice.gather(out, &action, CALLER_KEY_SECONDS, Prompt::CutOff, 1)?;
            self.voice.say_and_hang_up(out, Prompt::Goodbye, None)
        })
    }

    fn ring(
        &self,
        out: &mut Document,
        after: Option<&str>,
        number: &[(&str, &str)],
        wanted: impl Fn(&PhoneNumber) -> bool,
    ) -> io::Result<()> {
        let how = Dial { hotline: &self.hotline, seconds: self.ring_seconds.into(), answers: false, after };
        dial(out, &how, |out| {
            let mut rung = self.team.iter().filter(|number| wanted(number));
            rung.try_for_each(|rung| text(out, "Number", number, rung.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const HOTLINE: &str = "+15550006666";

    fn with_a_team_of(size: usize) -> EmergencyTwiml {
        let number = |text: &str| text.parse().expect("a number");
        let team = (0..size).map(|index| number(&organiser(index)));
        let texts = Texts::new("helpline", BTreeMap::new());
        EmergencyTwiml::new(Urls::new("https://h.example"), texts, "en-GB", number(HOTLINE), team, 20)
    }

    fn organiser(index: usize) -> String {
        format!("+1555000{index:04}")
    }

    fn rung(document: &str) -> usize {
        document.matches("<Number").count()
    }

    #[test]
    fn nobody_is_rung_for_their_own_call_and_the_hotline_rings_nobody() {
        let dial = |size, caller: &str| with_a_team_of(size).dial(&CallerId::new(caller));
        assert_eq!(rung(&dial(3, "+15559990000")), 3);
        assert_eq!(rung(&dial(3, &organiser(1))), 2);
        assert!(!dial(3, &organiser(1)).contains(&organiser(1)), "their phone is in their hand");
        assert!(dial(3, HOTLINE).contains("<Reject"), "what we ring forwards to us");
        let alone = dial(1, &organiser(0));
        assert!(!alone.contains("<Dial") && alone.contains("Nobody of the team"), "{alone}");
    }

    #[test]
    fn one_dial_rings_ten_and_the_callers_line_is_not_answered_before_somebody_is_there() {
        for document in [with_a_team_of(12).dial(&CallerId::new("")), with_a_team_of(12).kept_at_twilio()] {
            assert_eq!(rung(&document), 10, "more, and Twilio refuses it all");
            assert!(document.contains(r#"answerOnBridge="true""#), "{document}");
        }
    }

    #[test]
    fn only_1_connects() {
        let key = |key| with_a_team_of(1).key(key);
        assert!(!key("1").contains("<Hangup"), "{}", key("1"));
        for other in ["", "2", "11", "#"] {
            assert!(key(other).contains("<Hangup"), "{}", key(other));
        }
    }
}
