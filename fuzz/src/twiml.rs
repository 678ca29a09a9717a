//! TwiML: a document read back is the reply that it was written from, with every text whole. What is
//! expected is the same document with placeholders for the texts, each replaced in the tree.
//!
//! An input is a text of the hotline's own, its name, the name of an organiser, and that of a room.

use std::collections::BTreeMap;
use std::time::Duration;

use sharedphone::config::Config;
use sharedphone::domain::ids::{LegId, RoomName};
use sharedphone::domain::phone::PhoneNumber;
use sharedphone::domain::reply::{CallerReply, LegReply, Prompt};
use sharedphone::domain::settings::Waiting;
use sharedphone::domain::texts::Texts;
use sharedphone::twilio::twiml::Twiml;
use sharedphone::urls::Urls;
use toml::{Table, Value};

use super::fields::texts;
use super::tree::Element;

/// What stands for them: the hotline's name, an organiser, a room.
const PLACEHOLDERS: [&str; 3] = ["[HOTLINE]", "[ORGANISER]", "[ROOM]"];

/// Writes every document with these texts.
pub fn check(bytes: &[u8]) {
    let [own, hotline, organiser, room] = texts::<4>(bytes);
    let Some((texts, hotline, organiser)) = configured(&own, &hotline, &organiser) else { return };
    let real = [hotline.as_str(), organiser.as_str(), room_name(&room)];
    if own_and_names_have_placeholders(&texts, &real) {
        return;
    }
    let prompt = |index: usize| Some(Prompt::ALL[index % Prompt::ALL.len()]);
    for (index, _) in Prompt::ALL.iter().enumerate() {
        let say = [None, prompt(index)][bytes.len() % 2].or(prompt(index));
        let number = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let written = documents(&texts, real, say, number);
        let expected = documents(&texts, PLACEHOLDERS, say, number);
        for (written, expected) in written.iter().zip(&expected) {
            let filled_in = |text: &str| {
                PLACEHOLDERS
                    .iter()
                    .zip(real)
                    .fold(text.to_owned(), |text, (placeholder, real)| text.replace(placeholder, real))
            };
            assert_eq!(Element::read(written), Element::read(expected).map(&filled_in), "{written}");
        }
    }
}

/// The texts and names as the configuration lets them in, if it does.
fn configured(own: &str, hotline: &str, organiser: &str) -> Option<(BTreeMap<Prompt, String>, String, String)> {
    let table = |pairs: &[(&str, &str)]| {
        Value::Table(pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect())
    };
    let texts: Vec<_> = Prompt::ALL.iter().step_by(2).map(|prompt| (prompt.as_str(), own)).collect();
    let mut file = Table::new();
    file.insert("server".into(), table(&[("public_url", "https://h.example")]));
    let sid = "AC0123456789abcdef0123456789abcdef";
    file.insert("twilio".into(), table(&[("account_sid", sid), ("auth_token", "x"), ("phone_number", "+15550006666")]));
    file.insert("hotline".into(), table(&[("name", hotline)]));
    file.insert("texts".into(), table(&texts));
    file.insert("organisers".into(), Value::Array(vec![table(&[("name", organiser), ("number", "+15550000001")])]));
    let config = Config::parse("phone.toml", &file.to_string(), std::iter::empty()).ok()?;
    Some((config.texts.replaced().clone(), config.hotline.name, config.organisers.first()?.name.clone()))
}

/// Rooms have names of our own making; the database might have another.
fn room_name(text: &str) -> &str {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) { text } else { "hl-0" }
}

/// Then the replacing could not be told from the text.
fn own_and_names_have_placeholders(texts: &BTreeMap<Prompt, String>, names: &[&str]) -> bool {
    let mut all = texts.values().map(String::as_str).chain(names.iter().copied());
    all.any(|text| PLACEHOLDERS.iter().any(|placeholder| text.contains(placeholder)))
}

fn phone() -> PhoneNumber {
    "+15550006666".parse().expect("a number")
}

/// A document for each kind of reply.
fn documents(texts: &BTreeMap<Prompt, String>, names: [&str; 3], say: Option<Prompt>, round: u32) -> Vec<String> {
    let [hotline, organiser, room] = names;
    let waiting = if round.is_multiple_of(2) { Waiting::Music } else { Waiting::Ringback };
    let urls = Urls::new("https://h.example/phone?a=1&b=<>\"'");
    let twiml = Twiml::new(urls, Texts::new(hotline, texts.clone()), "en-GB", waiting, phone());
    let room = RoomName::from_stored(room.to_owned());
    let leg_id: LegId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().expect("an id");
    let caller = [
        CallerReply::RingOn { may_hold: true },
        CallerReply::Dial {
            round,
            ring: Duration::from_secs(20),
            answers: round.is_multiple_of(2),
            numbers: vec![(leg_id, phone()); 10],
        },
        CallerReply::EnterRoom { room: room.clone(), round, greet: round > 9, say },
        CallerReply::RoomTone { say },
        CallerReply::RoomNobody,
        CallerReply::Nobody,
        CallerReply::CutOff { round },
        CallerReply::Goodbye,
        CallerReply::CallAgain,
        CallerReply::Refuse,
    ];
    let leg = [
        LegReply::Screen { leg_id, by_dial: round.is_multiple_of(3) },
        LegReply::Connect,
        LegReply::Join { leg_id, room },
        LegReply::RoomWait { leg_id },
        LegReply::Dismiss { say: say.unwrap_or(Prompt::Taken), taken_by: Some(organiser.to_owned()) },
        LegReply::HangUp,
    ];
    caller.iter().map(|reply| twiml.caller(reply)).chain(leg.iter().map(|reply| twiml.leg(reply))).collect()
}
