//! Owns the language in which tests tell what happens to a party, step by step:
//!
//! ```text
//! sim.phone("Ada").rings().answers().hears("Press 1").presses("1").await;
//! ```
//!
//! Each step waits until it becomes true after the step before it, at most 30 virtual seconds unless
//! `.within(seconds)` follows it. A step that doesn't come true panics with the party's timeline and
//! the picture of the whole world. Where a story ends, the party's next story goes on.

mod checks;
mod keeping;
mod tell;

use super::handle::Simulator;
use super::observation::{Sound, What};
use std::future::IntoFuture;
use std::panic::Location;
use std::pin::Pin;
use std::time::Duration;

/// How long a step may take if nothing else is said.
pub const USUAL_LIMIT: Duration = Duration::from_secs(30);

type Fits = Box<dyn Fn(&What) -> bool + Send + Sync>;

/// One step of a story.
enum Step {
    /// Something that must be observed.
    Sees { text: String, fits: Fits },
    /// Something the party does.
    Does { text: String, deed: Deed },
    /// A state that must come true, whenever it began.
    Is { text: String, state: State },
    /// Something that must not be observed for so long.
    Never { text: String, fits: Fits, lasts: Duration },
    /// Only time passing.
    Waits(Duration),
}

/// What a party can do.
#[derive(Debug, Clone)]
enum Deed {
    Call { shown: Option<String> },
    Answer,
    Decline,
    Press(String),
    HangUp,
}

/// What can be true of a party.
#[derive(Debug, Clone)]
enum State {
    ConnectedTo(String),
    Hearing(Sound),
    HeardOnlyRinging,
    Over,
}

/// A party's story in the making; awaiting it plays it.
#[must_use = "a story happens when it is awaited"]
pub struct Story<'s> {
    sim: &'s Simulator,
    party: String,
    steps: Vec<(Step, Duration)>,
    told_at: &'static Location<'static>,
}

impl Simulator {
    /// The story of somebody whose phone is rung.
    #[track_caller]
    pub fn phone(&self, name: &str) -> Story<'_> {
        let told_at = Location::caller();
        Story { sim: self, party: name.to_owned(), steps: Vec::new(), told_at }
    }

    /// The story of somebody who calls the hotline. A name without a phone gets one.
    #[track_caller]
    pub fn caller(&self, name: &str) -> Story<'_> {
        self.phone(name)
    }
}

/// What the party does.
impl Story<'_> {
    /// Dials the hotline.
    pub fn calls(self) -> Self {
        self.does("calls", Deed::Call { shown: None })
    }

    /// Dials the hotline, showing this in place of a number (`anonymous`, `+266696687`, ...).
    pub fn calls_showing(self, shown: &str) -> Self {
        let deed = Deed::Call { shown: Some(shown.to_owned()) };
        self.does(&format!("calls showing {shown:?}"), deed)
    }

    /// Answers the ringing phone.
    pub fn answers(self) -> Self {
        self.does("answers", Deed::Answer)
    }

    /// Rejects the ringing call.
    pub fn declines(self) -> Self {
        self.does("declines", Deed::Decline)
    }

    /// Presses keys.
    pub fn presses(self, keys: &str) -> Self {
        self.does(&format!("presses {keys}"), Deed::Press(keys.to_owned()))
    }

    /// Hangs up.
    pub fn hangs_up(self) -> Self {
        self.does("hangs up", Deed::HangUp)
    }

    /// Does nothing for so many seconds.
    pub fn waits(self, seconds: f64) -> Self {
        self.step(Step::Waits(Duration::from_secs_f64(seconds)))
    }
}

/// What must happen to the party.
impl Story<'_> {
    /// The phone begins to ring.
    pub fn rings(self) -> Self {
        self.sees("rings", |what| matches!(what, What::RingStarted))
    }

    /// The phone stops ringing without having been answered.
    pub fn stops_ringing(self) -> Self {
        self.sees("stops ringing", |what| matches!(what, What::RingStopped))
    }

    /// The phone does not begin to ring for so many seconds from here.
    pub fn does_not_ring_for(self, seconds: f64) -> Self {
        self.step(Step::Never {
            text: format!("does not ring for {seconds} s"),
            fits: Box::new(|what| matches!(what, What::RingStarted)),
            lasts: Duration::from_secs_f64(seconds),
        })
    }

    /// The call is answered, by the phone or by Twilio.
    pub fn is_answered(self) -> Self {
        self.sees("is answered", |what| matches!(what, What::Answered))
    }

    /// Hears speech that contains this text, in any case.
    pub fn hears(self, text: &str) -> Self {
        let wanted = text.to_lowercase();
        self.sees(
            &format!("hears {text:?}"),
            move |what| matches!(what, What::Hears(Sound::Speech(said)) if said.to_lowercase().contains(&wanted)),
        )
    }

    /// Hears audio whose URL contains this.
    pub fn hears_audio(self, part: &str) -> Self {
        let wanted = part.to_owned();
        self.sees(
            &format!("hears audio {part:?}"),
            move |what| matches!(what, What::Hears(Sound::Play(url)) if url.contains(&wanted)),
        )
    }

    /// Hears ringing, now or soon.
    pub fn hears_ringing(self) -> Self {
        self.is("hears ringing", State::Hearing(Sound::NetworkRinging))
    }

    /// Has heard nothing but ringing in the present call.
    pub fn hears_only_ringing(self) -> Self {
        self.is("has heard only ringing", State::HeardOnlyRinging).within(0.0)
    }

    /// Can talk to somebody of this name, now or soon.
    pub fn is_connected_to(self, name: &str) -> Self {
        self.is(&format!("is connected to {name}"), State::ConnectedTo(name.to_owned()))
    }

    /// Can talk to nobody any more.
    pub fn is_left_alone(self) -> Self {
        self.sees("is left alone", |what| matches!(what, What::Unbridged))
    }

    /// The call ends, whoever ended it; or has ended.
    pub fn call_ends(self) -> Self {
        self.is("the call ends", State::Over)
    }

    /// Any observation that fits; `text` says it in the failure's report.
    pub fn sees(self, text: &str, fits: impl Fn(&What) -> bool + Send + Sync + 'static) -> Self {
        self.step(Step::Sees { text: text.to_owned(), fits: Box::new(fits) })
    }

    /// The step before this one may take so many seconds.
    pub fn within(mut self, seconds: f64) -> Self {
        if let Some((_, limit)) = self.steps.last_mut() {
            *limit = Duration::from_secs_f64(seconds);
        }
        self
    }
}

impl Story<'_> {
    fn step(mut self, step: Step) -> Self {
        self.steps.push((step, USUAL_LIMIT));
        self
    }

    fn does(self, text: &str, deed: Deed) -> Self {
        self.step(Step::Does { text: text.to_owned(), deed })
    }

    fn is(self, text: &str, state: State) -> Self {
        self.step(Step::Is { text: text.to_owned(), state })
    }
}

impl<'s> IntoFuture for Story<'s> {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.play())
    }
}
