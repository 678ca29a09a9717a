//! The record played back: the events of a call, from the first on, give its rows as the tables must
//! have them, its commands, and what it still holds of personal data. Pure; the comparing with the
//! tables is done where they are read.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::columns::{Columns, apply};
use super::event::SubjectKind;
use super::privacy::DataClass;

/// An event as the record has it.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Its number.
    pub seq: i64,
    /// What it is about.
    pub subject: SubjectKind,
    /// The leg, if it is about one.
    pub leg_id: Option<&'a str>,
    /// The status before.
    pub from_status: Option<&'a str>,
    /// The status since.
    pub to_status: Option<&'a str>,
    /// What happened.
    pub cause: &'a str,
    /// Particulars.
    pub detail: &'a Map<String, Value>,
}

/// A row as the events tell it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Its status.
    pub status: String,
    /// Its other columns; one that is absent is NULL.
    pub columns: Columns,
    /// The event that made it what it is.
    pub event_seq: i64,
}

/// A personal value that an event vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The event.
    pub seq: i64,
    /// The leg, for a number that was rung.
    pub leg_id: Option<String>,
    /// What it is.
    pub field: String,
    /// Its digest.
    pub digest: String,
}

/// A command as the events tell it, without its times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What was to be done.
    pub kind: String,
    /// How far it has come.
    pub status: String,
    /// How often it was sent.
    pub tries: i64,
    /// What came of it.
    pub result: Option<String>,
}

/// One call, played back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallFold {
    /// Its row; nothing before its first event and after it was expunged.
    pub call: Option<Row>,
    /// The rows of its legs, by id.
    pub legs: BTreeMap<String, Row>,
    /// Its commands, by id.
    pub commands: BTreeMap<String, Step>,
    /// What was sealed, in order.
    pub sealed: Vec<Sealed>,
    /// When a class of data was last erased: the event.
    pub erased: BTreeMap<DataClass, i64>,
}

impl CallFold {
    /// Takes in the next event of the call; says in words what does not follow from the events before.
    pub fn take(&mut self, told: &Told<'_>) -> Result<(), String> {
        let moved = match (told.subject, told.leg_id) {
            (SubjectKind::Call | SubjectKind::Review, _) => change(&mut self.call, told),
            (SubjectKind::Leg, Some(id)) => {
                let mut row = self.legs.remove(id);
                let moved = change(&mut row, told);
                if let Some(row) = row {
                    self.legs.insert(id.to_owned(), row);
                }
                moved
            }
            (SubjectKind::Leg, None) => Err("it is about a leg and does not say which".to_owned()),
            (SubjectKind::Organiser | SubjectKind::Service, _) => Ok(()),
        };
        self.take_commands(told.detail);
        self.take_sealed(told);
        if told.cause == "record.erased" {
            self.take_erasure(told);
        }
        if told.cause == "record.expunged" {
            (self.call, self.legs, self.commands) = Default::default();
        }
        moved
    }

    /// The values that must still be there: sealed after their class was last erased.
    pub fn held(&self, class_of: impl Fn(&str) -> Option<DataClass>) -> Vec<&Sealed> {
        let is_held = |sealed: &&Sealed| {
            let erased = class_of(&sealed.field).and_then(|class| self.erased.get(&class));
            erased.is_none_or(|erased| *erased < sealed.seq)
        };
        self.sealed.iter().filter(is_held).collect()
    }

    fn take_commands(&mut self, detail: &Map<String, Value>) {
        let steps = detail.get("commands").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for step in steps {
            let text = |name: &str| step.get(name).and_then(Value::as_str).map(str::to_owned);
            let known = Step {
                kind: text("kind").unwrap_or_default(),
                status: text("status").unwrap_or_default(),
                tries: step.get("tries").and_then(Value::as_i64).unwrap_or_default(),
                result: text("result"),
            };
            self.commands.insert(text("id").unwrap_or_default(), known);
        }
    }

    fn take_sealed(&mut self, told: &Told<'_>) {
        let sealed = told.detail.get("sealed").and_then(Value::as_object);
        if !matches!(told.subject, SubjectKind::Call | SubjectKind::Leg | SubjectKind::Review) {
            return;
        }
        for (field, digest) in sealed.into_iter().flatten() {
            let digest = digest.as_str().unwrap_or_default().to_owned();
            let leg_id = told.leg_id.map(str::to_owned);
            self.sealed.push(Sealed { seq: told.seq, leg_id, field: field.clone(), digest });
        }
    }

    fn take_erasure(&mut self, told: &Told<'_>) {
        let classes = told.detail.get("classes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let classes = classes.iter().filter_map(|class| DataClass::from_str(class.as_str()?).ok());
        self.erased.extend(classes.map(|class| (class, told.seq)));
    }
}

/// Changes a row as the event says.
fn change(row: &mut Option<Row>, told: &Told<'_>) -> Result<(), String> {
    let set = told.detail.get("set").and_then(Value::as_object);
    if told.to_status.is_none() && set.is_none() {
        return Ok(());
    }
    let before = row.as_ref().map(|row| row.status.clone());
    let row = row.get_or_insert_default();
    row.event_seq = told.seq;
    if let Some(set) = set {
        apply(&mut row.columns, set);
    }
    let Some(to) = told.to_status else { return Ok(()) };
    to.clone_into(&mut row.status);
    if before.as_deref() == told.from_status {
        return Ok(());
    }
    let status = |status: Option<&str>| status.unwrap_or("nothing").to_owned();
    Err(format!(
        "it starts from {}, and the events before it left {}",
        status(told.from_status),
        status(before.as_deref())
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told<'a>(seq: i64, from: Option<&'a str>, to: Option<&'a str>, detail: &'a Value) -> Told<'a> {
        let detail = detail.as_object().expect("an object");
        let subject = SubjectKind::Call;
        Told { seq, subject, leg_id: None, from_status: from, to_status: to, cause: "x", detail }
    }

    #[test]
    fn events_give_the_row_and_a_gap_in_them_is_told() {
        let mut fold = CallFold::default();
        let set = json!({ "set": { "round": 1, "room": "a" } });
        assert_eq!(fold.take(&told(1, None, Some("pending"), &set)), Ok(()));
        let set = json!({ "set": { "room": null } });
        assert_eq!(fold.take(&told(2, None, None, &set)), Ok(()));
        let row = fold.call.clone().expect("a row");
        assert_eq!((row.status.as_str(), row.event_seq), ("pending", 2));
        assert_eq!(Value::Object(row.columns), json!({ "round": 1 }));
        let none = json!({});
        let gap = fold.take(&told(3, Some("active"), Some("ended"), &none));
        assert_eq!(gap, Err("it starts from active, and the events before it left pending".to_owned()));
    }

    #[test]
    fn what_was_sealed_before_an_erasure_is_no_longer_held() {
        let mut fold = CallFold::default();
        let class = |field: &str| field.parse().ok().map(super::super::privacy::Field::class);
        let sealed = json!({ "sealed": { "caller": "digest" } });
        let erased = json!({ "classes": ["numbers"] });
        assert_eq!(fold.take(&told(1, None, Some("pending"), &sealed)), Ok(()));
        assert_eq!(fold.held(class).len(), 1);
        let erasure = Told { cause: "record.erased", subject: SubjectKind::Review, ..told(2, None, None, &erased) };
        assert_eq!(fold.take(&erasure), Ok(()));
        assert_eq!(fold.held(class), Vec::<&Sealed>::new());
    }
}
