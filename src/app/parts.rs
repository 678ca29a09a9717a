//! What each part of the service is made with, from the configuration. Starts nothing.

use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use futures_util::future::join;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::input::Start;
use crate::domain::organiser::RosterEntry;
use crate::domain::settings::{Limits, Screening, Settings};
use crate::domain::texts::Texts;
use crate::http::{AppState, Documents};
use crate::outbox::{Sender, Worker};
use crate::store::Reader;
use crate::sweep::alarm::Recipients;
use crate::sweep::orphans::Orphans;
use crate::sweep::retention::Rules;
use crate::switchboard::Switchboard;
use crate::twilio::client::{Credentials, Timeouts, TwilioClient};
use crate::twilio::emergency::EmergencyTwiml;
use crate::twilio::signature::Verifier;
use crate::twilio::twiml::Twiml;
use crate::urls::Urls;

/// The way to Twilio over the network.
pub(super) fn client(config: &Config, clock: &Clock) -> Result<TwilioClient> {
    let twilio = &config.twilio;
    let usual = Timeouts::default();
    let timeouts = Timeouts { connect: clock.real(usual.connect), total: clock.real(usual.total) };
    Ok(TwilioClient::new(&twilio.api_url, credentials(config), timeouts, clock.clone())?)
}

/// With what our requests to Twilio are authorised.
pub fn credentials(config: &Config) -> Credentials {
    Credentials::new(config.twilio.account_sid.clone(), config.twilio.tokens())
}

/// What tells Twilio what the rules want, and hears what comes of it, until told to stop.
pub fn reach_twilio(
    config: &Config,
    client: TwilioClient,
    switchboard: Switchboard,
    clock: Clock,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let twilio = &config.twilio;
    let sender = sender(config, client.clone());
    let worker = Worker::new(switchboard.clone(), sender, clock.clone(), twilio.calls_per_second, stop.clone());
    let orphans = Orphans::new(switchboard, client, twilio.phone_number.clone(), clock);
    join(worker.run(), orphans.run(stop)).map(|((), ())| ())
}

/// What sends the outbox's commands, through this client.
fn sender(config: &Config, client: TwilioClient) -> Sender {
    let machine_detection = config.ringing.screening == Screening::Amd;
    Sender::new(client, urls(config), config.twilio.phone_number.clone(), machine_detection)
}

/// How long what is known of a call is kept.
pub(super) fn retention(config: &Config) -> Rules {
    let days = |days: u32| (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 3600));
    let retention = &config.retention;
    Rules {
        numbers: days(retention.numbers_days),
        notes: days(retention.notes_days),
        recordings: days(retention.recordings_days),
        timeline: days(retention.timeline_days),
    }
}

/// With what the service starts.
pub fn beginning(config: &Config) -> Start {
    Start {
        roster: roster(config),
        configuration: on_record(config),
        texts: texts(config).all(&config.hotline.language),
    }
}

/// The configuration as far as it bears on calls: no secret, no name, no number.
fn on_record(config: &Config) -> Map<String, Value> {
    let configuration = json!({
        "hotline.language": config.hotline.language,
        "hotline.time_zone": config.hotline.time_zone.name(),
        "ringing.screening": config.ringing.screening,
        "ringing.waiting": config.ringing.waiting,
        "ringing.ring_seconds": config.ringing.ring_seconds,
        "ringing.give_up_seconds": config.ringing.give_up_seconds,
        "limits.legs_per_number": config.limits.legs_per_number,
        "limits.concurrent_legs": config.limits.concurrent_legs,
        "limits.concurrent_calls": config.limits.concurrent_calls,
        "limits.calls_per_minute": config.limits.calls_per_minute,
        "limits.calls_per_caller_per_minute": config.limits.calls_per_caller_per_minute,
        "limits.legs_per_hour": config.limits.legs_per_hour,
        "twilio.calls_per_second": config.twilio.calls_per_second,
        "retention.numbers_days": config.retention.numbers_days,
        "retention.notes_days": config.retention.notes_days,
        "retention.recordings_days": config.retention.recordings_days,
        "retention.timeline_days": config.retention.timeline_days,
        // Where they lead may say who watches: whether they are set is enough.
        "record.checkpoints": config.record.names_checkpoints(),
        "record.checkpoint_url": config.record.checkpoint_url.is_some(),
        "record.signing_key": config.record.names_signing_key(),
    });
    configuration.as_object().cloned().unwrap_or_default()
}

fn texts(config: &Config) -> Texts {
    Texts::new(&config.hotline.name, config.texts.replaced().clone())
}

/// What the webhooks' handlers use.
pub fn state(
    config: &Config,
    switchboard: Switchboard,
    reader: Option<Reader>,
    clock: Clock,
    stop: CancellationToken,
) -> AppState {
    let verifier = Verifier::new(config.twilio.tokens(), config.server.public_base());
    let (language, hotline) = (&config.hotline.language, config.twilio.phone_number.clone());
    let twiml = Twiml::new(urls(config), texts(config), language, config.ringing.waiting, hotline);
    let documents = Documents { twiml, emergency: emergency(config) };
    AppState::new(switchboard, reader, verifier, config.twilio.account_sid.clone(), documents, clock, stop)
}

/// What is told to lines while nothing can be made durable, and while we are down.
pub fn emergency(config: &Config) -> EmergencyTwiml {
    EmergencyTwiml::new(
        urls(config),
        texts(config),
        &config.hotline.language,
        config.twilio.phone_number.clone(),
        config.organisers.iter().map(|entry| entry.number.clone()),
        config.ringing.ring_seconds,
    )
}

/// Who is texted when the service is in trouble.
pub fn recipients(config: &Config) -> Recipients {
    let in_charge = config.organisers.iter().filter(|entry| entry.in_charge);
    Recipients {
        to: in_charge.map(|entry| entry.number.clone()).collect(),
        from: config.twilio.phone_number.clone(),
        hotline: config.hotline.name.clone(),
    }
}

fn urls(config: &Config) -> Urls {
    Urls::new(config.server.public_base())
}

fn roster(config: &Config) -> Vec<RosterEntry> {
    let organisers = config.organisers.iter();
    organisers.map(|entry| RosterEntry { name: entry.name.clone(), number: entry.number.clone() }).collect()
}

/// What the rules go by.
pub fn settings(config: &Config) -> Settings {
    let ringing = &config.ringing;
    let limit = |limit: u32| (limit > 0).then_some(limit);
    Settings {
        screening: ringing.screening,
        waiting: ringing.waiting,
        ring: Duration::from_secs(ringing.ring_seconds.into()),
        give_up: Duration::from_secs(ringing.give_up_seconds.into()),
        legs_per_number: limit(config.limits.legs_per_number),
        concurrent_legs: limit(config.limits.concurrent_legs),
        limits: Limits {
            concurrent_calls: limit(config.limits.concurrent_calls),
            calls_per_minute: limit(config.limits.calls_per_minute),
            calls_per_caller: limit(config.limits.calls_per_caller_per_minute),
            legs_per_hour: limit(config.limits.legs_per_hour),
        },
        texts: texts(config)
            .all(&config.hotline.language)
            .into_iter()
            .map(|text| (text.prompt, text.version))
            .collect(),
        hotline_number: config.twilio.phone_number.clone(),
    }
}
