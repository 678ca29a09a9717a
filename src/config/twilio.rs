//! `[twilio]`: the account, its secrets, its number and its limits. Reads the secret files.

use secrecy::SecretString;
use toml::Value;
use url::Url;

use super::keys::{Given, Keys};
use super::values::{Wrong, base_address, explained, number, parsed, text, web_address};
use crate::domain::ids::AccountSid;
use crate::domain::phone::PhoneNumber;

const SID: &str = "copy the Account SID from the first page of the Twilio console: AC and 32 digits or letters a to f";
const TOKEN: &str = "copy the Auth Token from the first page of the Twilio console";
const NUMBER: &str = "write the number that you have at Twilio, like phone_number = \"+447700900123\"";

/// The `[twilio]` section.
#[derive(Debug, Clone)]
pub struct TwilioSection {
    /// The account; webhooks of any other are refused.
    pub account_sid: AccountSid,
    /// Signs webhooks and authorises our requests.
    pub auth_token: SecretString,
    /// Also accepted on webhooks while the token is being changed, and used when the other is refused.
    pub next_auth_token: Option<SecretString>,
    /// The hotline's number, which organisers see when they are rung.
    pub phone_number: PhoneNumber,
    /// Any server that speaks Twilio's API.
    pub api_url: Url,
    /// Calls that may be placed in a second.
    pub calls_per_second: u32,
    /// What the number falls back to; our own `/twilio/fallback` if it is not given.
    pub fallback_url: Option<Url>,
}

impl TwilioSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let account_sid = keys.need("account_sid", SID, parsed(SID));
        let auth_token = secret(keys, "auth_token", "auth_token_file", true);
        let next_auth_token = secret(keys, "next_auth_token", "next_auth_token_file", false);
        let phone_number = keys.need("phone_number", NUMBER, explained);
        Some(Self {
            api_url: keys.maybe("api_url", base_address).or_else(|| "https://api.twilio.com".parse().ok())?,
            calls_per_second: keys.or("calls_per_second", 1, number(1..=u32::MAX)),
            fallback_url: keys.maybe("fallback_url", web_address),
            account_sid: account_sid?,
            auth_token: auth_token?,
            next_auth_token,
            phone_number: phone_number?,
        })
    }

    /// The tokens that webhooks may be signed with, and our requests authorised.
    pub fn tokens(&self) -> impl Iterator<Item = &SecretString> {
        std::iter::once(&self.auth_token).chain(&self.next_auth_token)
    }
}

/// A secret that is written in place or in a file of its own.
fn secret(keys: &mut Keys<'_>, key: &'static str, file_key: &'static str, needed: bool) -> Option<SecretString> {
    let in_place = keys.take(key).filter(Given::is_filled_in);
    let in_file = keys.take(file_key).filter(Given::is_filled_in);
    let (place, name, read) = match (in_place, in_file) {
        (Some(_), Some(Given { place, .. })) => {
            let wrong = format!("is given, and {key} as well");
            (place, file_key, Err(Wrong::new(wrong, "keep one of the two and remove the other")))
        }
        (Some(Given { value, place }), None) => (place, key, in_text(&value)),
        (None, Some(Given { value, place })) => (place, file_key, from_file(&value)),
        (None, None) if needed => {
            let cure = format!("{TOKEN} into it, or write it into a file and name that with {file_key}");
            (keys.place(key), key, Err(Wrong::new("is missing", cure)))
        }
        (None, None) => return None,
    };
    read.map_err(|wrong| keys.complain(place, name, wrong)).ok()
}

fn in_text(value: &Value) -> Result<SecretString, Wrong> {
    token(text(value)?)
}

fn from_file(value: &Value) -> Result<SecretString, Wrong> {
    let content = std::fs::read_to_string(text(value)?).map_err(|error| {
        Wrong::new(
            format!("names a file that can't be read ({})", error.kind()),
            "make the file, with the token alone in it, and let the user that runs the service read it",
        )
    })?;
    token(content.trim_end_matches(['\r', '\n']))
}

fn token(secret: &str) -> Result<SecretString, Wrong> {
    if secret.is_empty() {
        return Err(Wrong::new("is empty", TOKEN));
    }
    if secret.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Wrong::new("has a space or a line break in it", TOKEN));
    }
    Ok(SecretString::from(secret))
}
