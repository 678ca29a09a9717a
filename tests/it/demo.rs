//! The demo, as somebody who has just cloned this runs it: what it says, and how it exits.

use std::process::{Command, Output};

fn demo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sharedphone"));
    command.arg("demo").args(arguments).env_remove("RUST_LOG").output().expect("the demo runs")
}

/// What a demo printed, which ended well.
fn played(arguments: &[&str]) -> String {
    let output = demo(arguments);
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing is logged");
    printed
}

fn assert_says(printed: &str, wanted: &[&str]) {
    for words in wanted {
        assert!(printed.contains(words), "{words:?} is not said:\n{printed}");
    }
}

#[test]
fn one_command_shows_a_call_and_its_record() {
    let printed = played(&["--speed", "5"]);
    assert_says(
        &printed,
        &[
            "Five organisers are rung at once",
            "Cleo    hears ringing",
            "Ada     voicemail picks up",
            "Dan     phone is busy",
            "Ben     presses 1",
            "Cleo and Ben are connected (Cleo waited ",
            "Eve     hears: “Ben has taken this call.",
            "Fay     phone stops ringing",
            "FROM event_log",
            "FROM leg_history",
            "FROM call_history",
            "key.1",
            "ended   connected  Ben",
            "Every promise was kept.",
            "Going live",
        ],
    );
    assert!(!printed.contains('\u{1b}'), "colours are for terminals");
    let wide = printed.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "a terminal has 80 columns");
}

#[test]
fn every_scenario_keeps_every_promise() {
    let printed = played(&["--scenario", "all"]);
    assert_says(
        &printed,
        &[
            "429, too many requests",
            "its answer is lost",
            "No key was pressed",
            "Nobody of the team could take your call",
            "The caller has hung up",
            "Dora and Ben are connected",
            "If you were cut off, press 1",
            "All 8 scenarios",
            "Every promise was kept in each of them.",
        ],
    );
    assert_eq!(printed.matches("Every promise was kept.\n").count(), 8);
}

#[test]
fn what_is_kept_can_be_asked_and_is_not_played_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kept").display().to_string();
    let arguments = ["--scenario", "caller-leaves", "--speed", "10", "--keep", &path];
    assert_says(&played(&arguments), &["sqlite3 -readonly"]);
    assert!(folder.path().join("kept/caller-leaves.db").is_file());
    let again = demo(&arguments);
    assert_eq!(again.status.code(), Some(1));
    assert_says(&String::from_utf8_lossy(&again.stderr), &["holds an earlier demo", "--keep"]);
}

#[test]
fn an_unknown_scenario_is_answered_with_the_known_ones() {
    let output = demo(&["--scenario", "nonsense"]);
    assert_eq!(output.status.code(), Some(2));
    let names = ["first-wins", "simultaneous", "voicemail", "nobody", "caller-leaves", "two-calls"];
    assert_says(&String::from_utf8_lossy(&output.stderr), &names);
    assert_says(&String::from_utf8_lossy(&output.stderr), &["organiser-drops", "twilio-trouble", "all"]);
    assert_eq!(demo(&["--speed", "0"]).status.code(), Some(2));
    assert_says(&played(&["--help"]), &["--scenario <NAME>", "--speed <X>", "--keep <DIR>"]);
}
