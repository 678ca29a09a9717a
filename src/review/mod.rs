//! How people read the record of a call, months later: on a terminal, as a page, as tables, as JSON,
//! and as an archive to be handed over: a [`CallStory`](story::CallStory) in, text out. Knows no SQL,
//! no clock and no files; an archive is written to whatever it is given.
//!
//! Start reading at [`story`]; [`gather`] makes one of the store's rows, all else is pure. [`redact`] takes out of it what
//! others than the team may not see, before any output is made. [`words`] tells events in
//! sentences, [`lanes`] lays out who was rung when; [`terminal`], [`html`], [`csv`] and [`json`]
//! are the outputs, [`bundle`] puts them into an archive. All that comes from outside passes
//! [`safe`] on its way.

pub mod axis;
pub mod bundle;
pub mod csv;
pub mod facts;
pub mod gather;
pub mod html;
pub mod json;
pub mod lanes;
pub mod redact;
pub mod safe;
pub mod story;
pub mod terminal;
pub mod time;
pub mod words;

#[cfg(test)]
mod tests;
