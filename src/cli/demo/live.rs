//! The call as it happens, a line for each thing that a party sees, hears or does. Owns what is
//! worth a line and its words; must not touch the call.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

use super::page::{Page, Tone, WIDTH, wrapped};
use super::scenarios::Scenario;
use crate::simulator::Simulator;
use crate::simulator::engine::RestEntry;
use crate::simulator::observation::{By, Observation, Sound, What};
use crate::simulator::phone::{Behaviour, Phone};

/// A silence that somebody notices.
const A_SILENCE: Duration = Duration::from_secs(2);

/// Width of the column of names.
const NAMES: usize = 6;

/// Stands in the column of names where two are brought together.
const TOGETHER: &str = "\u{2550}\u{2550}\u{2550}\u{2550}\u{2550}\u{2550}";

/// What goes before the words: the time, the name and the spaces around them.
const MARGIN: usize = 10 + NAMES + 2;

/// Shows one story.
pub(super) struct Live {
    page: Page,
    phones: Vec<Phone>,
    /// When the first call came in.
    began: Option<Duration>,
    /// The parties in the order of their first words.
    parties: Vec<String>,
    lines: HashMap<String, Line>,
    requests_seen: usize,
}

/// What is known of one party's line.
#[derive(Default)]
struct Line {
    waits_since: Option<Duration>,
    silent_since: Option<Duration>,
    said: Option<String>,
    rang: bool,
    refused: bool,
}

impl Live {
    /// Nothing has happened yet.
    pub fn new(page: Page, scenario: &Scenario) -> Self {
        let (parties, lines) = (Vec::new(), HashMap::new());
        Self { page, phones: scenario.phones(), began: None, parties, lines, requests_seen: 0 }
    }

