//! The outputs of the sample, as people see them.

use super::{line, sample, table_text};
use crate::review::csv::Table;
use crate::review::redact::redacted;
use crate::review::safe::width;
use crate::review::story::Level;
use crate::review::{html, terminal};

#[test]
fn a_call_on_a_terminal() {
    let page = terminal::show(&sample::story(), false);
    insta::assert_snapshot!(page);
    let drawing = page.lines().skip_while(|line| !line.contains("+0:00.0")).take_while(|line| !line.is_empty());
    assert!(drawing.clone().count() > 4 && drawing.clone().all(|line| width(line) <= terminal::COLUMNS));
}

#[test]
fn a_call_on_a_terminal_with_its_events() {
    let page = terminal::show(&sample::story(), true);
    let events = page.split("The record itself\n").nth(1).expect("the events");
    insta::assert_snapshot!(events.lines().take(9).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_list_on_a_terminal() {
    let story = sample::story();
    let mut missed = line(&story);
    missed.call = redacted(story.clone(), Level::Public).call;
    missed.has_note = false;
    insta::assert_snapshot!(terminal::list(&[line(&story), missed], story.time_zone));
}

#[test]
fn a_call_for_the_parties_on_a_terminal() {
    insta::assert_snapshot!(terminal::show(&redacted(sample::story(), Level::Parties), false));
}

#[test]
fn a_call_for_the_public_on_a_terminal() {
    insta::assert_snapshot!(terminal::show(&redacted(sample::story(), Level::Public), true));
}

#[test]
fn a_call_as_a_page() {
    insta::assert_snapshot!(html::page(&sample::story()).expect("a page"));
}

#[test]
fn a_call_as_a_row() {
    insta::assert_snapshot!(table_text(Table::Calls, &sample::story()));
}
