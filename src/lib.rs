//! SharedPhone: one phone number for a small team.
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod http;
pub mod outbox;
pub mod simulator;
pub mod store;
pub mod sweep;
pub mod switchboard;
pub mod twilio;
pub mod urls;
