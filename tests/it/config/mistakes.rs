//! The configuration's mistakes, each explained: where it is, what it is and how it is mended,
//! and never a secret or a phone number in the explanation.

use std::fs;

use super::{ADA, LEAST, folder, mistakes, parse, under, with};
use sharedphone::config::Config;

#[test]
fn a_missing_file_says_how_to_make_one() {
    let path = folder().path().join("none.toml");
    let shown = Config::load(&path, std::iter::empty()).expect_err("a mistake").to_string();
    assert_eq!(
        shown,
        format!(
            "{}: there is no such file; copy config/sharedphone.example.toml to it and fill in what is yours, \
             or name another file with --config",
            path.display()
        )
    );
}

#[test]
fn a_file_that_is_no_text_says_so() {
    let folder = folder();
    let path = folder.path().join("phone.toml");
    fs::write(&path, b"\xff\xfe").expect("a file");
    let shown = Config::load(&path, std::iter::empty()).expect_err("a mistake").to_string();
    assert!(shown.ends_with("phone.toml: is not a text in UTF-8; save it as UTF-8"), "{shown}");
}

#[test]
fn bad_toml_names_the_line_and_not_what_is_on_it() {
    let shown = mistakes(&with("\"0123secret0123\"", "\"0123secret0123"), &[]);
    assert!(shown.starts_with("phone.toml:6: can't be understood as TOML: "), "{shown}");
    assert!(shown.ends_with("; look for a missing quote, bracket or = on this line or the one before"), "{shown}");
}

