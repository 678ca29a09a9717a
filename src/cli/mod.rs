//! The command line: what can be asked for, and one file a command.

mod audit;
mod backup;
pub mod bench;
mod calls;
mod demo;
mod errand;
mod organisers;
mod reading;
mod serve;
mod setup;
mod sql;
mod stats;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tracing::level_filters::LevelFilter;

use crate::config::Config;

/// One phone number for a small team: every organiser's phone rings, and the first human who takes
/// the call talks to the caller.
#[derive(Debug, Parser)]
#[command(name = "sharedphone", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take calls.
    Serve(serve::Serve),
    /// Check the record: whether anything in it was changed, removed or made up.
    Audit(audit::Audit),
    /// Measure how many calls this machine carries.
    Bench(bench::Bench),
    /// Write a copy of the database, verified, complete or not at all, while calls go on.
    Backup(backup::Backup),
    /// Read the record of calls, write notes, hold, erase and hand over.
    Calls(Box<calls::Calls>),
    /// Show who is or was on the roster, and forget those who have left.
    Organisers(organisers::Organisers),
    /// Play a call on this machine: the real service, a simulated Twilio and simulated phones.
    Demo(demo::Demo),
    /// Set the hotline's number up.
    Setup(setup::Setup),
    /// Ask the record in SQL; without a question, a shell that reads questions.
    Sql(sql::Sql),
    /// Count calls for a transparency report, in which nobody can be recognised.
    Stats(stats::Stats),
}

/// Where the configuration is.
#[derive(Debug, Args)]
struct ConfigFile {
    /// The configuration file.
    #[arg(
        long = "config",
        value_name = "FILE",
        env = "SHAREDPHONE_CONFIG",
        default_value = "config/sharedphone.toml",
        global = true
    )]
    path: PathBuf,
}

impl ConfigFile {
    fn load(&self) -> anyhow::Result<Config> {
        // Variables that are not UTF-8 can't be ours.
        let env =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Config::load(&self.path, env)?)
    }
}

impl Cli {
    /// How much is logged unless `RUST_LOG` says otherwise. A demo is for reading, and what goes
    /// wrong in it does so on purpose.
    pub fn default_log_level(&self) -> LevelFilter {
        match self.command {
            Command::Serve(_) => LevelFilter::INFO,
            Command::Audit(_) | Command::Backup(_) | Command::Calls(_) | Command::Organisers(_) => LevelFilter::WARN,
            Command::Bench(_) | Command::Demo(_) | Command::Setup(_) | Command::Sql(_) | Command::Stats(_) => {
                LevelFilter::ERROR
            }
        }
    }

    /// Does what was asked for. Exit codes: 0 good, 1 a problem that the output explains, 2 wrong
    /// usage (clap's), 3 could not check.
    pub async fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Serve(serve) => serve::run(&serve).await,
            Command::Audit(audit) => Ok(audit::run(&audit).await),
            Command::Bench(bench) => bench::run(&bench).await,
            Command::Backup(backup) => backup::run(&backup).await,
            Command::Calls(calls) => calls::run(&calls).await,
            Command::Demo(demo) => demo::run(&demo).await,
            Command::Organisers(organisers) => organisers::run(&organisers).await,
            Command::Setup(setup) => setup::run(&setup),
            Command::Sql(sql) => sql::run(&sql).await,
            Command::Stats(stats) => stats::run(&stats).await,
        };
        match outcome {
            Ok(code) => code,
            Err(error) => {
                eprintln!("sharedphone: {error:#}");
                ExitCode::from(1)
            }
        }
    }
}
