//! One line: how it is written, what is signed, and what is no line.

use std::collections::BTreeSet;

use super::*;
use crate::domain::privacy::DataClass;
use crate::witness::parse;

fn one_of_each() -> [Line; 5] {
    let organiser_id = LOG.parse().expect("an id");
    let classes = BTreeSet::from([DataClass::Timeline, DataClass::Numbers, DataClass::Notes]);
    [
        announcement(1, &key(1), &key(1)),
        checkpoint(42, &key(1)),
        line(43, What::Erasure(Erased { data: ErasedData::Call { call_sid: call(), classes }, at: time(43) }), &key(1)),
        line(44, What::Erasure(Erased { data: ErasedData::Organiser { organiser_id }, at: time(44) }), &key(1)),
        line(91, What::Restored { lost_from: 89, lost_to: 120 }, &key(1)),
    ]
}

/// These lines are kept for years by people who have no newer ones: the form must stay.
#[test]
fn the_form_is_the_same_for_ever() {
    let forms = one_of_each().map(|line| line.to_string());
    assert_eq!(
        forms,
        [
            r#"{"kind":"key","log":"01938f4e-7d5c-7000-8000-00000000000a","seq":1,"hash":"0100000000000000000000000000000000000000000000000000000000000001","at":"2026-11-24T00:16:41.000Z","key":"34750f98bd59fcfc","public_key":"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c","signature":"e707282345dd7166b3b1441fc42219eb79d35990d7f745be4ff214bf1d0c7cc08cdc025e7b482e8c7545056fa89b9150b63cc9e7346586360e06214ef6a78c02"}"#,
            r#"{"kind":"checkpoint","log":"01938f4e-7d5c-7000-8000-00000000000a","seq":42,"hash":"010000000000000000000000000000000000000000000000000000000000002a","at":"2026-11-24T00:17:22.000Z","key":"34750f98bd59fcfc","signature":"0e327b75979d987c3c8b94b950d7d0685f0d9858092e4cc4f975969320c793c01bca6fa6014af5e07e43371ea4016eb9c3208533a3aa2f16d222fb17d526f70b"}"#,
            r#"{"kind":"erasure","log":"01938f4e-7d5c-7000-8000-00000000000a","seq":43,"hash":"010000000000000000000000000000000000000000000000000000000000002b","at":"2026-11-24T00:17:23.000Z","key":"34750f98bd59fcfc","call_sid":"CA0123456789abcdef0123456789abcdef","classes":["notes","numbers","timeline"],"erased_at":"2026-11-24T00:00:43.000Z","signature":"1f82f1bb995d36879cd9d25f77ea3fa2f32948a289438686753620a8ee5c0276154b80c6a9c0a4edcdc62cd7405a198e0affc46a013432a99f7d4c72e5473304"}"#,
            r#"{"kind":"erasure","log":"01938f4e-7d5c-7000-8000-00000000000a","seq":44,"hash":"010000000000000000000000000000000000000000000000000000000000002c","at":"2026-11-24T00:17:24.000Z","key":"34750f98bd59fcfc","organiser_id":"01938f4e-7d5c-7000-8000-00000000000a","erased_at":"2026-11-24T00:00:44.000Z","signature":"852a4232c467c3f16645d064c82859d39017bcd1ceb401abc0f58de49be688e3867b0c1d5749aa4b3e04706dc986da78801370b467733d93af710e2ee47d740c"}"#,
            r#"{"kind":"restored","log":"01938f4e-7d5c-7000-8000-00000000000a","seq":91,"hash":"010000000000000000000000000000000000000000000000000000000000005b","at":"2026-11-24T00:18:11.000Z","key":"34750f98bd59fcfc","lost_from":89,"lost_to":120,"signature":"2fe9659bc6ca9f8ef5b86528c7b743e7235fa84cccef7be3f16dc09b950e58d9c55cfdbe43a1ee92aa0d985a934d4465c2108e772ffccbb8b4fdf1dcd166760c"}"#,
        ]
    );
}

#[test]
fn what_is_written_is_read_back() {
    for line in one_of_each() {
        let written = line.to_string();
        assert_eq!(parse(written.as_bytes()), Ok(line.clone()), "{written}");
        assert_eq!(parse(format!("{written}\r").as_bytes()), Ok(line.clone()), "as it came by mail");
        assert!(line.is_signed_by(&key(1).public_key()));
        assert!(!line.is_signed_by(&key(2).public_key()));
    }
}

#[test]
fn whatever_is_changed_is_noticed() {
    for line in one_of_each() {
        let written = line.to_string().into_bytes();
        // A step that meets every field of each line.
        for at in (0..written.len()).step_by(3) {
            let mut changed = written.clone();
            changed[at] = if written[at] == b'1' { b'2' } else { b'1' };
            if let Ok(changed) = parse(&changed) {
                assert!(!changed.is_signed_by(&key(1).public_key()), "{changed} at {at}");
            }
        }
    }
}

#[test]
fn the_same_in_other_words_is_not_let_pass() {
    let [announcement, checkpoint, erasure, forgotten, restored] = one_of_each().map(|line| line.to_string());
    for other in [
        checkpoint.replace("\"seq\":42", "\"seq\": 42"),
        checkpoint.replace("\"seq\":42", "\"seq\":42,\"note\":\"all is well\""),
        checkpoint.replace("\"seq\":42", "\"seq\":42,\"seq\":42"),
        checkpoint.replace("\"seq\":42", "\"seq\":42,\"lost_to\":null"),
        checkpoint.replace("\"seq\":42", "\"seq\":0"),
        checkpoint.replace("Z\"", "+00:00\""),
        checkpoint.replace("checkpoint", "restored"),
        checkpoint.replace("checkpoint", "promise"),
        restored.replace("restored", "checkpoint"),
        erasure.replace("\"notes\",\"numbers\"", "\"numbers\",\"notes\""),
        erasure.replace("\"notes\"", "\"notes\",\"notes\""),
        erasure.replace("\"notes\"", "\"secrets\""),
        erasure.replace("\"erased_at\"", "\"organiser_id\""),
        forgotten.replace("\"organiser_id\"", "\"call_sid\""),
        announcement.replace("public_key", "lost_to"),
        checkpoint.clone() + &checkpoint,
        "[]".to_owned(),
        "the record is fine".to_owned(),
    ] {
        assert!(
            ![&announcement, &checkpoint, &erasure, &forgotten, &restored].contains(&&other),
            "{other} was to be another"
        );
        assert!(matches!(parse(other.as_bytes()), Err(BadLine::Unreadable(_))), "{other}");
    }
}

#[test]
fn a_line_that_stops_half_way_is_torn_wherever_it_stops() {
    for line in one_of_each() {
        let written = line.to_string().into_bytes();
        for end in 0..written.len() {
            let mut torn = written[..end].to_vec();
            assert_eq!(parse(&torn), Err(BadLine::Torn), "{end}");
            torn.resize(written.len() + 1, 0);
            assert_eq!(parse(&torn), Err(BadLine::Torn), "{end}, then zeros");
        }
    }
}
