//! Owns what answers of the application mean: content types, documents, fallback URLs and the
//! apology (Twilio docs: TwiML for Programmable Voice; Availability and Reliability; Errors 11200,
//! 11750, 12300, 15003).

use super::call::{Activity, Script};
use super::webhooks::{Failure, Outcome, Purpose, Webhook};
use super::{CallId, Direction, Status, World};
use crate::simulator::observation::{By, Sound};
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml::{self, Document, Hook, Prompt, Verb};
use std::time::Duration;

/// Largest document (Twilio docs: Error 11750).
const LARGEST: usize = 64 * 1024;

impl World {
    /// A caller's first request: the voice URL of the number.
    pub(super) fn ask_voice_url(&mut self, call: CallId) {
        match self.hook_of_line("voice_url", "voice_method") {
            Some(hook) => self.fetch(call, hook, Vec::new()),
            None => self.end(call, Status::Failed, By::Network),
        }
    }

    /// Asks `hook` what `call` shall do next. An older question is forgotten.
    pub(super) fn fetch(&mut self, call: CallId, hook: Hook, extra: Vec<(String, String)>) {
        self.calls[call].activity = Activity::Fetching;
        if self.calls[call].status == Status::InProgress {
            self.hear(call, Sound::Silence);
        }
        self.ask(call, hook, extra, false, false);
    }

    /// Asks for a document without touching what the call is doing.
    pub(super) fn ask(
        &mut self,
        call: CallId,
        hook: Hook,
        extra: Vec<(String, String)>,
        waiting: bool,
        fallback: bool,
    ) {
        self.calls[call].turn += 1;
        let turn = self.calls[call].turn;
        let mut params = self.call_parameters(call);
        params.extend(extra);
        let purpose = Purpose::Document { call, turn, waiting, fallback };
        let event = self.calls[call].status.word();
        self.post(purpose, hook, params, Some(call), event);
    }

    /// Judges an answer; a good document takes effect at once.
    pub(super) fn judge(&mut self, id: u64, outcome: Outcome) -> Result<(), Failure> {
        let Some(webhook) = self.webhooks.get(&id).cloned() else { return Ok(()) };
        let (status, content_type, body) = match outcome {
            Outcome::Answered { status, content_type, body } => (status, content_type, body),
            Outcome::ConnectFailed(why) => {
                return Err(failure(11205, "ct", ProblemKind::Unreachable, why));
            }
            // Twilio never tries again after a partial answer. That a connection lost before the
            // first byte falls under `rt` is our reading, undocumented.
            Outcome::Broken { partial, why } => {
                let policy = if partial { "none" } else { "rt" };
                return Err(failure(11206, policy, ProblemKind::Unreachable, why));
            }
        };
        match webhook.purpose {
            Purpose::Callback => callback_answer(status, content_type.as_deref(), &body),
            Purpose::Audio(url) => self.audio_answer(&url, status, content_type.as_deref(), &body),
            Purpose::AfterEnd => document(status, content_type.as_deref(), &body, &webhook.hook.url).map(|_| ()),
            Purpose::Document { call, turn, waiting, .. } => {
                let document = document(status, content_type.as_deref(), &body, &webhook.hook.url)?;
                if self.calls[call].turn == turn && !self.calls[call].is_over() {
                    self.take_document(call, document, &webhook.hook.url, waiting);
                }
                Ok(())
            }
        }
    }

    fn take_document(&mut self, call: CallId, document: Document, base: &str, waiting: bool) {
        if waiting {
            self.begin_waiting(call, document, base);
        } else {
            self.begin_script(call, document, base);
        }
    }

    /// Lets a document control a call from its first verb on.
    pub(super) fn begin_script(&mut self, call: CallId, document: Document, base: &str) {
        self.note_complaints(base, &document);
        self.check_whisper(call, &document);
        self.calls[call].script = script(document, base);
        self.calls[call].activity = Activity::Nothing;
        self.proceed(call);
    }

