//! What was decided while the database could not be written comes into it as if nothing had been the
//! matter, and once.

mod hotline;

use std::time::Duration;

use sharedphone::crash::fill_disk;
use sharedphone::domain::errand::{Actor, Basis, Errand};
use sharedphone::domain::input::{Input, LegMoment};
use sharedphone::domain::line::LineStatus;
use sharedphone::domain::note::CaseStatus;
use sharedphone::domain::privacy::DataClass;
use sharedphone::domain::reply::{CallerReply, Reply};
use sharedphone::domain::settings::Limits;
use sharedphone::switchboard::SubmitError;

use self::hotline::{Hotline, begin, caller_line, request};

/// How long the database is not tried again, and a little more.
const A_MOMENT: u64 = 2;

/// Everything on record but what is random or says itself that the database was away.
const RECORD: &str = "SELECT events.at, subject, call_sid, name, from_status, to_status, cause, source,
        json_remove(detail, '$.sealed', '$.set.case_name', '$.set.room', '$.set.organiser_id', '$.commands', '$.sid',
                    '$.leg'),
        (SELECT group_concat(value->>'kind' || ' ' || (value->>'status') || ' ' || (value->>'due_at'))
           FROM json_each(detail, '$.commands'))
   FROM events LEFT JOIN legs USING (call_sid, leg_id)
               LEFT JOIN organisers ON organisers.organiser_id = legs.organiser_id
  WHERE cause NOT IN ('record.created', 'service.caught_up') ORDER BY seq";

/// Ada takes a call and is alone in the room for a while; of another call only its end comes in time.
async fn story(hotline: &mut Hotline) {
    hotline.caller_asks(1, LineStatus::Ringing).await;
    hotline.outbox().await;
    hotline.after(2).await;
    for leg in [0, 1] {
        hotline.leg_is(leg, LineStatus::Ringing).await;
    }
    hotline.leg_asks(0, LegMoment::PickedUp(None)).await;
    hotline.after(3).await;
    hotline.leg_asks(0, LegMoment::Key("1".to_owned())).await;
    hotline.caller_asks(1, LineStatus::InProgress).await;
    hotline.outbox().await;
    hotline.caller_is(2, LineStatus::Completed).await;
    hotline.after(5).await;
    hotline.leg_asks(0, LegMoment::InRoom).await;
    hotline.caller_asks(2, LineStatus::Ringing).await;
    hotline.after(3).await;
    hotline.leg_asks(0, LegMoment::InRoom).await;
    hotline.caller_asks(1, LineStatus::InProgress).await;
    // Nobody is heard of, and so they are asked after.
    hotline.after(40).await;
    hotline.after(40).await;
    hotline.caller_is(1, LineStatus::Completed).await;
    hotline.leg_is(0, LineStatus::Completed).await;
}

/// The record of the story, told with the disk full from one input to another; if it is so to the end, another process
/// takes over.
async fn told(full: std::ops::Range<usize>) -> (Vec<String>, usize) {
    let mut hotline = Hotline::open(Limits::default()).await;
    let to_the_end = full.end == usize::MAX;
    hotline.full = full;
    story(&mut hotline).await;
    fill_disk(false);
    if to_the_end {
        hotline.is_another_process().await;
    }
    hotline.full = 0..0;
    hotline.after(A_MOMENT).await;
    (hotline.sql(RECORD).await, hotline.heard)
}

#[tokio::test]
async fn the_record_is_as_if_the_database_had_never_been_away() {
    let (record, inputs) = told(0..0).await;
    assert!(record.iter().any(|event| event.contains("alone_in_room")), "{record:#?}");
    for from in (2..inputs).step_by(4) {
        for to in [from + 5, from + 20, usize::MAX] {
            let (found, _) = told(from..to).await;
            for (found, wanted) in found.iter().zip(&record) {
                assert_eq!(found, wanted, "the disk was full from {from} to {to}");
            }
            assert_eq!(found.len(), record.len(), "the disk was full from {from} to {to}");
        }
    }
}

