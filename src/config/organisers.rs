//! `[[organisers]]`: who is rung. Owns the rules over all of them: a phone rings once, and every
//! organiser can be told from the others in the record.

use std::fmt;

use toml::Value;

use super::keys::Keys;
use super::source::Source;
use super::values::{explained, line, yes_or_no};
use crate::domain::phone::PhoneNumber;

const SECTION: &str = "[[organisers]]";
const EXAMPLE: &str = "write [[organisers]] on a line, and below it name = \"Ada\" and number = \"+447700900123\"";

/// Most organisers that one call rings; at one call a second, more would never be rung anyway.
const MOST: usize = 200;

/// One organiser as configured.
#[derive(Clone, PartialEq, Eq)]
pub struct OrganiserEntry {
    /// What the others and the caller know them by.
    pub name: String,
    /// The phone that rings.
    pub number: PhoneNumber,
    /// Whether they are texted when the service is in trouble.
    pub in_charge: bool,
}

/// Leaves out the name, which is a person's.
impl fmt::Debug for OrganiserEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrganiserEntry({:?})", self.number)
    }
}

impl OrganiserEntry {
    fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let name = keys.need("name", "write name = \"…\"", line(80));
        let number = keys.need("number", "write number = \"…\", with + and the country code", explained);
        let in_charge = keys.or("in_charge", false, yes_or_no);
        Some(Self { name: name?, number: number?, in_charge })
    }
}

/// Reads all organisers and compares them with each other and with the hotline's own number.
pub(super) fn read(source: &mut Source, hotline: Option<&PhoneNumber>) -> Vec<OrganiserEntry> {
    let entries = match source.take("organisers") {
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            source.complain(SECTION, "is a list, each organiser with two brackets", EXAMPLE);
            return Vec::new();
        }
        None => Vec::new(),
    };
    match entries.len() {
        0 => source.complain(SECTION, "there is nobody to ring", EXAMPLE),
        count if count > MOST => {
            source.complain(SECTION, &format!("there are {count} organisers"), &format!("{MOST} are the most"));
        }
        _ => {}
    }
    let mut organisers = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let Value::Table(table) = entry else {
            source.complain(SECTION, "has something in it that is no organiser", EXAMPLE);
            continue;
        };
        let label = label(&table, index + 1);
        organisers.extend(source.entry(label, table, OrganiserEntry::read));
    }
    compare(source, &organisers, hotline);
    organisers
}

/// Says whose entry it is, by name if it has one.
fn label(table: &toml::Table, place: usize) -> String {
    match table.get("name").and_then(Value::as_str).filter(|name| !name.chars().any(char::is_control)) {
        Some(name) if !name.trim().is_empty() => format!("{SECTION} {}:", name.trim()),
        _ => format!("{SECTION} no. {place}:"),
    }
}

fn compare(source: &mut Source, organisers: &[OrganiserEntry], hotline: Option<&PhoneNumber>) {
    for (index, organiser) in organisers.iter().enumerate() {
        let name = &organiser.name;
        if hotline == Some(&organiser.number) {
            source.complain(
                &format!("{SECTION} {name}: number"),
                "is the hotline's own number, which would ring itself",
                "write this organiser's own phone",
            );
        }
        for earlier in &organisers[..index] {
            if earlier.number == organiser.number {
                source.complain(
                    &format!("{SECTION} {name}: number"),
                    &format!("is also {}'s", earlier.name),
                    "give each a number of their own, or remove one of the two",
                );
            }
            if earlier.name == *name {
                source.complain(
                    &format!("{SECTION} {name}: name"),
                    "there are two organisers of this name, and the record could not tell them apart",
                    "add something to one of them",
                );
            }
        }
    }
}