/// Each mistake beside its whole explanation.
#[test]
fn a_wrong_value_names_file_key_and_cure() {
    for (text, wanted) in [
        (
            under("[server]", "listne = \"127.0.0.1:7000\""),
            "phone.toml: [server] listne: there is no such key; did you mean listen?",
        ),
        (
            under("[server]", "frobnicate = 1"),
            "phone.toml: [server] frobnicate: there is no such key; the keys are: public_url, listen",
        ),
        (
            format!("{LEAST}[ringin]\nring_seconds = 3"),
            "phone.toml: [ringin]: there is no such section; did you mean ringing?",
        ),
        (
            format!("ringing = 3\n{LEAST}"),
            "phone.toml: ringing: is a section, not a key; write [ringing] on a line, its keys below",
        ),
        (
            under("[server]", "listen = \"localhost\""),
            "phone.toml: [server] listen: does not have the right form; write an IP address and a port, like 127.0.0.1:7000",
        ),
        (
            with("https://hotline.example.org/", "hotline.example.org"),
            "phone.toml: [server] public_url: is not a web address; write it in full, like https://hotline.example.org",
        ),
        (
            with("https://hotline", "ftp://hotline"),
            "phone.toml: [server] public_url: does not start with https:// or http://; \
             write it in full, like https://hotline.example.org",
        ),
        (
            with("example.org/", "example.org/?a=b"),
            "phone.toml: [server] public_url: has a ? or a # in it; end it before that; paths are added to it",
        ),
        (
            with("https://hotline", "https://me:0123secret0123@hotline"),
            "phone.toml: [server] public_url: has a user name or a password in it; remove what is before the @",
        ),
        (
            with("public_url = \"https://hotline.example.org/\"", ""),
            "phone.toml: [server] public_url: is missing; \
             write the address that Twilio calls, like public_url = \"https://hotline.example.org\"",
        ),
        (
            format!("{LEAST}[record]\ncheckpoint_url = \"witness.example.org\""),
            "phone.toml: [record] checkpoint_url: is not a web address; \
             write it in full, like https://hotline.example.org",
        ),
        (
            format!("{LEAST}[database]\npath = \"a.db\"\nspool = \"./a.db\""),
            "phone.toml: [database] spool: is the file of [database] path, too; name another file",
        ),
        (
            format!("{LEAST}[database]\npath = \"a.db\"\nspool = \"a.db-wal\""),
            "phone.toml: [database] spool: is the file of [database] path and -wal, too; name another file",
        ),
        (
            format!("{LEAST}[database]\npath = \"a.db\"\n[record]\ncheckpoints = \"a.db.key\""),
            "phone.toml: [record] signing_key: is the file of [record] checkpoints, too; name another file",
        ),
        (
            format!("{LEAST}[record]\nsigning_key = 1"),
            "phone.toml: [record] signing_key: is not a text; put the value in quotes",
        ),
        (
            format!("{LEAST}[retention]\nnumbers_days = 36501"),
            "phone.toml: [retention] numbers_days: is not a number that is allowed here; \
             write a whole number from 0 to 36500, without quotes",
        ),
        (
            format!("{LEAST}[retention]\nnote_days = 7"),
            "phone.toml: [retention] note_days: there is no such key; did you mean notes_days?",
        ),
        (
            format!("{LEAST}[hotline]\ntime_zone = \"Europe/Londno\""),
            "phone.toml: [hotline] time_zone: does not have the right form; \
             write a time zone's name, like Europe/London or UTC",
        ),
        (
            format!("{LEAST}[hotline]\nlanguage = \"British English\""),
            "phone.toml: [hotline] language: is not a language tag; write one like en-GB or de-DE",
        ),
        (
            format!("{LEAST}[hotline]\nname = \"\""),
            "phone.toml: [hotline] name: is empty; write something, or remove the key",
        ),
        (
            with("\"AC0123456789abcdef0123456789abcdef\"", "\"0123secret0123\""),
            "phone.toml: [twilio] account_sid: does not have the right form; copy the Account SID from the first page \
             of the Twilio console: AC and 32 digits or letters a to f",
        ),
        (
            with("\"+15550006666\"", "\"15550006666\""),
            "phone.toml: [twilio] phone_number: does not have the right form; \
             a number starts with + and its country code, like +447700900123",
        ),
        (
            under("[twilio]", "calls_per_second = 0"),
            "phone.toml: [twilio] calls_per_second: is not a number that is allowed here; \
             write a whole number, 1 or more, without quotes",
        ),
        (
            format!("{LEAST}[ringing]\nring_seconds = \"long\""),
            "phone.toml: [ringing] ring_seconds: is not a number that is allowed here; \
             write a whole number from 1 to 600, without quotes",
        ),
        (
            format!("{LEAST}[ringing]\ngive_up_seconds = 3601"),
            "phone.toml: [ringing] give_up_seconds: is not a number that is allowed here; \
             write a whole number from 1 to 3600, without quotes",
        ),
        (
            format!("{LEAST}[ringing]\nscreening = \"key\""),
            "phone.toml: [ringing] screening: is not one of the words for this; \
             write one of \"keypress\", \"amd\", \"none\"",
        ),
        (
            format!("{LEAST}[limits]\ncalls_per_minute = 1001"),
            "phone.toml: [limits] calls_per_minute: is not a number that is allowed here; \
             write a whole number from 0 to 1000, without quotes",
        ),
        (
            format!("{LEAST}[limits]\nlegs_per_hour = -1"),
            "phone.toml: [limits] legs_per_hour: is not a number that is allowed here; \
             write a whole number, 0 or more, without quotes",
        ),
        (
            format!("{LEAST}[texts]\nscreen = \"Hello {{name}}\""),
            "phone.toml: [texts] screen: has {name} in it; in braces only {hotline} and {organiser} can stand",
        ),
        (
            format!("{LEAST}[texts]\nscreen = \"{}\"", "x".repeat(601)),
            "phone.toml: [texts] screen: has 601 characters; 600 are the most; shorten it",
        ),
        (
            format!("{LEAST}[texts]\nscreen = \"a\\u0000b\""),
            "phone.toml: [texts] screen: has a line break or another control character; write it on one line",
        ),
    ] {
        assert_eq!(mistakes(&text, &[]), wanted);
    }
}

