//! The way out. The worker claims commands that are due (an [`Input`] like any other), sends them
//! to Twilio, and reports what came of each. Owns the pace and how many are under way at once.
//! Decides nothing: what is sent, and what follows from the answer, is decided in `domain/`.

mod pace;
mod send;
mod worker;

pub use send::Sender;
pub use worker::{Stepped, Worker};
