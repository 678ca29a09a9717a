//! Phone numbers, caller ids, SIDs, our own ids and times: what is let in has the form that it should
//! have, is written as it was read, and is read as it was written.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use sharedphone::domain::ids::{AccountSid, CallSid, LegId};
use sharedphone::domain::leg::Reason;
use sharedphone::domain::phone::{CallerId, PhoneNumber};
use sharedphone::domain::time::Timestamp;

/// The longest caller id that is kept, in characters.
const CALLER_ID: usize = 128;

/// Reads the bytes as each of them; what is not UTF-8 comes as it would come from a form.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    phone_number(&text);
    caller_id(&text);
    for (prefix, read) in [("CA", reread::<CallSid>(&text)), ("AC", reread::<AccountSid>(&text))] {
        let hex = text.strip_prefix(prefix).filter(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(read, hex.map(|_| text.clone().into_owned()), "a SID");
    }
    reread::<LegId>(&text);
    reread::<Reason>(&text);
    if let Some(time) = reread::<Timestamp>(&text) {
        // Text order is time order only if all are as long as each other.
        assert_eq!(time.len(), "2026-11-22T13:16:59.123Z".len(), "{time}");
    }
}

/// What `text` is, written; it has to be the same when that is read.
fn reread<T: FromStr + Display + Debug + PartialEq>(text: &str) -> Option<String> {
    let value: T = text.parse().ok()?;
    let written = value.to_string();
    assert_eq!(written.parse().ok(), Some(value), "{text:?}, written {written:?}");
    Some(written)
}

fn phone_number(text: &str) {
    let digits = text.strip_prefix('+').filter(|digits| digits.chars().all(|c| c.is_ascii_digit()));
    let is_one = digits.is_some_and(|digits| (8..=15).contains(&digits.len()));
    let Ok(number) = text.parse::<PhoneNumber>() else {
        assert!(!is_one, "{text:?} is a number");
        return;
    };
    assert!(is_one, "{text:?} is no number");
    assert_eq!(number.as_str(), text);
    let json = serde_json::to_string(&number).expect("a number can be written");
    assert_eq!(serde_json::from_str::<PhoneNumber>(&json).expect("and read"), number);
    assert!(!format!("{number:?}").contains(&text[3..text.len() - 2]), "it shows itself: {number:?}");
}

fn caller_id(text: &str) {
    let caller = CallerId::new(text);
    let kept = caller.as_str();
    assert!(!kept.chars().any(char::is_control) && kept.chars().count() <= CALLER_ID, "{kept:?}");
    assert_eq!(kept, kept.trim());
    assert_eq!(CallerId::new(kept), caller, "the same again");
    assert_eq!(caller.is_a_number(), kept.parse().is_ok_and(|number| caller.is(&number)), "{kept:?}");
}
