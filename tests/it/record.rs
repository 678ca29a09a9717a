//! What a test asks of the database's file, from outside, as an analyst would.

use std::collections::HashMap;
use std::path::Path;

use sharedphone::store::audit::{self, Witnessed};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Row, SqliteConnection};

async fn connect(database: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    options.connect().await.expect("the database opens")
}

/// The first columns of a query's rows, as text, with `|` between them.
pub async fn rows(database: &Path, query: &'static str) -> Vec<String> {
    let mut connection = connect(database).await;
    let rows = sqlx::query(query).fetch_all(&mut connection).await.expect(query);
    rows.iter().map(line).collect()
}

/// A query's rows of two columns, as a map.
pub async fn pairs(database: &Path, query: &'static str) -> HashMap<String, String> {
    let rows = rows(database, query).await;
    rows.iter().filter_map(|row| row.split_once('|')).map(|(key, value)| (key.into(), value.into())).collect()
}

fn line(row: &SqliteRow) -> String {
    let cell = |index| row.try_get_unchecked::<Option<String>, _>(index).expect("text").unwrap_or_default();
    (0..row.len()).map(cell).collect::<Vec<_>>().join("|")
}

/// The record is sound: promises 2, 4, 6, 8, 9 and 12 as far as the database shows them.
pub async fn check(database: &Path) {
    let mut connection = connect(database).await;
    for (promise, query) in SOUND {
        let broken: Vec<String> =
            sqlx::query(*query).fetch_all(&mut connection).await.expect(query).iter().map(line).collect();
        assert!(broken.is_empty(), "{promise}: {broken:?}");
    }
    let report = audit::verify(database, &Witnessed::default(), &mut |_| {}).expect("a database that can be checked");
    assert!(report.is_intact(), "9: the record replays to the tables: {:#?}", report.problems);
}

/// Queries that find nothing in a sound record.
pub const SOUND: &[(&str, &str)] = &[
    ("integrity", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
    (
        "2: at most one winner a round",
        "SELECT call_sid, round FROM legs WHERE joined_at IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1",
    ),
    (
        "4: no phone rings twice in a round",
        "SELECT call_sid, round, organiser_id FROM legs WHERE dialed_at IS NOT NULL AND reason IS NOT 'absent'
          GROUP BY 1, 2, 3 HAVING count(*) > 1",
    ),
    (
        "6: a placement is carried out once a leg",
        "SELECT leg_id FROM outbox WHERE kind = 'place' GROUP BY 1 HAVING count(*) > 1",
    ),
    (
        "8: every status is that of its last event",
        "SELECT call_sid, status FROM calls WHERE status IS NOT (
            SELECT to_status FROM events WHERE events.call_sid = calls.call_sid AND subject = 'call'
               AND to_status IS NOT NULL ORDER BY seq DESC LIMIT 1)
         UNION ALL
         SELECT leg_id, status FROM legs WHERE status IS NOT (
            SELECT to_status FROM events WHERE events.call_sid = legs.call_sid AND events.leg_id = legs.leg_id
               AND to_status IS NOT NULL
             ORDER BY seq DESC LIMIT 1)",
    ),
    (
        "8: each event's from_status is the to_status before it",
        "SELECT seq FROM (
            SELECT seq, from_status, lag(to_status) OVER (PARTITION BY subject, call_sid, leg_id ORDER BY seq) AS before
              FROM events WHERE to_status IS NOT NULL) WHERE from_status IS NOT before",
    ),
    (
        "9: the chain is dense and linked",
        "SELECT seq FROM (SELECT seq, previous_hash, lag(hash) OVER (ORDER BY seq) AS before,
                row_number() OVER (ORDER BY seq) AS place FROM events)
          WHERE seq <> place OR (place > 1 AND previous_hash IS NOT before)",
    ),
    (
        "12: no phone number in an event",
        "SELECT seq FROM events, organisers
          WHERE instr(detail, number) > 0 OR instr(cause, number) > 0 OR instr(detail, name) > 0",
    ),
];
