//! What may be erased, beside the digests that stay: every value that an event vouches for and
//! nobody erased is there, is the one that was sealed and lies in its turn; everything else is gone,
//! salts too. Shows no value to anybody.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement};

use super::replay::Story;
use super::report::Problems;
use super::rows::{is, shown};
use crate::domain::fold::Sealed;
use crate::domain::phone::CallerId;
use crate::domain::privacy::{DataClass, Field, Identity, Salt};

/// What has salts.
const SALTED: [DataClass; 2] = [DataClass::Numbers, DataClass::Notes];

/// The tables `personal` and `salts`.
pub(super) struct Personals<'c> {
    identity: Option<Identity>,
    values: Statement<'c>,
    salts: Statement<'c>,
    values_found: u64,
    salts_found: u64,
}

/// The salts of one call.
type Salts = Vec<(DataClass, Option<Salt>)>;

impl<'c> Personals<'c> {
    pub(super) fn open(connection: &'c Connection) -> rusqlite::Result<Self> {
        let identity = connection.query_row("SELECT log_id, secret FROM identity", [], |row| {
            Ok(Identity { log_id: row.get(0)?, secret: row.get(1)? })
        });
        Ok(Self {
            identity: identity.optional()?,
            values: connection.prepare(
                "SELECT event_seq, leg_id, class, field, value, link, personal_id
                   FROM personal INDEXED BY personal_of_call WHERE call_sid = ?1 ORDER BY field, personal_id",
            )?,
            salts: connection.prepare("SELECT class, salt, event_seq FROM salts WHERE call_sid = ?1")?,
            values_found: 0,
            salts_found: 0,
        })
    }

    /// How many values and salts were found where the events lead.
    pub(super) fn found(&self) -> (u64, u64) {
        (self.values_found, self.salts_found)
    }

    /// Compares what is held of one call with its story.
    pub(super) fn compare(&mut self, story: &Story, problems: &mut Problems) -> rusqlite::Result<()> {
        let held = story.fold.held(class_of);
        let salts = self.salts(story, &held, problems)?;
        let mut seen = vec![false; held.len()];
        let mut rows = self.values.query([&story.call_sid])?;
        let mut before = None;
        while let Some(row) = rows.next()? {
            self.values_found += 1;
            let place = held.iter().position(|sealed| is_row_of(sealed, row));
            match place.filter(|place| !std::mem::replace(&mut seen[*place], true)) {
                Some(place) => {
                    check_turn(story, before.replace(held[place]), held[place], row, problems)?;
                    check(story, held[place], row, &salts, self.identity.as_ref(), problems)?;
                }
                None => problems.say(format_args!(
                    "call {} has a {} in the table personal that no event vouches for, or that was to be erased",
                    story.call_sid,
                    shown(row.get_ref(3)?)
                )),
            }
        }
        for (sealed, _) in held.iter().zip(seen).filter(|(_, seen)| !seen) {
            problems.say_of(
                sealed.seq,
                format_args!("the {} that it vouches for is gone, and no event says that it was erased", sealed.field),
            );
        }
        Ok(())
    }

    /// The salts of the call: one for each class, unless that was erased and nothing was added since.
    fn salts(&mut self, story: &Story, held: &[&Sealed], problems: &mut Problems) -> rusqlite::Result<Salts> {
        let mut found = Salts::new();
        let mut rows = self.salts.query([&story.call_sid])?;
        while let Some(row) = rows.next()? {
            self.salts_found += 1;
            let class = row.get_ref(0)?.as_str().ok().and_then(|class| class.parse().ok());
            let salt = row.get_ref(1)?.as_str().ok().and_then(|salt| salt.parse().ok());
            if let Some(class) = class {
                let needed = first_need(story, held, class);
                if needed.is_some_and(|seq| row.get_ref(2).ok() != Some(ValueRef::Integer(seq))) {
                    problems.say(format_args!(
                        "the salt for the {class} of call {} names another event than the one that first needed it",
                        story.call_sid
                    ));
                }
                found.push((class, salt));
            }
        }
        for class in SALTED {
            let wanted = usize::from(story.fold.call.is_some() && first_need(story, held, class).is_some());
            let there = found.iter().filter(|(found, _)| *found == class).count();
            if there > wanted {
                problems.say(format_args!(
                    "the salt for the {class} of call {} is there, and it was to be erased",
                    story.call_sid
                ));
            } else if there < wanted {
                problems.say(format_args!(
                    "the salt for the {class} of call {} is gone, and no event says that it was erased",
                    story.call_sid
                ));
            }
        }
        Ok(found)
    }
}

