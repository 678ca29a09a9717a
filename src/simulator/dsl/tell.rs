//! Owns the playing of a story: waiting for each step, doing deeds, and the report of a step that
//! didn't come true.

use super::{Deed, State, Step, Story};
use crate::simulator::handle::Simulator;
use crate::simulator::ladder;
use crate::simulator::observation::{Observation, Sound, What};
use std::sync::PoisonError;
use std::time::Duration;

impl Story<'_> {
    pub(super) async fn play(self) {
        let mut told = Vec::new();
        for (step, limit) in &self.steps {
            let text = match step {
                Step::Sees { text, .. }
                | Step::Does { text, .. }
                | Step::Is { text, .. }
                | Step::Never { text, .. } => text.clone(),
                Step::Waits(lasts) => format!("waits {} s", lasts.as_secs_f64()),
            };
            let came_true = self.play_step(step, *limit).await;
            if !came_true {
                self.fail(&told, &text, *limit);
            }
            told.push(text);
        }
    }

    async fn play_step(&self, step: &Step, limit: Duration) -> bool {
        let sim = self.sim;
        match step {
            Step::Waits(lasts) => {
                sim.sleep(*lasts).await;
                true
            }
            Step::Sees { fits, .. } => sim.comes_true(limit, || self.find(fits)).await,
            Step::Does { deed, .. } => sim.comes_true(limit, || self.try_to(deed)).await,
            Step::Is { state, .. } => sim.comes_true(limit, || self.holds(state)).await,
            Step::Never { fits, lasts, .. } => {
                let from = sim.shared.look(|world| world.observations().len());
                sim.sleep(*lasts).await;
                sim.shared.look(|world| {
                    let since = &world.observations()[from..];
                    !since.iter().any(|o| o.party == self.party && fits(&o.what))
                })
            }
        }
    }

    /// Looks for something after the story so far, and moves the story there.
    fn find(&self, fits: &super::Fits) -> bool {
        let from = self.sim.told(&self.party);
        let found = self.sim.shared.look(|world| {
            let later = world.observations().get(from..).unwrap_or_default();
            later.iter().position(|o| o.party == self.party && fits(&o.what))
        });
        if let Some(at) = found {
            self.sim.set_told(&self.party, from + at + 1);
        }
        found.is_some()
    }

    fn try_to(&self, deed: &Deed) -> bool {
        let name = self.party.as_str();
        let (done, from) = self.sim.shared.with(|world, now| {
            let from = world.observations().len();
            let done = match deed {
                Deed::Call { shown } => {
                    world.start_call(name, shown.as_deref(), now);
                    true
                }
                Deed::Answer => world.answer(name, now),
                Deed::Decline => world.decline(name, now),
                Deed::Press(keys) => world.press(name, keys, now),
                Deed::HangUp => world.hang_up(name, now),
            };
            (done, from)
        });
        if done {
            self.sim.set_told(name, from);
        }
        done
    }

    fn holds(&self, state: &State) -> bool {
        self.sim.shared.look(|world| {
            let mine: Vec<&Observation> = world.observations().iter().filter(|o| o.party == self.party).collect();
            match state {
                State::ConnectedTo(name) => connected(&mine).contains(name),
                State::Hearing(sound) => last_sound(&mine) == Some(sound),
                State::HeardOnlyRinging => only_ringing(&mine),
                State::Over => mine.last().is_some_and(|o| ends(&o.what)),
            }
        })
    }

    fn fail(&self, told: &[String], step: &str, limit: Duration) -> ! {
        let observations = self.sim.observations();
        let problems: String = self.sim.all_problems().iter().map(|problem| format!("{problem}\n")).collect();
        panic!(
            "\n{}: {} {}, then should: {step} (waited up to {} s)\n\n\
             {}'s line:\n{}\nEverybody:\n{}\nProblems:\n{problems}",
            self.told_at,
            self.party,
            if told.is_empty() { "did nothing yet".to_owned() } else { told.join(", ") },
            limit.as_secs_f64(),
            self.party,
            ladder::timeline(&observations, &self.party),
            ladder::ladder(&observations),
        );
    }
}

impl Simulator {
    fn told(&self, party: &str) -> usize {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(party).copied().unwrap_or(0)
    }

    fn set_told(&self, party: &str, at: usize) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(party.to_owned(), at);
    }

    /// Tries `attempt` at each change of the world until it succeeds or the time is up.
    pub(in crate::simulator) async fn comes_true(&self, limit: Duration, attempt: impl Fn() -> bool) -> bool {
        let mut changes = self.shared.changes();
        let deadline = self.now() + limit;
        loop {
            changes.mark_unchanged();
            if attempt() {
                return true;
            }
            let left = deadline.saturating_sub(self.now());
            match self.shared.clock.within(left, changes.changed()).await {
                Some(Ok(())) => {}
                Some(Err(_)) | None => return attempt(),
            }
        }
    }
}

/// Whom the party can talk to at the end of these observations.
fn connected(mine: &[&Observation]) -> Vec<String> {
    let last = mine.iter().rev().find_map(|o| match &o.what {
        What::Bridged { with } => Some(with.clone()),
        What::Unbridged | What::HungUp { .. } => Some(Vec::new()),
        _ => None,
    });
    last.unwrap_or_default()
}

fn last_sound<'o>(mine: &[&'o Observation]) -> Option<&'o Sound> {
    mine.iter().rev().find_map(|o| match &o.what {
        What::Hears(sound) => Some(sound),
        _ => None,
    })
}

fn only_ringing(mine: &[&Observation]) -> bool {
    let Some(call) = mine.last().map(|o| &o.call_sid) else { return false };
    let mut sounds = mine.iter().filter(|o| o.call_sid == *call).filter_map(|o| match &o.what {
        What::Hears(sound) => Some(sound),
        _ => None,
    });
    sounds.all(|sound| *sound == Sound::NetworkRinging)
}

fn ends(what: &What) -> bool {
    matches!(what, What::HungUp { .. } | What::RingStopped | What::Refused { .. })
}
