//! What is measured apart from the database: three things that are done for each webhook, each on something that was
//! set up before. `webhook.rs` takes their time, `instructions.rs` has them counted.

use std::hint::black_box;
use std::time::Duration;

use secrecy::SecretString;
use sharedphone::clock::RandomIds;
use sharedphone::config::Config;
use sharedphone::domain::command::{CommandResult, Effect, LineFact};
use sharedphone::domain::decide::decide;
use sharedphone::domain::house::House;
use sharedphone::domain::ids::{CallSid, LegId};
use sharedphone::domain::input::{CallerMoment, CallerRequest, Input, LegReport};
use sharedphone::domain::line::LineStatus;
use sharedphone::domain::phone::CallerId;
use sharedphone::domain::reply::{LegReply, Reply};
use sharedphone::domain::settings::{Settings, Waiting};
use sharedphone::domain::texts::Texts;
use sharedphone::domain::time::Timestamp;
use sharedphone::twilio::form::Form;
use sharedphone::twilio::signature::{Verifier, signature};
use sharedphone::twilio::twiml::Twiml;
use sharedphone::urls::Urls;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const BASE: &str = "https://hotline.example";
const TARGET: &str = "/updates";

/// As Twilio posts it when a phone rings.
const BODY: &str = "Called=%2B15550001111&ToState=&CallerCountry=US&Direction=outbound-api&Timestamp=Sat%2C%2028%20Nov%20\
2026%2012%3A00%3A00%20%2B0000&CallbackSource=call-progress-events&SipResponseCode=&CallerState=CA&ToZip=&SequenceNumber=1&\
CallSid=CA00000000000000000000000000000001&To=%2B15550001111&CallerZip=&ToCountry=US&CalledZip=&ApiVersion=2010-04-01&\
CalledCity=&CallStatus=ringing&From=%2B15550006666&AccountSid=AC00000000000000000000000000000001&CalledCountry=US&\
CallerCity=&ToCity=&FromCountry=US&Caller=%2B15550006666&FromCity=&CalledState=&FromZip=&FromState=CA";

/// How many calls ring in the house while something is decided about one of them.
const CALLS: u128 = 64;

/// Reads a webhook's form and verifies its signature.
pub struct Webhook {
    verifier: Verifier,
    header: String,
}

impl Webhook {
    /// With Twilio's signature.
    pub fn new() -> Self {
        let form = Form::parse(BODY.as_bytes());
        let header = signature(TOKEN, &format!("{BASE}{TARGET}"), &form.pairs().collect::<Vec<_>>());
        let webhook = Self { verifier: Verifier::new([&SecretString::from(TOKEN)], BASE), header };
        assert!(webhook.turn());
        webhook
    }

    /// One webhook.
    pub fn turn(&self) -> bool {
        let form = Form::parse(black_box(BODY.as_bytes()));
        self.verifier.verify(TARGET, Some(&form), &self.header)
    }
}

/// Writes what an organiser hears who picks up.
pub struct Document {
    twiml: Twiml,
    reply: LegReply,
}

impl Document {
    /// For a hotline with our own texts.
    pub fn new() -> Self {
        let texts = Texts::new("the hotline", Default::default());
        let number = "+15550006666".parse().expect("a number");
        let twiml = Twiml::new(Urls::new(BASE), texts, "en", Waiting::Ringing, number);
        let mut ids = RandomIds::default();
        let reply = LegReply::Screen { leg_id: LegId::new(&mut ids, noon()), by_dial: false };
        Self { twiml, reply }
    }

    /// One document.
    pub fn turn(&self) -> usize {
        self.twiml.leg(black_box(&self.reply)).len()
    }
}

/// Decides what follows when a phone rings, with many calls in the house.
pub struct Rules {
    house: House,
    settings: Settings,
    ids: RandomIds,
    now: Timestamp,
    input: Input,
}

impl Rules {
    /// With five organisers, all of whose phones were asked to ring for each call.
    pub fn new() -> Self {
        let config = Config::parse("bench", &configuration(), std::iter::empty()).expect("a configuration");
        let settings = sharedphone::app::parts::settings(&config);
        let (house, ids, now) = (House::default(), RandomIds::default(), noon());
        let mut rules = Self { house, settings, ids, now, input: Input::Tick };
        rules.happens(Input::Started(sharedphone::app::parts::beginning(&config)));
        for call in 1..=CALLS {
            rules.comes(call);
        }
        let claim = Input::Claim { placements: usize::MAX, total: usize::MAX };
        let Reply::Claimed(claimed) = rules.happens(claim) else { panic!("no phone is to be rung") };
        for (line, command) in claimed.into_iter().enumerate() {
            let sid = line_sid(CALLS + 1 + line as u128);
            let status = LineStatus::Queued;
            let (answered_by, created_at, ended_at) = (None, None, None);
            let fact = LineFact { sid: sid.clone(), status, answered_by, created_at, ended_at, outbound_api: true };
            rules.happens(Input::CommandDone { id: command.id, result: CommandResult::Line(fact) });
            let Effect::Place { leg_id, .. } = command.effect else { panic!("not a placement") };
            rules.input =
                Input::LegStatus(LegReport { leg_id, sid, line: LineStatus::Ringing, reason: None, by_dial: false });
        }
        rules.now = rules.now + Duration::from_secs(1);
        rules
    }

    /// One decision, which is not carried out.
    pub fn turn(&mut self) -> Reply {
        decide(&self.house, &self.settings, black_box(&self.input), self.now, &mut self.ids).1
    }

    fn comes(&mut self, call: u128) {
        self.happens(Input::Caller(CallerRequest {
            call_sid: line_sid(call),
            caller: CallerId::new("+15559990000"),
            forwarded_from: None,
            line: LineStatus::Ringing,
            moment: CallerMoment::Next,
        }));
    }

    fn happens(&mut self, input: Input) -> Reply {
        let (decision, reply) = decide(&self.house, &self.settings, &input, self.now, &mut self.ids);
        self.house.apply(decision, self.now);
        self.house = std::mem::take(&mut self.house).settled();
        reply
    }
}

fn line_sid(number: u128) -> CallSid {
    format!("CA{number:032x}").parse().expect("a SID")
}

fn noon() -> Timestamp {
    "2026-11-28T12:00:00.000Z".parse().expect("a time")
}

fn configuration() -> String {
    let mut text = format!(
        r#"
[server]
public_url = "{BASE}"
[twilio]
account_sid = "AC00000000000000000000000000000001"
auth_token = "{TOKEN}"
phone_number = "+15550006666"
[limits]
legs_per_number = 0
legs_per_hour = 0
concurrent_calls = 0
concurrent_legs = 0
calls_per_minute = 0
calls_per_caller_per_minute = 0
"#
    );
    for number in 1..=5 {
        text += &format!("[[organisers]]\nname = \"Organiser {number}\"\nnumber = \"+1555000111{number}\"\n");
    }
    text
}