    pub(super) fn note_complaints(&mut self, base: &str, document: &Document) {
        for (kind, text) in &document.complaints {
            self.problem(*kind, format!("{base}: {text}"));
        }
        self.check_document(document);
    }

    /// A webhook has failed for good.
    pub(super) fn given_up(&mut self, webhook: Webhook, failure: &Failure) {
        let Purpose::Document { call, waiting, fallback, .. } = webhook.purpose else { return };
        if !self.is_wanted(&webhook) {
            return;
        }
        if waiting {
            return self.waiting_failed(call);
        }
        match self.fallback_of(call) {
            Some(hook) if !fallback => {
                let extra =
                    vec![("ErrorCode".to_owned(), failure.code.to_string()), ("ErrorUrl".to_owned(), webhook.hook.url)];
                self.ask(call, hook, extra, false, true);
            }
            _ => self.apologise(call),
        }
    }

    fn fallback_of(&self, call: CallId) -> Option<Hook> {
        match self.calls[call].direction {
            Direction::Inbound => self.hook_of_line("voice_fallback_url", "voice_fallback_method"),
            _ => self.calls[call].order.fallback.clone(),
        }
    }

    /// The party hears that an application error has occurred, and the call ends.
    pub(super) fn apologise(&mut self, call: CallId) {
        self.answer_caller(call);
        self.calls[call].activity = Activity::Apologising;
        self.hear(call, Sound::ApplicationError);
        self.after(call, Duration::from_secs(5));
    }

    pub(super) fn apology_over(&mut self, call: CallId) {
        self.end(call, Status::Completed, By::Network);
    }
}

pub(super) fn script(document: Document, base: &str) -> Script {
    let ends_on_purpose = matches!(document.verbs.last(), Some(Verb::Hangup | Verb::Redirect(_) | Verb::Reject { .. }));
    Script { verbs: document.verbs.into(), base: base.to_owned(), ends_on_purpose }
}

fn failure(code: u32, policy: &'static str, kind: ProblemKind, why: impl Into<String>) -> Failure {
    Failure { code, policy, kind, why: why.into() }
}

fn bad_status(code: u32, status: u16) -> Failure {
    let policy = match status {
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "none",
    };
    failure(code, policy, ProblemKind::BadStatus, format!("HTTP status {status}"))
}

/// 204 without a body, or 200 with a document (Twilio docs: Errors 15003, 12300).
fn callback_answer(status: u16, content_type: Option<&str>, body: &[u8]) -> Result<(), Failure> {
    match status {
        204 => Ok(()),
        200 => document(status, content_type, body, "").map(|_| ()),
        _ => Err(bad_status(15003, status)),
    }
}

fn document(status: u16, content_type: Option<&str>, body: &[u8], base: &str) -> Result<Document, Failure> {
    if !(200..300).contains(&status) || status == 204 {
        return Err(bad_status(11200, status));
    }
    let full = content_type.unwrap_or_default();
    let essence = full.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.starts_with("audio/") {
        let verbs = vec![Verb::Prompt(Prompt::Play { url: base.to_owned(), loops: 1 }), Verb::Hangup];
        return Ok(Document { verbs, complaints: Vec::new() });
    }
    if !["text/xml", "application/xml", "text/html", "text/plain"].contains(&essence.as_str()) {
        let why = format!("Content-Type {full:?}");
        return Err(failure(12300, "none", ProblemKind::BadContentType, why));
    }
    if body.len() > LARGEST {
        let why = format!("{} bytes of TwiML", body.len());
        return Err(failure(11750, "none", ProblemKind::TooLarge, why));
    }
    let text = std::str::from_utf8(body).map_err(|_| failure(12100, "none", ProblemKind::BadXml, "not UTF-8"))?;
    twiml::read(text, base).map_err(|(code, why)| failure(code, "none", ProblemKind::BadXml, why))
}
