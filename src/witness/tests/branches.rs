//! Several files, several lives of one record.

use super::*;
use crate::domain::privacy::DataClass;
use crate::witness::testimony::Trouble;

/// The record was witnessed up to 120; a copy that ended at 90 was accepted.
fn restored(key: &SigningKey) -> Vec<Line> {
    let before = [40, 90, 91, 120].map(|seq| checkpoint(seq, key));
    let mut lines = vec![announcement(1, key, key)];
    lines.extend(before);
    lines.push(line_in(2, 91, What::Restored { lost_from: 91, lost_to: 120 }, key));
    lines.extend([95, 120, 130].map(|seq| line_in(2, seq, What::Checkpoint, key)));
    lines
}

fn lost(testimony: &Testimony) -> Vec<i64> {
    testimony.lost.iter().map(|point| point.seq).collect()
}

#[test]
fn after_a_restore_the_former_record_is_not_compared() {
    let testimony = heard(restored(&key(1)));
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![1, 40, 90, 91, 95, 120, 130], vec![]));
    assert_eq!(lost(&testimony), [91, 120]);
    assert_eq!(testimony.points[5].hash, hash_in(2, 120), "of the present record");
    assert_eq!((testimony.restores[0].point.seq, testimony.restores[0].lost_to), (91, 120));
}

#[test]
fn a_restore_is_heard_for_other_files_too() {
    let key = key(1);
    let all = restored(&key);
    // A trustee's copy from before, and one that has missed the acceptance itself.
    let early = file("early", all[..5].to_vec());
    let gap = file("gap", all.iter().enumerate().filter(|(index, _)| *index != 5).map(|(_, line)| line.clone()));
    let testimony = hear(log(), vec![early, gap, file("a", all.clone()), file("copy", all)], &[]);
    assert_eq!(troubled(&testimony), [[0; 0]; 0]);
    assert_eq!(lost(&testimony), [91, 91, 91, 91, 120, 120, 120, 120]);
    assert_eq!(testimony.restores.len(), 1);
}

#[test]
fn a_restore_under_a_later_key_is_heard_for_files_of_the_former() {
    let (old, new) = (key(1), key(2));
    let early = [announcement(1, &old, &old), checkpoint(100, &old)];
    let all = [
        announcement(1, &old, &old),
        announcement(50, &new, &old),
        line_in(2, 91, What::Restored { lost_from: 91, lost_to: 120 }, &new),
    ];
    let testimony = hear(log(), vec![file("early", early), file("a", all)], &[]);
    assert_eq!((seqs(&testimony), lost(&testimony)), (vec![1, 1, 50, 91], vec![100]));
}

/// Who makes a file of their own must not be able to take a true one out of the comparison.
#[test]
fn a_strangers_restore_silences_nobody() {
    let (ours, forger) = (key(1), key(9));
    let true_file = [announcement(1, &ours, &ours), checkpoint(100, &ours)];
    let forged = [
        announcement(1, &forger, &forger),
        line_in(2, 2, What::Restored { lost_from: 2, lost_to: 1000 }, &forger),
        line_in(2, 3, What::Key { public_key: ours.public_key() }, &forger),
    ];
    let testimony = hear(log(), vec![file("true", true_file), file("forged", forged)], &[]);
    assert_eq!((seqs(&testimony), lost(&testimony)), (vec![1, 1, 2, 3, 100], vec![]));
}

/// The restore says less than was there: what it does not own up to is still compared.
#[test]
fn a_loss_that_was_not_admitted_is_still_compared() {
    let key = key(1);
    let lines = [
        announcement(1, &key, &key),
        checkpoint(100, &key),
        checkpoint(120, &key),
        line_in(2, 91, What::Restored { lost_from: 91, lost_to: 100 }, &key),
        line_in(2, 93, What::Checkpoint, &key),
    ];
    let testimony = heard(lines);
    assert_eq!((seqs(&testimony), lost(&testimony)), (vec![1, 91, 93, 120], vec![100]));
}

#[test]
fn a_restore_of_a_restore_gives_up_both() {
    let key = key(1);
    let mut lines = restored(&key);
    lines.push(line_in(3, 60, What::Restored { lost_from: 60, lost_to: 130 }, &key));
    lines.push(line_in(3, 61, What::Checkpoint, &key));
    let testimony = heard(lines);
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![1, 40, 60, 61], vec![]));
    assert_eq!(lost(&testimony), [90, 91, 91, 95, 120, 120, 130]);
    assert_eq!(testimony.restores.len(), 2);
}

