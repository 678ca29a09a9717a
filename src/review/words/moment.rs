//! An event with those that follow it, and what they say of the particulars. What a decision has
//! changed in a row is told by its last event about that row; the sentence may want to know it
//! earlier.

use serde_json::Value;

use crate::domain::reply::Prompt;
use crate::review::story::Entry;

/// An event and those that follow it.
pub(super) struct Moment<'a> {
    pub(super) entry: &'a Entry,
    pub(super) rest: &'a [Entry],
}

impl<'a> Moment<'a> {
    pub(super) fn cause(&self) -> &'a str {
        &self.entry.cause
    }

    /// The organiser concerned.
    pub(super) fn who(&self) -> &'a str {
        self.entry.organiser.as_deref().unwrap_or("An organiser")
    }

    /// A particular of the event itself, or what has become of this column at the same time.
    fn particular(&self, key: &str) -> Option<&'a Value> {
        let same = |other: &&Entry| other.subject == self.entry.subject && other.organiser == self.entry.organiser;
        let together = self.rest.iter().take_while(|other| other.at == self.entry.at).filter(same);
        let in_set = |entry: &'a Entry| entry.detail.get("set")?.get(key);
        self.entry.detail.get(key).or_else(|| [self.entry].into_iter().chain(together).find_map(in_set))
    }

    pub(super) fn word(&self, key: &str) -> Option<&'a str> {
        self.particular(key)?.as_str()
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.particular(key)?.as_u64()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entry.detail.contains_key(key)
    }

    /// The columns that changed, in words.
    pub(super) fn changed(&self) -> String {
        let columns = self.entry.detail.get("set").and_then(Value::as_object);
        let names = columns.into_iter().flat_map(|columns| columns.keys()).map(|name| name.replace('_', " "));
        names.collect::<Vec<_>>().join(", ")
    }

    /// What was said, if the cause is that something was said.
    pub(super) fn said(&self) -> Option<&'static str> {
        let prompt: Prompt = self.entry.cause.strip_prefix("said.")?.parse().ok()?;
        Some(match prompt {
            Prompt::Greeting => "greeting",
            Prompt::StillRinging => "we are still calling the team",
            Prompt::Nobody => "nobody could take the call",
            Prompt::Overloaded => "there were too many calls, and no phone could be rung",
            Prompt::CutOff => "if you were cut off, press 1",
            Prompt::Goodbye => "goodbye",
            Prompt::CallAgain => "this call has ended, please call again",
            Prompt::Screen => "press 1 to take the call",
            Prompt::Connecting => "you are being connected",
            Prompt::Taken => "somebody else has taken the call",
            Prompt::CallerLeft => "the caller has hung up",
            Prompt::TooLate => "the caller could not wait any longer",
            Prompt::NoKey => "no key was pressed",
            Prompt::Declined => "the call is left to the others",
            Prompt::Unexpected => "this call comes late",
            Prompt::TalkEnded => "the call has ended",
        })
    }
}
