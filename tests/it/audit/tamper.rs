//! Twelve kinds of tampering by somebody who owns the database's file and knows how it is made. One
//! checkpoint, taken at the end and kept elsewhere, is all that stands against them.

use std::fs;
use std::path::PathBuf;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sharedphone::store::audit::{self, Point, Witnessed};
use sharedphone::store::{ChainLink, event_hash};
use tempfile::TempDir;

use super::chance::Chance;
use super::world::{World, snapshot};
use super::{sql, verify};

/// So often, and at so many places, each kind is tried.
const PLACES: usize = 50;

const COLUMNS: [&str; 13] = [
    "seq",
    "at",
    "subject",
    "call_sid",
    "leg_id",
    "organiser_id",
    "from_status",
    "to_status",
    "cause",
    "source",
    "detail",
    "previous_hash",
    "hash",
];

/// A kind of tampering: its name, what is done, and whether the database itself gives it away.
type Kind = (&'static str, fn(&mut Tampering<'_>), bool);

const KINDS: [Kind; 12] = [
    ("edit of each column", |tampering| tampering.edit(), true),
    ("delete from the middle", |tampering| tampering.delete(), true),
    ("cut the tail", |tampering| tampering.cut_tail(), false),
    ("swap two rows", |tampering| tampering.swap(), true),
    ("insert", |tampering| tampering.insert(), true),
    ("replace", |tampering| tampering.replace(), true),
    ("fork from a copy", |tampering| tampering.fork(), false),
    ("drop a trigger", |tampering| tampering.drop_trigger(), true),
    ("change a call row", |tampering| tampering.change_call(), true),
    ("remove a leg", |tampering| tampering.remove_leg(), true),
    ("re-chain after an edit", |tampering| tampering.rechain(), false),
    ("older database restored", |tampering| tampering.restore_older(), false),
];

/// A record, copies of it from when it was younger, and what was witnessed at its end.
struct Record {
    folder: TempDir,
    older: Vec<PathBuf>,
    last: i64,
    witnessed: Witnessed,
}

impl Record {
    async fn new() -> Self {
        let mut world = World::new(12).await;
        let copies = tempfile::tempdir().expect("a folder");
        let mut older = Vec::new();
        for number in 0..PLACES {
            world.goes_on(3).await;
            older.push(copies.path().join(format!("{number}.db")));
            snapshot(&world.database(), &older[number]);
        }
        let ended = world.stops().await;
        fs::copy(ended.path().join("sharedphone.db"), copies.path().join("whole.db")).expect("a copy");
        let report = verify(&copies.path().join("whole.db")).expect("an honest record");
        assert!(report.is_intact(), "{:#?}", report.problems);
        let head = report.head.expect("an end");
        let hash = head.hash.parse().expect("a hash");
        let point = Point { seq: head.seq, hash, file: "checkpoints.jsonl".into(), line: 1 };
        Self { folder: copies, older, last: head.seq, witnessed: Witnessed { points: vec![point] } }
    }

    fn whole(&self) -> PathBuf {
        self.folder.path().join("whole.db")
    }
}

/// One copy that is tampered with.
struct Tampering<'a> {
    record: &'a Record,
    copy: PathBuf,
    place: usize,
    chance: Chance,
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_600_are_found() {
    let record = Record::new().await;
    let intact = audit::verify(&record.whole(), &record.witnessed, &mut |_| {}).expect("a record");
    assert!(intact.is_intact() && intact.witnesses == 1, "{:#?}", intact.problems);
    let found = std::thread::scope(|scope| {
        let tries = KINDS.chunks(KINDS.len() / 2).map(|kinds| scope.spawn(|| tries(&record, kinds)));
        tries.collect::<Vec<_>>().into_iter().map(|found| found.join().expect("no panic")).sum::<usize>()
    });
    assert_eq!(found, 600);
}

/// Tries these kinds at every place. Says how often something was found.
fn tries(record: &Record, kinds: &[Kind]) -> usize {
    let mut found = 0;
    for (name, tamper, gives_itself_away) in kinds {
        for place in 0..PLACES {
            let folder = tempfile::tempdir().expect("a folder");
            let copy = folder.path().join("copy.db");
            fs::copy(record.whole(), &copy).expect("a copy");
            let chance = Chance::new(1000 + place as u64);
            let mut tampering = Tampering { record, copy, place, chance };
            tamper(&mut tampering);
            let copy = tampering.copy;
            let report = audit::verify(&copy, &record.witnessed, &mut |_| {}).expect("can be checked");
            assert!(!report.is_intact(), "{name}, place {place}: {report:#?}");
            found += 1;
            if *gives_itself_away {
                let report = verify(&copy).expect("can be checked");
                assert!(!report.is_intact(), "{name}, place {place}, without witnesses");
            }
            if place == 0 {
                println!(
                    "{name}: {}",
                    report.problems.iter().take(2).map(|p| p.to_string()).collect::<Vec<_>>().join(" / ")
                );
            }
        }
    }
    found
}

