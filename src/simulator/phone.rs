//! Owns the people of this world as data: whose phone has which number, and what its owner (or a
//! machine) does when it rings. The acting is in `engine::people`.

use std::time::Duration;

/// When a person presses a key.
#[derive(Debug, Clone)]
pub enum Cue {
    /// Once speech containing this text (in any case) is heard, after the reaction time.
    Hears(String, Duration),
    /// This long after answering.
    After(Duration),
}

/// A key a person will press, once.
#[derive(Debug, Clone)]
pub struct Press {
    /// When.
    pub cue: Cue,
    /// The keys: digits, `*` and `#`.
    pub keys: String,
}

/// A human with a phone in hand.
#[derive(Debug, Clone)]
pub struct Human {
    /// From first ring to answering.
    pub answers_after: Duration,
    /// The keys pressed, each at its cue.
    pub presses: Vec<Press>,
    /// Hangs up this long after being connected with somebody; otherwise talks on.
    pub talks_for: Option<Duration>,
}

/// How a number fails that can't be called.
#[derive(Debug, Clone, Copy)]
pub enum BadNumber {
    /// `POST Calls.json` is refused with this code (21211, 21215, 13227, ...).
    Refused(u32),
    /// The call is placed and ends `failed`.
    Fails,
}

/// What a forwarded call shows as the number that calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The number that rang the phone.
    WhoRang,
    /// The number of the phone that forwards.
    Itself,
    /// None.
    Nobody,
}

/// What a phone does by itself when it rings.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// A human answers.
    Human(Human),
    /// Rejects the call after this long; Twilio reports `busy`.
    Declines(Duration),
    /// Rings until somebody gives up.
    Ignores,
    /// Is busy at once.
    Busy,
    /// An answering machine: greets for so long, then records, never presses a key, hangs up after
    /// 60 s.
    Voicemail {
        /// From first ring to the machine's answer.
        answers_after: Duration,
        /// Length of its greeting.
        greeting: Duration,
    },
    /// A robot answers at once and asks who is calling. If it hears speech within 5 s it rings its
    /// owner, who then behaves as told; if it hears none it hangs up.
    CallScreener(Option<Human>),
    /// Answered by mistake: says nothing, presses nothing.
    PocketAnswer(Duration),
    /// Forwards every call to the hotline.
    Forwards {
        /// What the forwarded call shows.
        shows: Shows,
        /// Whether the network says that it was forwarded, and by whom.
        says_so: bool,
    },
    /// A number that can't be called.
    Bad(BadNumber),
    /// Answers, and hangs up a moment later.
    AnswersThenHangsUp {
        /// From first ring to answering.
        answers_after: Duration,
        /// From answering to hanging up.
        hangs_up_after: Duration,
    },
    /// Does nothing by itself: the test plays this person.
    Manual,
}

impl Behaviour {
    /// A human who answers after so many seconds and presses 1 a second after hearing "press 1".
    pub fn takes_the_call(answers_after: f64) -> Self {
        Self::human_pressing(answers_after, "press 1", "1")
    }

    /// A human who answers after so many seconds and presses `keys` one second after hearing `text`.
    pub fn human_pressing(answers_after: f64, text: &str, keys: &str) -> Self {
        let cue = Cue::Hears(text.to_owned(), Duration::from_secs(1));
        Self::Human(Human {
            answers_after: Duration::from_secs_f64(answers_after),
            presses: vec![Press { cue, keys: keys.to_owned() }],
            talks_for: None,
        })
    }

    /// The same human, who hangs up so many seconds after being connected.
    pub fn talking_for(self, seconds: f64) -> Self {
        match self {
            Self::Human(human) => Self::Human(Human { talks_for: Some(Duration::from_secs_f64(seconds)), ..human }),
            other => other,
        }
    }

    /// A voicemail that answers after so many seconds with a greeting of eight.
    pub fn voicemail(answers_after: f64) -> Self {
        Self::Voicemail { answers_after: Duration::from_secs_f64(answers_after), greeting: Duration::from_secs(8) }
    }

    /// Whether a machine, not a human, has the call once this phone is answered.
    pub fn is_machine(&self) -> bool {
        matches!(self, Self::Voicemail { .. } | Self::CallScreener(_) | Self::PocketAnswer(_) | Self::Forwards { .. })
    }
}

/// A phone of this world.
#[derive(Debug, Clone)]
pub struct Phone {
    /// The name tests use.
    pub name: String,
    /// Its number.
    pub number: String,
    /// What it does when it rings.
    pub behaviour: Behaviour,
}

impl Phone {
    /// A phone of this name and number that behaves so.
    pub fn new(name: &str, number: &str, behaviour: Behaviour) -> Self {
        Self { name: name.to_owned(), number: number.to_owned(), behaviour }
    }
}
