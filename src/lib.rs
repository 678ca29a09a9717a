//! SharedPhone: one phone number for a small team. Somebody calls it, every organiser's phone
//! rings, the first human who takes the call talks to the caller, everybody else stops ringing,
//! and what happened is on record.
//!
//! # The life of a webhook
//!
//! 1. [`http`] has the router; its extractor lets in what Twilio signed and nothing else. A thin
//!    handler makes an [`Input`](domain::input::Input) of the form.
//! 2. [`switchboard`] is the one way in. Its one task takes what has queued up, has [`store`] load
//!    the house (the live calls, their legs, the open commands), and asks
//! 3. [`domain::decide`], which is pure, what follows: changed rows, events, commands, a reply.
//! 4. [`store`] saves all of it in one transaction. Only then the webhook is answered: the reply
//!    becomes TwiML in [`twilio::twiml`].
//! 5. [`outbox`] claims the commands (an input like any other), [`twilio::client`] sends them, and
//!    what came of each is an input again. [`sweep`] wakes the rules when a deadline has come.
//!
//! People's errands (notes, erasures, that somebody has read) come in at the [`desk`] and go the same way.
//! [`config`] explains mistakes, [`urls`] makes every address that Twilio is given, [`clock`] is
//! the only place that reads the time, [`app`] puts the parts together and [`cli`] starts them.
//! [`simulator`] is a Twilio with phones and people; it shares no code with the rest.
//!
//! While the database can't be written, the switchboard decides from memory and keeps the inputs in the
//! [`spool`]. [`witness`] vouches for the record outside the database, [`review`] is how people read it.
//!
//! Who may use whom is written down in `docs/ARCHITECTURE.md` and held by `tests/it/house.rs`.

pub mod app;
pub mod beside;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crash;
pub mod desk;
pub mod domain;
pub mod http;
pub mod outbox;
pub mod review;
pub mod simulator;
pub mod spool;
pub mod store;
pub mod sweep;
pub mod switchboard;
pub mod twilio;
pub mod urls;
pub mod witness;
