//! The signing key's file.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;

use super::*;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn a_key_is_made_once_and_for_us_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("phone.db.key");
    let made = SigningKey::load_or_create(&path).expect("a key");
    assert_eq!(mode(&path), 0o600);
    let secret = fs::read_to_string(&path).expect("a text");
    assert_eq!((secret.len(), secret.trim_end().len()), (65, 64));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left behind");

    let again = SigningKey::load_or_create(&path).expect("a key");
    assert_eq!(again.public_key(), made.public_key());
    assert_eq!(made.public_key().to_string().parse(), Ok(made.public_key()));
    assert!(!format!("{made:?}").contains(&secret[..16]), "{made:?}");

    let another = SigningKey::load_or_create(&folder.path().join("another")).expect("a key");
    assert_ne!(another.key_id(), made.key_id());
}

#[test]
fn who_comes_at_the_same_time_gets_the_same_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    let together = Barrier::new(8);
    let load = || {
        together.wait();
        SigningKey::load_or_create(&path).expect("a key").key_id()
    };
    let ids: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a key")).collect()
    });
    assert_eq!(ids, vec![ids[0]; 8]);
}

#[test]
fn a_file_that_will_not_do_is_refused_with_the_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    let shown = path.display();
    let refused = |content: &str, mode: u32| {
        fs::write(&path, content).expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our file");
        SigningKey::load_or_create(&path).expect_err("a refusal").to_string()
    };
    let good = "ab".repeat(32);
    for mode in [0o640, 0o604, 0o620] {
        assert_eq!(
            refused(&good, mode),
            format!("the signing key {shown} may be used by others, who could forge witnesses; run: chmod 600 {shown}")
        );
    }
    for content in ["", "\n", &good[1..], &good.to_uppercase(), &format!("{good}\n\n"), &format!("{good}x"), "é"] {
        let message = refused(content, 0o600);
        assert!(message.starts_with(&format!("{shown} is not a signing key, which is 64 hex digits; ")), "{message}");
        assert!(!message.contains(&good[..8]));
    }
    let message = SigningKey::load_or_create(folder.path()).expect_err("a refusal").to_string();
    assert!(message.contains("is not a signing key"), "{message}");

    let message = SigningKey::load_or_create(&folder.path().join("no/key")).expect_err("a refusal").to_string();
    assert!(message.ends_with("; does the folder exist, and may this user use it?"), "{message}");
}