/// Two backups, of 60 and of 100 events. The older came back first and was used up to 130; then the
/// newer one, which the first return had given up from 61 on, took its place.
#[test]
fn a_newer_backup_after_an_older_one_gives_up_what_came_between() {
    let key = key(1);
    let mut lines = vec![announcement(1, &key, &key)];
    lines.extend([60, 80, 100, 120].map(|seq| checkpoint(seq, &key)));
    lines.push(line_in(2, 61, What::Restored { lost_from: 61, lost_to: 120 }, &key));
    lines.extend([90, 130].map(|seq| line_in(2, seq, What::Checkpoint, &key)));
    lines.push(line_in(3, 101, What::Restored { lost_from: 61, lost_to: 130 }, &key));
    lines.push(line_in(3, 102, What::Checkpoint, &key));
    let testimony = heard(lines);
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![1, 60, 101, 102], vec![]));
    assert_eq!(lost(&testimony), [61, 80, 90, 100, 120, 130]);
}

#[test]
fn an_older_copy_that_nobody_accepted_is_told() {
    let key = key(1);
    let testimony = heard([
        announcement(1, &key, &key),
        checkpoint(120, &key),
        line_in(2, 95, What::Checkpoint, &key),
        line_in(2, 121, What::Checkpoint, &key),
    ]);
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![1, 120, 121], vec![vec![3]]));
    assert_eq!(only(&testimony).trouble, Trouble::OutOfOrder);
}

#[test]
fn two_files_that_contradict_each_other_are_told_once() {
    let key = key(1);
    let other = [5, 6, 7].map(|seq| line_in(2, seq, What::Checkpoint, &key));
    let ours = [announcement(1, &key, &key), checkpoint(5, &key), checkpoint(6, &key), checkpoint(7, &key)];
    let mut theirs = vec![announcement(1, &key, &key)];
    theirs.extend(other);
    let testimony = hear(log(), vec![file("ours", ours), file("theirs", theirs)], &[]);
    let shown = only(&testimony).to_string();
    assert!(shown.starts_with("line 2 of theirs: event 5 has another hash here than in line 2 of ours; "), "{shown}");
    assert_eq!(seqs(&testimony), [1, 1, 5, 5, 6, 6, 7, 7]);
}

#[test]
fn an_erasure_is_told_once_even_if_its_record_was_given_up() {
    let key = key(1);
    let erasure = |seq: u64| line(seq.cast_signed(), erased(DataClass::Numbers, seq), &key);
    let mut lines = vec![announcement(1, &key, &key), erasure(50), erasure(100)];
    lines.push(line_in(2, 91, What::Restored { lost_from: 91, lost_to: 100 }, &key));
    let testimony = hear(log(), vec![file("a", lines.clone()), file("b", lines)], &[]);
    let at: Vec<_> = testimony.erasures.iter().map(|erasure| erasure.erased.at).collect();
    assert_eq!(at, [time(50), time(100)]);
}

/// Whatever the clocks said, and also if the copy that was accepted last is the older of two.
#[test]
fn what_was_erased_before_a_restore_is_owed_to_the_last_one() {
    let key = key(1);
    let restored = |life, seq| line_in(life, seq, What::Restored { lost_from: seq, lost_to: 120 }, &key);
    let lines = [
        announcement(1, &key, &key),
        line(50, erased(DataClass::Numbers, 9000), &key),
        restored(2, 91),
        line_in(2, 92, erased(DataClass::Notes, 9001), &key),
        restored(3, 60),
        line_in(3, 61, erased(DataClass::Notes, 1), &key),
    ];
    let testimony = heard(lines);
    let owed: Vec<_> = testimony.before_a_restore().map(|(erased, accepted)| (erased.at, accepted)).collect();
    assert_eq!(owed, [(time(9000), 60), (time(9001), 60)]);
}

#[test]
fn part_of_a_file_tells_what_it_is_read_for() {
    let key = key(1);
    let mut lines = restored(&key);
    lines.insert(2, line(41, erased(DataClass::Notes, 41), &key));
    let raw = || raw_file("a", lines.iter().cloned().map(Ok).chain([Err(BadLine::TooLong)]));
    let whole = hear(log(), vec![raw()], &[]);
    let recent = hear(log(), vec![raw().recent(2)], &[]);
    assert_eq!((seqs(&recent), &recent.restores), (vec![1, 91, 120, 130], &whole.restores));
    assert_eq!((recent.points.last(), &recent.problems), (whole.points.last(), &whole.problems));
    assert_eq!(raw().recent(99).lines, raw().lines);
    let erasures = hear(log(), vec![raw().erasures()], &[]);
    assert_eq!((seqs(&erasures), &erasures.erasures), (vec![1, 41, 91], &whole.erasures));
}
