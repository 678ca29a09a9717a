//! Twilio's wire format: what it sends ([`form`], [`signature`]), what it is told ([`twiml`],
//! [`client`]). No store and no rules: a request becomes an input, a reply becomes a document.

pub mod client;
pub mod form;
pub mod signature;
pub mod twiml;
