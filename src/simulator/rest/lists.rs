//! Owns lists: of calls, and for all of them filters, pages and the lag behind the truth (Twilio
//! docs: Call resource, read multiple; eventually consistent).

use super::{Answer, Parsed};
use crate::simulator::engine::{Call, World};
use crate::simulator::problem::ProblemKind;
use serde_json::{Value, json};
use std::time::Duration;

const FILTERS: &str = "To From ParentCallSid Status StartTime StartTime< StartTime> EndTime \
    EndTime< EndTime> PageSize Page PageToken";

impl World {
    pub(super) fn list_calls(&mut self, parsed: &Parsed<'_>) -> Answer {
        self.only_filters(parsed, FILTERS);
        let newest_first = self.calls.iter().rev();
        let found: Vec<Value> =
            newest_first.filter(|call| self.is_listed(call, parsed)).map(|call| self.call_json(call)).collect();
        self.page(parsed, "calls", &found)
    }

    /// Complains about each query parameter that isn't in `known` (words separated by spaces).
    pub(super) fn only_filters(&mut self, parsed: &Parsed<'_>, known: &str) {
        for (name, _) in &parsed.query {
            if !known.split_whitespace().any(|k| k == name) {
                self.problem(ProblemKind::BadRest, format!("{} has no filter {name:?}", parsed.path));
            }
        }
    }

    /// Whether a list shows what was created and perhaps deleted then: it learns of both late.
    pub(super) fn is_visible(&self, created: Duration, deleted: Option<Duration>) -> bool {
        let known = |at: Duration| at + self.settings().rules.list_lag <= self.now();
        known(created) && !deleted.is_some_and(known)
    }

    fn is_listed(&self, call: &Call, parsed: &Parsed<'_>) -> bool {
        let same = |name: &str, value: &str| parsed.asked(name).is_none_or(|asked| asked == value);
        !call.deleted
            && self.is_visible(call.created, None)
            && same("To", &call.to)
            && same("From", &call.from)
            && same("Status", call.status.word())
            && same("ParentCallSid", &self.parent_sid(call).unwrap_or_default())
            && self.in_days(parsed, "StartTime", Some(call.created))
            && self.in_days(parsed, "EndTime", call.ended)
    }

    /// Dates filter by day: `StartTime`, `StartTime<`, `StartTime>` (both bounds included).
    pub(super) fn in_days(&self, parsed: &Parsed<'_>, name: &str, at: Option<Duration>) -> bool {
        let asked = |mark: &str| parsed.asked(&format!("{name}{mark}")).map(day_of);
        let (on, until, from) = (asked(""), asked("<"), asked(">"));
        if on.is_none() && until.is_none() && from.is_none() {
            return true;
        }
        let Some(day) = at.map(|at| self.day(at)) else { return false };
        on.is_none_or(|on| day == on) && until.is_none_or(|until| day <= until) && from.is_none_or(|from| day >= from)
    }

    fn day(&self, at: Duration) -> String {
        let seconds = self.settings().epoch + i64::try_from(at.as_secs()).unwrap_or(0);
        chrono::DateTime::from_timestamp(seconds, 0).map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default()
    }

    /// One page of a list with its neighbours' addresses.
    pub(super) fn page(&self, parsed: &Parsed<'_>, name: &str, all: &[Value]) -> Answer {
        let asked = |name: &str| parsed.asked(name).and_then(|n| n.parse::<usize>().ok());
        let size = asked("PageSize").unwrap_or(50).clamp(1, 1000);
        let page = asked("Page").unwrap_or(0);
        let from = (page * size).min(all.len());
        let until = (from + size).min(all.len());
        let address = |page: usize| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in parsed.query.iter().filter(|(name, _)| name != "Page") {
                query.append_pair(name, value);
            }
            query.append_pair("Page", &page.to_string());
            format!("{}?{}", parsed.path, query.finish())
        };
        let next = (until < all.len()).then(|| address(page + 1));
        Answer::ok(
            200,
            json!({
                name: all[from..until], "page": page, "page_size": size, "start": from,
                "end": until.saturating_sub(1), "uri": address(page),
                "first_page_uri": address(0), "next_page_uri": next,
                "previous_page_uri": page.checked_sub(1).map(address),
            }),
        )
    }
}

fn day_of(text: &str) -> String {
    text.chars().take(10).collect()
}
