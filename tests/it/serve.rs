//! `serve` as a process: what it prints, how it ends, and what its logs never have.

mod broken;
mod crowd;
mod logs;
pub mod process;
mod starting;
mod stopping;
mod waiting;

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use process::{Place, Process, free_port, path};

use crate::stage::Setting;

async fn place() -> Place {
    Place::of(Setting::by_hand(&["Ada"])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_prints_one_line_with_its_address_when_it_is_ready() {
    let place = place().await;
    let mut service = place.serve_with(&[]);
    service.is_ready().await;
    // Ready means that it answers.
    let mut alive = place.twilio().get("/healthz", &crate::client::Params::default());
    alive.signature = None;
    assert_eq!(alive.send().await.status, 200);
    service.terminate();
    let (code, stdout, stderr) = service.end().await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(stdout.contains(&place.base), "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_missing_is_explained() {
    let (code, stdout, stderr) = Process::start(&["serve", "--config", "/nowhere/hotline.toml"], &[]).end().await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    for part in ["/nowhere/hotline.toml", "there is no such file", "--config"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    // By the environment, too, and by default.
    let by_env = Process::start(&["serve"], &[("SHAREDPHONE_CONFIG", "/nowhere/other.toml")]).end().await;
    assert!(by_env.0 == Some(1) && by_env.2.contains("/nowhere/other.toml"), "{}", by_env.2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_configuration_is_explained() {
    let place = place().await;
    let good = fs::read_to_string(place.config()).expect("a configuration");
    for (wrong, key) in [
        (good.replace("ring_seconds = 20", "ring_seconds = \"soon\""), "ring_seconds"),
        (good.replace("waiting = \"ringing\"", "wating = \"ringing\""), "wating"),
        (good.replace("+15550000001", "15550000001"), "number"),
        (good.replace("auth_token", "# auth_token"), "auth_token"),
        (good.replace("sharedphone.db", "nowhere/sharedphone.db"), "path"),
        ("[server".to_owned(), "sharedphone.toml"),
    ] {
        assert_ne!(wrong, good, "{key}");
        fs::write(place.config(), wrong).expect("a configuration");
        let (code, stdout, stderr) = place.serve_with(&[]).end().await;
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{key}: {stderr}");
        assert!(stderr.contains(key), "{key}: {stderr}");
        assert!(!stderr.contains("0123456789abcdef0123456789abcdef"), "the token: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_has_an_exit_code_of_its_own() {
    for arguments in [&[][..], &["sing"], &["serve", "--colour"], &["serve", "--config"], &["serve", "a", "b"]] {
        let (code, stdout, stderr) = Process::start(arguments, &[]).end().await;
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains("--help"), "{arguments:?}: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_database_leaves_at_once() {
    let place = place().await;
    let mut first = place.serve().await;
    let elsewhere = format!("127.0.0.1:{}", free_port());
    let config = place.config();
    let env = [("SHAREDPHONE__SERVER__LISTEN", elsewhere.as_str())];
    let mut second = Process::start(&["serve", "--config", path(&config)], &env);
    second.ends_within(Duration::from_secs(2)).await;
    let (code, stdout, stderr) = second.end().await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("another SharedPhone is running on"), "{stderr}");
    assert!(stderr.contains(path(&place.database())), "{stderr}");
    // The first does not mind, and once it is gone, the way is free, however it went.
    let mut alive = place.twilio().get("/readyz", &crate::client::Params::default());
    alive.signature = None;
    assert_eq!(alive.send().await.status, 200);
    first.kill();
    place.serve().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_explained() {
    let place = place().await;
    let address = place.base.trim_start_matches("http://").to_owned();
    let taken = TcpListener::bind(&address).expect("a free port");
    let (code, stdout, stderr) = place.serve_with(&[]).end().await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains(&address) && stderr.contains("listen"), "{stderr}");
    drop(taken);
    place.serve().await;
}
