//! The database can't be written, or the service is down: a caller is connected all the same. These stories
//! have one thread, on which the disk is full.

use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use sharedphone::app::parts;
use sharedphone::clock::Clock;
use sharedphone::crash::{fill_disk, hang_disk};
use sharedphone::simulator::phone::Behaviour;
use sharedphone::simulator::problem::ProblemKind;
use sharedphone::simulator::twiml::Method;
use sharedphone::urls;

use crate::client::{Params, Twilio, call_sid};
use crate::stage::{Setting, Stage, number};

const STATUSES: &str = "SELECT status FROM calls UNION ALL SELECT status FROM legs ORDER BY 1";

/// Ada and Ben, and no spool either.
fn nowhere_to_write() -> Setting {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.env.push(("SHAREDPHONE__DATABASE__SPOOL", "/proc/no/such/spool".to_owned()));
    // Its status callbacks can't be taken in.
    setting.tolerate = vec![ProblemKind::BadStatus];
    setting
}

/// Plays with a full disk, which has room again before the curtain.
async fn on_a_full_disk(setting: Setting) -> Stage {
    let stage = setting.play().await;
    fill_disk(true);
    stage
}

/// Whether the service says that it is fit to take calls.
async fn ready(stage: &Stage) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    http.get(format!("{}/readyz", stage.base)).send().await.expect("an answer").status().as_u16()
}

async fn room_again(stage: Stage) {
    fill_disk(false);
    stage.sim.sleep(Duration::from_secs(5)).await;
    stage.curtain().await;
}

#[tokio::test]
async fn a_call_on_a_full_disk_goes_on_as_ever_and_is_on_record_later() {
    let stage = on_a_full_disk(Setting::by_hand(&["Ada", "Ben"])).await;
    let sim = &stage.sim;
    let caller = sim.caller("Cleo").calls();
    caller.hears_ringing().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("Press 1").presses("1").await;
    sim.phone("Ada").is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().within(3.0).await;
    assert_eq!(stage.sql(STATUSES).await, [""; 0], "nothing of it is in the database");
    assert_eq!(ready(&stage).await, 503, "somebody should look after the disk");
    fill_disk(false);
    stage.until(STATUSES, &["active", "canceled", "joined"]).await;
    stage.until("SELECT count(*) FROM events WHERE cause = 'service.caught_up'", &["1"]).await;
    sim.caller("Cleo").hangs_up().await;
    stage.until("SELECT outcome, organiser FROM call_history", &["connected|Ada"]).await;
    assert_eq!(ready(&stage).await, 200);
    stage.curtain().await;
}

#[tokio::test]
async fn a_disk_that_hangs_keeps_no_caller_waiting() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.in_charge = Some("Ada");
    setting.tolerate = vec![ProblemKind::BadStatus];
    let stage = setting.play().await;
    let (sim, hung) = (&stage.sim, hang_disk());
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().within(12.0).await;
    sim.phone("Ada").rings().answers().hears("Press 1 to take the call").presses("1").is_connected_to("Cleo").await;
    assert_eq!(ready(&stage).await, 503, "somebody should look after the disk");
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    sim.phone("Ben").stops_ringing().await;
    sim.caller("Kim").calls().await;
    for name in ["Ada", "Ben"] {
        sim.phone(name).rings().within(12.0).await;
    }
    sim.caller("Kim").hangs_up().await;
    for name in ["Ada", "Ben"] {
        sim.phone(name).stops_ringing().await;
    }
    sim.sleep(Duration::from_secs(6)).await;
    assert!(sim.messages().iter().any(|text| text.body.contains("NOTHING IS ON RECORD")), "Ada is texted");
    drop(hung);
    // What Kim asked was still in the queue; nobody is rung for it now.
    stage.until("SELECT status FROM calls", &["ended"]).await;
    assert_eq!(ready(&stage).await, 200);
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().await;
    sim.caller("Cleo").hangs_up().await;
    stage.until("SELECT outcome, organiser FROM call_history WHERE organiser = 'Ada'", &["connected|Ada"]).await;
    stage.curtain().await;
}

/// Twilio asks again meanwhile, where it was told to.
#[tokio::test]
async fn a_disk_that_hangs_for_some_seconds_costs_nobody_the_call() {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.tolerate = vec![ProblemKind::BadStatus];
    let mut stage = setting.play().await;
    // From Ada's key to Cleo.
    stage.promised.tolerance += Duration::from_secs(4);
    let (sim, hung) = (&stage.sim, hang_disk());
    sim.caller("Cleo").calls().await;
    sim.sleep(Duration::from_secs(3)).await;
    drop(hung);
    sim.phone("Ada").rings().answers().hears("Press 1").await;
    let hung = hang_disk();
    sim.phone("Ada").presses("1").await;
    sim.sleep(Duration::from_secs(5)).await;
    drop(hung);
    sim.phone("Ada").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    stage.until("SELECT outcome, organiser FROM call_history", &["connected|Ada"]).await;
    stage.curtain().await;
}

