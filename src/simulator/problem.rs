//! Owns the words for what the simulated Twilio disapproves of. Plain data.

use std::fmt;
use std::time::Duration;

/// What kind of thing went wrong, so that a test can expect one kind and still fail on others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// No connection could be made (Twilio docs: Error 11205).
    Unreachable,
    /// No whole answer within the time Twilio allows (Twilio docs: Error 11200).
    TooSlow,
    /// An HTTP status that Twilio takes for a failure (Errors 11200, 15003).
    BadStatus,
    /// Missing or unusable Content-Type (Error 12300).
    BadContentType,
    /// More than 64 kB of TwiML (Error 11750), or a `Twiml` parameter over 4000 characters.
    TooLarge,
    /// Not XML that Twilio reads (Errors 12100 to 12102).
    BadXml,
    /// A verb, noun or attribute Twilio doesn't know, or one in the wrong case or place (Errors
    /// 12200, 13238).
    BadTwiml,
    /// A URL that is relative or odd.
    BadUrl,
    /// A REST request that Twilio would refuse, or a parameter it doesn't know.
    BadRest,
    /// The same `Url` was used for two calls, so two legs can't be told apart.
    PlacedTwice,
    /// A phone number in a URL, a room name or a label.
    Privacy,
    /// A verb of Twilio's that this simulator doesn't play.
    Unsupported,
    /// Not wrong, but worth a look: for example a document that ends in nothing.
    Remark,
}

/// One thing that Twilio would have refused, or complained about in its debugger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// When, in virtual time since the world began.
    pub at: Duration,
    /// Which kind.
    pub kind: ProblemKind,
    /// What happened, for a person to read.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.3} s  {:?}: {}", self.at.as_secs_f64(), self.kind, self.detail)
    }
}
