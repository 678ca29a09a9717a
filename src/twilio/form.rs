//! What Twilio sends: the pairs of a form or a query string, and typed readers for those that we
//! use. Owns the decoding and is tolerant of anything; verifies nothing and decides nothing.

use std::str::FromStr;

use percent_encoding::percent_decode;

use crate::domain::ids::{AccountSid, CallSid};
use crate::domain::line::{AnsweredBy, LineStatus};
use crate::domain::phone::CallerId;

/// A value that was asked for and is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the parameter is not UTF-8")]
pub struct InvalidUtf8;

/// Name and value pairs in the order in which they came, decoded, as raw bytes: the signature
/// covers all of them, readable or not.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded` bytes, a body or a query string. Whatever is not
    /// valid in it stays as it is.
    pub fn parse(encoded: &[u8]) -> Self {
        let pieces = encoded.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty());
        let pairs = pieces.map(|piece| {
            let mut halves = piece.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            (decode(name), decode(value))
        });
        Self { pairs: pairs.collect() }
    }

    /// All pairs, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.pairs.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Result<Option<&str>, InvalidUtf8> {
        let found = self.pairs.iter().find(|(key, _)| key == name.as_bytes());
        found.map(|(_, value)| std::str::from_utf8(value).map_err(|_| InvalidUtf8)).transpose()
    }

    /// The call that this is about: the caller's line or an organiser's.
    pub fn call_sid(&self) -> Option<CallSid> {
        self.read("CallSid")
    }

    /// The caller's line, where a `<Dial>` of theirs has made this one.
    pub fn parent_call_sid(&self) -> Option<CallSid> {
        self.read("ParentCallSid")
    }

    /// The account that this comes from.
    pub fn account_sid(&self) -> Option<AccountSid> {
        self.read("AccountSid")
    }

    /// Who calls; empty if Twilio does not say.
    pub fn from(&self) -> CallerId {
        self.party("From").unwrap_or_else(|| CallerId::new(""))
    }

    /// Whose phone has forwarded the call; not every carrier says so.
    pub fn forwarded_from(&self) -> Option<CallerId> {
        self.party("ForwardedFrom").filter(|party| !party.as_str().is_empty())
    }

    /// How far the line has come.
    pub fn call_status(&self) -> Option<LineStatus> {
        self.read("CallStatus")
    }

    /// How a `<Dial>` has ended.
    pub fn dial_call_status(&self) -> Option<&str> {
        self.text("DialCallStatus")
    }

    /// What picked up, if Twilio's machine detection was asked.
    pub fn answered_by(&self) -> Option<AnsweredBy> {
        self.text("AnsweredBy").filter(|word| !word.is_empty()).map(AnsweredBy::from_twilio)
    }

    /// The keys that were pressed; `None` and empty both mean none.
    pub fn digits(&self) -> Option<&str> {
        self.text("Digits").filter(|keys| !keys.is_empty())
    }

    /// Twilio's error code, on requests to a fallback URL.
    pub fn error_code(&self) -> Option<u32> {
        self.read("ErrorCode")
    }

    /// The carrier's SIP response, on status callbacks: 404 unreachable, 487 rang out or cancelled.
    pub fn sip_response_code(&self) -> Option<u16> {
        self.read("SipResponseCode")
    }

    /// A number, or whatever a carrier has sent in its place.
    fn party(&self, name: &str) -> Option<CallerId> {
        let party = self.pairs.iter().find(|(key, _)| key == name.as_bytes());
        party.map(|(_, value)| CallerId::new(&String::from_utf8_lossy(value)))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).ok().flatten()
    }

    /// A value of that type; what can't be read counts as absent.
    fn read<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.trim().parse().ok()
    }
}

/// Shows how much there is and nothing of it: the values are about people.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Form({} pairs)", self.pairs.len())
    }
}

fn decode(encoded: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(encoded: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
        Form::parse(encoded.as_bytes()).pairs
    }

    fn pair(name: &[u8], value: &[u8]) -> (Vec<u8>, Vec<u8>) {
        (name.to_vec(), value.to_vec())
    }

    #[test]
    fn plus_and_percent_are_decoded_and_order_is_kept() {
        let form = pairs("From=%2B44+7&b=&a=%E2%82%AC&a=1%2B1");
        let wanted = [pair(b"From", b"+44 7"), pair(b"b", b""), pair(b"a", "€".as_bytes()), pair(b"a", b"1+1")];
        assert_eq!(form, wanted);
    }

    #[test]
    fn anything_can_be_read() {
        assert_eq!(pairs(""), []);
        assert_eq!(pairs("&&=&a&=b&c=d=e"), [pair(b"", b""), pair(b"a", b""), pair(b"", b"b"), pair(b"c", b"d=e")]);
        assert_eq!(
            pairs("a=%&b=%4&c=%zz&d=%00&e=%ff"),
            [pair(b"a", b"%"), pair(b"b", b"%4"), pair(b"c", b"%zz"), pair(b"d", b"\0"), pair(b"e", b"\xff"),]
        );
    }

    #[test]
    fn the_first_value_counts_and_bad_utf8_is_told_from_absence() {
        let form = Form::parse(b"Digits=1&Digits=2&Bad=%ff");
        assert_eq!(form.get("Digits"), Ok(Some("1")));
        assert_eq!(form.get("digits"), Ok(None));
        assert_eq!(form.get("Bad"), Err(InvalidUtf8));
    }

    #[test]
    fn a_full_callback_is_read() {
        let body = "CallSid=CA0123456789abcdef0123456789abcdef&AccountSid=AC0123456789abcdef0123456789abcdef\
            &From=%2B15550000001&ForwardedFrom=%2B15550000002&CallStatus=in-progress&AnsweredBy=machine_start&Digits=1&Direction=outbound-api\
            &DialCallStatus=answered&ErrorCode=11200&SipResponseCode=487&SequenceNumber=3&CallDuration=+42";
        let form = Form::parse(body.as_bytes());
        assert_eq!(form.call_sid().as_ref().map(CallSid::as_str), Some("CA0123456789abcdef0123456789abcdef"));
        assert_eq!(form.account_sid().as_ref().map(AccountSid::as_str), Some("AC0123456789abcdef0123456789abcdef"));
        assert_eq!(form.from().as_str(), "+15550000001");
        assert_eq!(form.forwarded_from().as_ref().map(CallerId::as_str), Some("+15550000002"));
        assert_eq!(form.call_status(), Some(LineStatus::InProgress));
        assert_eq!(form.answered_by(), Some(AnsweredBy::Machine));
        assert_eq!(form.digits(), Some("1"));
        assert_eq!((form.error_code(), form.sip_response_code()), (Some(11200), Some(487)));
    }

    #[test]
    fn odd_values_count_as_absent() {
        let form = Form::parse(
            b"CallSid=CA1&CallStatus=dreaming&SequenceNumber=-1&SipResponseCode=999999&Digits=&AnsweredBy=",
        );
        assert_eq!((form.call_sid(), form.call_status()), (None, None));
        assert_eq!((form.error_code(), form.sip_response_code()), (None, None));
        assert_eq!((form.digits(), form.answered_by()), (None, None));
        assert_eq!(form.from().as_str(), "");
        assert_eq!(Form::parse(b"From=a%00b%ff").from().as_str(), "ab\u{fffd}");
        assert_eq!(Form::parse(b"ForwardedFrom=").forwarded_from(), None);
    }

    #[test]
    fn debug_output_shows_no_value() {
        assert_eq!(format!("{:?}", Form::parse(b"From=%2B447700900123&a=b")), "Form(2 pairs)");
    }
}
