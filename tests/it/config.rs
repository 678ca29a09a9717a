//! The configuration: what it gives, where values come from, and (in `mistakes`) how each mistake
//! is explained.

mod mistakes;

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use sharedphone::config::{Config, ConfigError};
use sharedphone::domain::reply::Prompt;
use sharedphone::domain::settings::{Screening, Waiting};

const TOKEN: &str = "0123secret0123";
const ADA: &str = "+15550000001";

/// The least that a configuration needs.
const LEAST: &str = r#"
[server]
public_url = "https://hotline.example.org/"
[twilio]
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "0123secret0123"
phone_number = "+15550006666"
[[organisers]]
name = "Ada"
number = "+15550000001"
"#;

fn parse(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse("phone.toml", text, env)
}

fn good(text: &str, env: &[(&str, &str)]) -> Config {
    parse(text, env).unwrap_or_else(|error| panic!("{error}"))
}

/// The mistakes of a configuration, a line each.
fn mistakes(text: &str, env: &[(&str, &str)]) -> String {
    let shown = parse(text, env).expect_err("a mistake").to_string();
    for private in [TOKEN, "15550000001", "15550000002", "15550006666"] {
        assert!(!shown.contains(private), "{shown}");
    }
    shown
}

/// `LEAST` with one part replaced, which has to be there.
fn with(part: &str, replacement: &str) -> String {
    assert!(LEAST.contains(part), "{part}");
    LEAST.replace(part, replacement)
}