impl Tampering<'_> {
    /// The number of an event, not before `from`.
    fn event(&mut self, from: i64) -> i64 {
        let room = usize::try_from(self.record.last - from).expect("some events");
        from + i64::try_from(self.chance.below(room)).expect("a small number")
    }

    /// Something is done to the tables, and the guards are put back.
    fn break_in(&mut self, deed: impl FnOnce(&mut Self, &Connection)) {
        let (connection, triggers) = sql::break_in(&self.copy);
        deed(self, &connection);
        sql::leave((connection, triggers));
    }

    fn edit(&mut self) {
        self.break_in(|this, connection| {
            let (seq, column) = (this.event(1), COLUMNS[this.place % COLUMNS.len()]);
            let before = value(connection, &format!("SELECT {column} FROM events WHERE seq = {seq}"));
            let after = this.another(before);
            sql::run(connection, &format!("UPDATE events SET {column} = ?1 WHERE seq = {seq}"), [after]);
        });
    }

    fn delete(&mut self) {
        self.break_in(|this, connection| {
            let seq = this.event(2);
            sql::run(connection, "DELETE FROM events WHERE seq = ?1", [seq]);
        });
    }

    fn cut_tail(&mut self) {
        self.break_in(|this, connection| {
            let seq = this.event(1);
            sql::run(connection, "DELETE FROM events WHERE seq > ?1", [seq]);
        });
    }

    fn swap(&mut self) {
        self.break_in(|this, connection| {
            let one = this.event(1);
            let other = if one == 1 { 2 } else { this.event(1).min(one - 1) };
            for (from, to) in [(one, -1), (other, one), (-1, other)] {
                sql::run(connection, "UPDATE events SET seq = ?2 WHERE seq = ?1", [from, to]);
            }
        });
    }

    fn insert(&mut self) {
        self.break_in(|this, connection| {
            let seq = this.event(2);
            sql::run(connection, "UPDATE events SET seq = -(seq + 1) WHERE seq >= ?1", [seq]);
            sql::run(connection, "UPDATE events SET seq = -seq WHERE seq < 0", []);
            put(connection, made_up(connection, seq));
        });
    }

    fn replace(&mut self) {
        self.break_in(|this, connection| {
            let seq = this.event(2);
            put(connection, made_up(connection, seq));
        });
    }

    /// History goes on otherwise from an older copy, and there is nothing wrong with it in itself.
    fn fork(&mut self) {
        let older = &self.record.older[self.place];
        fs::copy(older, &self.copy).expect("a copy");
        let connection = sql::connect(&self.copy);
        let end = sql::number(&connection, "SELECT max(seq) FROM events");
        // Shorter than the true record, as long, or longer.
        let more = self.record.last - end + i64::try_from(self.chance.below(5)).expect("a small number") - 2;
        for seq in end + 1..=end + more.max(1) {
            put(&connection, made_up(&connection, seq));
        }
        drop(connection);
        let forked = verify(&self.copy).expect("can be checked");
        assert!(forked.is_intact(), "in itself it is: {:#?}", forked.problems);
    }

    fn drop_trigger(&mut self) {
        let connection = sql::connect(&self.copy);
        let triggers = sql::triggers(&connection);
        let (name, made) = &triggers[self.place % triggers.len()];
        sql::run(&connection, &format!("DROP TRIGGER {name}"), []);
        if self.place >= triggers.len() {
            // It is there again, and does nothing.
            let head = made.split("BEGIN").next().expect("its head").split("WHEN").next().expect("its head");
            sql::run(&connection, &format!("{head} WHEN 0 BEGIN SELECT 1; END"), []);
        }
    }

    fn change_call(&mut self) {
        self.break_in(|this, connection| {
            let columns = texts(connection, "SELECT name FROM pragma_table_info('calls')");
            let column = &columns[this.place % columns.len()];
            let call = this.one_of(connection, "SELECT call_sid FROM calls");
            let before = value(connection, &format!("SELECT {column} FROM calls WHERE call_sid = '{call}'"));
            let after = this.another(before);
            let statement = format!("UPDATE calls SET {column} = ?1 WHERE call_sid = '{call}'");
            sql::run(connection, &statement, [after]);
        });
    }

    fn remove_leg(&mut self) {
        self.break_in(|this, connection| {
            let leg = this.one_of(connection, "SELECT leg_id FROM legs");
            // With what hangs on it, or without.
            if this.place % 2 == 0 {
                sql::run(connection, "DELETE FROM outbox WHERE leg_id = ?1", [&leg]);
                sql::run(connection, "DELETE FROM personal WHERE leg_id = ?1", [&leg]);
            }
            sql::run(connection, "DELETE FROM legs WHERE leg_id = ?1", [&leg]);
        });
    }

    /// With all hashes that follow made anew. It is an event that changes no row, so that the tables
    /// don't give it away.
    fn rechain(&mut self) {
        self.break_in(|this, connection| {
            let (column, changed) =
                [("at", "2026-01-01T00:00:00.000Z"), ("cause", "key.1"), ("source", "reconcile"), ("detail", "{}")]
                    [this.place % 4];
            let quiet = format!(
                "SELECT CAST(seq AS TEXT) FROM events WHERE detail NOT LIKE '%\"set\"%' AND call_sid IS NOT NULL
                    AND {column} <> '{changed}'"
            );
            let first: i64 = this.one_of(connection, &quiet).parse().expect("a number");
            sql::run(connection, &format!("UPDATE events SET {column} = ?1 WHERE seq = {first}"), [changed]);
            for seq in first..=this.record.last {
                let mut event = event(connection, seq);
                rehash(connection, &mut event);
                put(connection, event);
            }
        });
    }

    fn restore_older(&mut self) {
        fs::copy(&self.record.older[self.place], &self.copy).expect("a copy");
    }

    fn one_of(&mut self, connection: &Connection, query: &str) -> String {
        let all = texts(connection, query);
        self.chance.of(&all).clone()
    }

    /// A value that differs from this one, by as little as one letter.
    fn another(&mut self, before: Value) -> Value {
        match before {
            Value::Integer(number) => Value::Integer(number + 1 + self.record.last),
            Value::Text(text) if !text.is_empty() => {
                let place = self.chance.below(text.len());
                let letter = if text.as_bytes()[place] == b'7' { '8' } else { '7' };
                let changed = text.char_indices().map(|(at, old)| if at == place { letter } else { old });
                Value::Text(changed.collect())
            }
            Value::Null | Value::Text(_) | Value::Real(_) | Value::Blob(_) => Value::Text("busy".to_owned()),
        }
    }
}

