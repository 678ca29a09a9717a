//! Owns how the application is asked: tries, time-outs and retries of one webhook (Twilio docs:
//! Webhooks, Connection Overrides), and the faults on its way. What an answer means is in
//! `documents`.

use super::target::{self, Overrides};
use super::{CallId, Status, Timer, World};
use crate::simulator::faults::WebhookTrouble;
use crate::simulator::problem::ProblemKind;
use crate::simulator::twiml::Hook;
use std::time::Duration;

/// A request to make.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Names this try in [`World::webhook_answered`].
    pub id: u64,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Without fragment.
    pub url: String,
    /// All headers but Host and Content-Length.
    pub headers: Vec<(String, String)>,
    /// The form.
    pub body: Option<String>,
    /// Virtual time for the connection.
    pub connect_timeout: Duration,
    /// The answer must be reported as [`Outcome::ConnectFailed`]: it gets lost.
    pub hides_answer: bool,
}

/// What the world wants done outside.
#[derive(Debug, Clone)]
pub enum Action {
    /// Make this request and report its outcome.
    Send(Outgoing),
    /// Drop this try: Twilio doesn't wait for it any more.
    Abort(u64),
}

/// How a request ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With an answer.
    Answered {
        /// HTTP status.
        status: u16,
        /// The Content-Type header.
        content_type: Option<String>,
        /// The whole body.
        body: Vec<u8>,
    },
    /// No connection.
    ConnectFailed(String),
    /// The connection ended before a whole answer.
    Broken {
        /// Some of the answer had come.
        partial: bool,
        /// What was seen of it.
        why: String,
    },
}

/// What a webhook is for.
#[derive(Debug, Clone)]
pub(super) enum Purpose {
    /// A document to control a call; `turn` tells whether it is still wanted.
    Document { call: CallId, turn: u64, waiting: bool, fallback: bool },
    /// A last request of a call that is over; its answer has no effect.
    AfterEnd,
    /// A status callback.
    Callback,
    /// The audio of a `<Play>`.
    Audio(String),
}

#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub purpose: Purpose,
    pub hook: Hook,
    pub params: Vec<(String, String)>,
    pub overrides: Overrides,
    pub call: Option<CallId>,
    pub event: String,
    token: String,
    began: Option<Duration>,
    retries_left: u32,
    spoilt: bool,
    answer_lost: bool,
    doubled: Option<Duration>,
}

/// Why a try failed.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// Twilio's error code.
    pub code: u32,
    /// The retry policy it falls under.
    pub policy: &'static str,
    pub kind: ProblemKind,
    pub why: String,
}

impl Webhook {
    fn says_over(&self) -> bool {
        let status = self.params.iter().find(|(name, _)| name == "CallStatus");
        status.and_then(|(_, word)| Status::of_word(word)).is_some_and(Status::is_over)
    }
}

impl World {
    pub(super) fn post(
        &mut self,
        purpose: Purpose,
        hook: Hook,
        params: Vec<(String, String)>,
        call: Option<CallId>,
        event: &str,
    ) {
        self.check_url(&hook.url);
        let overrides = target::overrides(&hook.url).unwrap_or_default();
        let retries_left = overrides.retries;
        let token = self.chance.sid("");
        let is_callback = matches!(purpose, Purpose::Callback);
        let webhook = Webhook {
            purpose,
            hook,
            params,
            overrides,
            call,
            event: event.to_owned(),
            token,
            began: None,
            retries_left,
            spoilt: false,
            answer_lost: false,
            doubled: None,
        };
        self.webhook_count += 1;
        let id = self.webhook_count;
        let (url, chance) = (webhook.hook.url.clone(), &mut self.chance);
        let trouble = self.settings.faults.webhook(&url, event, is_callback, chance);
        self.webhooks.insert(id, webhook);
        self.set_off(id, trouble);
    }

    fn set_off(&mut self, id: u64, trouble: Option<WebhookTrouble>) {
        let Some(webhook) = self.webhooks.get_mut(&id) else { return };
        let is_callback = matches!(webhook.purpose, Purpose::Callback);
        let call = webhook.call;
        match trouble {
            None => self.leave_now(id, call),
            Some(WebhookTrouble::Lost) if is_callback => {
                self.webhooks.remove(&id);
            }
            Some(WebhookTrouble::Lost) => {
                webhook.spoilt = true;
                self.fail(id, lost());
            }
            Some(WebhookTrouble::AnswerLost) => {
                webhook.answer_lost = true;
                self.leave_now(id, call);
            }
            Some(WebhookTrouble::Delayed(by)) => {
                self.schedule(by, Timer::Send { webhook: id, copy: false });
            }
            Some(WebhookTrouble::Doubled(after)) => {
                webhook.doubled = Some(after);
                self.leave_now(id, call);
            }
            Some(WebhookTrouble::FromAnotherAccountToo) => {
                self.send_in_another_name(id);
                self.leave_now(id, call);
            }
            Some(WebhookTrouble::BehindTheNext) => self.hold_back(id, call),
        }
    }

    fn leave_now(&mut self, id: u64, call: Option<CallId>) {
        self.send(id, false);
        let is_callback = self.webhooks.get(&id).is_some_and(|w| matches!(w.purpose, Purpose::Callback));
        if let (Some(call), true) = (call, is_callback) {
            self.release_held_back(call);
        }
    }

