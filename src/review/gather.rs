//! Makes the story of a call from the rows that the store has of it. The only place where stories and
//! rows meet.

use std::str::FromStr;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::story::{
    Access, AtTwilio, CallFacts, CallLine, CallStory, Entry, Erased, Hold, Level, NoteRevision, PhoneRow, RosterRow,
    SpokenText,
};
use crate::domain::note;
use crate::domain::time::Timestamp;
use crate::store::story::{CallFound, EventFound, LegFound, NoteFound, RosterFound, TextFound, UndeletedFound};
use crate::store::{Reader, StoreError};

/// The story of a call, whole; of what Twilio has not deleted, the call's own is taken.
pub async fn story(
    reader: &Reader,
    call: &CallFound,
    undeleted: &[UndeletedFound],
    time_zone: Tz,
) -> Result<CallStory, StoreError> {
    let sid = call.call_sid.as_str();
    let events = reader.events_of(sid).await?;
    let until = call.ended_at.as_deref().unwrap_or("9999");
    Ok(CallStory {
        level: Level::Team,
        time_zone,
        call: CallFacts {
            erased: erased(&events)?,
            linked: reader.linked_to(sid).await?,
            at_twilio: at_twilio(sid, undeleted),
            ..facts(call)?
        },
        phones: all(reader.legs_of(sid).await?, phone)?,
        access: access(&events)?,
        entries: all(events, entry)?,
        notes: all(reader.notes_of(sid).await?, note)?,
        texts: all(reader.texts_of(sid).await?, |text| Ok(spoken(text)))?,
        roster: all(reader.roster_between(&call.started_at, until).await?, on_roster)?,
        tally: None,
    })
}

/// One line of a list of calls; of what Twilio has not deleted, the call's own is taken.
pub fn line(call: &CallFound, undeleted: &[UndeletedFound]) -> Result<CallLine, StoreError> {
    let at_twilio = at_twilio(&call.call_sid, undeleted);
    Ok(CallLine { call: CallFacts { at_twilio, ..facts(call)? }, has_note: call.notes > 0 })
}

/// What Twilio has still of a call, each kind once; what was given up comes first.
fn at_twilio(call_sid: &str, undeleted: &[UndeletedFound]) -> Vec<AtTwilio> {
    let own = undeleted.iter().filter(|found| found.call_sid == call_sid);
    let mut all: Vec<AtTwilio> = own
        .map(|found| AtTwilio {
            what: match found.kind.as_str() {
                "delete_messages" => "messages",
                "delete_recordings" => "recordings",
                _ => "records of lines",
            }
            .to_owned(),
            being_asked: found.open,
            answer: found.answer.clone(),
        })
        .collect();
    all.sort_by(|one, other| {
        (one.being_asked, &one.what, &one.answer).cmp(&(other.being_asked, &other.what, &other.answer))
    });
    all.dedup();
    all
}

fn all<T, U>(rows: Vec<T>, of: impl Fn(T) -> Result<U, StoreError>) -> Result<Vec<U>, StoreError> {
    rows.into_iter().map(of).collect()
}

fn parsed<T: FromStr>(table: &'static str, column: &'static str, value: &str) -> Result<T, StoreError> {
    value.parse().map_err(|_| StoreError::Inconsistent { table, column, value: value.to_owned() })
}

fn maybe<T: FromStr>(
    table: &'static str,
    column: &'static str,
    value: &Option<String>,
) -> Result<Option<T>, StoreError> {
    value.as_deref().map(|value| parsed(table, column, value)).transpose()
}

fn facts(call: &CallFound) -> Result<CallFacts, StoreError> {
    let held_since: Option<Timestamp> = maybe("calls", "held_since", &call.held_since)?;
    let tags = call.tags.as_deref().map_or(Ok(Vec::new()), serde_json::from_str);
    let bad_tags = |_| StoreError::Inconsistent { table: "personal", column: "value", value: "tags".to_owned() };
    Ok(CallFacts {
        call_sid: Some(call.call_sid.clone()),
        case_name: call.case_name.clone(),
        case_status: Some(call.case_status.clone()),
        tags: tags.map_err(bad_tags)?,
        caller: call.caller.clone(),
        started_at: parsed("calls", "started_at", &call.started_at)?,
        connected_at: maybe("calls", "connected_at", &call.connected_at)?,
        ended_at: maybe("calls", "ended_at", &call.ended_at)?,
        status: parsed("calls", "status", &call.status)?,
        outcome: maybe("calls", "outcome", &call.outcome)?,
        organiser: call.organiser.clone(),
        wait_seconds: call.wait_seconds,
        talk_seconds: call.talk_seconds,
        rounds: call.round,
        hold: held_since.map(|since| Hold { since, reason: call.hold_reason.clone().unwrap_or_default() }),
        expunge_on: call.expunge_on.clone(),
        erased: Vec::new(),
        linked: Vec::new(),
        at_twilio: Vec::new(),
    })
}