/// The event that first needed the salt which the class has now: the call came in with it, or it was the
/// first to seal something since the class was erased.
fn first_need(story: &Story, held: &[&Sealed], class: DataClass) -> Option<i64> {
    let came_in_since = story.fold.erased.get(&class).is_none_or(|erased| *erased < story.came_in);
    let first_sealed = || held.iter().find(|sealed| class_of(&sealed.field) == Some(class)).map(|sealed| sealed.seq);
    if came_in_since { Some(story.came_in) } else { first_sealed() }
}

/// Checks that a value lies behind those of its field that were sealed before: the last one counts.
fn check_turn(
    story: &Story,
    before: Option<&Sealed>,
    sealed: &Sealed,
    row: &Row<'_>,
    problems: &mut Problems,
) -> rusqlite::Result<()> {
    if let Some(newer) = before.filter(|before| before.field == sealed.field && before.seq > sealed.seq) {
        problems.say_of(
            sealed.seq,
            format_args!(
                "the {} of call {} that it vouches for, row {} of the table personal, lies behind that of event {}: \
                 the order of the rows was changed, and the last one counts",
                sealed.field,
                story.call_sid,
                shown(row.get_ref(6)?),
                newer.seq
            ),
        );
    }
    Ok(())
}

fn class_of(field: &str) -> Option<DataClass> {
    field.parse().ok().map(Field::class)
}

/// Whether this row is the one for what was sealed.
fn is_row_of(sealed: &Sealed, row: &Row<'_>) -> bool {
    let value = |column: usize| row.get_ref(column).unwrap_or(ValueRef::Null);
    let leg = match &sealed.leg_id {
        Some(id) => is(value(1), id),
        None => value(1) == ValueRef::Null,
    };
    value(0) == ValueRef::Integer(sealed.seq) && leg && is(value(3), &sealed.field)
}

/// Checks a value against its digest.
fn check(
    story: &Story,
    sealed: &Sealed,
    row: &Row<'_>,
    salts: &Salts,
    identity: Option<&Identity>,
    problems: &mut Problems,
) -> rusqlite::Result<()> {
    let Sealed { seq, field, digest, .. } = sealed;
    let class = class_of(field);
    let value = row.get_ref(4)?.as_str().ok();
    let salt = salts.iter().find(|(found, _)| Some(*found) == class).and_then(|(_, salt)| salt.as_ref());
    let fits = value.zip(salt).is_some_and(|(value, salt)| salt.seal(field, value) == *digest);
    if !fits {
        problems
            .say_of(*seq, format_args!("the {field} of call {} is not the one that it vouches for", story.call_sid));
    }
    if !class.is_some_and(|class| is(row.get_ref(2).unwrap_or(ValueRef::Null), class.as_str())) {
        problems.say_of(*seq, format_args!("the {field} of call {} is kept in the wrong class", story.call_sid));
    }
    let link = (field == Field::Caller.as_str())
        .then(|| identity.zip(value).and_then(|(identity, value)| identity.link(&CallerId::new(value))))
        .flatten();
    let linked = row.get_ref(5)?;
    if !link.map_or(linked == ValueRef::Null, |link| is(linked, &link)) {
        problems
            .say_of(*seq, format_args!("call {} is linked to other calls than those of its caller", story.call_sid));
    }
    Ok(())
}
