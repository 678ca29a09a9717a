//! What the limits find in the record when they look back.

use std::collections::BTreeMap;

use sharedphone::domain::settings::Limits;
use sharedphone::store::ask::Shell;

use crate::queries::house::House;
use crate::queries::seed::configured;

/// How many phones were to be rung for each call, in the order in which they came.
fn legs_of_calls(house: &House) -> Vec<String> {
    let shell = Shell::open(&house.folder.path().join("sharedphone.db")).expect("a shell");
    let counts =
        "SELECT (SELECT count(*) FROM legs WHERE legs.call_sid = calls.call_sid) FROM calls ORDER BY started_at";
    let table = shell.ask(counts, &[], || false).expect("counts");
    table.rows.iter().map(|row| format!("{:?}", row[0])).collect()
}

async fn three_on_call(limits: Limits) -> House {
    let mut house = House::open().await;
    house.start(configured(&["Ada", "Ben", "Cy"], 20, BTreeMap::new())).await;
    house.settings.limits = limits;
    house
}

/// A caller who is gone a little later.
async fn calls(house: &mut House, call: usize, from: &str) {
    house.comes(call, from).await;
    house.caller_leaves(call).await;
}

fn integers(counts: &[i64]) -> Vec<String> {
    counts.iter().map(|count| format!("Integer({count})")).collect()
}

#[tokio::test]
async fn a_minute_later_calls_are_forgiven() {
    let limits = Limits { calls_per_minute: Some(3), calls_per_caller: Some(1), ..Limits::default() };
    let mut house = three_on_call(limits).await;
    calls(&mut house, 1, "+15559990001").await;
    calls(&mut house, 2, "+15559990001").await;
    calls(&mut house, 3, "+15559990002").await;
    calls(&mut house, 4, "+15559990003").await;
    house.after(60.0);
    calls(&mut house, 5, "+15559990001").await;
    assert_eq!(legs_of_calls(&house), integers(&[3, 1, 3, 1, 3]));
}

#[tokio::test]
async fn an_hour_later_phones_ring_again_and_what_was_rung_before_a_restart_counts() {
    let mut house = three_on_call(Limits { legs_per_hour: Some(4), ..Limits::default() }).await;
    calls(&mut house, 1, "+15559990001").await;
    house.start(configured(&["Ada", "Ben", "Cy"], 20, BTreeMap::new())).await;
    calls(&mut house, 2, "+15559990002").await;
    calls(&mut house, 3, "+15559990003").await;
    house.after(3600.0);
    calls(&mut house, 4, "+15559990004").await;
    assert_eq!(legs_of_calls(&house), integers(&[3, 1, 0, 3]));
}

#[tokio::test]
async fn a_phone_that_still_rings_counts_once_of_those_rung_this_hour() {
    let mut house = three_on_call(Limits { legs_per_hour: Some(4), ..Limits::default() }).await;
    house.comes(1, "+15559990001").await;
    calls(&mut house, 2, "+15559990002").await;
    assert_eq!(legs_of_calls(&house), integers(&[3, 1]));
}

#[tokio::test]
async fn whoever_was_rung_longest_ago_is_the_one_who_is_rung() {
    let mut house = three_on_call(Limits { calls_per_minute: Some(0), ..Limits::default() }).await;
    for call in 1..=6 {
        calls(&mut house, call, "anonymous").await;
    }
    let shell = Shell::open(&house.folder.path().join("sharedphone.db")).expect("a shell");
    let names = "SELECT group_concat(name, ' ')
        FROM (SELECT name FROM legs JOIN organisers USING (organiser_id) ORDER BY planned_at)";
    let rung = format!("{:?}", shell.ask(names, &[], || false).expect("names").rows);
    let first = ["Ada", "Ben", "Cy"].map(|name| rung.matches(name).count());
    assert_eq!(first, [2, 2, 2], "{rung}");
}
