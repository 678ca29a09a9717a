//! A bit of the file turns over, as on a bad disk: never silently wrong.

use std::fs;

use super::chance::Chance;
use super::world::World;
use super::{sql, verify};

const FLIPS: usize = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_flipped_bits_are_never_silently_wrong() {
    let mut world = World::new(5).await;
    world.goes_on(120).await;
    let folder = world.stops().await;
    let whole = folder.path().join("sharedphone.db");
    let content = sql::content(&whole).expect("an honest record");
    let bytes = fs::read(&whole).expect("its bytes");
    let copy = folder.path().join("flipped.db");
    let mut chance = Chance::new(42);
    let (mut refused, mut found, mut harmless) = (0, 0, 0);
    for _ in 0..FLIPS {
        let (place, bit) = (chance.below(bytes.len()), chance.below(8));
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << bit;
        for suffix in ["", "-wal", "-shm"] {
            let file = folder.path().join(format!("flipped.db{suffix}"));
            if file.exists() {
                fs::remove_file(file).expect("it goes");
            }
        }
        fs::write(&copy, flipped).expect("a copy");
        match verify(&copy) {
            Err(_) => refused += 1,
            Ok(report) if !report.is_intact() => found += 1,
            Ok(_) => {
                let same = sql::content(&copy).is_ok_and(|read| read == content);
                assert!(same, "bit {bit} of byte {place} (page {}) is silently wrong", 1 + place / 4096);
                harmless += 1;
            }
        }
    }
    println!("of {FLIPS}: {refused} refused, {found} found, {harmless} changed nothing that is on record");
    assert!(found > FLIPS / 3, "{found}");
}