/// `LEAST` with a line under one of its sections.
fn under(section: &str, line: &str) -> String {
    with(section, &format!("{section}\n{line}"))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn the_least_that_is_needed_gets_every_default() {
    let config = good(LEAST, &[]);
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:7000");
    assert_eq!(config.server.public_base(), "https://hotline.example.org");
    assert_eq!(config.database.path, Path::new("sharedphone.db"));
    assert_eq!(config.database.spool, Path::new("sharedphone.db.spool"));
    assert_eq!(config.record.checkpoints, Path::new("checkpoints.jsonl"));
    assert_eq!(config.record.signing_key(&config.database.path), Path::new("sharedphone.db.key"));
    assert_eq!(config.record.checkpoint_url, None);
    let kept = config.retention;
    assert_eq!((kept.numbers_days, kept.notes_days, kept.recordings_days, kept.timeline_days), (90, 1095, 30, 0));
    assert_eq!((config.hotline.name.as_str(), config.hotline.language.as_str()), ("hotline", "en-GB"));
    assert_eq!(config.hotline.time_zone, chrono_tz::Tz::UTC);
    assert_eq!(config.twilio.auth_token.expose_secret(), TOKEN);
    assert!(config.twilio.next_auth_token.is_none());
    assert_eq!(config.twilio.api_url.as_str(), "https://api.twilio.com/");
    assert_eq!((config.twilio.calls_per_second, config.twilio.fallback_url), (1, None));
    assert_eq!((config.ringing.screening, config.ringing.waiting), (Screening::Keypress, Waiting::Ringing));
    assert_eq!((config.ringing.ring_seconds, config.ringing.give_up_seconds), (20, 60));
    let limits = config.limits;
    assert_eq!((limits.legs_per_number, limits.concurrent_legs, limits.legs_per_hour), (1, 0, 600));
    assert_eq!((limits.concurrent_calls, limits.calls_per_minute, limits.calls_per_caller_per_minute), (20, 30, 5));
    assert_eq!(config.texts.replaced().len(), 0);
    assert_eq!(config.organisers[0].name, "Ada");
    assert_eq!(config.organisers[0].number.as_str(), ADA);
}

#[test]
fn every_key_can_be_set() {
    let text = r#"
        [server]
        listen = "[::1]:80"
        public_url = "http://127.0.0.1:7000/phone"
        [database]
        path = "/var/lib/sharedphone/db"
        spool = "/mnt/spool"
        [record]
        checkpoints = "/mnt/witness"
        signing_key = "/etc/sharedphone/key"
        checkpoint_url = "https://witness.example.org/hotline?from=here"
        [retention]
        numbers_days = 0
        notes_days = 36500
        recordings_days = 1
        timeline_days = 400
        [hotline]
        name = "PyExample code of conduct hotline"
        language = "de-DE"
        time_zone = "Europe/Berlin"
        [twilio]
        account_sid = "AC0123456789abcdef0123456789abcdef"
        auth_token = "one"
        next_auth_token = "two"
        phone_number = "+15550006666"
        api_url = "http://127.0.0.1:9000/"
        calls_per_second = 30
        fallback_url = "https://static.example.org/sorry.xml"
        [ringing]
        screening = "amd"
        waiting = "music"
        ring_seconds = 1
        give_up_seconds = 8
        [limits]
        legs_per_number = 0
        concurrent_legs = 2
        concurrent_calls = 0
        calls_per_minute = 1000
        calls_per_caller_per_minute = 0
        legs_per_hour = 0
        [texts]
        screen = "Hier ist {hotline}. Mit der 1 nehmen Sie an."
        [[organisers]]
        name = "Ada"
        number = "+15550000001"
        [[organisers]]
        name = "Grace"
        number = "+15550000002"
    "#;
    let config = good(text, &[]);
    assert_eq!(config.server.public_base(), "http://127.0.0.1:7000/phone");
    assert_eq!(config.database.spool, Path::new("/mnt/spool"));
    assert_eq!(config.record.signing_key(&config.database.path), Path::new("/etc/sharedphone/key"));
    let url = config.record.checkpoint_url.expect("an address");
    assert_eq!(url.as_str(), "https://witness.example.org/hotline?from=here");
    let kept = config.retention;
    assert_eq!((kept.numbers_days, kept.notes_days, kept.recordings_days, kept.timeline_days), (0, 36500, 1, 400));
    assert_eq!(config.hotline.time_zone, chrono_tz::Europe::Berlin);
    let tokens: Vec<_> = config.twilio.tokens().map(|token| token.expose_secret()).collect();
    assert_eq!(tokens, ["one", "two"]);
    assert_eq!((config.ringing.screening, config.ringing.waiting), (Screening::Amd, Waiting::Music));
    let texts: Vec<_> = config.texts.replaced().iter().collect();
    assert_eq!(texts, [(&Prompt::Screen, &"Hier ist {hotline}. Mit der 1 nehmen Sie an.".to_owned())]);
    assert_eq!(config.organisers.len(), 2);
}

#[test]
fn nothing_private_is_in_debug_output() {
    let shown = format!("{:?}", good(LEAST, &[]));
    for private in [TOKEN, "15550000001", "15550006666", "Ada"] {
        assert!(!shown.contains(private), "{shown}");
    }
}

#[test]
fn the_example_has_every_key_and_every_default() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/sharedphone.example.toml");
    let text = fs::read_to_string(path).expect("the example");
    let unfilled = parse(&text, &[]).expect_err("nothing is filled in").to_string();
    let missing = ["public_url", "account_sid", "auth_token", "phone_number", "name", "number"];
    assert_eq!(unfilled.lines().filter(|line| line.contains(" is missing; ")).count(), missing.len(), "{unfilled}");
    assert_eq!(unfilled.lines().count(), missing.len(), "{unfilled}");

    // Filled in and uncommented, each key is known and its value is good: these are the defaults.
    let (sections, _) = text.split_once("\n[[organisers]]").expect("organisers");
    let (least, organisers) = LEAST.split_once("[[organisers]]").expect("organisers");
    let filled: String = sections
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
        .map(|line| least.lines().find(|least| least.split('=').next() == line.split('=').next()).unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    let all = good(&format!("{filled}[[organisers]]{organisers}"), &[]);
    let least = good(LEAST, &[]);
    assert_eq!(all.server.listen, least.server.listen);
    assert_eq!((all.database.path, all.database.spool), (least.database.path, least.database.spool));
    assert_eq!(format!("{:?}", (all.record, all.retention)), format!("{:?}", (least.record, least.retention)));
    assert_eq!((all.hotline.name, all.hotline.time_zone), (least.hotline.name, least.hotline.time_zone));
    assert_eq!((all.twilio.api_url, all.twilio.fallback_url), (least.twilio.api_url, least.twilio.fallback_url));
    assert_eq!(format!("{:?}", (all.ringing, all.limits)), format!("{:?}", (least.ringing, least.limits)));

    // And each key that there is, is in it: those that an unknown key is answered with.
    for section in ["server", "database", "record", "retention", "hotline", "twilio", "ringing", "limits", "texts"] {
        let variable = format!("SHAREDPHONE__{}__FROBNICATION", section.to_uppercase());
        let answer = mistakes(LEAST, &[(&variable, "1")]);
        let (_, keys) = answer.split_once("the keys are: ").expect("a list of keys");
        let (_, rest) = text.split_once(&format!("\n[{section}]\n")).expect("the section");
        let part = rest.split("\n[").next().expect("a part");
        for key in keys.split(", ") {
            let written = part.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} = ")));
            assert!(written, "[{section}] {key} is not in the example");
        }
    }
}

