//! What a decision keeps apart from its events: personal data with the digests that stay, salts,
//! texts, and what is erased.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Draft;
use crate::domain::call::Salts;
use crate::domain::event::Subject;
use crate::domain::house::{Erasure, NewSalt, Remark};
use crate::domain::ids::{CallSid, OrganiserId};
use crate::domain::privacy::{DataClass, Field, Identity, Personal, Salt};
use crate::domain::texts::SpokenText;

impl Draft<'_> {
    /// Which record this is.
    pub(in crate::domain::decide) fn identity(&self) -> Option<&Identity> {
        self.decision.identity.as_ref().or(self.house.past().identity.as_ref())
    }

    /// Makes a new record known.
    pub(in crate::domain::decide) fn put_identity(&mut self, identity: Identity) {
        self.decision.identity = Some(identity);
    }

    /// The number of the next case.
    pub(in crate::domain::decide) fn next_case_number(&self) -> u64 {
        let decided = self.decision.calls.values().map(|call| call.case_number).max();
        self.house.past().last_case_number.max(decided.unwrap_or(0)) + 1
    }

    /// A new salt for what is kept of a call.
    pub(in crate::domain::decide) fn new_salt(&mut self, call_sid: &CallSid, class: DataClass) -> Salt {
        let salt = Salt::new(self.ids, self.now);
        self.decision.salts.push(NewSalt { call_sid: call_sid.clone(), class, salt: salt.clone() });
        salt
    }

    /// The notes of a call and their last revisions.
    pub(in crate::domain::decide) fn notes_of(&self, call_sid: &CallSid) -> BTreeMap<u32, u32> {
        self.house.past().notes.get(call_sid).cloned().unwrap_or_default()
    }

    /// Adds an event about a call as its reviewers see it, with what it vouches for.
    pub(in crate::domain::decide) fn review(
        &mut self,
        call_sid: &CallSid,
        cause: &str,
        detail: Value,
        values: Vec<(Field, String)>,
    ) {
        let salts = self.call(call_sid).map(|call| call.salts.clone()).unwrap_or_default();
        let personal = values.into_iter().filter_map(|(field, value)| seal(&salts, field, value)).collect();
        let subject = Subject::Review(Some(call_sid.clone()));
        self.event(subject, None, None, cause.to_owned(), detail, personal);
    }

    /// Erases, together with what this decision says of it.
    pub(in crate::domain::decide) fn erase(&mut self, erasure: Erasure) {
        self.decision.erasures.push(erasure);
    }

    /// Forgets who an organiser was.
    pub(in crate::domain::decide) fn forget_organiser(&mut self, id: OrganiserId) {
        self.decision.forgotten.push(id);
    }

    /// Keeps what somebody wrote about the record itself, with the event of this cause.
    pub(in crate::domain::decide) fn put_remark(&mut self, cause: &'static str, words: &str) {
        self.decision.remarks.push(Remark { cause, words: words.to_owned() });
    }

    /// Keeps a text that is spoken for the first time.
    pub(in crate::domain::decide) fn put_text(&mut self, text: SpokenText) {
        self.decision.texts.push(text);
    }
}

/// Seals a value of a call, if its salt is there.
pub(super) fn seal(salts: &Salts, field: Field, value: String) -> Option<Personal> {
    let salt = match field.class() {
        DataClass::Numbers => salts.numbers.as_ref(),
        DataClass::Notes => salts.notes.as_ref(),
        DataClass::Recordings | DataClass::Timeline => None,
    };
    let sealed = salt?.seal(field.as_str(), &value);
    Some(Personal { field, value, sealed, link: None })
}
