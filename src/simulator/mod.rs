//! A fake Twilio and the phones around it, over real HTTP on loopback. It knows nothing of the
//! application it calls, and shares no code with it: own signer, own XML reader, own idea of a
//! number, so that errors can't cancel out. It is strict where Twilio is, and where Twilio's
//! behaviour is undocumented there is a switch in [`Rules`].
//!
//! - [`engine`] is the world: all state and all rules, deterministic, without sockets or clock.
//!   `rest` (Twilio's API) and [`twiml`] (its documents) belong to it.
//! - [`Simulator`] runs a world in scaled real time on loopback; `driver`, `server`, `wire` and
//!   `clock` are its parts.
//! - [`dsl`] lets tests tell stories; [`promises`] checks a whole run; [`ladder`] draws it.
//!
//! Start with [`Simulator::start`], then [`Simulator::phone`] and [`Simulator::caller`].

pub mod clock;
mod driver;
pub mod dsl;
pub mod engine;
pub mod faults;
mod handle;
pub mod ladder;
pub mod observation;
pub mod phone;
pub mod problem;
pub mod promises;
pub mod random;
pub mod rest;
pub mod rules;
mod server;
pub mod signing;
pub mod twiml;
mod wire;

#[cfg(test)]
mod tests;

pub use handle::{Options, Simulator};
pub use rules::Rules;
