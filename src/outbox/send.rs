//! One command on its way to Twilio: the request that fits it, and what the answer means.

use tracing::{error, info, warn};

use crate::domain::command::{Claimed, CommandResult, Effect, LineFact};
use crate::domain::ids::{CallSid, LegId};
use crate::domain::line::LineStatus;
use crate::domain::phone::PhoneNumber;
use crate::twilio::client::{Deleted, Line, Placement, Redirected, TwilioClient, TwilioError};
use crate::urls::{self, Urls};

/// The longest call that an organiser's line may have: Twilio's own limit, in seconds.
const TIME_LIMIT_SECONDS: u32 = 14_400;

/// Sends commands to one account, from one number.
#[derive(Clone)]
pub struct Sender {
    client: TwilioClient,
    urls: Urls,
    from: PhoneNumber,
    machine_detection: bool,
}

impl Sender {
    /// A sender; with `machine_detection`, Twilio listens for who answers before it asks us.
    pub fn new(client: TwilioClient, urls: Urls, from: PhoneNumber, machine_detection: bool) -> Self {
        Self { client, urls, from, machine_detection }
    }

    /// Sends one command and says what came of it.
    pub async fn send(&self, command: &Claimed) -> CommandResult {
        let outcome = match &command.effect {
            Effect::Place { leg_id, to, ring } => {
                let placement = self.placement(*leg_id, to, ring.as_secs());
                self.client.place(&placement).await.map(|line| CommandResult::Line(fact(line)))
            }
            Effect::HangUp { sid, picked_up } => {
                let status = self.client.hang_up(sid, *picked_up).await;
                status.map(|status| CommandResult::Line(status_fact(sid, status)))
            }
            Effect::TellLeg { sid, leg_id } => {
                self.client.redirect(sid, &self.urls.leg(urls::LEG_NEXT, *leg_id)).await.map(redirected)
            }
            Effect::TellCaller { sid } => {
                self.client.redirect(sid, &self.urls.caller(urls::CALLER_NEXT)).await.map(redirected)
            }
            Effect::Ask { sid } => {
                let line = self.client.fetch(sid).await;
                line.map(|line| line.map_or(CommandResult::NotFound, |line| CommandResult::Line(fact(line))))
            }
            Effect::DeleteMessages { with } => {
                self.client.delete_messages(with.as_str(), &self.from).await.map(deleted)
            }
            Effect::DeleteRecordings { sid } => self.client.delete_recordings(sid).await.map(deleted),
            Effect::DeleteCall { sid } => self.client.delete_call(sid).await.map(deleted),
            Effect::Find { to } => {
                let lines = self.client.list(to, &self.from).await;
                lines.map(|lines| CommandResult::Listed(lines.into_iter().map(fact).collect()))
            }
        };
        outcome.unwrap_or_else(|error| failed(command, error))
    }

    fn placement(&self, leg_id: LegId, to: &PhoneNumber, ring_seconds: u64) -> Placement {
        Placement {
            to: to.clone(),
            from: self.from.clone(),
            url: self.urls.leg(urls::JOIN, leg_id),
            fallback_url: self.urls.leg(urls::FALLBACK, leg_id),
            status_callback: self.urls.leg(urls::UPDATES, leg_id),
            ring_seconds: u32::try_from(ring_seconds).unwrap_or(u32::MAX),
            time_limit_seconds: TIME_LIMIT_SECONDS,
            machine_detection: self.machine_detection,
        }
    }
}

fn fact(line: Line) -> LineFact {
    LineFact {
        outbound_api: line.direction == "outbound-api",
        sid: line.sid,
        status: line.status,
        answered_by: line.answered_by,
        created_at: line.date_created,
        ended_at: line.end_time,
    }
}

fn status_fact(sid: &CallSid, status: LineStatus) -> LineFact {
    LineFact { sid: sid.clone(), status, answered_by: None, created_at: None, ended_at: None, outbound_api: true }
}

fn redirected(outcome: Redirected) -> CommandResult {
    match outcome {
        Redirected::Done => CommandResult::Redirected,
        Redirected::NotInProgress => CommandResult::NotInProgress,
    }
}

fn failed(command: &Claimed, error: TwilioError) -> CommandResult {
    let (command_id, kind) = (command.id, effect_name(&command.effect));
    match error {
        TwilioError::Busy { retry_after } => {
            info!(%command_id, kind, "Twilio is busy; later again");
            CommandResult::Busy { retry_after }
        }
        TwilioError::Rejected { http: 401, .. } => {
            error!(
                %command_id, kind, %error,
                "Twilio refuses [twilio] account_sid or auth_token: callers are connected by their own lines alone; copy \
                 both from Twilio's console and start again"
            );
            CommandResult::Unreachable
        }
        TwilioError::Rejected { http, code, .. } => {
            warn!(%command_id, kind, %error, "Twilio refused a command");
            CommandResult::Rejected { code: code.unwrap_or(http.into()) }
        }
        TwilioError::Unreachable { .. } => {
            warn!(%command_id, kind, %error, "Twilio can't be reached");
            CommandResult::Unreachable
        }
        TwilioError::Unclear { .. } => {
            warn!(%command_id, kind, %error, "it is unclear whether Twilio has carried out a command");
            CommandResult::Unclear
        }
    }
}

fn deleted(deleted: Deleted) -> CommandResult {
    match deleted {
        Deleted::Done => CommandResult::Deleted,
        Deleted::NotYet => CommandResult::Busy { retry_after: None },
    }
}

fn effect_name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Place { .. } => "place",
        Effect::HangUp { .. } => "hang_up",
        Effect::TellLeg { .. } => "tell_leg",
        Effect::TellCaller { .. } => "tell_caller",
        Effect::Ask { .. } => "ask",
        Effect::Find { .. } => "find",
        Effect::DeleteMessages { .. } => "delete_messages",
        Effect::DeleteRecordings { .. } => "delete_recordings",
        Effect::DeleteCall { .. } => "delete_call",
    }
}
