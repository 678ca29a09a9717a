//! The database's lock: a command that has it for a moment keeps nobody out for long.

use std::time::Duration;

use sharedphone::app;
use sharedphone::clock::Clock;
use sharedphone::config::Config;
use sharedphone::store::Lock;

use super::process::{Place, Process, free_port, path};
use crate::stage::Setting;

async fn place() -> Place {
    Place::of(Setting::by_hand(&["Ada"])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_waits_for_a_command_and_says_so() {
    let place = place().await;
    let command = Lock::take(&place.database()).expect("the lock");
    let mut service = place.serve_with(&[]);
    place.until_said(&service, "another process has the database").await;
    assert_eq!(service.stdout(), "", "it is not ready");
    drop(command);
    service.is_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_for_another_one_and_says_so() {
    let place = place().await;
    let mut service = place.serve().await;
    service.terminate();
    service.ends_within(Duration::from_secs(10)).await;
    let other = Lock::take(&place.database()).expect("the lock");
    let command = Process::start(&["calls", "list", "--config", path(&place.config())], &[]);
    place.until_said(&command, "waiting for it").await;
    assert_eq!(command.stdout(), "", "nothing is shown before it is on record");
    drop(other);
    let (code, stdout, stderr) = command.end().await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("Times are those of"), "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_waits_in_vain_says_how_to_find_out_for_whom() {
    let place = place().await;
    let _somebody = Lock::take(&place.database()).expect("the lock");
    let listen = ("SHAREDPHONE__SERVER__LISTEN".to_owned(), format!("127.0.0.1:{}", free_port()));
    let config = Config::load(&place.config(), [listen].into_iter()).expect("a configuration");
    let Err(error) = app::start(&config, Clock::faster(100.0)).await else { panic!("it has no lock") };
    let error = format!("{error:#}");
    for part in ["for 15 s", "fuser", "sharedphone.db.lock", "a command that takes long"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}