#[tokio::test]
async fn a_service_whose_disk_hangs_can_be_stopped() {
    let mut setting = Setting::by_hand(&["Ada"]);
    setting.tolerate = vec![ProblemKind::BadStatus, ProblemKind::Unreachable];
    let mut stage = setting.play().await;
    let hung = hang_disk();
    stage.sim.caller("Cleo").calls().await;
    stage.sim.phone("Ada").rings().within(12.0).await;
    stage.sim.caller("Cleo").hangs_up().await;
    let stopped = Clock::system().timeout(Duration::from_secs(20), stage.stop_service()).await;
    assert!(stopped.is_ok(), "it has stopped");
    drop(hung);
    stage.curtain().await;
}

/// While Cleo is connected by Twilio alone, what she asked first becomes durable after all.
#[tokio::test]
async fn what_becomes_durable_after_all_rings_nobody_for_who_was_left_to_twilio() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.tolerate = vec![ProblemKind::BadStatus];
    let stage = setting.play().await;
    let (sim, hung) = (&stage.sim, hang_disk());
    sim.caller("Cleo").calls().await;
    sim.phone("Ada").rings().within(12.0).answers().hears("Press 1 to take the call").presses("1").await;
    sim.phone("Ada").is_connected_to("Cleo").await;
    sim.phone("Ben").rings().stops_ringing().await;
    drop(hung);
    stage.until("SELECT status, outcome FROM calls", &["ended|failed"]).await;
    assert_eq!(stage.sql("SELECT count(*) FROM legs WHERE ended_at IS NULL").await, ["0"]);
    sim.phone("Ada").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ada").call_ends().await;
    stage.curtain().await;
}

/// Nothing else comes in that could tell.
#[tokio::test]
async fn as_soon_as_there_is_room_the_service_says_that_it_is_fit() {
    for writes_spool in [true, false] {
        let stage = on_a_full_disk(if writes_spool { Setting::by_hand(&["Ada"]) } else { nowhere_to_write() }).await;
        let twilio = Twilio::calling(&stage.base);
        let mut fit = twilio.get("/readyz", &Params::default());
        fit.signature = None;
        let over = Params::of_line(&call_sid(1)).with("CallStatus", "completed");
        let status = if writes_spool { 204 } else { 503 };
        assert_eq!(twilio.post(urls::UPDATES, &over).try_send().await.status, status);
        assert_eq!(fit.try_send().await.status, 503);
        fill_disk(false);
        let clock = stage.sim.clock();
        let begun = stage.sim.now();
        while fit.try_send().await.status != 200 {
            clock.sleep(Duration::from_millis(100)).await;
            assert!(stage.sim.now() - begun < Duration::from_secs(30), "it is not fit, with a spool: {writes_spool}");
        }
        stage.curtain().await;
    }
}

#[tokio::test]
async fn with_a_full_spool_twilio_itself_connects_who_presses_1() {
    let stage = on_a_full_disk(nowhere_to_write()).await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears_ringing().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("Press 1 to take the call").presses("1").await;
    sim.phone("Ada").is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().within(3.0).await;
    sim.phone("Ada").hangs_up().await;
    sim.caller("Cleo").hears("If you were cut off, press 1").presses("1").await;
    sim.phone("Ada").rings().await;
    sim.phone("Ben").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    sim.caller("Cleo").hangs_up().await;
    sim.phone("Ben").call_ends().await;
    room_again(stage).await;
}

#[tokio::test]
async fn whom_twilio_itself_has_connected_talk_on_when_the_service_is_back() {
    let mut stage = on_a_full_disk(nowhere_to_write()).await;
    stage.sim.caller("Cleo").calls().await;
    stage.sim.phone("Ben").rings().await;
    stage.sim.phone("Ada").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    fill_disk(false);
    stage.stop_service().await;
    stage.start_service().await;
    // It looks twice for lines that no call explains.
    stage.sim.sleep(std::time::Duration::from_secs(30)).await;
    stage.sim.phone("Ada").is_connected_to("Cleo").await;
    stage.sim.caller("Cleo").hangs_up().await;
    stage.sim.phone("Ada").call_ends().await;
    stage.curtain().await;
}

#[tokio::test]
async fn with_a_full_spool_a_caller_whom_nobody_takes_is_told_so() {
    let mut setting = nowhere_to_write();
    setting.ring_seconds = 8;
    let stage = on_a_full_disk(setting).await;
    stage.sim.caller("Cleo").calls().await;
    for name in ["Ada", "Ben"] {
        stage.sim.phone(name).rings().await;
    }
    stage.sim.caller("Cleo").hears("Nobody of the team could take your call").within(20.0).call_ends().await;
    fill_disk(false);
    stage.sim.sleep(std::time::Duration::from_secs(2)).await;
    stage.sim.caller("Dan").calls().await;
    for name in ["Ada", "Ben"] {
        stage.sim.phone(name).rings().await;
    }
    stage.until("SELECT status FROM call_history", &["pending"]).await;
    stage.sim.caller("Dan").hangs_up().await;
    room_again(stage).await;
}

