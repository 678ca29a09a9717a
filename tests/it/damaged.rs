//! The service is started on files that a bad disk, or somebody's hand, has damaged: it serves, or it says which
//! file it is and what helps, and connects callers without a record. It never panics, and never loses a whole line of the spool.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use sharedphone::clock::Clock;
use sharedphone::simulator::phone::Behaviour;
use sharedphone::urls;
use tempfile::TempDir;

use crate::client::{Params, call_sid};
use crate::serve::process::{Place, Process, free_port, path};
use crate::stage::{Setting, spool};

const DATABASE: &str = "sharedphone.db";
const LOG: &str = "sharedphone.db-wal";
const SPOOL: &str = "sharedphone.db.spool";

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which bit of a byte.
const FLIPPED: u8 = 0x10;

/// How many services are started at once.
const AT_ONCE: usize = 4;

/// What is done to a file.
#[derive(Debug, Clone)]
enum Damage {
    CutTo(usize),
    Flipped(usize),
    Missing,
    Replaced(Vec<u8>),
}

/// What a service has left that was killed while the database could not be written.
struct Wreck {
    place: Place,
    /// The write-ahead log as it was before the database had all of it.
    old_log: Vec<u8>,
    /// The calls that are in the spool; those before are in the database.
    spooled: Vec<String>,
}

impl Wreck {
    async fn new() -> Self {
        let place = Place::of(Setting::with([("Ada", Behaviour::Ignores)])).await;
        let log = place.database().with_file_name(LOG);
        let mut service = place.serve().await;
        call(&place, 1).await;
        let old_log = fs::read(&log).expect("a log");
        service.terminate();
        assert!(service.ends_within(Duration::from_secs(10)).await.success());
        service = place.serve_with(&[("SHAREDPHONE_DISK_FULL", "10:1000000")]);
        service.is_ready().await;
        let mut index = 2;
        while spool(&folder(&place)).is_empty() {
            call(&place, index).await;
            index += 1;
        }
        let spooled = [index, index + 1];
        for index in spooled {
            call(&place, index).await;
        }
        service.kill();
        Self { place, old_log, spooled: spooled.map(call_sid).to_vec() }
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.place.database().with_file_name(name)).expect("a file")
    }

    /// A copy of all files, one of them damaged.
    fn damaged(&self, name: &str, damage: &Damage) -> TempDir {
        let copy = tempfile::tempdir().expect("a folder");
        for entry in fs::read_dir(folder(&self.place)).expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a type").is_file() && !entry.path().ends_with("sharedphone.db-shm") {
                fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("a copy");
            }
        }
        let file = copy.path().join(name);
        match damage {
            Damage::CutTo(length) => fs::write(file, &self.bytes(name)[..*length]),
            Damage::Flipped(place) => {
                let mut bytes = self.bytes(name);
                bytes[*place] ^= FLIPPED;
                fs::write(file, bytes)
            }
            Damage::Missing => fs::remove_file(file),
            Damage::Replaced(bytes) => fs::write(file, bytes),
        }
        .expect("damage");
        copy
    }

    /// Starts the service in this folder and waits until it serves, or has ended; then says what became of it.
    async fn start(&self, folder: &Path) -> Result<(), String> {
        let config = self.place.config();
        let listen = format!("127.0.0.1:{}", free_port());
        let [database, witnesses] = [DATABASE, "checkpoints.jsonl"].map(|name| folder.join(name));
        let env = [
            ("SHAREDPHONE__SERVER__LISTEN", listen.as_str()),
            ("SHAREDPHONE__DATABASE__PATH", path(&database)),
            ("SHAREDPHONE__RECORD__CHECKPOINTS", path(&witnesses)),
        ];
        let mut service = Process::start(&["serve", "--config", path(&config)], &env);
        let clock = Clock::system();
        let without_record = |service: &Process| service.stderr().contains("callers are connected by Twilio alone");
        let settles = async {
            while !service.has_ended() && service.stdout().is_empty() && !without_record(&service) {
                clock.sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(clock.timeout(PATIENCE, settles).await.is_ok(), "neither serves nor ends: {}", service.stderr());
        let serves = !service.has_ended() && !without_record(&service);
        if !service.has_ended() {
            service.terminate();
        }
        let (_, _, said) = service.end().await;
        assert!(!said.contains("panicked"), "{said}");
        if serves { Ok(()) } else { Err(said) }
    }
}

/// Somebody calls and leaves, and both are acknowledged.
async fn call(place: &Place, index: usize) {
    let twilio = place.twilio();
    let call = Params::of_line(&call_sid(index));
    let answer = twilio.post(urls::INCOMING, &call).send().await.twiml();
    assert!(!answer.contains("<Number"), "{answer}");
    twilio.post(urls::UPDATES, &call.with("CallStatus", "completed")).send().await.is_noted();
}

/// Those of the spooled calls that are in neither the database nor the spool of this folder.
async fn missing(folder: &Path, spooled: &[String]) -> Vec<String> {
    let recorded = crate::record::rows(&folder.join(DATABASE), "SELECT call_sid FROM calls").await;
    // One that is not even known for a spool stays as it is.
    let waiting = format!("{:?}", spool(folder).read().await.unwrap_or_default());
    let is_kept = |sid: &String| recorded.contains(sid) || waiting.contains(sid.as_str());
    spooled.iter().filter(|sid| !is_kept(sid)).cloned().collect()
}

fn folder(place: &Place) -> PathBuf {
    place.database().with_file_name("")
}

/// Every damage to this file is survived, or explained.
async fn survives(wreck: &Wreck, name: &str, damages: Vec<Damage>) {
    let outcomes = stream::iter(&damages).map(|damage| survives_one(wreck, name, damage)).buffer_unordered(AT_ONCE);
    let (mut served, mut wrong) = (0, Vec::new());
    for outcome in outcomes.collect::<Vec<_>>().await {
        match outcome {
            Ok(serves) => served += usize::from(serves),
            Err(what) => wrong.push(what),
        }
    }
    println!("{name}: {} damages, {served} services started on them", damages.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), damages.len(), wrong.join("\n"));
}

