//! Owns what a test asks of the whole world at the end of its story.

use crate::simulator::engine::{Direction, Status, World};
use crate::simulator::handle::Simulator;
use crate::simulator::observation::What;
use crate::simulator::phone::Behaviour;
use std::sync::PoisonError;
use std::time::Duration;

impl Simulator {
    /// Panics if any phone begins to ring within so many seconds, or one rings now.
    #[track_caller]
    pub fn expect_silence(&self, seconds: f64) -> impl Future<Output = ()> + Send + '_ {
        let told_at = std::panic::Location::caller();
        async move {
            let from = self.shared.look(|world| world.observations().len());
            let mut loud = self.ringing();
            self.sleep(Duration::from_secs_f64(seconds)).await;
            self.shared.look(|world| {
                let rings = world.observations()[from..].iter();
                let rings = rings.filter(|o| o.what == What::RingStarted);
                loud.extend(rings.map(|o| o.party.clone()));
            });
            assert!(loud.is_empty(), "\n{told_at}: {loud:?} rang\n{}", self.ladder());
        }
    }

    /// Ends a test: waits up to 5 s for ringing to stop and webhooks to be answered, then panics if a phone still rings, if a
    /// phone played by hand rang and no story told of it, or if Twilio would have refused anything.
    #[track_caller]
    pub fn finish(&self) -> impl Future<Output = ()> + Send + '_ {
        let told_at = std::panic::Location::caller();
        async move {
            let quiet = || self.ringing().is_empty() && self.shared.look(World::unanswered) == 0;
            self.comes_true(Duration::from_secs(5), quiet).await;
            let mut faults: Vec<String> =
                self.ringing().iter().map(|name| format!("{name}'s phone still rings")).collect();
            faults.extend(self.untold_rings().iter().map(|name| format!("{name} rang unexpectedly")));
            faults.extend(self.problems().iter().map(ToString::to_string));
            assert!(faults.is_empty(), "\n{told_at}:\n{}\n\n{}", faults.join("\n"), self.ladder());
        }
    }

    /// The names of those whose phone rings now.
    pub fn ringing(&self) -> Vec<String> {
        let ringing: Vec<String> = self.shared.look(|world| {
            let outbound = world.calls().iter().filter(|c| c.direction != Direction::Inbound);
            outbound.filter(|c| c.status == Status::Ringing).map(|c| c.sid.clone()).collect()
        });
        let mut names: Vec<String> = self
            .observations()
            .into_iter()
            .filter(|o| o.what == What::RingStarted && ringing.contains(&o.call_sid))
            .map(|o| o.party)
            .collect();
        names.dedup();
        names
    }

    fn untold_rings(&self) -> Vec<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.shared.look(|world| {
            let by_hand = world.settings().phones.iter();
            let by_hand = by_hand.filter(|p| matches!(p.behaviour, Behaviour::Manual));
            let untold = by_hand.filter(|phone| {
                let from = told.get(&phone.name).copied().unwrap_or(0);
                let later = world.observations().get(from..).unwrap_or_default();
                later.iter().any(|o| o.party == phone.name && o.what == What::RingStarted)
            });
            untold.map(|phone| phone.name.clone()).collect()
        })
    }
}