    fn send_in_another_name(&mut self, id: u64) {
        let Some(webhook) = self.webhooks.get(&id) else { return };
        let mut params = webhook.params.clone();
        for (_, value) in params.iter_mut().filter(|(name, _)| name == "AccountSid") {
            *value = format!("AC{}", "f".repeat(32));
        }
        self.webhook_count += 1;
        let mut sent = target::signed_request(&self.settings.auth_token, &webhook.hook, &params);
        sent.id = self.webhook_count;
        self.out.push(Action::Send(sent));
    }

    fn hold_back(&mut self, id: u64, call: Option<CallId>) {
        let Some(call) = call else { return self.send(id, false) };
        self.held_back.entry(call).or_default().push(id);
        self.schedule(Duration::from_secs(5), Timer::Release(call));
    }

    pub(super) fn release_held_back(&mut self, call: CallId) {
        for id in self.held_back.remove(&call).unwrap_or_default() {
            // A little later, so that it can't overtake the one it was held back for.
            self.schedule(Duration::from_millis(50), Timer::Send { webhook: id, copy: false });
        }
    }

    /// Makes one try. A copy is a second delivery whose answer nobody waits for.
    pub(super) fn send(&mut self, id: u64, copy: bool) {
        self.webhook_count += 1;
        let attempt = self.webhook_count;
        let Some(webhook) = self.webhooks.get_mut(&id) else { return };
        let began = *webhook.began.get_or_insert(self.now);
        let used = self.now.saturating_sub(began);
        let patience = webhook.overrides.total.saturating_sub(used).min(webhook.overrides.read);
        let mut sent = target::signed_request(&self.settings.auth_token, &webhook.hook, &webhook.params);
        sent.id = attempt;
        sent.connect_timeout = webhook.overrides.connect;
        sent.hides_answer = webhook.answer_lost;
        if matches!(webhook.purpose, Purpose::Audio(_)) && !self.settings.rules.audio_is_signed {
            sent.headers.retain(|(name, _)| name != "X-Twilio-Signature");
        }
        sent.headers.push(("I-Twilio-Idempotency-Token".to_owned(), webhook.token.clone()));
        let doubled = webhook.doubled.take();
        self.out.push(Action::Send(sent));
        if !copy {
            self.tries.insert(attempt, id);
            self.schedule(patience, Timer::TryLimit(attempt));
        }
        if let Some(after) = doubled {
            // The copy outlives the original, so it is a webhook of its own with the same token.
            self.webhook_count += 1;
            let copy_id = self.webhook_count;
            if let Some(webhook) = self.webhooks.get(&id).cloned() {
                self.webhooks.insert(copy_id, webhook);
                self.schedule(after, Timer::Send { webhook: copy_id, copy: true });
            }
        }
        if copy {
            self.webhooks.remove(&id);
        }
    }

    pub(super) fn try_timed_out(&mut self, attempt: u64) {
        let Some(id) = self.tries.remove(&attempt) else { return };
        self.out.push(Action::Abort(attempt));
        self.fail(
            id,
            Failure {
                code: 11200,
                policy: "rt",
                kind: ProblemKind::TooSlow,
                why: "no whole answer in time".to_owned(),
            },
        );
    }

    /// Reports how a request of [`Action::Send`] ended.
    pub fn webhook_answered(&mut self, attempt: u64, outcome: Outcome, now: Duration) {
        self.catch_up(now);
        let Some(id) = self.tries.remove(&attempt) else { return };
        let Some(webhook) = self.webhooks.get_mut(&id) else { return };
        if std::mem::take(&mut webhook.answer_lost) {
            webhook.spoilt = true;
            return self.fail(id, lost());
        }
        match self.judge(id, outcome) {
            Ok(()) => {
                let Some(webhook) = self.webhooks.remove(&id) else { return };
                if let (Some(call), Some(began)) = (webhook.call, webhook.began) {
                    let call = &mut self.calls[call];
                    call.served.push((began, self.now));
                    if webhook.says_over() {
                        call.end_told.get_or_insert(self.now);
                    }
                }
            }
            Err(failure) => self.fail(id, failure),
        }
    }

    /// Nobody tries again for a call that has ended or moved on.
    pub(super) fn is_wanted(&self, webhook: &Webhook) -> bool {
        match webhook.purpose {
            Purpose::Document { call, turn, .. } => self.calls[call].turn == turn && !self.calls[call].is_over(),
            _ => true,
        }
    }

    fn fail(&mut self, id: u64, failure: Failure) {
        let Some(mut webhook) = self.webhooks.remove(&id) else { return };
        if !std::mem::take(&mut webhook.spoilt) {
            let what = format!("{} ({}): {}", webhook.hook.url, webhook.event, failure.why);
            self.problem(failure.kind, what);
        }
        let covered = webhook.overrides.retry_on.iter().any(|p| p == failure.policy || p == "all");
        let again = self.now + self.settings.rules.retry_spacing;
        let began = *webhook.began.get_or_insert(self.now);
        let in_time = again.saturating_sub(began) < webhook.overrides.total;
        if covered && in_time && webhook.retries_left > 0 && self.is_wanted(&webhook) {
            webhook.retries_left -= 1;
            self.webhooks.insert(id, webhook);
            let spacing = self.settings.rules.retry_spacing;
            self.schedule(spacing, Timer::Send { webhook: id, copy: false });
        } else {
            self.given_up(webhook, &failure);
        }
    }
}

fn lost() -> Failure {
    Failure { code: 11205, policy: "ct", kind: ProblemKind::Unreachable, why: "lost on the way".to_owned() }
}
