//! Owns changing a live call: hanging it up with the verb that fits its state, and giving it
//! another document (Twilio docs: Call resource, update; Error 21220).

use super::{Answer, Parsed, refused};
use crate::simulator::engine::{Status, World};
use crate::simulator::observation::By;
use crate::simulator::problem::ProblemKind;

const UPDATE: &str = "Url Method Status FallbackUrl FallbackMethod StatusCallback \
    StatusCallbackMethod Twiml TimeLimit";

impl World {
    pub(super) fn update_call(&mut self, parsed: &Parsed<'_>, sid: &str) -> Answer {
        self.only_parameters(parsed, UPDATE);
        let Some(call) = self.find_call(sid) else {
            return refused(404, 20404, "The requested resource was not found");
        };
        let said: Vec<String> = parsed.form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let before = self.calls[call].status.word();
        let refusal = match parsed.get("Status") {
            Some(status) => self.set_call_status(call, status),
            None => self.redirect_call(call, parsed),
        };
        let answer = match refusal {
            Some(refusal) => refusal,
            None => Answer::ok(200, self.call_json(&self.calls[call])),
        };
        let entry = format!("{} while {before}: {}", said.join(" "), answer.status);
        self.calls[call].requests.push(entry);
        answer
    }

    fn set_call_status(&mut self, call: usize, wanted: &str) -> Option<Answer> {
        let rules = &self.settings().rules;
        let (cancel_is_error, completed_ends) = (rules.cancel_in_progress_is_error, rules.completed_ends_unanswered);
        let is = self.calls[call].status;
        match (wanted, is) {
            ("canceled" | "completed", is) if is.is_over() => {
                return Some(refused(400, 21220, "Invalid call state"));
            }
            ("canceled", Status::InProgress) if cancel_is_error => {
                return Some(refused(400, 21220, "Invalid call state"));
            }
            ("canceled", Status::InProgress) => {}
            ("completed", Status::InProgress) => self.end(call, Status::Completed, By::Rest),
            ("completed", _) if !completed_ends => {}
            ("canceled" | "completed", _) => self.end(call, Status::Canceled, By::Rest),
            _ => {
                self.problem(ProblemKind::BadRest, format!("no call status {wanted:?}"));
                return Some(refused(400, 21218, "Invalid status"));
            }
        }
        None
    }

    fn redirect_call(&mut self, call: usize, parsed: &Parsed<'_>) -> Option<Answer> {
        let hook = match self.hook(parsed, "Url", "Method") {
            Ok(hook) => hook,
            Err((code, message)) => {
                self.problem(ProblemKind::BadRest, format!("{code}: {message}"));
                return Some(refused(400, code, &message));
            }
        };
        let to = match (hook, parsed.get("Twiml")) {
            (Some(_), Some(_)) | (None, None) => {
                let text = "an update needs one of Status, Url and Twiml";
                self.problem(ProblemKind::BadRest, text);
                return Some(refused(400, 21205, text));
            }
            (Some(hook), None) => Ok(hook),
            (None, Some(text)) => Err(text.to_owned()),
        };
        if self.calls[call].status != Status::InProgress {
            return Some(refused(400, 21220, "Call is not in-progress. Cannot redirect."));
        }
        if let Ok(Some(fallback)) = self.hook(parsed, "FallbackUrl", "FallbackMethod") {
            self.calls[call].order.fallback = Some(fallback);
        }
        if let Ok(Some(callback)) = self.hook(parsed, "StatusCallback", "StatusCallbackMethod") {
            self.calls[call].order.status_callback = Some(callback);
        }
        self.redirect(call, to);
        None
    }
}
