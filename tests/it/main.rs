//! All integration tests in one binary: the contract by route, and calls as stories.

mod config;
mod house;
mod record;
mod scenarios;
mod signature;
mod stage;
