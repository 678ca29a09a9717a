//! All integration tests in one binary: the contract by route, and calls as stories.

mod accepts;
mod audit;
mod bench;
mod catching_up;
mod client;
mod commands;
mod config;
mod contract;
mod crash;
mod damaged;
mod deleting;
mod demo;
mod draw;
mod erasure;
#[cfg(target_os = "linux")]
mod full_disk;
mod fuzzing;
mod house;
mod kills;
mod latency;
mod limits;
mod load;
mod office;
mod plans;
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
