//! Owns what a call plays and how long it takes: `<Say>`, `<Play>` and `<Pause>`, alone or inside
//! another verb (Twilio docs: Say, Play, Pause). Audio is fetched once by GET for its length.

use super::call::{Activity, Run};
use super::webhooks::{Failure, Purpose};
use super::{CallId, Status, World};
use crate::simulator::observation::{Sound, What};
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml::{self, Hook, Method, Prompt};
use std::time::Duration;

impl World {
    /// What a party hears from now on. Speech counts anew each time it begins.
    pub(super) fn hear(&mut self, call: CallId, sound: Sound) {
        let again = matches!(sound, Sound::Speech(_) | Sound::Beep);
        if !again && self.calls[call].sound.as_ref() == Some(&sound) {
            return;
        }
        self.calls[call].sound = Some(sound.clone());
        self.observe(call, What::Hears(sound.clone()));
        if let Sound::Speech(text) = sound {
            self.person_hears(call, &text);
        }
    }

    pub(super) fn begin_prompt(&mut self, call: CallId, prompt: Prompt) {
        let run = Run::new(vec![prompt]);
        let lasts = self.play(call, &run);
        self.calls[call].activity = Activity::Prompting(run);
        self.after(call, lasts.unwrap_or_default());
    }

    pub(super) fn prompt_over(&mut self, call: CallId) {
        let Activity::Prompting(run) = &mut self.calls[call].activity else { return };
        run.step();
        let run = run.clone();
        match self.play(call, &run) {
            Some(lasts) => self.after(call, lasts),
            None => {
                self.calls[call].activity = Activity::Nothing;
                self.proceed(call);
            }
        }
    }

    /// Plays the run's current prompt once and says how long that takes; `None` at the run's end.
    pub(super) fn play(&mut self, call: CallId, run: &Run) -> Option<Duration> {
        let prompt = run.current()?;
        let per_character = self.settings.rules.speech_per_character;
        let known = twiml::lasts(prompt, per_character);
        let (sound, lasts) = match prompt {
            Prompt::Say { text, .. } => (Sound::Speech(text.clone()), known),
            Prompt::Play { url, .. } => {
                self.ask_audio(url);
                (Sound::Play(url.clone()), self.audio.get(url).copied().flatten())
            }
            Prompt::Digits(_) => (Sound::Beep, known),
            Prompt::Pause(_) => (Sound::Silence, known),
        };
        // A party that isn't on the line yet still hears its network ring.
        if self.calls[call].status == Status::InProgress {
            self.hear(call, sound);
        }
        Some(lasts.unwrap_or(self.settings.rules.play_lasts))
    }

    /// A GET of audio, once a URL.
    pub(super) fn ask_audio(&mut self, url: &str) {
        if !self.audio.contains_key(url) {
            self.audio.insert(url.to_owned(), None);
            let hook = Hook { url: url.to_owned(), method: Method::Get };
            self.post(Purpose::Audio(url.to_owned()), hook, Vec::new(), None, "audio");
        }
    }

    pub(super) fn audio_answer(
        &mut self,
        url: &str,
        status: u16,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(), Failure> {
        let audio = content_type.is_some_and(|kind| kind.starts_with("audio/"));
        if status != 200 || !audio {
            return Err(Failure {
                code: 11200,
                policy: "none",
                kind: ProblemKind::BadContentType,
                why: format!("not playable: {status} {content_type:?}"),
            });
        }
        self.audio.insert(url.to_owned(), wav_length(body));
        Ok(())
    }
}

/// Playing time of a RIFF WAVE file.
fn wav_length(body: &[u8]) -> Option<Duration> {
    let word = |at: usize| {
        let bytes: [u8; 4] = body.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    };
    if body.get(0..4)? != b"RIFF" || body.get(8..12)? != b"WAVE" {
        return None;
    }
    let mut at = 12;
    let mut bytes_per_second = None;
    loop {
        let (name, length) = (body.get(at..at + 4)?, word(at + 4)?);
        match name {
            b"fmt " => bytes_per_second = word(at + 16).filter(|rate| *rate > 0),
            b"data" => {
                let rate = f64::from(bytes_per_second?);
                return Some(Duration::from_secs_f64(f64::from(length) / rate));
            }
            _ => {}
        }
        // Chunks are padded to even lengths.
        at += 8 + usize::try_from(length.div_ceil(2) * 2).ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_wav() {
        let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x07\0\x01\0".to_vec();
        wav.extend(8000u32.to_le_bytes());
        wav.extend(8000u32.to_le_bytes());
        wav.extend(b"\x01\0\x08\0data");
        wav.extend(16000u32.to_le_bytes());
        assert_eq!(wav_length(&wav), Some(Duration::from_secs(2)));
        assert_eq!(wav_length(b"ID3"), None);
    }
}
