//! The contract of the webhooks, over HTTP: what each request gets, and that a refused one
//! changes nothing. `refused` has what is turned away, `odd` what is signed and strange, `answers`
//! what is right.

mod answers;
mod odd;
mod refused;

use reqwest::Method;
use sharedphone::simulator::Options;
use sharedphone::urls;

use crate::client::{Params, Twilio, Webhook, call_sid};
use crate::stage::{Setting, Stage};

/// Where a caller's line is asked about.
const CALLER_ROUTES: [&str; 6] =
    [urls::INCOMING, urls::FALLBACK, urls::CALLER_NEXT, urls::CALLER_ROOM, urls::CALLER_AFTER, urls::CALLER_KEY];

/// Where a leg's line is asked about. The keys are pressed last: they settle the call.
const LEG_ROUTES: [&str; 7] =
    [urls::JOIN, urls::FALLBACK, urls::LEG_NEXT, urls::LEG_ROOM, urls::LEG_AFTER, urls::LEG_NO_KEY, urls::LEG_KEY];

/// A leg whose phone rings.
struct Ringing {
    id: String,
    sid: String,
}

/// Cleo has called, and everybody's phone rings and goes on ringing.
struct Scene {
    stage: Stage,
    twilio: Twilio,
    caller: String,
    legs: Vec<Ringing>,
}

impl Scene {
    async fn with(names: &[&str]) -> Self {
        Self::set(Setting::by_hand(names)).await
    }

    async fn set(mut setting: Setting) -> Self {
        let phones = setting.phones.len().to_string();
        (setting.speed, setting.ring_seconds, setting.give_up_seconds) = (1.0, 600, 600);
        let stage = setting.play().await;
        stage.sim.caller("Cleo").calls().await;
        stage.until("SELECT count(*) FROM legs WHERE status = 'ringing'", &[&phones]).await;
        stage.until("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')", &["0"]).await;
        Self::of(stage).await
    }

    /// The first call of this stage.
    async fn of(stage: Stage) -> Self {
        let caller = stage.sql("SELECT call_sid FROM calls").await.remove(0);
        let legs = stage.sql("SELECT leg_id, leg_sid FROM legs ORDER BY leg_id").await;
        let legs = legs.iter().map(|leg| leg.split_once('|').expect("two columns"));
        let legs = legs.map(|(id, sid)| Ringing { id: id.to_owned(), sid: sid.to_owned() }).collect();
        let twilio = Twilio::calling(&stage.base);
        Self { stage, twilio, caller, legs }
    }

    /// Good webhooks to every route, each of which changes something: calls that are new, a leg
    /// that is picked up, a caller who leaves.
    fn webhooks(&self, method: &Method) -> Vec<Webhook> {
        let send = |path: &str, params: &Params| self.twilio.webhook(method.clone(), path, params);
        let callers = CALLER_ROUTES.iter().enumerate();
        let callers = callers.map(|(index, path)| send(path, &Params::of_line(&call_sid(index))));
        let legs = LEG_ROUTES.iter().zip(self.legs.iter().cycle());
        let legs = legs.map(|(path, leg)| send(&leg_url(path, &leg.id), &Params::of_line(&leg.sid)));
        let left = Params::of_line(&self.caller).with("CallStatus", "completed");
        let last = &self.legs[self.legs.len() - 1];
        let down = Params::of_line(&last.sid).with("CallStatus", "busy");
        // Before a leg takes the call and the others are hung up.
        let down = [send(&leg_url(urls::UPDATES, &last.id), &down)];
        let left = [send(urls::UPDATES, &left)];
        callers.chain(down).chain(legs).chain(left).collect()
    }

    /// The same by GET and by POST.
    fn all_webhooks(&self) -> Vec<Webhook> {
        [Method::GET, Method::POST].iter().flat_map(|method| self.webhooks(method)).collect()
    }

    /// Spoils each of these webhooks, and has each refused without a trace.
    async fn refuses(&self, webhooks: Vec<Webhook>, status: u16, spoil: impl Fn(&mut Webhook)) {
        let before = self.record().await;
        for mut webhook in webhooks {
            spoil(&mut webhook);
            let answer = webhook.send().await;
            assert_eq!(answer.status, status, "{webhook}: {}", answer.text());
            assert!(!answer.text().contains("<Response>"), "{webhook}: {}", answer.text());
        }
        assert_eq!(self.record().await, before);
    }

    /// Everything on record.
    async fn record(&self) -> Vec<String> {
        let mut all = self.rows().await;
        all.extend(self.stage.sql("SELECT count(*) FROM events").await);
        all
    }

    /// Everything on record but the events.
    async fn rows(&self) -> Vec<String> {
        let mut all = self.stage.sql("SELECT * FROM calls ORDER BY call_sid").await;
        all.extend(self.stage.sql("SELECT * FROM legs ORDER BY leg_id").await);
        all.extend(self.stage.sql("SELECT * FROM outbox ORDER BY command_id").await);
        all
    }
}

fn leg_url(path: &str, leg: &str) -> String {
    format!("{path}?leg={leg}")
}

/// A token that is not ours.
fn another_token() -> String {
    Options::default().auth_token.replace('0', "1")
}
