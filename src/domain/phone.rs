//! Phone numbers. Owns what counts as a number that we may dial, and how a caller's number, which
//! may be anything a carrier sends, is kept and compared.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number in E.164 shape: `+` and 8 to 15 digits, whether or not a numbering plan has it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Why a text is not a phone number that we may dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// No leading plus sign.
    #[error("a number starts with + and its country code, like +447700900123")]
    NoPlus,
    /// Something else than digits behind the plus sign.
    #[error("a number is + and digits only, without spaces or dashes, like +447700900123")]
    NotDigits,
    /// Too short or too long to be a number anywhere.
    #[error("a number has 8 to 15 digits behind the +, this one has {0}")]
    Length(usize),
}

impl PhoneNumber {
    /// The number as Twilio takes it: `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('+').ok_or(PhoneNumberError::NoPlus)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneNumberError::NotDigits);
        }
        if !(8..=15).contains(&digits.len()) {
            return Err(PhoneNumberError::Length(digits.len()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneNumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

/// Shows the country's first digits and the last two only, so that a number that slips into a
/// log line is not readable there.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = self.0.split_at(self.0.len() - 2);
        write!(f, "{}…{tail}", &head[..2])
    }
}

/// Who calls, as Twilio's `From` has it: a number, a SIP address, a word like `anonymous`, or
/// nothing. Kept as text, since a withheld number is a normal thing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallerId(String);

/// Longest caller id that is kept, in characters; what lies behind it is dropped.
const CALLER_ID_LENGTH: usize = 128;

/// Words for a withheld number that Twilio spells on the keys of a phone, where a number would have as
/// many digits: RESTRICTED, ANONYMOUS, UNAVAILABLE.
const WITHHELD: [&str; 3] = ["+7378742833", "+266696687", "+86282452253"];

impl CallerId {
    /// Keeps `from` without control characters, so that it can be printed anywhere.
    pub fn new(from: &str) -> Self {
        let kept = from.chars().filter(|c| !c.is_control());
        Self(kept.take(CALLER_ID_LENGTH).collect::<String>().trim().to_owned())
    }

    /// The text as it was sent, less control characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is somebody's number, and not a word for one that is withheld.
    pub fn is_a_number(&self) -> bool {
        self.0.parse::<PhoneNumber>().is_ok() && !WITHHELD.contains(&self.0.as_str())
    }

    /// Whether the caller rings from this very number.
    pub fn is(&self, number: &PhoneNumber) -> bool {
        self.0 == number.0
    }
}

impl fmt::Debug for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_plus_and_eight_to_fifteen_digits() {
        for good in ["+15550001", "+447700900123", "+123456789012345"] {
            assert_eq!(good.parse::<PhoneNumber>().map(String::from), Ok(good.to_owned()));
        }
        for (bad, why) in [
            ("15550000001", PhoneNumberError::NoPlus),
            ("+1 555 000", PhoneNumberError::NotDigits),
            ("+1555000", PhoneNumberError::Length(7)),
            ("+1234567890123456", PhoneNumberError::Length(16)),
        ] {
            assert_eq!(bad.parse::<PhoneNumber>(), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_number_does_not_show_itself_in_debug_output() {
        let number: PhoneNumber = "+447700900123".parse().expect("a good number");
        assert_eq!(format!("{number:?}"), "+4…23");
    }

    #[test]
    fn a_withheld_number_is_nobodys_even_if_its_word_is_spelt_in_digits() {
        for withheld in ["", "anonymous", "+266696687", "+7378742833", "+86282452253", "+8656696", "sip:a@example.org"]
        {
            assert!(!CallerId::new(withheld).is_a_number(), "{withheld}");
        }
        assert!(CallerId::new("+15550001234").is_a_number());
    }

    #[test]
    fn a_caller_id_loses_control_characters_and_what_is_too_long() {
        assert_eq!(CallerId::new("anony\u{0}mous\r\n").as_str(), "anonymous");
        assert_eq!(CallerId::new(&"9".repeat(500)).as_str().len(), CALLER_ID_LENGTH);
    }
}
