//! Twilio's signature: what was signed passes, what was altered does not. The simulator, which shares no
//! code with the verifier, has to sign the same way.
//!
//! An input is a header, a token, a target and a form.

use std::fmt::Write;

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use sharedphone::simulator::signing;
use sharedphone::twilio::form::Form;
use sharedphone::twilio::signature::{Param, Verifier, signature};

use super::fields::fields;

/// A base, and the two ways in which Twilio may sign it.
const BASES: [(&str, [&str; 2]); 3] = [
    ("https://h.example", ["https://h.example", "https://h.example:443"]),
    ("https://h.example:8443/phone/", ["https://h.example/phone", "https://h.example:8443/phone"]),
    ("http://127.0.0.1:7000", ["http://127.0.0.1", "http://127.0.0.1:7000"]),
];

/// Signs a request and verifies it.
pub fn check(bytes: &[u8]) {
    let [header, token, target, body] = fields::<4>(bytes);
    let [header, token, target] = [header, token, target].map(|field| String::from_utf8_lossy(field).into_owned());
    let form = Form::parse(body);
    let params: Vec<Param<'_>> = form.pairs().collect();
    for (base, forms) in BASES {
        let verifier = Verifier::new([&SecretString::from(token.as_str())], base);
        let urls: Vec<String> = forms.iter().flat_map(|base| signed_urls(base, &target)).collect();
        let good: Vec<String> = urls.iter().map(|url| signature(&token, url, &params)).collect();
        for (url, good) in urls.iter().zip(&good) {
            assert!(verifier.verify(&target, Some(&form), good), "{url}");
            assert!(!verifier.verify(&target, Some(&form), &altered(good, body.len())), "an altered header");
            let get = signature(&token, url, &[]);
            assert!(verifier.verify(&target, None, &get), "GET {url}");
            // Names and values are signed without anything between them, so that empty ones don't show.
            let says_something = params.iter().any(|(name, value)| !name.is_empty() || !value.is_empty());
            assert_eq!(verifier.verify(&target, Some(&form), &get), !says_something, "a form that was not signed");
            simulators(&token, url, &form, good);
        }
        assert_eq!(verifier.verify(&target, Some(&form), &header), good.contains(&header), "{header:?}");
        let other = Verifier::new([&SecretString::from(format!("{token}x"))], base);
        assert!(!other.verify(&target, Some(&form), &good[0]), "another token");
    }
    order(&token, &params);
    bodies(&token, &target, body);
}

/// A number that was given an address without a path has that signed.
fn signed_urls(base: &str, target: &str) -> Vec<String> {
    let without_slash = target.strip_prefix('/').filter(|rest| rest.is_empty() || rest.starts_with('?'));
    [Some(target), without_slash].into_iter().flatten().map(|target| format!("{base}{target}")).collect()
}

/// The header with one bit turned.
fn altered(header: &str, bit: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = header.as_bytes().to_vec();
    // The last of the 27 letters has two bits that stand for nothing.
    let (letter, bit) = (bit / 6 % 26, bit % 6);
    let value = ALPHABET.iter().position(|known| *known == bytes[letter]).expect("a letter of base64");
    bytes[letter] = ALPHABET[value ^ (1 << bit)];
    String::from_utf8(bytes).expect("letters")
}

fn simulators(token: &str, url: &str, form: &Form, good: &str) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let pairs: Option<Vec<_>> = form.pairs().map(|(name, value)| Some((text(name)?, text(value)?))).collect();
    if let Some(pairs) = pairs {
        assert_eq!(signing::signature(token, url, &pairs), good, "the simulator signs {url}");
    }
}

/// The order in which parameters come does not matter, nor that one comes twice.
fn order(token: &str, params: &[Param<'_>]) {
    let twice: Vec<Param<'_>> = params.iter().rev().chain(params).copied().collect();
    let [once, twice] = [params, &twice].map(|params| signature(token, "https://h.example/", params));
    assert_eq!(once, twice);
}

/// A body that is no form is signed by its hash in the query, the first there is.
fn bodies(token: &str, target: &str, body: &[u8]) {
    if target.contains("bodySHA256=") {
        return;
    }
    let sign = if target.contains('?') { '&' } else { '?' };
    let mut target = format!("{target}{sign}bodySHA256=");
    for byte in Sha256::digest(body) {
        write!(target, "{byte:02x}").expect("memory can be written");
    }
    let verifier = Verifier::new([&SecretString::from(token)], "https://h.example");
    let header = signature(token, &format!("https://h.example{target}"), &[]);
    assert!(verifier.verify_body(&target, body, &header), "{target}");
    assert!(!verifier.verify_body(&target, &[body, b"x"].concat(), &header), "another body");
    assert!(!verifier.verify_body(&target, body, &altered(&header, body.len())), "another header");
}
