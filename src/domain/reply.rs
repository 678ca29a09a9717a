//! What whoever asked is told. No XML here: `twilio/twiml.rs` puts it into Twilio's words.

use std::time::Duration;

use super::command::Claimed;
use super::errand::Refusal;
use super::ids::{CallSid, LegId, RoomName};
use super::phone::PhoneNumber;
use super::words::words;

/// The most numbers that one `<Dial>` rings (Twilio docs: Number).
pub const MOST_DIALLED: usize = 10;

words! {
    /// A spoken text; each can be replaced in the configuration's `[texts]`.
    Prompt, "prompt" {
        /// To a waiting caller: what this line is.
        Greeting = "greeting",
        /// To a waiting caller, now and then: we are still trying.
        StillRinging = "still_ringing",
        /// To a caller whom nobody could take.
        Nobody = "nobody",
        /// To a caller for whom no phone may be rung any more.
        Overloaded = "overloaded",
        /// To a caller whose organiser's line has ended.
        CutOff = "cut_off",
        /// To a caller, at the end.
        Goodbye = "goodbye",
        /// To a caller whose call had already ended for us.
        CallAgain = "call_again",
        /// To an organiser who picked up: what this is, press 1.
        Screen = "screen",
        /// To the winner, while the caller is on the way into the room.
        Connecting = "connecting",
        /// To an organiser: another has taken it.
        Taken = "taken",
        /// To an organiser: the caller has left.
        CallerLeft = "caller_left",
        /// To an organiser: the caller's wait was over before.
        TooLate = "too_late",
        /// To an organiser who pressed no key.
        NoKey = "no_key",
        /// To an organiser who pressed another key than 1.
        Declined = "declined",
        /// To an organiser whose phone rings although we took it for not rung.
        Unexpected = "unexpected",
        /// To an organiser when the conversation is over.
        TalkEnded = "talk_ended",
    }
}

/// What the switchboard answers to an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing to say: it is on record.
    Noted,
    /// For the caller's line.
    Caller(CallerReply),
    /// For a leg's line.
    Leg(LegReply),
    /// For the outbox: send these.
    Claimed(Vec<Claimed>),
    /// For the sweep: these lines are none of ours any more; hang them up.
    Orphans(Vec<CallSid>),
    /// For a person: done, or why not.
    Errand(Result<(), Refusal>),
}

/// For the caller's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerReply {
    /// Keep the network's ringing going and ask again.
    RingOn {
        /// Whether this can be held back for a while.
        may_hold: bool,
    },
    /// Have Twilio ring these legs itself, and connect whoever takes the call.
    Dial {
        /// Of which round they are.
        round: u32,
        /// How long they are to ring.
        ring: Duration,
        /// Whether to answer the caller's line first: their network would not let it ring as long.
        answers: bool,
        /// Which legs, and where.
        numbers: Vec<(LegId, PhoneNumber)>,
    },
    /// Go to the room, and wait there if nobody is in it yet.
    EnterRoom {
        /// Which room.
        room: RoomName,
        /// Of which round.
        round: u32,
        /// Whether the room is to say what this line is.
        greet: bool,
        /// What to say before, if anything; words here keep the caller from the winner.
        say: Option<Prompt>,
    },
    /// In the room: ring or play on.
    RoomTone {
        /// What to say first, if anything.
        say: Option<Prompt>,
    },
    /// In the room: the wait is over.
    RoomNobody,
    /// Nobody could take the call; say so and end it.
    Nobody,
    /// No phone may be rung any more; say so and end it.
    Overloaded,
    /// The organiser's line has ended: ring the team again?
    CutOff {
        /// Which round it was.
        round: u32,
    },
    /// Say goodbye and end it.
    Goodbye,
    /// This call had already ended for us; say so and end it.
    CallAgain,
    /// The call had ended for us because Twilio was to ring the team by itself: it shall, now.
    LeftToTwilio,
    /// Do not take the call.
    Refuse,
}

/// For a leg's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegReply {
    /// Say what this is and ask for a key.
    Screen {
        /// The leg, for the document's URLs.
        leg_id: LegId,
        /// Whether the caller's `<Dial>` rings it.
        by_dial: bool,
    },
    /// This is the winner, whom the caller's `<Dial>` rings: connect them.
    Connect,
    /// This is the winner: go to the room.
    Join {
        /// The leg, for the document's URLs.
        leg_id: LegId,
        /// Which room.
        room: RoomName,
    },
    /// The winner waits for the caller in the room.
    RoomWait {
        /// The leg, for the document's URLs.
        leg_id: LegId,
    },
    /// Say this and hang up.
    Dismiss {
        /// What to say.
        say: Prompt,
        /// Who took the call, where the prompt wants it.
        taken_by: Option<String>,
    },
    /// Hang up without a word: nobody listens, or it is none of ours.
    HangUp,
}
