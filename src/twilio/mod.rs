//! Twilio's wire format: what it sends ([`form`], [`signature`]), what it is told ([`twiml`],
//! [`emergency`], [`client`]). No store and no rules: a request becomes an input, a reply becomes a document.

pub mod client;
mod document;
pub mod emergency;
pub mod form;
pub mod signature;
pub mod twiml;