#[test]
fn a_wrong_organiser_is_named_and_the_number_is_not_shown() {
    let another = |name: &str, number: &str| format!("{LEAST}[[organisers]]\nname = \"{name}\"\nnumber = \"{number}\"");
    for (text, wanted) in [
        (
            with("\"+15550000001\"", "\"15550000001\""),
            "phone.toml: [[organisers]] Ada: number: does not have the right form; \
             a number starts with + and its country code, like +447700900123",
        ),
        (with("name = \"Ada\"", ""), "phone.toml: [[organisers]] no. 1: name: is missing; write name = \"…\""),
        (
            another("Grace", ADA),
            "phone.toml: [[organisers]] Grace: number: is also Ada's; \
             give each a number of their own, or remove one of the two",
        ),
        (
            another("Ada", "+15550000002"),
            "phone.toml: [[organisers]] Ada: name: there are two organisers of this name, \
             and the record could not tell them apart; add something to one of them",
        ),
        (
            another("Grace", "+15550006666"),
            "phone.toml: [[organisers]] Grace: number: is the hotline's own number, which would ring itself; \
             write this organiser's own phone",
        ),
        (
            another("Grace", "+15550000002\"\nphone = \"x"),
            "phone.toml: [[organisers]] Grace: phone: there is no such key; the keys are: name, number, in_charge",
        ),
        (
            LEAST.split("[[organisers]]").next().expect("a start").to_owned(),
            "phone.toml: [[organisers]]: there is nobody to ring; \
             write [[organisers]] on a line, and below it name = \"Ada\" and number = \"+447700900123\"",
        ),
    ] {
        let shown = parse(&text, &[]).expect_err("a mistake").to_string();
        assert_eq!(shown, wanted);
    }
}

#[test]
fn a_list_of_organisers_needs_two_brackets_and_an_end() {
    let shown = parse(&with("[[organisers]]", "[organisers]"), &[]).expect_err("a mistake").to_string();
    assert!(
        shown.contains("[[organisers]]: is a list, each organiser with two brackets; write [[organisers]]"),
        "{shown}"
    );

    let many: String =
        (0..201).map(|n| format!("[[organisers]]\nname = \"O{n}\"\nnumber = \"+1556{n:07}\"\n")).collect();
    let text = LEAST.split("[[organisers]]").next().expect("a start").to_owned() + &many;
    assert_eq!(mistakes(&text, &[]), "phone.toml: [[organisers]]: there are 201 organisers; 200 are the most");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text =
        "[server]\nlisten = 1\n[twilio]\nphone_number = \"1\"\nfoo = 1\n[ringing]\nring_seconds = 0\nscreening = 1";
    let shown = mistakes(text, &[("SHAREDPHONE__LIMITS__LEGS", "1")]);
    for key in [
        "phone.toml: [server] public_url: ",
        "phone.toml: [server] listen: ",
        "phone.toml: [twilio] account_sid: ",
        "phone.toml: [twilio] auth_token: ",
        "phone.toml: [twilio] phone_number: ",
        "phone.toml: [twilio] foo: ",
        "phone.toml: [ringing] screening: ",
        "phone.toml: [ringing] ring_seconds: ",
        "SHAREDPHONE__LIMITS__LEGS: [limits] legs: ",
        "phone.toml: [[organisers]]: ",
    ] {
        assert_eq!(shown.lines().filter(|line| line.starts_with(key)).count(), 1, "{key} in\n{shown}");
    }
    assert_eq!(shown.lines().count(), 10, "{shown}");
}

#[test]
fn a_wrong_variable_is_named() {
    for (name, value, wanted) in [
        (
            "SHAREDPHONE__RINGING__RING_SECONDS",
            "soon",
            "SHAREDPHONE__RINGING__RING_SECONDS: [ringing] ring_seconds: is not a number that is allowed here; \
             write a whole number from 1 to 600, without quotes",
        ),
        (
            "SHAREDPHONE__RINGING__RING_SECOND",
            "1",
            "SHAREDPHONE__RINGING__RING_SECOND: [ringing] ring_second: there is no such key; did you mean ring_seconds?",
        ),
        (
            "SHAREDPHONE__BELL__LOUD",
            "1",
            "SHAREDPHONE__BELL__LOUD: [bell]: there is no such section; \
             the sections are: server, database, record, retention, hotline, twilio, ringing, limits, texts, \
             organisers",
        ),
        (
            "SHAREDPHONE__ORGANISERS__NAME",
            "Ada",
            "SHAREDPHONE__ORGANISERS__NAME: [organisers]: organisers are not set this way; write them into the file",
        ),
        (
            "SHAREDPHONE__LISTEN",
            "1",
            "SHAREDPHONE__LISTEN: names no key; \
             write SHAREDPHONE__SECTION__KEY, with two underscores before the key, or remove it",
        ),
    ] {
        assert_eq!(mistakes(LEAST, &[(name, value)]), wanted);
    }
}
