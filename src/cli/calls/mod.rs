//! `calls`: read the record of calls, write notes, hold, erase and hand over. Everything that is read
//! or changed here goes on record, with who did it.

mod change;
mod erase;
mod export;
pub(super) mod find;
mod note;
mod of;
mod read;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::ConfigFile;

/// Read the record of calls, write notes, hold, erase and hand over.
#[derive(Debug, Args)]
pub(super) struct Calls {
    #[command(flatten)]
    file: ConfigFile,
    #[command(subcommand)]
    command: Command,
}

/// CALL is a case name, such as copper-lantern, or Twilio's SID of the call.
#[derive(Debug, Subcommand)]
enum Command {
    /// List calls, the newest last.
    List(read::List),
    /// Tell one call: who was rung, who took it, who was told what, and the notes.
    Show(read::Show),
    /// Show what is held about a number, whoever's it is.
    Of(of::Of),
    /// Write calls to a ZIP file that can be handed over.
    Export(export::Export),
    /// Write a note about a call, or a further revision of one.
    Note(Box<note::WriteNote>),
    /// Replace the tags of a call.
    Tag(change::Tag),
    /// Say how far the review of a call has come.
    Status(change::Status),
    /// Keep a call whatever the rules of retention say.
    Hold(change::Hold),
    /// End a hold.
    Release(change::Release),
    /// Have everything of a call removed on a day.
    Expunge(change::Expunge),
    /// Erase personal data of a call, here and at Twilio.
    Erase(erase::Erase),
}

pub(super) async fn run(calls: &Calls) -> Result<ExitCode> {
    let config = calls.file.load()?;
    match &calls.command {
        Command::List(list) => read::list(&config, list).await,
        Command::Show(show) => read::show(&config, show).await,
        Command::Of(of) => of::run(&config, of).await,
        Command::Export(export) => export::run(&config, export).await,
        Command::Note(note) => note::run(&config, note).await,
        Command::Tag(tag) => change::tag(&config, tag).await,
        Command::Status(status) => change::status(&config, status).await,
        Command::Hold(hold) => change::hold(&config, hold).await,
        Command::Release(release) => change::release(&config, release).await,
        Command::Expunge(expunge) => change::expunge(&config, expunge).await,
        Command::Erase(erase) => erase::run(&config, erase).await,
    }
}