/// Whether it serves; the error is what is wrong about how it does or does not.
async fn survives_one(wreck: &Wreck, name: &str, damage: &Damage) -> Result<bool, String> {
    let folder = wreck.damaged(name, damage);
    let says = |what: &str| format!("{name}, {damage:?}: {what}");
    let started = wreck.start(folder.path()).await;
    if let Err(said) = &started {
        if !said.contains(path(&folder.path().join(DATABASE))) {
            return Err(says(&format!("it does not say which file it is: {said}")));
        }
        if !said.contains("backup") {
            return Err(says(&format!("it does not say what helps: {said}")));
        }
        // Whoever puts a good database back has everything.
        for good in [DATABASE, LOG] {
            fs::write(folder.path().join(good), wreck.bytes(good)).expect("a good file");
        }
        fs::remove_file(folder.path().join("sharedphone.db-shm")).ok();
        wreck.start(folder.path()).await.map_err(|said| says(&format!("put right, it does not start: {said}")))?;
    }
    let missing = missing(folder.path(), &wreck.spooled).await;
    if !missing.is_empty() {
        return Err(says(&format!("acknowledged, and lost from the spool: {missing:?}")));
    }
    Ok(started.is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_damaged_database_it_serves_or_says_what_helps() {
    let wreck = Wreck::new().await;
    let length = wreck.bytes(DATABASE).len();
    let cuts = [0, 1, 50, 100, 512, 4095, 4096, 4097, 8192, length / 2, length - 4096, length - 1];
    // The header: magic, page size, versions, counters, schema, owner. Then the first page's tree, and places everywhere.
    let header = [0, 15, 16, 18, 19, 20, 21, 24, 28, 31, 40, 44, 47, 56, 60, 68, 71, 92, 96, 100, 103, 105, 108];
    let pages = (1..24).map(|part| part * length / 24);
    let damages = cuts.into_iter().map(Damage::CutTo).chain(header.into_iter().chain(pages).map(Damage::Flipped));
    survives(&wreck, DATABASE, damages.collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_damaged_write_ahead_log_it_serves_or_says_what_helps() {
    let wreck = Wreck::new().await;
    let length = wreck.bytes(LOG).len();
    assert!(length > 20_000, "the log has something: {length}");
    let cuts = [0, 1, 31, 32, 56, 4152, length / 2, length - 1].map(Damage::CutTo);
    let flips = (0..8).map(|part| Damage::Flipped(part * length / 8 + 4));
    let replaced = [Damage::Missing, Damage::Replaced(wreck.old_log.clone())];
    survives(&wreck, LOG, cuts.into_iter().chain(flips).chain(replaced).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_damaged_spool_every_line_before_the_damage_is_taken_in() {
    let wreck = Wreck::new().await;
    let bytes = wreck.bytes(SPOOL);
    let text: Vec<u8> = bytes.iter().copied().take_while(|byte| *byte != 0).collect();
    let places = (0..16).map(|part| part * (text.len() - 1) / 15);
    let damages = places.flat_map(|place| [(place, Damage::CutTo(place)), (place, Damage::Flipped(place))]);
    let started = damages.map(|(place, damage)| {
        let end = text[..place].iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        let whole = String::from_utf8_lossy(&text[..end]);
        let kept: Vec<String> = wreck.spooled.iter().filter(|sid| whole.contains(sid.as_str())).cloned().collect();
        takes_in(&wreck, damage, kept)
    });
    let kept: Vec<usize> = stream::iter(started).buffer_unordered(AT_ONCE).collect().await;
    assert!(kept.contains(&0) && kept.contains(&wreck.spooled.len()), "{kept:?}");
}

/// The service serves on a damaged spool, and has these calls of it; says how many.
async fn takes_in(wreck: &Wreck, damage: Damage, kept: Vec<String>) -> usize {
    let folder = wreck.damaged(SPOOL, &damage);
    assert_eq!(wreck.start(folder.path()).await, Ok(()), "{damage:?}");
    assert_eq!(missing(folder.path(), &kept).await, [""; 0], "{damage:?}");
    let beginning = |name: &str| fs::read(folder.path().join(name)).unwrap_or_default();
    let text: Vec<u8> = wreck.bytes(SPOOL).into_iter().take_while(|byte| *byte != 0).collect();
    // Without its end the last line is like one that a crash has cut off, which was acknowledged to nobody.
    if let Damage::Flipped(place) = damage
        && place + 1 < text.len()
    {
        let mut damaged = text;
        damaged[place] ^= FLIPPED;
        let is_kept =
            [SPOOL, "sharedphone.db.spool.damaged-1"].iter().any(|name| beginning(name).starts_with(&damaged));
        assert!(is_kept, "what could not be read is nowhere ({place})");
    }
    kept.len()
}