#[tokio::test]
async fn a_spool_that_was_not_emptied_is_taken_in_once() {
    let mut hotline = Hotline::open(Limits::default()).await;
    fill_disk(true);
    hotline.caller_asks(1, LineStatus::Ringing).await;
    hotline.outbox().await;
    hotline.leg_asks(0, LegMoment::PickedUp(None)).await;
    for call in 2..=3 {
        let spool = std::fs::read(hotline.spool()).expect("a spool");
        fill_disk(false);
        hotline.after(A_MOMENT).await;
        // As if the service had been killed before it emptied the spool, and the disk had been full again.
        std::fs::write(hotline.spool(), spool).expect("a spool");
        fill_disk(true);
        hotline.dies().await;
        hotline.caller_asks(call, LineStatus::Ringing).await;
    }
    fill_disk(false);
    hotline.after(A_MOMENT).await;
    let once = "SELECT cause, count(*) FROM events WHERE cause IN ('service.started', 'said.screen') GROUP BY 1";
    assert_eq!(hotline.sql(once).await, ["said.screen|1", "service.started|3"]);
    let comes_in = "SELECT count(*), count(DISTINCT call_sid) FROM events WHERE cause = 'call.comes_in'";
    assert_eq!(hotline.sql(comes_in).await, ["3|3"]);
}

/// As much as comes in on a bad evening, and who calls while it is taken in.
#[tokio::test]
async fn a_long_spool_is_taken_in_bit_by_bit_and_callers_are_served_in_between() {
    for dies in [false, true] {
        let mut hotline = Hotline::open(Limits::default()).await;
        fill_disk(true);
        for call in 1..=600 {
            hotline.caller_asks(call, LineStatus::Ringing).await;
            hotline.caller_is(call, LineStatus::Completed).await;
        }
        fill_disk(false);
        hotline.hand.advance(hotline.clock.now() + Duration::from_secs(A_MOMENT));
        assert!(hotline.operator.step().await);
        let calls = "SELECT count(*), count(ended_at) FROM calls";
        assert_eq!(hotline.sql(calls).await, ["500|500"]);
        if dies {
            hotline.dies().await;
            assert_eq!(hotline.sql(calls).await, ["600|600"]);
        }
        assert_eq!(hotline.caller_asks(601, LineStatus::Ringing).await, CallerReply::RingOn { may_hold: true });
        hotline.outbox().await;
        assert_eq!(hotline.legs.len(), 2, "Ada and Ben are rung for them at once");
        let taken = if dies { ["601|600"] } else { ["500|500"] };
        assert_eq!(hotline.sql(calls).await, taken);
        for _ in 0..2 {
            hotline.after(1).await;
        }
        assert_eq!(hotline.sql(calls).await, ["601|600"]);
        let gaps = "SELECT count(*), count(DISTINCT detail->>'spool') FROM events WHERE cause = 'service.caught_up'";
        assert_eq!(hotline.sql(gaps).await, ["2|1"]);
        let back = "SELECT count(*) FROM events a JOIN events b ON b.seq = a.seq + 1 AND b.at < a.at";
        assert_eq!(hotline.sql(back).await, ["0"]);
        assert_eq!(hotline.sql("SELECT count(*) FROM legs WHERE ended_at IS NULL").await, ["2"]);
    }
}

#[tokio::test]
async fn who_starts_on_a_full_disk_knows_what_is_in_the_spool() {
    let mut hotline = Hotline::open(Limits::default()).await;
    fill_disk(true);
    hotline.caller_asks(1, LineStatus::Ringing).await;
    hotline.outbox().await;
    assert_eq!(hotline.legs.len(), 2);
    hotline.dies().await;
    hotline.after(A_MOMENT).await;
    assert_eq!(hotline.caller_asks(1, LineStatus::Ringing).await, CallerReply::RingOn { may_hold: true });
    hotline.outbox().await;
    assert_eq!(hotline.legs.len(), 2, "no phone rings twice");
    hotline.leg_asks(0, LegMoment::PickedUp(None)).await;
    hotline.leg_asks(0, LegMoment::Key("1".to_owned())).await;
    fill_disk(false);
    hotline.after(A_MOMENT).await;
    assert_eq!(hotline.sql("SELECT status, organiser FROM call_history").await, ["active|Ada"]);
}

#[tokio::test]
async fn what_was_rung_this_hour_is_known_on_a_full_disk_also_to_who_starts_there() {
    for dies in [false, true] {
        let limits = Limits { legs_per_hour: Some(2), ..Limits::default() };
        let mut hotline = Hotline::open(limits).await;
        hotline.caller_asks(1, LineStatus::Ringing).await;
        hotline.outbox().await;
        hotline.caller_is(1, LineStatus::Completed).await;
        hotline.outbox().await;
        fill_disk(true);
        if dies {
            hotline.dies().await;
        }
        assert_eq!(hotline.caller_asks(2, LineStatus::Ringing).await, CallerReply::Overloaded, "{dies}");
        fill_disk(false);
        hotline.after(A_MOMENT).await;
        let rung = "SELECT count(legs.leg_id) FROM calls LEFT JOIN legs USING (call_sid) GROUP BY call_sid ORDER BY 1";
        assert_eq!(hotline.sql(rung).await, ["0", "2"], "{dies}");
    }
}