    /// Shows everything until it is over.
    pub async fn watch(mut self, sim: Arc<Simulator>, mut news: Receiver<Observation>, over: CancellationToken) {
        loop {
            let next = tokio::select! {
                biased;
                next = news.recv() => next,
                () = over.cancelled() => return,
            };
            match next {
                Ok(seen) => {
                    self.show_troubles(&sim.rest_log(), seen.at);
                    self.show(&seen);
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn show(&mut self, seen: &Observation) {
        let phone = self.phones.iter().find(|phone| phone.name == seen.party);
        let picks_up = phone.map_or("", |phone| picks_up(&phone.behaviour));
        let line = self.lines.entry(seen.call_sid.clone()).or_default();
        let silence = line.silence_before(seen);
        let words = line.words(seen, picks_up);
        if let Some(silence) = silence {
            self.write(seen.at, &seen.party, &silence);
        }
        if let Some(words) = words {
            let together = matches!(seen.what, What::Bridged { .. });
            self.write(seen.at, if together { TOGETHER } else { &seen.party }, &words);
        }
    }

    /// What Twilio did not do as it was asked, up to this time.
    fn show_troubles(&mut self, requests: &[RestEntry], until: Duration) {
        let new = requests.iter().skip(self.requests_seen).take_while(|request| request.at <= until);
        let new: Vec<&RestEntry> = new.collect();
        self.requests_seen += new.len();
        for request in new {
            if let Some(words) = self.trouble(request) {
                self.write(request.at, "Twilio", &words);
            }
        }
    }

    fn trouble(&self, request: &RestEntry) -> Option<String> {
        let trouble = request.trouble.as_deref()?;
        let to = request.form.iter().find(|(name, _)| name == "To").map(|(_, number)| number);
        let who = self.phones.iter().find(|phone| Some(&phone.number) == to).map_or("somebody", |phone| &phone.name);
        Some(match (trouble.starts_with("TooManyRequests"), request.status) {
            (true, _) => format!("does not ring {who} yet: 429, too many requests"),
            (false, 0) => format!("does not ring {who}, and does not say so"),
            (false, _) => format!("is about to ring {who}, but its answer is lost"),
        })
    }

    fn write(&mut self, at: Duration, party: &str, words: &str) {
        let began = *self.began.get_or_insert(at);
        let seconds = format!("{:>6.1} s  ", at.saturating_sub(began).as_secs_f64());
        let name = format!("{party:<NAMES$}  ");
        let tone = self.tone(party);
        let mut margin = self.page.paint(Tone::Dim, &seconds) + &self.page.paint(tone, &name);
        for words in wrapped(words, WIDTH - MARGIN) {
            let words = if party == TOGETHER { self.page.paint(tone, &words) } else { words };
            self.page.line(&format!("{margin}{words}"));
            margin = " ".repeat(MARGIN);
        }
    }

    fn tone(&mut self, party: &str) -> Tone {
        if party == TOGETHER {
            return Tone::Good;
        }
        if !self.parties.iter().any(|known| known == party) {
            self.parties.push(party.to_owned());
        }
        // The caller, who is the first of them, has no colour.
        let index = self.parties.iter().position(|known| known == party);
        index.and_then(|index| index.checked_sub(1)).map_or(Tone::Bold, Tone::Party)
    }
}

impl Line {
    /// A silence that ends here, if it was one that a caller notices.
    fn silence_before(&mut self, seen: &Observation) -> Option<String> {
        if !matches!(seen.what, What::Hears(_) | What::Bridged { .. } | What::HungUp { .. } | What::PressedKey(_)) {
            return None;
        }
        let lasted = seen.at.saturating_sub(self.silent_since.take()?);
        let noticed = self.waits_since.is_some() && lasted >= A_SILENCE;
        noticed.then(|| format!("heard nothing for {:.1} s", lasted.as_secs_f64()))
    }

    /// What happened, if it is worth a line.
    fn words(&mut self, seen: &Observation, picks_up: &str) -> Option<String> {
        match &seen.what {
            What::Calls => {
                self.waits_since = Some(seen.at);
                Some(format!("calls the hotline from {}", seen.number))
            }
            What::RingStarted => {
                self.rang = true;
                Some("phone rings".to_owned())
            }
            What::RingStopped => (!self.refused).then(|| "phone stops ringing".to_owned()),
            // That Twilio answers a caller is of no interest to them.
            What::Answered => (!picks_up.is_empty() && self.rang).then(|| picks_up.to_owned()),
            What::HumanTookOver => Some("takes over from the call screener".to_owned()),
            What::Hears(sound) => self.hears(sound, seen.at),
            What::PressedKey(keys) => Some(format!("presses {keys}")),
            What::Bridged { with } => {
                let waited = seen.at.saturating_sub(self.waits_since.take()?).as_secs_f64();
                let (caller, others) = (&seen.party, with.join(" and "));
                Some(format!("{caller} and {others} are connected ({caller} waited {waited:.1} s)"))
            }
            What::Unbridged => {
                // An organiser's line waits for nobody.
                self.waits_since = (!self.rang).then_some(seen.at);
                None
            }
            What::HungUp { by: By::Party } => Some("hangs up".to_owned()),
            What::HungUp { .. } => Some("call ends".to_owned()),
            What::Refused { code } => {
                self.refused = true;
                Some(refusal(*code, self.rang))
            }
        }
    }

    fn hears(&mut self, sound: &Sound, at: Duration) -> Option<String> {
        let heard = match sound {
            Sound::NetworkRinging => "hears ringing".to_owned(),
            Sound::Speech(text) => format!("hears: \u{201c}{text}\u{201d}"),
            Sound::Play(url) if url.contains("ringback") => "hears a ringing tone".to_owned(),
            Sound::Play(url) if url.contains("music") => "hears music".to_owned(),
            Sound::Play(_) => "hears a recording".to_owned(),
            Sound::Recording => "is being recorded".to_owned(),
            Sound::ApplicationError => "hears: an application error has occurred".to_owned(),
            // Who talks is in the line of the connection, and the beep announces it.
            Sound::Voice(_) | Sound::Beep => return None,
            Sound::Silence => {
                self.silent_since = Some(at);
                return None;
            }
        };
        let again = self.said.as_ref() == Some(&heard);
        let spoken = matches!(sound, Sound::Speech(_));
        self.said = Some(heard.clone());
        match (again, spoken) {
            (false, _) => Some(heard),
            (true, true) => Some("hears the same again".to_owned()),
            (true, false) => None,
        }
    }
}

fn picks_up(behaviour: &Behaviour) -> &'static str {
    match behaviour {
        Behaviour::Voicemail { .. } => "voicemail picks up",
        Behaviour::CallScreener(_) => "call screener picks up",
        Behaviour::PocketAnswer(_) => "phone is answered by mistake, in a pocket",
        _ => "picks up",
    }
}

fn refusal(code: u32, rang: bool) -> String {
    match code {
        486 if rang => "declines the call".to_owned(),
        486 => "phone is busy".to_owned(),
        code => format!("phone can't be reached ({code})"),
    }
}
