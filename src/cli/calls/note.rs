//! `calls note`: write down what was reported.

use std::fs;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use super::find;
use crate::cli::errand;
use crate::config::Config;
use crate::domain::errand::Errand;
use crate::domain::note::Note;

/// A note. Everything is optional, and nothing should be asked that a reporter does not want to say.
#[derive(Debug, Args)]
pub(super) struct WriteNote {
    /// The call: its case name or SID.
    call: String,
    /// Which note of the call is revised; a new one otherwise.
    #[arg(long, value_name = "NUMBER")]
    revise: Option<u32>,
    /// Who writes; nothing for an anonymous note.
    #[arg(long)]
    author: Option<String>,
    /// When it happened.
    #[arg(long)]
    happened: Option<String>,
    /// Where.
    #[arg(long)]
    place: Option<String>,
    /// Whether it is going on.
    #[arg(long)]
    ongoing: Option<String>,
    /// What happened, in neutral words.
    #[arg(long)]
    description: Option<String>,
    /// What identifies the person it is about.
    #[arg(long)]
    identifying: Option<String>,
    /// Whether the reporter is safe now.
    #[arg(long)]
    safe_now: Option<String>,
    /// Whether and how the reporter wants to hear from the team.
    #[arg(long)]
    follow_up: Option<String>,
    /// Who of the team has a conflict of interest.
    #[arg(long)]
    conflict: Option<String>,
    /// Who else saw it.
    #[arg(long)]
    witnesses: Option<String>,
    /// Take the fields from this JSON file, `-` for standard input: words on a command line can be seen
    /// by others on this machine.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

pub(super) async fn run(config: &Config, write: &WriteNote) -> Result<ExitCode> {
    let given = write.from.as_deref().map(from_file).transpose()?.unwrap_or_default();
    let or = |option: &Option<String>, given: Option<String>| option.clone().or(given);
    let note = Note {
        author: or(&write.author, given.author),
        happened: or(&write.happened, given.happened),
        place: or(&write.place, given.place),
        ongoing: or(&write.ongoing, given.ongoing),
        description: or(&write.description, given.description),
        identifying: or(&write.identifying, given.identifying),
        safe_now: or(&write.safe_now, given.safe_now),
        follow_up: or(&write.follow_up, given.follow_up),
        conflict: or(&write.conflict, given.conflict),
        witnesses: or(&write.witnesses, given.witnesses),
    };
    let call_sid = find::sid(config, &write.call).await?;
    errand::done(config, Errand::Note { call_sid, number: write.revise, note: note.into() }).await?;
    println!("Written. Former revisions are kept: sharedphone calls show {}", write.call);
    Ok(ExitCode::SUCCESS)
}

fn from_file(path: &Path) -> Result<Note> {
    let mut text = String::new();
    if path == Path::new("-") {
        stdin().read_to_string(&mut text).context("standard input")?;
    } else {
        text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    }
    parse(&text).with_context(|| format!("{} is not a note", path.display()))
}

/// A field that nobody knows is a slip that would lose what somebody wrote.
fn parse(text: &str) -> Result<Note> {
    let value: Value = serde_json::from_str(text)?;
    let note: Note = serde_json::from_value(value.clone())?;
    let known = serde_json::to_value(&note)?;
    let given = value.as_object().context("it must be an object, like {\"description\": \"…\"}")?;
    if let Some((field, _)) = given.iter().find(|(field, value)| !value.is_null() && known.get(field).is_none()) {
        bail!("there is no field {field:?}; see sharedphone calls note --help for those that there are");
    }
    Ok(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_field_is_told_and_not_lost() {
        assert_eq!(parse(r#"{"place": "hall 2", "safe_now": null}"#).expect("a note").place.as_deref(), Some("hall 2"));
        let error = parse(r#"{"plaice": "hall 2"}"#).expect_err("a slip").to_string();
        assert!(error.contains("plaice"), "{error}");
        assert!(parse("[]").is_err());
    }
}
