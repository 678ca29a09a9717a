//! Callers who call again and again, until they are told that it is enough.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::plan::Caller;
use crate::draw::Draw;
use crate::serve::process::Place;

/// People who call.
pub struct Traffic {
    enough: CancellationToken,
    tasks: JoinSet<()>,
}

impl Traffic {
    /// Everybody begins to call.
    pub fn begin(callers: Vec<Caller>, place: &Arc<Place>) -> Self {
        let enough = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for caller in callers {
            place.sim.set_phone(caller.name, &caller.number, caller.behaviour);
            tasks.spawn(calls(place.clone(), caller.name, Draw::new(caller.seed), enough.clone()));
        }
        Self { enough, tasks }
    }

    /// Nobody calls any more, and who is on the line hangs up.
    pub async fn end(self) {
        self.enough.cancel();
        self.tasks.join_all().await;
    }
}

async fn calls(place: Arc<Place>, name: &'static str, mut draw: Draw, enough: CancellationToken) {
    let sim = &place.sim;
    while !enough.is_cancelled() {
        sim.caller(name).calls().await;
        // The shortest are gone before anybody picks up; the longest hear how it ends.
        let stays = if draw.happens(0.3) { draw.seconds(0.1, 3.0) } else { draw.seconds(3.0, 18.0) };
        for wait in [stays, draw.seconds(0.2, 2.0)] {
            enough.run_until_cancelled(sim.sleep(wait)).await;
            // Between two calls there is nothing to hang up, and sometimes the call is over by then.
            sim.hang_up(name);
        }
    }
}
