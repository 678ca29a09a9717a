//! Fifty organisers press 1 at once, more than a thousand times over: each time exactly one of them has the
//! call, and the forty-nine others hear who.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use sharedphone::clock::{Clock, RandomIds};
use sharedphone::domain::ids::CallSid;
use sharedphone::domain::input::{CallerMoment, CallerRequest, Input, LegMoment, LegReport, LegRequest, Start};
use sharedphone::domain::line::LineStatus;
use sharedphone::domain::organiser::RosterEntry;
use sharedphone::domain::phone::CallerId;
use sharedphone::domain::reply::{CallerReply, LegReply, Prompt, Reply};
use sharedphone::domain::settings::{Limits, Screening, Settings, Waiting};
use sharedphone::simulator::faults::{RestFault, RestTrouble, Which};
use sharedphone::store;
use sharedphone::switchboard::{Operator, Switchboard};
use sharedphone::urls;
use tempfile::TempDir;

use crate::client::{Answer, Params, Twilio, call_sid};
use crate::stage::{self, Setting, Stage, number};

const ORGANISERS: usize = 50;
const ROUNDS: usize = 1000;

/// As many rounds as take this long are played over HTTP as well.
const OVER_HTTP: Duration = Duration::from_secs(40);

/// The name of an organiser; none is the beginning of another.
fn name(index: usize) -> String {
    format!("Organiser{index:03}")
}

/// The SID of an organiser's line.
fn line(round: usize, index: usize) -> String {
    call_sid(1_000_000 + round * ORGANISERS + index)
}

