//! All integration tests in one binary: the contract by route, and calls as stories.

mod client;
mod config;
mod demo;
mod contract;
mod house;
mod record;
mod scenarios;
mod schema;
mod signature;
mod stage;
