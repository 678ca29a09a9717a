//! The way out. The worker claims commands that are due (an [`Input`] like any other), sends them
//! to Twilio, and reports what came of each. Owns the pace and how many are under way at once.
//! Decides nothing: what is sent, and what follows from the answer, is decided in `domain/`. What Twilio was to
//! delete and did not is told in the log.

mod given_up;
mod pace;
mod send;
mod worker;

pub use given_up::GivenUp;
pub use send::Sender;
pub use worker::{Stepped, Worker};
