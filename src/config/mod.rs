//! The configuration: one file per section, each with its keys, defaults and rules. Owns what may
//! be configured and how a mistake is explained; opens the configuration file and the secret
//! files and nothing else. Start at [`Config::load`].
//!
//! Keys are read one by one (see [`keys`]) and not by one derived `Deserialize`, which stops at
//! the first mistake: whoever sets this up at night is to see all of them at once.

mod database;
mod hotline;
mod keys;
mod limits;
mod organisers;
mod problem;
mod record;
mod retention;
mod ringing;
mod server;
mod source;
mod texts;
mod twilio;
mod values;

use std::io::ErrorKind;
use std::path::Path;

pub use self::database::DatabaseSection;
pub use self::hotline::HotlineSection;
pub use self::limits::LimitsSection;
pub use self::organisers::OrganiserEntry;
pub use self::problem::{ConfigError, Problem};
pub use self::record::RecordSection;
pub use self::retention::RetentionSection;
pub use self::ringing::RingingSection;
pub use self::server::ServerSection;
use self::source::Source;
pub use self::texts::TextsSection;
pub use self::twilio::TwilioSection;
use crate::beside::beside;

/// Everything that the owner of a hotline decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where we listen and how Twilio reaches us.
    pub server: ServerSection,
    /// Where the database is.
    pub database: DatabaseSection,
    /// Where the record's witnesses are.
    pub record: RecordSection,
    /// For how long what is known of a call is kept.
    pub retention: RetentionSection,
    /// What the hotline is called, speaks and reads.
    pub hotline: HotlineSection,
    /// The account at Twilio.
    pub twilio: TwilioSection,
    /// How a call is rung.
    pub ringing: RingingSection,
    /// What is never exceeded.
    pub limits: LimitsSection,
    /// Spoken texts that replace ours.
    pub texts: TextsSection,
    /// Who is rung.
    pub organisers: Vec<OrganiserEntry>,
}

impl Config {
    /// Reads the file, lays the environment's `SHAREDPHONE__SECTION__KEY` over it, and checks it
    /// all. The error has every mistake that could be found.
    pub fn load(path: &Path, env: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&file, &error))?;
        Self::parse(&file, &text, env)
    }

    /// The same for a configuration that is already in memory; `file` is its name in messages.
    pub fn parse(file: &str, text: &str, env: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut source = Source::new(file, text, env)?;
        let server = source.section("server", ServerSection::read);
        let database = source.section("database", DatabaseSection::read);
        let record = source.section("record", RecordSection::read);
        let retention = source.section("retention", RetentionSection::read);
        let hotline = source.section("hotline", HotlineSection::read);
        let twilio = source.section("twilio", TwilioSection::read);
        let ringing = source.section("ringing", RingingSection::read);
        let limits = source.section("limits", LimitsSection::read);
        let texts = source.section("texts", TextsSection::read);
        let organisers = organisers::read(&mut source, twilio.as_ref().map(|twilio| &twilio.phone_number));

        let mut problems = source.finish();
        problems.extend(one_file_twice(file, &database, &record));
        match (server, twilio) {
            (Some(server), Some(twilio)) if problems.is_empty() => {
                Ok(Self { server, database, record, retention, hotline, twilio, ringing, limits, texts, organisers })
            }
            _ => Err(ConfigError::new(problems)),
        }
    }
}

/// Two names for one file: each of its two writers would destroy what the other has written.
fn one_file_twice(file: &str, database: &DatabaseSection, record: &RecordSection) -> Option<Problem> {
    let beside = |end: &str| beside(&database.path, end);
    let files = [
        ("[database] path", database.path.clone()),
        ("[database] path and -wal", beside("-wal")),
        ("[database] path and -shm", beside("-shm")),
        ("[database] path and .lock", beside(".lock")),
        ("[database] path and .sock", beside(".sock")),
        ("[database] spool", database.spool.clone()),
        ("[record] checkpoints", record.checkpoints.clone()),
        ("[record] signing_key", record.signing_key(&database.path)),
    ];
    let files = files.map(|(key, path)| (key, std::path::absolute(&path).unwrap_or(path)));
    files.iter().enumerate().find_map(|(at, (key, path))| {
        let (other, _) = files[..at].iter().find(|(_, before)| before == path)?;
        Some(Problem::new(file, *key, format!("is the file of {other}, too"), "name another file"))
    })
}

fn unreadable(file: &str, error: &std::io::Error) -> ConfigError {
    let problem = match error.kind() {
        ErrorKind::NotFound => Problem::new(
            file,
            "",
            "there is no such file",
            "copy config/sharedphone.example.toml to it and fill in what is yours, or name another file with --config",
        ),
        ErrorKind::InvalidData => Problem::new(file, "", "is not a text in UTF-8", "save it as UTF-8"),
        _ => Problem::new(file, "", format!("can't be read ({error})"), "let the user that runs this read it"),
    };
    ConfigError::new(vec![problem])
}
