//! What must hold for whatever bytes come in: one module for each reader or writer of the service,
//! with `check`, which panics if it does not hold. Both who calls them knows them from here: the
//! fuzzer (`fuzz_targets/`) and the replay of the corpus (`tests/it/fuzzing.rs`).
//!
//! A new target is a module here, a line in [`TARGETS`], a file in `fuzz_targets/`, a `[[bin]]` in
//! `Cargo.toml`, and a folder with at least one input in `corpus/`; the replay tells what is missing.

pub mod config;
pub mod csv;
pub mod event;
mod fields;
pub mod form;
pub mod number;
pub mod signature;
pub mod spool;
mod story;
pub mod target;
mod tree;
pub mod twiml;
pub mod witness;

/// A check of one reader or writer.
pub type Check = fn(&[u8]);

/// Every target, by the name of its folder in the corpus.
pub const TARGETS: [(&str, Check); 10] = [
    ("config", config::check),
    ("csv", csv::check),
    ("event", event::check),
    ("form", form::check),
    ("number", number::check),
    ("signature", signature::check),
    ("spool", spool::check),
    ("target", target::check),
    ("twiml", twiml::check),
    ("witness", witness::check),
];
