//! Owns request signatures as Twilio makes them (Twilio docs: Security). Written from the
//! documentation alone, so that a mistake of a verifier can't be repeated here.

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::collections::{BTreeMap, BTreeSet};

/// The `X-Twilio-Signature` of a request: base64 of HMAC-SHA1 over the URL and, for a POSTed
/// form, every name followed by its values, names and values in byte order, repeated values once.
/// For a GET the parameters are part of the URL and `form` is empty.
pub fn signature(auth_token: &str, url: &str, form: &[(String, String)]) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in form {
        sorted.entry(name).or_default().insert(value);
    }
    let mut signed = url.to_owned();
    for (name, values) in sorted {
        for value in values {
            signed.push_str(name);
            signed.push_str(value);
        }
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

/// The URL that is signed for a voice webhook: no fragment, no credentials, and over https no
/// port (Twilio docs: Security). The query stays byte for byte.
pub fn signed_url(url: &str) -> String {
    let bare = url.split('#').next().unwrap_or(url);
    let Some((scheme, rest)) = bare.split_once("://") else {
        return bare.to_owned();
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if scheme == "https" && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    format!("{scheme}://{host}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const U: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn example(from: &str) -> Vec<(String, String)> {
        form(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", from),
            ("Digits", "1234"),
            ("From", from),
            ("To", "+18005551212"),
        ])
    }

    #[test]
    fn published_vectors() {
        let p = example("+14158675309");
        let at = |url: &str| signature("12345", url, &p);
        assert_eq!(at(U), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        assert_eq!(at("http://mycompany.com:1234/myapp.php?foo=1&bar=2"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=");
        assert_eq!(at(&format!("{U}&Body=It%27s+amazing")), "TfZzewPq8wqrGlMfyAud8+/IvJ0=");
        let other = signature("12345", U, &example("+14158675310"));
        assert_eq!(other, "GvWf1cFY/Q7PnoempGyD5oXAezc=");
        let addresses =
            form(&[("MessagingBinding.Address", "+1415xxxxxxx"), ("MessagingBinding.Address", "+1325xxxxxxx")]);
        assert_eq!(signature("12345", U, &addresses), "83O6e2vORAoJHUNzJjDWN1jz+BA=");
        let repeated = form(&[
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ]);
        assert_eq!(signature("12345", U, &repeated), "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
        let security_page = signature("12345", "https://example.com/myapp.php?foo=1&bar=2", &example("+14158675310"));
        assert_eq!(security_page, "L/OH5YylLD5NRKLltdqwSvS0BnU=");
    }

    #[test]
    fn a_get_and_an_awkward_form() {
        let url = "https://example.com/voice?AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&CallSid=CA1234567890ABCDE&CallStatus=ringing&From=%2B14158675309&To=%2B18005551212";
        assert_eq!(signature("12345", url, &[]), "xPp+OO1M2A8mssYB2GWhCncEJoc=");
        let awkward =
            form(&[("CallSid", "CA1"), ("ForwardedFrom", ""), ("caller", "x"), ("Caller", "y"), ("Digits", " 1 ")]);
        let made = signature("12345", "https://example.com/voice", &awkward);
        assert_eq!(made, "GwfJ09RZ75zXmaHUaTfUf2D4vis=");
    }

    #[test]
    fn the_signed_url_drops_what_twilio_drops() {
        assert_eq!(signed_url("https://u:p@h.org:443/a?b=%2B#rc=2"), "https://h.org/a?b=%2B");
        assert_eq!(signed_url("http://u@h.org:81/a?b=1"), "http://h.org:81/a?b=1");
    }
}