#[tokio::test]
async fn who_waits_in_the_room_when_the_spool_is_full_is_told_that_nobody_comes() {
    let mut setting = nowhere_to_write();
    (setting.waiting, setting.ring_seconds) = ("music", 8);
    let stage = setting.play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears_audio("music").await;
    for name in ["Ada", "Ben"] {
        sim.phone(name).rings().await;
    }
    fill_disk(true);
    for name in ["Ada", "Ben"] {
        sim.phone(name).stops_ringing().within(12.0).await;
    }
    sim.caller("Cleo").hears("Nobody of the team could take your call").within(15.0).hangs_up().await;
    room_again(stage).await;
}

#[tokio::test]
async fn who_has_talked_when_the_spool_is_full_is_asked_before_anybody_is_rung_again() {
    let stage = nowhere_to_write().play().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().within(3.0).await;
    fill_disk(true);
    sim.phone("Ada").hangs_up().await;
    sim.caller("Cleo").hears("If you were cut off, press 1").await;
    sim.phone("Ben").does_not_ring_for(3.0).await;
    sim.caller("Cleo").hangs_up().await;
    room_again(stage).await;
}

#[tokio::test]
async fn a_voicemail_that_picks_up_first_connects_nobody_whatever_becomes_of_the_other_phones() {
    for rings_on in [true, false] {
        let mut setting = nowhere_to_write();
        setting.phones[0].behaviour = Behaviour::voicemail(2.0);
        setting.rules.screened_dial_rings_on = rings_on;
        let stage = on_a_full_disk(setting).await;
        let sim = &stage.sim;
        sim.caller("Cleo").calls().await;
        sim.phone("Ada").rings().await;
        if rings_on {
            sim.phone("Ben").rings().waits(4.0).answers().hears("Press 1").presses("1").is_connected_to("Cleo").await;
            sim.phone("Ben").hangs_up().await;
        } else {
            sim.phone("Ben").rings().stops_ringing().within(4.0).await;
        }
        sim.caller("Cleo").hears("press 1 and we ring the team again").within(30.0).hangs_up().await;
        room_again(stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_service_is_down_the_document_kept_at_twilio_connects() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.tolerate = vec![ProblemKind::Unreachable];
    let mut stage = setting.play().await;
    let document = parts::emergency(&stage.config).kept_at_twilio();
    let bin = Router::new().fallback(move || async move { ([(CONTENT_TYPE, "text/xml")], document.clone()) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let kept_at = format!("http://{}/bin", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, bin).await });
    stage.sim.point_number_at(&stage.base, Method::Post, Some(&kept_at), None);
    stage.stop_service().await;
    let sim = &stage.sim;
    sim.caller("Cleo").calls().hears_ringing().await;
    sim.phone("Ben").rings().await;
    sim.phone("Ada").rings().answers().is_connected_to("Cleo").await;
    sim.phone("Ben").stops_ringing().within(3.0).await;
    sim.phone("Ada").hangs_up().await;
    sim.caller("Cleo").call_ends().within(20.0).await;
    sim.finish().await;
}

/// What organisers were texted: to whom, and how it begins.
fn texts(stage: &Stage) -> Vec<(String, String)> {
    let beginning = |body: &str| body.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
    stage.sim.messages().iter().map(|message| (message.to.clone(), beginning(&message.body))).collect()
}

#[tokio::test]
async fn the_organiser_in_charge_is_texted_when_the_disk_is_full_and_when_all_is_well() {
    let mut setting = Setting::by_hand(&["Ada", "Ben"]);
    setting.in_charge = Some("Ben");
    setting.give_up_seconds = 3;
    let stage = on_a_full_disk(setting).await;
    stage.sim.caller("Cleo").calls().hangs_up().await;
    stage.sim.sleep(Duration::from_secs(8)).await;
    let ben = || number(1);
    let trouble = (ben(), "PyExample hotline: the database can't be".to_owned());
    assert_eq!(texts(&stage), std::slice::from_ref(&trouble));
    fill_disk(false);
    stage.until("SELECT outcome FROM call_history", &["abandoned"]).await;
    stage.sim.sleep(Duration::from_secs(35)).await;
    assert_eq!(texts(&stage), [trouble, (ben(), "PyExample hotline: all is well again:".to_owned())]);
    stage.curtain().await;
}

#[tokio::test]
async fn a_trouble_of_a_moment_is_told_to_nobody_and_the_worse_one_to_the_organiser_in_charge() {
    let mut setting = nowhere_to_write();
    setting.in_charge = Some("Ada");
    let stage = on_a_full_disk(setting).await;
    stage.sim.caller("Cleo").calls().hears_ringing().hangs_up().await;
    fill_disk(false);
    stage.sim.sleep(Duration::from_secs(10)).await;
    assert_eq!(texts(&stage), []);
    fill_disk(true);
    stage.sim.caller("Cleo").calls().await;
    for name in ["Ada", "Ben"] {
        stage.sim.phone(name).rings().await;
    }
    stage.sim.caller("Cleo").hangs_up().await;
    stage.sim.sleep(Duration::from_secs(8)).await;
    assert_eq!(texts(&stage), [(number(0), "PyExample hotline: neither the database nor".to_owned())]);
    room_again(stage).await;
}