fn phone(leg: LegFound) -> Result<PhoneRow, StoreError> {
    let time = |column, value: &Option<String>| maybe("legs", column, value);
    Ok(PhoneRow {
        organiser: leg.organiser,
        organiser_id: Some(leg.organiser_id),
        number: leg.number,
        round: leg.round,
        status: parsed("legs", "status", &leg.status)?,
        reason: leg.reason,
        planned_at: Some(parsed("legs", "planned_at", &leg.planned_at)?),
        dialed_at: time("dialed_at", &leg.dialed_at)?,
        ringing_at: time("ringing_at", &leg.ringing_at)?,
        answered_at: time("answered_at", &leg.answered_at)?,
        joined_at: time("joined_at", &leg.joined_at)?,
        connected_at: time("connected_at", &leg.connected_at)?,
        disconnected_at: time("disconnected_at", &leg.disconnected_at)?,
        ended_at: time("ended_at", &leg.ended_at)?,
        leg_sid: leg.leg_sid,
    })
}

fn detail(event: &EventFound) -> Result<Map<String, Value>, StoreError> {
    let bad = |_| StoreError::Inconsistent { table: "events", column: "detail", value: event.seq.to_string() };
    serde_json::from_str(&event.detail).map_err(bad)
}

fn entry(event: EventFound) -> Result<Entry, StoreError> {
    Ok(Entry {
        detail: detail(&event)?,
        seq: event.seq,
        at: parsed("events", "at", &event.at)?,
        subject: event.subject,
        organiser: event.organiser,
        leg_sid: event.leg_sid,
        from_status: event.from_status,
        to_status: event.to_status,
        cause: event.cause,
        source: event.source,
        hash: event.hash,
    })
}

/// What reviewers did, as far as it is on record.
fn access(events: &[EventFound]) -> Result<Vec<Access>, StoreError> {
    let reviewed = events.iter().filter(|event| event.subject == "review");
    let access = reviewed.map(|event| {
        let by = detail(event)?.get("by").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        Ok(Access { at: parsed("events", "at", &event.at)?, what: event.cause.clone(), by })
    });
    access.collect()
}

fn erased(events: &[EventFound]) -> Result<Vec<Erased>, StoreError> {
    let mut erased = Vec::new();
    for event in events.iter().filter(|event| event.cause == "record.erased") {
        let at = parsed("events", "at", &event.at)?;
        let detail = detail(event)?;
        let classes = detail.get("classes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let classes = classes.iter().filter_map(Value::as_str);
        erased.extend(classes.map(|class| Erased { class: class.to_owned(), at }));
    }
    Ok(erased)
}

fn note(found: NoteFound) -> Result<NoteRevision, StoreError> {
    let bad = |_| StoreError::Inconsistent { table: "personal", column: "value", value: "a note".to_owned() };
    let kept: note::NoteRevision = serde_json::from_str(&found.value).map_err(bad)?;
    let note::NoteRevision { number, revision, note } = kept;
    Ok(NoteRevision { written_at: parsed("events", "at", &found.at)?, number, revision, note })
}

fn spoken(text: TextFound) -> SpokenText {
    SpokenText { version: text.version, prompt: text.prompt, language: text.language, words: text.words }
}

fn on_roster(row: RosterFound) -> Result<RosterRow, StoreError> {
    Ok(RosterRow {
        name: row.name,
        organiser_id: Some(row.organiser_id),
        number: None,
        since: maybe("events", "at", &row.since)?,
        until: maybe("organisers", "retired_at", &row.until)?,
    })
}