/// A leg's id, the name of its organiser, and the SID of its line.
#[derive(Clone)]
struct Leg {
    id: String,
    organiser: String,
    sid: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn through_the_switchboard_in_one_batch_a_thousand_times() {
    let clock = Clock::system();
    let began = clock.now();
    let mut house = House::open().await;
    for round in 0..ROUNDS {
        house.plays(round).await;
    }
    println!("through the switchboard: {ROUNDS} rounds of {ORGANISERS} in {:?}", clock.now().since(began));
    has_one_winner_a_call(&house.database(), ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_as_often_as_time_allows() {
    let clock = Clock::system();
    let names: Vec<String> = (0..ORGANISERS).map(name).collect();
    let mut setting = Setting::by_hand(&names.iter().map(String::as_str).collect::<Vec<_>>());
    (setting.legs_per_number, setting.speed) = (0, 1.0);
    // Here the test is Twilio: nothing is ever heard of the simulated one.
    setting.calls_per_second = 1;
    setting.faults.rest.push(RestFault::placing(Which::All, RestTrouble::Hang, false));
    let stage = setting.without_limits().play().await;
    let twilio = Twilio::calling(&stage.base);
    let began = clock.now();
    let mut rounds = 0;
    while rounds < ROUNDS && clock.now().since(began) < OVER_HTTP {
        round_over_http(&stage, &twilio, rounds).await;
        rounds += 1;
    }
    println!("over HTTP: {rounds} rounds of {ORGANISERS} in {:?}", clock.now().since(began));
    has_one_winner_a_call(&stage.database(), rounds).await;
}

/// The record agrees.
async fn has_one_winner_a_call(database: &std::path::Path, calls: usize) {
    let winners = "SELECT winners, count(*)
        FROM (SELECT count(joined_at) AS winners FROM legs GROUP BY call_sid) GROUP BY 1";
    assert_eq!(crate::record::rows(database, winners).await, [format!("1|{calls}")]);
    let events = "SELECT count(*) FROM event_log WHERE subject = 'call' AND to_status = 'active'";
    assert_eq!(crate::record::rows(database, events).await, [calls.to_string()]);
}

async fn round_over_http(stage: &Stage, twilio: &Twilio, round: usize) {
    let caller = Params::of_line(&call_sid(round + 1));
    twilio.post(urls::INCOMING, &caller).send().await.twiml();
    let legs = legs_of(&stage.database(), round).await;
    for answer in all_ask(twilio, urls::JOIN, &legs).await {
        assert!(answer.twiml().contains("Press 1 to take the call"));
    }
    let answers = all_ask(twilio, urls::LEG_KEY, &legs).await;
    let documents: Vec<(&Leg, String)> = legs.iter().zip(answers.iter().map(Answer::twiml)).collect();
    let (won, lost): (Vec<_>, Vec<_>) = documents.iter().partition(|(_, text)| text.contains("<Conference"));
    assert_eq!((won.len(), lost.len()), (1, ORGANISERS - 1), "round {round}");
    let polite = format!("{} has taken this call. Thank you for picking up.", won[0].0.organiser);
    for (_, text) in &lost {
        assert!(text.contains(&polite) && text.ends_with("<Hangup/></Response>"), "{text}");
    }
    let over = caller.with("CallStatus", "completed");
    twilio.post(urls::UPDATES, &over).send().await.is_noted();
    let down = legs.iter().map(|leg| {
        let params = Params::of_line(&leg.sid).with("CallStatus", "completed");
        let webhook = twilio.post(&format!("{}?leg={}", urls::UPDATES, leg.id), &params);
        async move { webhook.send().await.is_noted() }
    });
    join_all(down).await;
}

/// Every leg's webhook at once, without waiting for one another.
async fn all_ask(twilio: &Twilio, path: &str, legs: &[Leg]) -> Vec<Answer> {
    let webhooks = legs.iter().map(|leg| twilio.post(&format!("{path}?leg={}", leg.id), &Params::of_line(&leg.sid)));
    let asked = webhooks.map(|webhook| tokio::spawn(async move { webhook.send().await }));
    join_all(asked.collect::<Vec<_>>()).await.into_iter().map(|answer| answer.expect("an answer")).collect()
}

/// The legs of the call that came last.
async fn legs_of(database: &std::path::Path, round: usize) -> Vec<Leg> {
    let planned = "SELECT leg_id, organisers.name FROM legs JOIN organisers USING (organiser_id)
        WHERE call_sid = (SELECT call_sid FROM calls WHERE status = 'pending') ORDER BY 2";
    let rows = crate::record::rows(database, planned).await;
    assert_eq!(rows.len(), ORGANISERS, "round {round}");
    let rows = rows.iter().enumerate();
    let leg = |(index, row): (usize, &String)| {
        let (id, organiser) = row.split_once('|').expect("two columns");
        Leg { id: id.to_owned(), organiser: organiser.to_owned(), sid: line(round, index) }
    };
    rows.map(leg).collect()
}

/// A switchboard whose operator is stepped by hand.
struct House {
    switchboard: Switchboard,
    operator: Operator,
    folder: TempDir,
}

impl House {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (writer, _) = store::open(&folder.path().join("sharedphone.db")).await.expect("a database");
        let (switchboard, inbox) = Switchboard::new();
        let settings = Settings {
            screening: Screening::Keypress,
            waiting: Waiting::Music,
            ring: Duration::from_secs(20),
            give_up: Duration::from_secs(60),
            legs_per_number: None,
            concurrent_legs: None,
            limits: Limits::default(),
            texts: BTreeMap::new(),
            hotline_number: "+15550006666".parse().expect("a number"),
        };
        let operator = Operator::new(
            inbox,
            writer,
            stage::spool(folder.path()),
            settings,
            Clock::system(),
            Box::new(RandomIds::default()),
        );
        let mut house = Self { switchboard, operator, folder };
        let entry = |index| RosterEntry { name: name(index), number: number(index).parse().expect("a number") };
        let start = Start { roster: (0..ORGANISERS).map(entry).collect(), ..Start::default() };
        house.hears([Input::Started(start)].to_vec()).await;
        house
    }

    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("sharedphone.db")
    }

    /// Reports all of these in one batch: the operator takes one step, in which all are answered.
    async fn hears(&mut self, inputs: Vec<Input>) -> Vec<Reply> {
        let replies = join_all(inputs.into_iter().map(|input| self.switchboard.submit(input)));
        let (replies, more) = tokio::join!(replies, self.operator.step());
        assert!(more);
        replies.into_iter().map(|reply| reply.expect("a durable reply")).collect()
    }

    async fn plays(&mut self, round: usize) {
        let sid: CallSid = call_sid(round + 1).parse().expect("a SID");
        let caller = CallerRequest {
            call_sid: sid.clone(),
            caller: CallerId::new("+15557770000"),
            forwarded_from: None,
            line: LineStatus::InProgress,
            moment: CallerMoment::Next,
        };
        let replies = self.hears(vec![Input::Caller(caller)]).await;
        assert!(matches!(replies[0], Reply::Caller(CallerReply::EnterRoom { .. })), "{replies:?}");
        let legs = legs_of(&self.database(), round).await;
        let screened = self.hears(all(&legs, &LegMoment::PickedUp(None))).await;
        assert!(screened.iter().all(|reply| matches!(reply, Reply::Leg(LegReply::Screen { .. }))), "{screened:?}");
        let replies = self.hears(all(&legs, &LegMoment::Key("1".to_owned()))).await;
        one_has_it(&legs, &replies);
        let down = legs.iter().map(|leg| Input::LegStatus(report(leg)));
        let over = Input::CallerStatus { call_sid: sid, line: LineStatus::Completed };
        // The outbox, which is not at work here, would drop what is no longer wanted.
        let claim = Input::Claim { placements: 1, total: 1 };
        let replies = self.hears(down.chain([over, claim]).collect()).await;
        assert_eq!(replies.last(), Some(&Reply::Claimed(Vec::new())));
    }
}

fn all(legs: &[Leg], moment: &LegMoment) -> Vec<Input> {
    let request = |leg: &Leg| {
        let report = report(leg);
        Input::Leg(LegRequest {
            leg_id: report.leg_id,
            sid: report.sid,
            line: LineStatus::InProgress,
            moment: moment.clone(),
            by_dial: false,
        })
    };
    legs.iter().map(request).collect()
}

fn report(leg: &Leg) -> LegReport {
    let (leg_id, sid) = (leg.id.parse().expect("a leg id"), leg.sid.parse().expect("a SID"));
    LegReport { leg_id, sid, line: LineStatus::Completed, reason: None, by_dial: false }
}

fn one_has_it(legs: &[Leg], replies: &[Reply]) {
    let has_it = |reply: &Reply| matches!(reply, Reply::Leg(LegReply::Join { .. }));
    let winners: Vec<&Leg> = legs.iter().zip(replies).filter(|(_, reply)| has_it(reply)).map(|(leg, _)| leg).collect();
    let [winner] = winners[..] else { panic!("{} winners", winners.len()) };
    let polite = LegReply::Dismiss { say: Prompt::Taken, taken_by: Some(winner.organiser.clone()) };
    let losers = replies.iter().filter(|reply| **reply == Reply::Leg(polite.clone()));
    assert_eq!(losers.count(), ORGANISERS - 1, "{replies:?}");
}
