//! Owns the watch over what the application writes where others can read it: URLs, room names and
//! labels must not hold anybody's phone number, and must be URLs that Twilio calls.

use super::target;
use super::{CallId, World};
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml::{Dialled, Document, Verb};

impl World {
    /// Complains about a URL that is odd or tells somebody's number.
    pub(crate) fn check_url(&mut self, url: &str) {
        if let Some(why) = target::odd_url(url) {
            self.problem(ProblemKind::BadUrl, why);
        }
        self.check_privacy("a URL", url);
    }

    pub(super) fn check_privacy(&mut self, place: &str, text: &str) {
        let known = self.people.iter().map(|p| p.number.trim_start_matches('+'));
        let told = known.filter(|number| number.len() >= 8).any(|number| text.contains(number));
        if told {
            self.problem(ProblemKind::Privacy, format!("somebody's number in {place}: {text}"));
        }
    }

    /// Looks through the names in a document.
    pub(super) fn check_document(&mut self, document: &Document) {
        for verb in &document.verbs {
            let Verb::Dial(dial) = verb else { continue };
            let Dialled::Room(room) = &dial.to else { continue };
            self.check_privacy("a conference name", &room.name);
            if let Some(label) = &room.label {
                self.check_privacy("a participant label", label);
            }
        }
    }

    /// Complains about a document that ends in nothing while somebody is on the line.
    pub(super) fn remark_on_end(&mut self, call: CallId) {
        if !self.calls[call].script.ends_on_purpose {
            let text = format!("{}: the document runs out", self.calls[call].script.base);
            self.problem(ProblemKind::Remark, text);
        }
    }
}
