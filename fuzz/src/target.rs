//! Request targets: what the signature is checked over is what came, byte for byte, and our own
//! addresses lead back to what they were made for.

use http::Uri;
use sharedphone::domain::ids::LegId;
use sharedphone::twilio::form::Form;
use sharedphone::urls::{self, Urls};
use url::Url;

/// Under what our addresses are.
const BASES: [&str; 2] = ["https://h.example", "https://h.example:8443/phone"];

/// Reads the bytes as the target of a request.
pub fn check(bytes: &[u8]) {
    let Ok(uri) = Uri::try_from(bytes) else { return };
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    if bytes.starts_with(b"/") {
        // Nobody sends a fragment; if somebody does, it is not signed.
        let sent = bytes.split(|byte| *byte == b'#').next().unwrap_or_default();
        assert_eq!(target.as_bytes(), sent);
    }
    let query = target.split_once('?').map(|(_, query)| query);
    assert_eq!(uri.query(), query, "{target}");
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let leg = form.get(urls::LEG).ok().flatten().and_then(|leg| leg.parse().ok());
    let round = form.get(urls::ROUND).ok().flatten().and_then(|round| round.parse().ok());
    for base in BASES {
        addresses(base, leg, round);
    }
}

fn addresses(base: &str, leg: Option<LegId>, round: Option<u32>) {
    let urls = Urls::new(base);
    if let Some(leg) = leg {
        let address = urls.leg(urls::LEG_KEY, leg);
        assert_eq!(led_back(base, &address, urls::LEG_KEY, urls::LEG), Some(leg), "{address}");
    }
    if let Some(round) = round {
        let address = urls.caller_in_round(urls::CALLER_AFTER, round);
        assert_eq!(led_back(base, &address, urls::CALLER_AFTER, urls::ROUND), Some(round), "{address}");
    }
}

/// What the router gets of an address that Twilio was given: the fragment stays with Twilio.
fn led_back<T: std::str::FromStr>(base: &str, address: &str, path: &str, name: &str) -> Option<T> {
    let url = Url::parse(address).expect("an address");
    let prefix = Url::parse(base).expect("an address");
    assert_eq!(url.path(), format!("{}{path}", prefix.path().trim_end_matches('/')), "{address}");
    let form = Form::parse(url.query().unwrap_or_default().as_bytes());
    form.get(name).ok().flatten()?.parse().ok()
}
