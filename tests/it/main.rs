//! All integration tests in one binary: the contract by route, and calls as stories.

mod accepts;
mod audit;
mod client;
mod commands;
mod config;
mod contract;
mod crash;
mod deleting;
mod demo;
mod erasure;
mod fuzzing;
mod house;
mod latency;
mod office;
mod queries;
mod record;
mod restore;
mod scenarios;
mod schema;
mod serve;
mod signature;
mod sql;
mod stage;
mod two_instances;
mod worlds;
