//! The binary: arguments, logs, and off to the library.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use sharedphone::cli::Cli;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(log_filter(cli.default_log_level())).with(lines).init();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(cli.run());
            // A disk that hangs keeps nobody from stopping us.
            runtime.shutdown_timeout(Duration::from_secs(1));
            code
        }
        Err(error) => {
            eprintln!("sharedphone: the system gives us no threads: {error}");
            ExitCode::from(1)
        }
    }
}

/// Which logs are written: as `RUST_LOG` says, if it says something.
fn log_filter(otherwise: LevelFilter) -> Targets {
    let otherwise = Targets::new().with_default(otherwise);
    #[expect(clippy::disallowed_methods, reason = "all programs in Rust take it from there")]
    let wanted = std::env::var("RUST_LOG").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if wanted.is_empty() {
        return otherwise;
    }
    wanted.join(",").parse().unwrap_or_else(|error| {
        eprintln!("sharedphone: RUST_LOG is not understood ({error}); write it like this: info,sharedphone=debug");
        otherwise
    })
}
