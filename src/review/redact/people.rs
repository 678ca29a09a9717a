//! Who is who in a story without names: each organiser's number, given in the order in which they
//! appear, so that it is the same in every part.

use std::collections::HashMap;

use crate::review::story::CallStory;

/// The organisers of a story by number.
pub(super) struct People {
    by_id: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
    count: usize,
}

impl People {
    /// Numbers everybody who appears: who was rung first, then the roster and the record.
    pub(super) fn of(story: &CallStory) -> Self {
        let mut people = Self { by_id: HashMap::new(), by_name: HashMap::new(), count: 0 };
        for phone in &story.phones {
            people.meet(phone.organiser_id.as_deref(), phone.organiser.as_deref());
        }
        for row in &story.roster {
            people.meet(row.organiser_id.as_deref(), row.name.as_deref());
        }
        let recorded = story.entries.iter().filter_map(|entry| entry.organiser.as_deref());
        for name in recorded.chain(story.call.organiser.as_deref()) {
            people.meet(None, Some(name));
        }
        people
    }

    /// The same id is the same person; without one the same name is.
    fn meet(&mut self, id: Option<&str>, name: Option<&str>) {
        let known = self.known(id, name);
        let number = known.unwrap_or_else(|| {
            self.count += 1;
            self.count
        });
        if let Some(id) = id {
            self.by_id.insert(id.to_owned(), number);
        }
        if let Some(name) = name {
            self.by_name.entry(name.to_owned()).or_insert(number);
        }
    }

    /// What somebody is called.
    pub(super) fn name(&self, id: Option<&str>, name: Option<&str>) -> String {
        self.known(id, name).map_or("An organiser".to_owned(), |number| format!("Organiser {number}"))
    }

    fn known(&self, id: Option<&str>, name: Option<&str>) -> Option<usize> {
        let by_id = id.and_then(|id| self.by_id.get(id));
        by_id.or_else(|| self.by_name.get(name?)).copied()
    }

    /// What somebody is called whose id or name this is; `None` if it is nobody's.
    pub(super) fn find(&self, text: &str) -> Option<String> {
        let number = self.by_id.get(text).or_else(|| self.by_name.get(text))?;
        Some(format!("Organiser {number}"))
    }
}
