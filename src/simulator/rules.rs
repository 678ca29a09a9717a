//! Owns the switches for what Twilio's documentation leaves open, and the paces of this world.
//! All durations are virtual time. Plain data; nothing here acts.

use super::engine::Status;
use std::time::Duration;

/// How this Twilio behaves where the real one is undocumented, unverified or configurable.
#[derive(Debug, Clone)]
pub struct Rules {
    /// A leading `<Pause>` answers an inbound call (Twilio docs: Pause says no; Reject says yes).
    pub pause_answers: bool,
    /// The caller's own network stops ringing an unanswered call after this long.
    pub carrier_ring_limit: Duration,
    /// Wait between two tries of one webhook (undocumented).
    pub retry_spacing: Duration,
    /// How an inbound call ends whose caller hangs up before it was answered (undocumented).
    pub caller_leaves_as: Status,
    /// `Status=canceled` on a call in progress is refused with 21220 instead of being ignored.
    pub cancel_in_progress_is_error: bool,
    /// `Status=completed` also ends a call that is queued or ringing.
    pub completed_ends_unanswered: bool,
    /// Lists show a new or changed call only after this long (Twilio docs: Call resource, reads
    /// are eventually consistent).
    pub list_lag: Duration,
    /// Added to each `Timeout` of an outbound call (Twilio docs: Call resource, "some flows").
    pub ring_timeout_extra: Duration,
    /// From leaving the queue to the phone's first ring.
    pub set_up: Duration,
    /// How long a phone that declines or is busy takes to say so.
    pub refusal: Duration,
    /// Silence of synchronous answering machine detection (Twilio docs: AMD FAQ).
    pub amd_takes: Duration,
    /// Speech time per character of `<Say>`; a text takes at least one second.
    pub speech_per_character: Duration,
    /// How long audio lasts whose length nobody has reported.
    pub play_lasts: Duration,
    /// How long a person talks to `<Record>`.
    pub message_lasts: Duration,
    /// Calls at once that the account may have; 0 is no limit (Twilio docs: Error 10004).
    pub concurrent_calls: usize,
    /// The other phones of a `<Dial>` ring on while the first who picked up hears the whisper; else a voicemail
    /// that picks up first silences them (undocumented; Twilio docs: Number, url).
    pub screened_dial_rings_on: bool,
    /// A `<Dial action>` is requested even if the dialling party itself hung up.
    pub dial_action_after_hangup: bool,
    /// The GET for the audio of a `<Play>` is signed (undocumented).
    pub audio_is_signed: bool,
    /// A phone in a conversation rings for a second call instead of being busy.
    pub call_waiting: bool,
}

impl Default for Rules {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            pause_answers: false,
            carrier_ring_limit: ms(90_000),
            retry_spacing: ms(250),
            caller_leaves_as: Status::NoAnswer,
            cancel_in_progress_is_error: false,
            completed_ends_unanswered: true,
            list_lag: Duration::ZERO,
            ring_timeout_extra: Duration::ZERO,
            set_up: ms(300),
            refusal: ms(700),
            amd_takes: ms(4_000),
            speech_per_character: ms(70),
            play_lasts: ms(6_000),
            message_lasts: ms(10_000),
            concurrent_calls: 0,
            screened_dial_rings_on: false,
            dial_action_after_hangup: true,
            audio_is_signed: false,
            call_waiting: false,
        }
    }
}