#[tokio::test]
async fn what_people_want_of_the_record_is_refused_meanwhile_and_costs_no_caller_the_answer() {
    let mut hotline = Hotline::open(Limits::default()).await;
    fill_disk(true);
    let errand = Errand::Release { call_sid: caller_line(1) };
    let errand = hotline.switchboard.submit(Input::Errand { errand, by: Actor::Uid(1000) });
    let called = hotline.switchboard.submit(request(1, LineStatus::Ringing));
    let (errand, called, _) = tokio::join!(errand, called, hotline.operator.step());
    assert_eq!(errand, Err(SubmitError::NotDurable));
    assert_eq!(called, Ok(Reply::Caller(CallerReply::RingOn { may_hold: true })));
    fill_disk(false);
}

#[tokio::test]
async fn an_erasure_that_the_database_refuses_costs_nobody_that_they_were_heard_of() {
    let mut hotline = Hotline::open(Limits::default()).await;
    hotline.caller_asks(1, LineStatus::Ringing).await;
    hotline.outbox().await;
    hotline.caller_is(1, LineStatus::Completed).await;
    hotline.outbox().await;
    // Whose first question is late: they have left.
    hotline.caller_is(2, LineStatus::Completed).await;
    let refuses = "CREATE TRIGGER refuses BEFORE INSERT ON events WHEN NEW.cause = 'record.erased'
                   BEGIN SELECT RAISE(ABORT, 'refused'); END";
    rusqlite::Connection::open(hotline.database()).expect("it").execute_batch(refuses).expect("a trigger");
    let errand = Errand::Erase { call_sid: caller_line(1), classes: vec![DataClass::Notes], basis: Basis::Request };
    let errand = hotline.switchboard.submit(Input::Errand { errand, by: Actor::Uid(1000) });
    let (errand, _) = tokio::join!(errand, hotline.operator.step());
    assert_eq!(errand, Err(SubmitError::Refused));
    hotline.caller_asks(2, LineStatus::Ringing).await;
    let rung = "SELECT count(*) FROM legs GROUP BY call_sid";
    assert_eq!(hotline.sql(rung).await, ["2"], "nobody is rung for who has left");
    assert_eq!(hotline.operator.drift().await.expect("a comparison"), [""; 0]);
}

#[tokio::test]
async fn when_the_database_refuses_something_what_is_kept_is_read_anew() {
    let mut hotline = Hotline::open(Limits::default()).await;
    hotline.caller_asks(1, LineStatus::Ringing).await;
    let changes = "DROP TRIGGER calls_update;
                   UPDATE calls SET give_up_at = '2099-01-01T00:00:00.000Z';
                   CREATE TRIGGER refuses BEFORE INSERT ON events WHEN NEW.subject = 'review'
                   BEGIN SELECT RAISE(ABORT, 'refused'); END";
    rusqlite::Connection::open(hotline.database()).expect("it").execute_batch(changes).expect("changed");
    assert_ne!(hotline.operator.drift().await.expect("a comparison"), [""; 0]);
    let errand = Errand::SetStatus { call_sid: caller_line(1), status: CaseStatus::Closed };
    let errand = hotline.switchboard.submit(Input::Errand { errand, by: Actor::Uid(1000) });
    let (errand, _) = tokio::join!(errand, hotline.operator.step());
    assert_eq!(errand, Err(SubmitError::Refused));
    hotline.caller_asks(1, LineStatus::Ringing).await;
    assert_eq!(hotline.operator.drift().await.expect("a comparison"), [""; 0]);
}

#[tokio::test]
async fn who_finds_that_another_service_has_written_meanwhile_leaves() {
    let mut hotline = Hotline::open(Limits::default()).await;
    fill_disk(true);
    hotline.caller_asks(1, LineStatus::Ringing).await;
    fill_disk(false);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (switchboard, mut other) =
        begin(&hotline.database(), elsewhere.path(), &hotline.settings, &hotline.clock).await;
    let (stopping, _) = tokio::join!(switchboard.submit(Input::Stopping), other.step());
    assert_eq!(stopping, Ok(Reply::Noted));
    hotline.hand.advance(hotline.clock.now() + Duration::from_secs(A_MOMENT));
    assert!(!hotline.operator.step().await, "it goes on");
    assert_eq!(hotline.sql("SELECT count(*) FROM calls").await, ["0"]);
}
