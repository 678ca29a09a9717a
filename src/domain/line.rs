//! Twilio's words about one telephone line: how far a call has come, and what picked it up. Owns the
//! words and what they mean; what follows from them is decided elsewhere.

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// Twilio's `CallStatus` (<https://www.twilio.com/docs/voice/api/call-resource>). A terminal
    /// one never changes; what arrives after it is late.
    LineStatus, "call status" {
        /// Accepted, waits for its turn to be dialled.
        Queued = "queued",
        /// Left the queue, being dialled. Only callbacks say so, the API never does.
        Initiated = "initiated",
        /// The phone rings. Some routes skip it.
        Ringing = "ringing",
        /// Something answered: a person, a voicemail, a screening robot.
        InProgress = "in-progress",
        /// Was answered and has ended.
        Completed = "completed",
        /// Engaged; many carriers say so for a declined call too.
        Busy = "busy",
        /// Rang until the time-out, or was rejected.
        NoAnswer = "no-answer",
        /// Could not be dialled, often a bad number.
        Failed = "failed",
        /// Was taken back before anybody answered.
        Canceled = "canceled",
    }
}

impl LineStatus {
    /// Whether the line is dead.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Queued | Self::Initiated | Self::Ringing | Self::InProgress => false,
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => true,
        }
    }

    /// How far along the line is; what arrives with a lower rank than is known came late.
    pub fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Initiated => 1,
            Self::Ringing => 2,
            Self::InProgress => 3,
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => 4,
        }
    }
}

/// What picked up, as far as Twilio's machine detection could tell
/// (<https://www.twilio.com/docs/voice/answering-machine-detection>). `Unknown` happens to humans
/// and is never to be taken for a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnsweredBy {
    /// A person.
    Human,
    /// A voicemail or answering machine, whatever it was doing: all of Twilio's `machine_…`.
    Machine,
    /// A fax.
    Fax,
    /// Twilio could not tell, or used a word that we do not know.
    Unknown,
}

impl AnsweredBy {
    /// Reads Twilio's word.
    pub fn from_twilio(word: &str) -> Self {
        match word {
            "human" => Self::Human,
            "fax" => Self::Fax,
            _ if word.starts_with("machine_") => Self::Machine,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_back_as_it_was_written() {
        for status in LineStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
            let json = serde_json::to_string(status).expect("a word");
            assert_eq!(json, format!("\"{status}\""));
            assert_eq!(serde_json::from_str::<LineStatus>(&json).ok(), Some(*status));
        }
        assert!("answered".parse::<LineStatus>().is_err(), "an event of Twilio's, not a status");
        assert!("In-Progress".parse::<LineStatus>().is_err());
    }

    #[test]
    fn an_answered_line_is_alive() {
        let alive: Vec<_> = LineStatus::ALL.iter().filter(|s| !s.is_terminal()).map(|s| s.as_str()).collect();
        assert_eq!(alive, ["queued", "initiated", "ringing", "in-progress"]);
    }

    #[test]
    fn every_kind_of_machine_is_a_machine_and_nothing_else_is() {
        for word in ["machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other"] {
            assert_eq!(AnsweredBy::from_twilio(word), AnsweredBy::Machine);
        }
        for word in ["unknown", "", "machine", "robot"] {
            assert_eq!(AnsweredBy::from_twilio(word), AnsweredBy::Unknown, "{word}");
        }
        assert_eq!(AnsweredBy::from_twilio("human"), AnsweredBy::Human);
        assert_eq!(AnsweredBy::from_twilio("fax"), AnsweredBy::Fax);
    }
}
