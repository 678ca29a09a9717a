//! Witnesses as they come into their file, by the clock and on request.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::Clock;
use crate::domain::event::Head;
use crate::domain::privacy::DataClass;
use crate::witness::testimony::Trouble;
use crate::witness::{Witness, Worker, read};

/// A record that grows when it is told to, and its witness.
struct Stage {
    folder: tempfile::TempDir,
    path: PathBuf,
    head: watch::Sender<Head>,
    witness: Witness,
    worker: Worker,
}

impl Stage {
    fn new(clock: &Clock) -> Self {
        Self::on(tempfile::tempdir().expect("a folder"), "witnesses", 1, clock)
    }

    fn on(folder: tempfile::TempDir, file: &str, with_key: u8, clock: &Clock) -> Self {
        let path = folder.path().join(file);
        let (head, seen) = watch::channel(head(0, 0));
        let witness = start(folder.path(), &path, with_key, clock);
        let worker = Worker::new(witness.clone(), seen, clock.clone());
        Self { folder, path, head, witness, worker }
    }

    /// A step of the worker, which has something to do.
    async fn step(&mut self) {
        let step = Clock::system().timeout(Duration::from_secs(10), self.worker.step()).await;
        assert_eq!(step, Ok(true));
    }

    fn heard(&self) -> Testimony {
        testimony(&self.path)
    }
}

fn start(folder: &Path, path: &Path, with_key: u8, clock: &Clock) -> Witness {
    Witness::start(log(), key_file(folder, with_key), path.to_owned(), None, clock.clone()).expect("a thread")
}

fn testimony(path: &Path) -> Testimony {
    let lines = read(path).expect("a file");
    hear(log(), vec![Source { name: "witnesses".to_owned(), lines }], &[])
}

fn head(seq: i64, urgent: u64) -> Head {
    Head { seq, hash: hash_in(1, seq).to_string(), urgent }
}

#[tokio::test]
async fn a_call_that_has_ended_is_witnessed_at_once() {
    let mut stage = Stage::new(&Clock::system());
    for (seq, urgent) in [(3, 0), (8, 1), (12, 2)] {
        stage.head.send_replace(head(seq, urgent));
        stage.step().await;
        assert_eq!(stage.witness.witnessed(), seq);
        assert_eq!(stage.witness.unwitnessed(&head(seq + 2, 0)), 2);
    }
    let testimony = stage.heard();
    assert_eq!((seqs(&testimony), testimony.problems), (vec![3, 8, 12], vec![]));
    assert_eq!(fs::metadata(&stage.path).expect("a file").permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_record_that_grows_is_witnessed_once_a_minute_and_one_that_rests_is_not() {
    // A minute takes a tenth of a second.
    let clock = Clock::faster(600.0);
    let stage = Stage::new(&clock);
    let stop = CancellationToken::new();
    let worker = tokio::spawn(stage.worker.run(stop.clone()));
    let started = clock.now();
    for seq in 1..200 {
        stage.head.send_replace(head(seq, 0));
        clock.sleep(Duration::from_secs(1)).await;
    }
    let last = async {
        while stage.witness.witnessed() < 199 {
            clock.sleep(Duration::from_secs(1)).await;
        }
    };
    clock.timeout(Duration::from_secs(3600), last).await.expect("the last is witnessed too");
    let minutes = clock.now().since(started).as_secs() / 60;
    let lines = testimony(&stage.path).points.len();
    assert!(lines > 2 && lines as u64 <= minutes + 1, "{lines} lines in {minutes} minutes");

    clock.sleep(Duration::from_secs(150)).await;
    stop.cancel();
    worker.await.expect("a worker that stops");
    assert_eq!(testimony(&stage.path).points.len(), lines, "nothing has happened since");

    // Whoever stops the service has the last event witnessed, and only if it is new.
    stage.head.send_replace(head(250, 0));
    for _ in 0..2 {
        stage.witness.witness_now(&head(250, 0)).await.expect("a line");
    }
    stage.witness.witness_now(&head(240, 0)).await.expect("nothing to do");
    let after = testimony(&stage.path);
    assert_eq!((after.points.len(), seqs(&after).last()), (lines + 1, Some(&250)));
}

#[tokio::test]
async fn a_file_that_can_not_be_written_is_tried_again_with_the_next() {
    let mut stage = Stage::on(tempfile::tempdir().expect("a folder"), "disk/witnesses", 1, &Clock::system());
    stage.head.send_replace(head(3, 1));
    stage.step().await;
    assert_eq!(stage.witness.unwitnessed(&head(3, 1)), 3);
    let error = stage.witness.witness_now(&head(3, 1)).await.expect_err("no folder").to_string();
    assert!(error.ends_with("; make its folder, or name another file with [record] checkpoints"), "{error}");

    fs::create_dir(stage.folder.path().join("disk")).expect("a folder");
    stage.head.send_replace(head(7, 2));
    stage.step().await;
    assert_eq!((stage.witness.witnessed(), seqs(&stage.heard())), (7, vec![7]));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_full_disk_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let witness = start(folder.path(), Path::new("/dev/full"), 1, &Clock::system());
    let error = witness.witness_now(&head(3, 1)).await.expect_err("no room").to_string();
    assert!(error.starts_with("the file of witnesses /dev/full can't be written ("), "{error}");
    assert!(error.ends_with("; make room on its disk"), "{error}");
}

#[tokio::test]
async fn a_line_that_was_torn_spoils_no_other() {
    let clock = Clock::system();
    let stage = Stage::new(&clock);
    stage.witness.witness_now(&head(3, 0)).await.expect("a line");
    let whole = fs::read(&stage.path).expect("a file");
    fs::write(&stage.path, [whole.as_slice(), &whole[..whole.len() / 2]].concat()).expect("a file");

    let after_the_crash = start(stage.folder.path(), &stage.path, 1, &clock);
    after_the_crash.witness_now(&head(8, 0)).await.expect("a line");
    let lines = read(&stage.path).expect("a file");
    assert_eq!((lines.len(), &lines[1].1), (3, &Err(BadLine::Torn)));
    let testimony = stage.heard();
    assert_eq!((seqs(&testimony), testimony.problems), (vec![3, 8], vec![]));
}

#[test]
fn a_line_without_end_is_not_taken_into_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("witnesses");
    let line = checkpoint(3, &key(1)).to_string();
    fs::write(&path, format!("{}\n{line}\n\n{line}", "x".repeat(40_000))).expect("a file");
    let read = read(&path).expect("a file");
    let kinds: Vec<_> = read.iter().map(|(number, line)| (*number, line.as_ref().err())).collect();
    assert_eq!(kinds, [(1, Some(&BadLine::TooLong)), (2, None), (3, Some(&BadLine::Torn)), (4, None)]);
}

#[tokio::test]
async fn a_file_that_was_moved_away_begins_anew_with_the_key() {
    let stage = Stage::new(&Clock::system());
    stage.witness.witness_now(&head(3, 0)).await.expect("a line");
    fs::rename(&stage.path, stage.folder.path().join("kept")).expect("a file");
    stage.witness.witness_now(&head(8, 0)).await.expect("a line");
    let testimony = stage.heard();
    assert_eq!((seqs(&testimony), testimony.problems), (vec![8], vec![]));
    assert_eq!(testimony.keys, pins([&key(1)]));
}

#[tokio::test]
async fn another_key_announces_itself_once_for_the_reviewer_to_see() {
    let clock = Clock::system();
    let stage = Stage::new(&clock);
    stage.witness.witness_now(&head(3, 0)).await.expect("a line");
    for seq in [8, 9] {
        start(stage.folder.path(), &stage.path, 2, &clock).witness_now(&head(seq, 0)).await.expect("a line");
    }
    let testimony = stage.heard();
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![3], vec![vec![2], vec![3]]));
    let trouble = &testimony.problems[0].trouble;
    assert_eq!(*trouble, Trouble::NotVouchedFor { former: key(1).public_key(), new: key(2).public_key() });
}