fn column_of(name: &str) -> usize {
    COLUMNS.iter().position(|column| *column == name).expect("a column")
}

fn value(connection: &Connection, query: &str) -> Value {
    connection.query_row(query, [], |row| row.get(0)).expect(query)
}

fn texts(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).expect(query);
    let rows = statement.query_map([], |row| row.get(0)).expect(query);
    rows.map(|row| row.expect("a text")).collect()
}

fn event(connection: &Connection, seq: i64) -> Vec<Value> {
    let query = format!("SELECT {} FROM events WHERE seq = ?1", COLUMNS.join(", "));
    let columns = |row: &rusqlite::Row<'_>| (0..COLUMNS.len()).map(|column| row.get(column)).collect();
    connection.query_row(&query, [seq], columns).expect("an event")
}

/// An event of this number that never happened, well linked to the one before.
fn made_up(connection: &Connection, seq: i64) -> Vec<Value> {
    let mut event = event(connection, seq - 1);
    event[0] = Value::Integer(seq);
    for (column, text) in
        [("subject", "review"), ("cause", "read.listed"), ("source", "cli"), ("detail", "{\"by\":\"uid:7\"}")]
    {
        event[column_of(column)] = Value::Text(text.to_owned());
    }
    for column in ["call_sid", "leg_id", "organiser_id", "from_status", "to_status"] {
        event[column_of(column)] = Value::Null;
    }
    rehash(connection, &mut event);
    event
}

/// Links the event to the one before it, and gives it the right hash.
fn rehash(connection: &Connection, columns: &mut [Value]) {
    let Value::Integer(seq) = columns[0] else { panic!("no number") };
    let previous = match seq {
        1 => sharedphone::store::GENESIS.to_owned(),
        _ => match event(connection, seq - 1).pop() {
            Some(Value::Text(hash)) => hash,
            other => panic!("no hash: {other:?}"),
        },
    };
    let text = |column: usize| match &columns[column] {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let must = |column: usize| text(column).expect("a text");
    let link = ChainLink {
        seq,
        at: must(1),
        subject: must(2),
        ids_and_statuses: [text(3), text(4), text(5), text(6), text(7)],
        cause: must(8),
        source: must(9),
        detail: must(10),
    };
    let hash = event_hash(&previous, &link);
    columns[11] = Value::Text(previous);
    columns[12] = Value::Text(hash);
}

fn put(connection: &Connection, event: Vec<Value>) {
    let places = vec!["?"; COLUMNS.len()].join(", ");
    let statement = format!("INSERT OR REPLACE INTO events ({}) VALUES ({places})", COLUMNS.join(", "));
    connection.execute(&statement, params_from_iter(event)).expect("an event");
}
