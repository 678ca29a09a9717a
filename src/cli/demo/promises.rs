//! Whether the service kept its promises in a story: as far as callers and phones can tell, as
//! far as Twilio would complain, and as far as the record shows. Owns what is expected; must not
//! judge by itself.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;

use super::page::{Page, Tone};
use super::stage::Stage;
use crate::simulator::Simulator;
use crate::simulator::promises::{self, Expectations};

/// By how much a busy machine may be late, in real time.
const SLACK: Duration = Duration::from_millis(200);

/// Every promise that was broken, which and when.
pub(super) async fn broken(stage: &Stage) -> Result<Vec<String>> {
    let scenario = stage.scenario;
    let expected = Expectations {
        give_up: Duration::from_secs(scenario.give_up_seconds.into()),
        organisers: scenario.phones().into_iter().map(|phone| phone.number).collect(),
        second_ring: scenario.second_ring,
        fallback_texts: vec!["Nobody of the team could take your call".to_owned()],
        tolerance: SLACK.mul_f64(stage.speed).max(Duration::from_millis(500)),
        leg_of: leg_of(stage).await?,
        ..Expectations::default()
    };
    let seen = promises::check(&stage.sim.report(), &expected);
    let mut broken: Vec<String> = seen.iter().map(ToString::to_string).collect();
    let refused = stage.sim.problems();
    broken.extend(refused.iter().map(|problem| format!("Twilio would not have taken this: {problem}")));
    broken.extend(stage.reader().broken_promises().await?);
    Ok(broken)
}

/// Which caller each organiser's line was for.
async fn leg_of(stage: &Stage) -> Result<HashMap<String, String>> {
    let mut leg_of = HashMap::new();
    for call in stage.reader().call_history().await? {
        let legs = stage.reader().leg_history(&call.call_sid.parse()?).await?;
        leg_of.extend(legs.into_iter().filter_map(|leg| Some((leg.leg_sid?, leg.call_sid))));
    }
    Ok(leg_of)
}

/// Says how it went; what was broken with a picture of everything that happened.
pub(super) fn show(page: Page, broken: &[String], sim: &Simulator) {
    if broken.is_empty() {
        page.line(&page.paint(Tone::Good, "  Every promise was kept."));
        return;
    }
    page.line(&page.paint(Tone::Bad, "  Broken promises:"));
    for promise in broken {
        page.paragraph(&format!("- {promise}"));
    }
    page.line("");
    page.line(&sim.ladder());
}
