//! The witnesses of the record. A chain of hashes alone can't show that its end was cut off or that
//! all of it was made anew; so signed lines that vouch for the newest event are added to a file
//! outside the database's folder, written to the log, and sent to another machine if one is named.
//!
//! Owns that file, the key that signs it, and what a set of such files [says](testimony::hear) about
//! a record. Never looks at the database: it is told of the newest event
//! ([`Head`](crate::domain::event::Head)), and comparing testimony and record is the verifier's business.
//!
//! Start reading at [`Line`], then [`Witness`] (writing) and [`testimony`] (reading).

mod book;
mod clerk;
mod error;
mod file;
mod hex;
mod ids;
mod key;
mod line;
mod post;
mod public_key;
pub mod testimony;
#[cfg(test)]
mod tests;
mod wire;
mod worker;

pub use clerk::Witness;
pub use error::WitnessError;
pub use file::{FileError, Numbered, read};
pub use ids::{EventHash, KeyId, LogId};
pub use key::{KeyError, SigningKey};
pub use line::{Line, Statement, What};
pub use public_key::{InvalidPublicKey, PublicKey};
pub use wire::{BadLine, parse};
pub use worker::Worker;
