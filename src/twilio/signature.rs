//! Whether a request comes from Twilio: `X-Twilio-Signature`, computed and compared. Pure; owns
//! the algorithm (<https://www.twilio.com/docs/usage/security>) and the forms of our own address.
//! Knows no request type and answers nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::form::Form;

/// A name and a value, decoded.
pub type Param<'a> = (&'a [u8], &'a [u8]);

/// What Twilio signs with `token` for a request to `url`: the URL, then each name with each of
/// its different values, in byte order. A GET has no `params`: its parameters are in the URL.
pub fn signature(token: &str, url: &str, params: &[Param<'_>]) -> String {
    let signed = sign(keyed(token), &[url], &in_order(params.to_vec()));
    STANDARD.encode(signed.finalize().into_bytes())
}

/// Verifies requests to one service.
pub struct Verifier {
    keys: Vec<Hmac<Sha1>>,
    bases: Vec<String>,
}

impl Verifier {
    /// Accepts what any of `tokens` signed for `base`, our address as Twilio calls it, without a
    /// slash at its end. Twilio is not consistent about ports, so that `base` counts with its port
    /// (its scheme's own if it names none) and without.
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a SecretString>, base: &str) -> Self {
        let keys = tokens.into_iter().map(|token| keyed(token.expose_secret())).collect();
        Self { keys, bases: with_and_without_port(base.trim_end_matches('/')) }
    }

    /// Whether `header` is Twilio's signature of a request for `raw_target`, which is path and
    /// query exactly as they came. `post_params` are the parameters of a form that was posted.
    pub fn verify(&self, raw_target: &str, post_params: Option<&Form>, header: &str) -> bool {
        let params = in_order(post_params.map(|form| form.pairs().collect()).unwrap_or_default());
        self.accepts(raw_target, &params, header)
    }

    /// The same for a body that is no form: its SHA-256 has to be in the signed query.
    pub fn verify_body(&self, raw_target: &str, body: &[u8], header: &str) -> bool {
        body_hash_matches(raw_target, body) && self.accepts(raw_target, &[], header)
    }

    fn accepts(&self, raw_target: &str, params: &[Param<'_>], header: &str) -> bool {
        let Ok(claimed) = STANDARD.decode(header) else { return false };
        let targets = with_and_without_slash(raw_target);
        self.keys.iter().any(|key| {
            let mut urls = self.bases.iter().flat_map(|base| targets.iter().map(move |target| [base.as_str(), target]));
            urls.any(|url| sign(key.clone(), &url, params).verify_slice(&claimed).is_ok())
        })
    }
}

/// Whether the query's `bodySHA256` is the SHA-256 of `body`, in hex.
pub fn body_hash_matches(raw_target: &str, body: &[u8]) -> bool {
    let query = raw_target.split_once('?').map_or("", |(_, query)| query);
    let claimed = query.split('&').find_map(|pair| pair.strip_prefix("bodySHA256="));
    let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    claimed.is_some_and(|claimed| claimed.eq_ignore_ascii_case(&hash))
}

/// Byte order by name, then by value; the same pair counts once.
fn in_order<'a>(mut params: Vec<Param<'a>>) -> Vec<Param<'a>> {
    params.sort_unstable();
    params.dedup();
    params
}

fn keyed(token: &str) -> Hmac<Sha1> {
    Hmac::new_from_slice(token.as_bytes()).unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"))
}

fn sign(mut mac: Hmac<Sha1>, url: &[&str], params: &[Param<'_>]) -> Hmac<Sha1> {
    for part in url {
        mac.update(part.as_bytes());
    }
    for (name, value) in params {
        mac.update(name);
        mac.update(value);
    }
    mac
}

/// A number that was given `https://host` has that signed, and `/` asked for.
fn with_and_without_slash(raw_target: &str) -> Vec<&str> {
    match raw_target.strip_prefix('/') {
        Some(rest) if rest.is_empty() || rest.starts_with('?') => vec![raw_target, rest],
        _ => vec![raw_target],
    }
}

fn with_and_without_port(base: &str) -> Vec<String> {
    let Some((scheme, rest)) = base.split_once("://") else { return vec![base.to_owned()] };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let own_port = if scheme == "https" { "443" } else { "80" };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (authority, own_port),
    };
    vec![format!("{scheme}://{host}{path}"), format!("{scheme}://{host}:{port}{path}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_with_its_port_and_without() {
        for (base, forms) in [
            ("https://h.example", ["https://h.example", "https://h.example:443"]),
            ("https://h.example:8443/sp", ["https://h.example/sp", "https://h.example:8443/sp"]),
            ("http://h.example", ["http://h.example", "http://h.example:80"]),
            ("http://127.0.0.1:7000", ["http://127.0.0.1", "http://127.0.0.1:7000"]),
            ("http://[::1]:7000", ["http://[::1]", "http://[::1]:7000"]),
            ("http://[::1]/a", ["http://[::1]/a", "http://[::1]:80/a"]),
        ] {
            assert_eq!(with_and_without_port(base), forms, "{base}");
        }
    }

    #[test]
    fn names_and_values_are_in_byte_order_and_no_pair_counts_twice() {
        let params: Vec<Param<'_>> =
            vec![(b"b", b"2"), (b"a", b"2"), (b"B", b"1"), (b"a", b"1"), (b"a", b"2"), (b"ab", b"")];
        let wanted: Vec<Param<'_>> = vec![(b"B", b"1"), (b"a", b"1"), (b"a", b"2"), (b"ab", b""), (b"b", b"2")];
        assert_eq!(in_order(params), wanted);
    }
}
