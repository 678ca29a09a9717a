//! Who may sign which line.

use super::*;
use crate::witness::testimony::Trouble;

#[test]
fn what_one_key_has_signed_counts() {
    let key = key(1);
    let testimony = heard([announcement(1, &key, &key), checkpoint(1, &key), checkpoint(9, &key)]);
    assert_eq!((seqs(&testimony), testimony.problems), (vec![1, 1, 9], vec![]));
    assert_eq!(testimony.keys, pins([&key]));
    assert_eq!(testimony.points[2].hash, hash_in(1, 9));
    assert_eq!(testimony.points[2].place.to_string(), "line 3 of a");
}

#[test]
fn a_changed_line_does_not_count_and_is_named() {
    let key = key(1);
    let mut changed = checkpoint(9, &key);
    changed.statement.hash = hash_in(2, 9);
    let testimony = heard([announcement(1, &key, &key), checkpoint(5, &key), changed, checkpoint(12, &key)]);
    assert_eq!(seqs(&testimony), [1, 5, 12]);
    assert_eq!(
        only(&testimony).to_string(),
        "line 3 of a: the signature is wrong: somebody has changed what was written there"
    );
}

#[test]
fn many_lines_with_the_same_trouble_are_one_problem() {
    let (ours, strange) = (key(1), key(9));
    let forged = (2..10).map(|seq| checkpoint(seq, &strange));
    let testimony = heard(std::iter::once(announcement(1, &ours, &ours)).chain(forged));
    assert_eq!(seqs(&testimony), [1]);
    let shown = only(&testimony).to_string();
    let wanted = format!("lines 2, 3, 4, 5, 6 and 3 more of a: this is signed with key {}, which no", strange.key_id());
    assert!(shown.starts_with(&wanted), "{shown}");
}

#[test]
fn a_new_key_counts_if_the_old_one_vouches_for_it() {
    let (old, new) = (key(1), key(2));
    let testimony = heard([
        announcement(1, &old, &old),
        checkpoint(5, &old),
        announcement(6, &new, &old),
        checkpoint(6, &new),
        checkpoint(8, &new),
    ]);
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![1, 5, 6, 6, 8], vec![]));
    assert_eq!(testimony.keys, pins([&old, &new]));
}

#[test]
fn a_new_key_that_nobody_vouches_for_counts_only_if_it_is_pinned() {
    let (lost, new) = (key(1), key(2));
    let lines = [announcement(1, &lost, &lost), checkpoint(5, &lost), announcement(6, &new, &new), checkpoint(8, &new)];
    let testimony = heard(lines.clone());
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![1, 5], vec![vec![3], vec![4]]));
    let cure = format!("--key {} --key {}", lost.public_key(), new.public_key());
    assert!(testimony.problems[0].to_string().ends_with(&cure), "{}", testimony.problems[0]);
    assert_eq!(testimony.problems[1].trouble, Trouble::Refused { key: new.key_id(), announced: 3 });

    let cured = hear(log(), vec![file("a", lines.clone())], &pins([&lost, &new]));
    assert_eq!((seqs(&cured), troubled(&cured)), (vec![1, 5, 6, 8], vec![]));

    let new_only = hear(log(), vec![file("a", lines)], &pins([&new]));
    assert_eq!((seqs(&new_only), troubled(&new_only)), (vec![6, 8], vec![vec![1], vec![2]]));
}

/// Somebody who has stolen the newer key signs anew what the older one had signed.
#[test]
fn a_newer_key_can_not_sign_older_lines() {
    let (old, new) = (key(1), key(2));
    let resigned = || line_in(2, 5, What::Checkpoint, &new);
    let lines = [announcement(1, &old, &old), resigned(), announcement(6, &new, &old), checkpoint(8, &new)];
    for pinned in [pins([]).as_slice(), &pins([&old, &new])] {
        let testimony = hear(log(), vec![file("a", lines.clone())], pinned);
        assert_eq!(seqs(&testimony), [1, 6, 8]);
        let trouble = &only(&testimony).trouble;
        assert_eq!(*trouble, Trouble::TooEarly { key: new.key_id(), announced: 3 });
    }

    // Nor if they move its announcement up.
    let [first, resigned, change, last] = lines;
    let testimony = heard([first, change, resigned, last]);
    assert_eq!(seqs(&testimony), [1, 6, 8]);
    assert_eq!((&only(&testimony).trouble, troubled(&testimony)), (&Trouble::OutOfOrder, vec![vec![3]]));
}

#[test]
fn an_older_key_can_not_sign_newer_lines() {
    let (old, new) = (key(1), key(2));
    let testimony = heard([
        announcement(1, &old, &old),
        announcement(6, &new, &old),
        checkpoint(7, &old),
        announcement(8, &old, &old),
        announcement(8, &old, &new),
        checkpoint(9, &new),
    ]);
    assert_eq!(seqs(&testimony), [1, 6, 9]);
    assert_eq!(only(&testimony).trouble, Trouble::Replaced { key: old.key_id(), since: 2 });
    assert_eq!(troubled(&testimony), [[3, 4, 5]]);
}

#[test]
fn a_file_that_was_made_anew_does_not_count_against_a_pinned_key() {
    let (ours, forger) = (key(1), key(9));
    let forged = [announcement(1, &forger, &forger), checkpoint(5, &forger)];
    assert_eq!(heard(forged.clone()).problems, [], "without a pinned key nobody could tell");
    let testimony = hear(log(), vec![file("a", forged)], &pins([&ours]));
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![], vec![vec![1], vec![2]]));
    assert_eq!(testimony.problems[0].trouble, Trouble::NotPinned { key: forger.public_key() });
}

#[test]
fn part_of_a_file_counts_with_a_pinned_key() {
    let key = key(1);
    let lines = [checkpoint(5, &key), checkpoint(8, &key)];
    let unknown = heard(lines.clone());
    assert_eq!((seqs(&unknown), &only(&unknown).trouble), (vec![], &Trouble::UnknownKey(key.key_id())));
    let testimony = hear(log(), vec![file("a", lines)], &pins([&key]));
    assert_eq!((seqs(&testimony), testimony.problems), (vec![5, 8], vec![]));
}

#[test]
fn lines_about_another_record_are_told_and_do_not_count() {
    let key = key(1);
    let other = "01938f4e-7d5c-7000-8000-00000000000b".parse().expect("an id");
    let mut strange = announcement(1, &key, &key);
    strange.statement.log = other;
    let strange = Line::sign(strange.statement, &key);
    let testimony = heard([strange, announcement(1, &key, &key), checkpoint(5, &key)]);
    assert_eq!((seqs(&testimony), &only(&testimony).trouble), (vec![1, 5], &Trouble::AnotherLog(other)));
}

#[test]
fn what_is_no_line_is_told_unless_it_was_torn() {
    let key = key(1);
    let bad = BadLine::Unreadable("it is not JSON".to_owned());
    let lines = [Ok(announcement(1, &key, &key)), Err(bad), Err(BadLine::Torn), Ok(checkpoint(5, &key))];
    let testimony = hear(log(), vec![raw_file("a", lines)], &[]);
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![1, 5], vec![vec![2]]));
}