#[tokio::test]
async fn erasures_and_restores_are_witnessed() {
    let clock = Clock::system();
    let stage = Stage::new(&clock);
    let What::Erasure(erased) = erased(DataClass::Notes, 119) else { panic!("an erasure") };
    stage.witness.witness_now(&head(120, 0)).await.expect("a line");
    // Whoever erased looked at the record before the checkpoint was written.
    stage.witness.erased(&head(119, 0), erased.clone()).await.expect("a line");

    let copy = start(stage.folder.path(), &stage.path, 1, &clock);
    let first = Head { hash: hash_in(2, 91).to_string(), ..head(91, 0) };
    copy.restored(&first, 91, 120).await.expect("a line");
    copy.witness_now(&Head { hash: hash_in(2, 92).to_string(), ..head(92, 0) }).await.expect("a line");

    let testimony = stage.heard();
    assert_eq!((seqs(&testimony), troubled(&testimony)), (vec![91, 92], vec![]));
    assert_eq!(testimony.lost.iter().map(|point| point.seq).collect::<Vec<_>>(), [120, 120]);
    assert_eq!(testimony.erasures[0].erased, erased);
    assert_eq!((testimony.restores[0].lost_from, testimony.restores[0].lost_to), (91, 120));
}

/// What is wrong with the key keeps no service from starting.
#[tokio::test]
async fn a_key_that_others_may_read_signs_as_soon_as_it_is_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("witnesses");
    let witness = start(folder.path(), &path, 1, &Clock::system());
    let exposed = |mode| fs::set_permissions(folder.path().join("key-1"), Permissions::from_mode(mode));
    exposed(0o644).expect("a file");
    let error = witness.witness_now(&head(3, 0)).await.expect_err("a refusal").to_string();
    assert!(error.contains("chmod 600"), "{error}");
    assert!(!path.exists());
    exposed(0o600).expect("a file");
    witness.witness_now(&head(3, 0)).await.expect("a line");
    assert_eq!(seqs(&testimony(&path)), [3]);
}

#[tokio::test]
async fn nothing_is_vouched_for_that_is_no_event() {
    let stage = Stage::new(&Clock::system());
    for strange in [head(0, 0), Head { hash: "x".to_owned(), ..head(3, 0) }] {
        stage.witness.witness_now(&strange).await.expect_err("a refusal");
    }
    assert!(!stage.path.exists());
}
