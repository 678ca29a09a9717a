//! What is said, word for word: our own texts, and those that replace them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::privacy::text_version;
use super::reply::Prompt;

/// What is said for one prompt, as it is kept for those who review a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpokenText {
    /// Changes with the words and the language.
    pub version: String,
    /// For what it is said.
    pub prompt: Prompt,
    /// In which language.
    pub language: String,
    /// The words, with `{organiser}` for whoever took the call.
    pub words: String,
}

/// The spoken texts of one hotline.
#[derive(Debug, Clone)]
pub struct Texts {
    hotline: String,
    replaced: BTreeMap<Prompt, String>,
}

impl Texts {
    /// The texts of the hotline of that name; `replaced` stand in for ours.
    pub fn new(hotline: &str, replaced: BTreeMap<Prompt, String>) -> Self {
        Self { hotline: hotline.to_owned(), replaced }
    }

    /// Every text as it is spoken in `language`.
    pub fn all(&self, language: &str) -> Vec<SpokenText> {
        let text = |prompt: &Prompt| {
            let words = self.say(*prompt, Some("{organiser}"));
            let version = text_version(prompt.as_str(), language, &words);
            SpokenText { version, prompt: *prompt, language: language.to_owned(), words }
        };
        Prompt::ALL.iter().map(text).collect()
    }

    /// What is said for `prompt`; `organiser` is whoever took the call.
    pub fn say(&self, prompt: Prompt, organiser: Option<&str>) -> String {
        let text = self.replaced.get(&prompt).map_or_else(|| ours(prompt), String::as_str);
        // Part by part, so that a hotline whose own name has braces in it keeps its name.
        let parts = text.split("{organiser}").map(|part| part.replace("{hotline}", &self.hotline));
        parts.collect::<Vec<_>>().join(organiser.unwrap_or("Somebody else"))
    }
}

/// Our own text. Short sentences, for somebody in distress or just awake.
pub fn ours(prompt: Prompt) -> &'static str {
    match prompt {
        Prompt::Greeting => "This is the {hotline}. We are calling the team for you now. Please stay on the line.",
        Prompt::StillRinging => "We are still calling the team. Please stay on the line.",
        Prompt::Nobody => {
            "We are sorry. Nobody of the team could take your call. Please call again in a few minutes, \
             or speak to somebody of the team in person. If you are in danger, call the emergency services now."
        }
        Prompt::Overloaded => {
            "We are sorry. There were so many calls that we can't ring the team now. Please speak to somebody of the team \
             in person, or call again in an hour. If you are in danger, call the emergency services now."
        }
        Prompt::CutOff => "Your call has ended. If you were cut off, press 1 and we ring the team again.",
        Prompt::Goodbye => "Thank you for calling. Goodbye.",
        Prompt::CallAgain => "This call has already ended. Please hang up and call again.",
        Prompt::Screen => "This is a call for the {hotline}. Press 1 to take the call.",
        Prompt::Connecting => "Connecting you with the caller.",
        Prompt::Taken => "{organiser} has taken this call. Thank you for picking up.",
        Prompt::CallerLeft => "The caller has hung up. Thank you for picking up.",
        Prompt::TooLate => "The caller could not wait any longer. Thank you for picking up.",
        Prompt::NoKey => "No key was pressed. Goodbye.",
        Prompt::Declined => "All right, we leave this call to the others. Goodbye.",
        Prompt::Unexpected => "This call comes late. If your phone rings again, please pick up. Thank you.",
        Prompt::TalkEnded => "The call has ended. Thank you.",
    }
}