#[test]
fn the_environment_goes_before_the_file() {
    let text = under("[server]", "listen = \"127.0.0.1:1\"");
    let config = good(
        &text,
        &[
            ("SHAREDPHONE__SERVER__LISTEN", "127.0.0.1:2"),
            ("SHAREDPHONE__RINGING__RING_SECONDS", "7"),
            ("SHAREDPHONE__RINGING__WAITING", "ringback"),
            ("SHAREDPHONE__TWILIO__AUTH_TOKEN", "123456"),
            ("SHAREDPHONE__TWILIO__FALLBACK_URL", ""),
            ("SHAREDPHONE_CONFIG", "elsewhere.toml"),
            ("PATH", "/bin"),
        ],
    );
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:2");
    assert_eq!((config.ringing.ring_seconds, config.ringing.waiting), (7, Waiting::Ringback));
    assert_eq!(config.twilio.auth_token.expose_secret(), "123456", "a token of digits is still a text");
    assert_eq!(config.twilio.fallback_url, None);
}

#[test]
fn a_secret_may_be_in_a_file_of_its_own() {
    let folder = folder();
    let file = folder.path().join("token");
    let key = |key: &str| format!("{key} = \"{}\"", file.display());
    let text = with("auth_token = \"0123secret0123\"", &key("auth_token_file"));
    assert_eq!(
        mistakes(&text, &[]),
        "phone.toml: [twilio] auth_token_file: names a file that can't be read (entity not found); \
         make the file, with the token alone in it, and let the user that runs the service read it"
    );
    let wrong = |content: &str| {
        fs::write(&file, content).expect("a file");
        mistakes(&text, &[])
    };
    let from = "copy the Auth Token from the first page of the Twilio console";
    assert_eq!(wrong("\n"), format!("phone.toml: [twilio] auth_token_file: is empty; {from}"));
    assert_eq!(
        wrong("0123secret0123\nmore"),
        format!("phone.toml: [twilio] auth_token_file: has a space or a line break in it; {from}")
    );

    fs::write(&file, "from the file".replace(' ', "-") + "\n").expect("a file");
    assert_eq!(good(&text, &[]).twilio.auth_token.expose_secret(), "from-the-file");
    let next = good(&under("[twilio]", &key("next_auth_token_file")), &[]).twilio.next_auth_token;
    assert_eq!(next.expect("a token").expose_secret(), "from-the-file");

    assert_eq!(
        mistakes(&under("[twilio]", &key("auth_token_file")), &[]),
        "phone.toml: [twilio] auth_token_file: is given, and auth_token as well; keep one of the two and remove the other"
    );
}

#[test]
fn a_missing_secret_says_where_to_find_it() {
    let wanted = "phone.toml: [twilio] auth_token: is missing; copy the Auth Token from the first page of the Twilio console \
        into it, or write it into a file and name that with auth_token_file";
    assert_eq!(mistakes(&with("auth_token = \"0123secret0123\"", ""), &[]), wanted);
    assert_eq!(mistakes(&with("0123secret0123", ""), &[]), wanted, "an empty token is none");
}

/// What is said about a database at `path`.
fn folder_problem(path: &Path) -> Option<String> {
    let text = format!("{LEAST}[database]\npath = \"{}\"", path.display());
    good(&text, &[]).database.check_folder().err().map(|problem| problem.to_string())
}

#[test]
fn the_databases_folder_must_exist_and_take_files() {
    let folder = folder();
    let at = |path: &str| folder.path().join(path);
    assert_eq!(folder_problem(&at("phone.db")), None);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left behind");
    assert_eq!(folder_problem(Path::new("phone.db")), None, "the folder we are in");

    let missing = at("missing");
    assert_eq!(
        folder_problem(&missing.join("phone.db")),
        Some(format!("phone.toml: [database] path: there is no folder {0}; make it: mkdir -p {0}", missing.display()))
    );
    let shown = folder_problem(folder.path()).expect("a problem");
    assert!(shown.ends_with("is a folder; name a file in it"), "{shown}");

    fs::write(at("file"), "").expect("a file");
    let shown = folder_problem(&at("file/phone.db")).expect("a problem");
    assert!(shown.contains("[database] path: there is no folder"), "{shown}");
}

/// `/proc` takes no files, not even from root, which a read-only folder would not stop.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files_is_told() {
    let shown = folder_problem(&PathBuf::from("/proc/phone.db")).expect("a problem");
    assert!(shown.starts_with("phone.toml: [database] path: no file can be made in the folder /proc ("), "{shown}");
    assert!(shown.ends_with("; let the user that runs the service write there, or name another folder"), "{shown}");
}
