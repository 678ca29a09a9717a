//! The spool when there is room for a little, and not for all: in a process whose files may not grow, which a limit of the
//! kernel sees to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sharedphone::domain::contact::Contact;
use sharedphone::domain::input::Input;
use sharedphone::spool::{Entry, Head, Spool, Spooled};
use uuid::Uuid;

/// How many entries are more than the limit.
const MANY: u32 = 100;

/// In the units of 512 bytes that a shell knows: 4 KiB.
const LIMIT: &str = "8";

fn entries(numbers: std::ops::Range<u32>) -> Vec<Entry> {
    let at = "2026-11-22T13:00:00.000Z".parse().expect("a time");
    numbers.map(|number| Entry { at, ids: vec![Uuid::from_u128(number.into())], input: Input::Tick }).collect()
}

fn head() -> Head {
    let id = "01a20358-1b40-7231-b320-84625d6a3934".parse().expect("an id");
    Head { id, heard: vec![(Contact::Placed, entries(0..1)[0].at)] }
}

/// Runs this test once more, in a process under the limit, with that spool.
fn under_the_limit(test: &str, spool: &Path) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {LIMIT}; exec \"$0\" \"$@\"")]);
    shell.arg(std::env::current_exe().expect("this program")).args(["--exact", test]);
    let output = shell.env("SPOOL_AT_THE_BRINK", spool).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// The spool of whoever is under the limit.
#[expect(clippy::disallowed_methods, reason = "no setting of the service's")]
fn given() -> Option<PathBuf> {
    std::env::var_os("SPOOL_AT_THE_BRINK").map(PathBuf::from)
}

async fn in_it(path: &Path) -> Vec<Entry> {
    let spooled: Option<Spooled> = Spool::open(path).read().await.expect("read");
    spooled.map_or(Vec::new(), |spooled| spooled.entries)
}

fn copy_of(spool: &Path) -> PathBuf {
    spool.with_file_name("spool.damaged-1")
}

#[tokio::test]
async fn what_did_not_fit_is_no_damage_behind_what_fits() {
    if let Some(path) = given() {
        let spool = Spool::open(&path);
        spool.append(head(), entries(1..2)).await.expect("it fits");
        spool.append(head(), entries(0..MANY)).await.expect_err("it does not fit");
        spool.append(head(), entries(2..3)).await.expect("it fits");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let spool = folder.path().join("spool");
    under_the_limit("full_disk::brink::what_did_not_fit_is_no_damage_behind_what_fits", &spool);
    assert_eq!(in_it(&spool).await, [entries(1..2), entries(2..3)].concat());
    assert!(!copy_of(&spool).exists(), "nothing is damaged");
}

#[tokio::test]
async fn a_damaged_spool_is_read_also_while_there_is_no_room_for_its_copy() {
    if let Some(path) = given() {
        let spool = Spool::open(&path);
        assert!(spool.read().await.is_ok_and(|read| read.is_some()));
        spool.append(head(), entries(1..2)).await.expect_err("it would be written over what can't be read");
        assert!(!copy_of(&path).exists(), "half a copy helps nobody");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spool");
    Spool::open(&path).append(head(), entries(0..MANY)).await.expect("appended");
    let mut damaged = fs::read(&path).expect("a file");
    let text = damaged.iter().position(|byte| *byte == 0).expect("its room");
    damaged.truncate(text);
    damaged[text / 8] = b'!';
    fs::write(&path, &damaged).expect("written");
    under_the_limit("full_disk::brink::a_damaged_spool_is_read_also_while_there_is_no_room_for_its_copy", &path);
    assert_eq!(fs::read(&path).expect("a file"), damaged);

    let spool = Spool::open(&path);
    assert_eq!(fs::read(copy_of(&path)).expect("a copy"), damaged);
    spool.append(head(), entries(7..8)).await.expect("there is room");
    let kept = in_it(&path).await;
    assert!(kept.len() > 1 && kept.ends_with(&entries(7..8)), "{kept:?}");
}
