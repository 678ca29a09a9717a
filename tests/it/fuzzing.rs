//! The fuzzer's corpus, replayed: what must hold for whatever bytes come in (`fuzz/src/`) holds for
//! every input that the fuzzer found worth keeping, and no target is left out.

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// What the whole corpus may take, so that the repository stays small.
const LARGEST: usize = 300_000;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

/// The inputs of each target, by its name.
fn corpus() -> BTreeMap<String, Vec<(PathBuf, Vec<u8>)>> {
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).expect("an input");
        (path, bytes)
    };
    listed(&folder("corpus")).iter().map(|path| (name(path), listed(path).into_iter().map(read).collect())).collect()
}

#[test]
fn every_target_holds_for_all_of_its_corpus() {
    let corpus = corpus();
    let mut failed = Vec::new();
    for (target, check) in fuzz::TARGETS {
        let inputs = &corpus[target];
        assert!(!inputs.is_empty(), "{target} has no input");
        let bad = inputs.iter().filter(|(_, bytes)| catch_unwind(|| check(bytes)).is_err());
        failed.extend(bad.map(|(path, _)| path.display().to_string()));
        println!("{target}: {} inputs", inputs.len());
    }
    assert!(failed.is_empty(), "why is above:\n{}", failed.join("\n"));
}

#[test]
fn every_target_is_known_everywhere_and_the_corpus_is_small() {
    let targets: Vec<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let corpus = corpus();
    assert_eq!(corpus.keys().cloned().collect::<Vec<_>>(), targets, "folders in fuzz/corpus");
    let programs: Vec<String> = listed(&folder("fuzz_targets")).iter().map(|path| name(path)).collect();
    assert_eq!(programs, targets, "files in fuzz/fuzz_targets");
    let manifest = fs::read_to_string(folder("Cargo.toml")).expect("a manifest");
    for target in targets {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target} has no [[bin]]");
    }
    let size: usize = corpus.values().flatten().map(|(_, bytes)| bytes.len()).sum();
    assert!(size < LARGEST, "the corpus has {size} bytes");
}
