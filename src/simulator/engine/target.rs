//! Owns what a webhook URL says beyond its address: the connection overrides in its fragment
//! (Twilio docs: Webhooks, Connection Overrides), and how parameters and signature are put on it.

use super::webhooks::Outgoing;
use crate::simulator::signing;
use crate::simulator::twiml::{Hook, Method};
use std::time::Duration;
use url::form_urlencoded;

/// How patient Twilio is with one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Overrides {
    pub connect: Duration,
    pub read: Duration,
    pub total: Duration,
    pub retries: u32,
    pub retry_on: Vec<String>,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(15),
            total: Duration::from_secs(15),
            retries: 1,
            retry_on: vec!["ct".to_owned()],
        }
    }
}

/// The overrides of a URL, or what is wrong with them.
pub(super) fn overrides(url: &str) -> Result<Overrides, String> {
    let mut found = Overrides::default();
    let Some((_, fragment)) = url.split_once('#') else {
        return Ok(found);
    };
    for part in fragment.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name {
            "ct" => found.connect = millis(part, value, 10_000)?,
            "rt" => found.read = millis(part, value, 15_000)?,
            "tt" => found.total = millis(part, value, 15_000)?,
            "rc" => {
                found.retries = value.parse().ok().filter(|n| *n <= 5).ok_or(format!("bad override {part}"))?;
            }
            "rp" => found.retry_on = policies(part, value)?,
            "sni" | "e" => {}
            _ => return Err(format!("unknown override {part}")),
        }
    }
    Ok(found)
}

fn millis(part: &str, value: &str, most: u64) -> Result<Duration, String> {
    let ms = value.parse().ok().filter(|ms| (100..=most).contains(ms));
    ms.map(Duration::from_millis).ok_or(format!("bad override {part}"))
}

fn policies(part: &str, value: &str) -> Result<Vec<String>, String> {
    let words: Vec<String> = value.split(',').map(str::to_owned).collect();
    let known = |word: &String| ["4xx", "5xx", "ct", "rt", "all"].contains(&word.as_str());
    if words.iter().all(known) { Ok(words) } else { Err(format!("bad override {part}")) }
}

/// What Twilio would not call, or would call differently from what was meant.
pub(super) fn odd_url(url: &str) -> Option<String> {
    let parsed = match url::Url::parse(url) {
        Ok(parsed) => parsed,
        Err(e) => return Some(format!("{url:?}: {e}")),
    };
    if !matches!(parsed.scheme(), "http" | "https") {
        return Some(format!("{url:?} is not http"));
    }
    if parsed.host_str().is_some_and(|host| host.contains('_')) {
        return Some(format!("{url:?}: Twilio refuses host names with underscores"));
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || "\"<>{}|\\^`'".contains(c)) {
        return Some(format!("{url:?} needs encoding, and then signatures go wrong"));
    }
    overrides(url).err()
}

/// A signed request as Twilio sends it: a GET carries the parameters in its URL, a POST in a form.
pub fn signed_request(auth_token: &str, hook: &Hook, params: &[(String, String)]) -> Outgoing {
    let bare = hook.url.split('#').next().unwrap_or(&hook.url).to_owned();
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let (method, url, form) = match hook.method {
        Method::Get if params.is_empty() => ("GET", bare, None),
        Method::Get => {
            let joint = if bare.contains('?') { '&' } else { '?' };
            ("GET", format!("{bare}{joint}{encoded}"), None)
        }
        Method::Post => ("POST", bare, Some(encoded)),
    };
    let signed = if form.is_some() { params } else { &[] };
    let signature = signing::signature(auth_token, &signing::signed_url(&url), signed);
    let mut headers = vec![
        ("User-Agent".to_owned(), "TwilioProxy/1.1".to_owned()),
        ("Accept".to_owned(), "*/*".to_owned()),
        ("X-Twilio-Signature".to_owned(), signature),
    ];
    if form.is_some() {
        let form_type = "application/x-www-form-urlencoded; charset=UTF-8".to_owned();
        headers.push(("Content-Type".to_owned(), form_type));
    }
    Outgoing {
        id: 0,
        method,
        url,
        headers,
        body: form,
        connect_timeout: Overrides::default().connect,
        hides_answer: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fragment_is_obeyed_and_checked() {
        let found = overrides("https://h/p?q=1#rc=3&rp=5xx,rt&rt=2000").expect("good");
        assert_eq!((found.retries, found.read), (3, Duration::from_secs(2)));
        assert_eq!(found.retry_on, ["5xx", "rt"]);
        assert_eq!(overrides("https://h/").expect("good"), Overrides::default());
        assert!(overrides("https://h/#rc=6").is_err() && overrides("https://h/#tt=20000").is_err());
        assert!(odd_url("/relative").is_some() && odd_url("https://h/a?b=c#rc=2").is_none());
    }

    #[test]
    fn a_get_is_signed_with_its_parameters() {
        let hook = Hook { url: "http://h/a?x=1#rc=2".to_owned(), method: Method::Get };
        let sent = signed_request("t", &hook, &[("From".to_owned(), "+1".to_owned())]);
        assert_eq!(sent.url, "http://h/a?x=1&From=%2B1");
        let signature = signing::signature("t", &sent.url, &[]);
        assert!(sent.headers.iter().any(|(_, value)| *value == signature));
    }
}
