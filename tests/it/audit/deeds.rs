//! Single deeds of somebody who owns the file, none of which touches the chain: each is found, and the row
//! is named.

use std::fs;
use std::path::Path;
use std::process::Command;

use rusqlite::OptionalExtension;

use super::world::{World, snapshot};
use super::{sql, verify};

/// A deed: the row that it is done to, what is done to `?1`, and what must be said of it.
struct Deed {
    row: &'static str,
    done: &'static str,
    said: &'static str,
}

const DEEDS: [Deed; 19] = [
    Deed {
        row: "SELECT command_id FROM outbox_numbers",
        done: "UPDATE outbox_numbers SET number = '+15550001111' WHERE command_id = ?1",
        said: "is not told to have the target",
    },
    Deed {
        row: "SELECT command_id FROM outbox_numbers",
        done: "UPDATE outbox_numbers SET salt = '0123456789abcdef0123456789abcdef' WHERE command_id = ?1",
        said: "is not told to have the target",
    },
    Deed {
        row: "SELECT command_id FROM outbox_numbers",
        done: "DELETE FROM outbox_numbers WHERE command_id = ?1",
        said: "is not told to have the target",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE kind = 'delete_messages' AND status = 'done'",
        done: "INSERT INTO outbox_numbers VALUES (?1, '+15550001111', '0123456789abcdef0123456789abcdef')",
        said: "is not told to have the target",
    },
    Deed {
        row: "SELECT 'no' || command_id FROM outbox WHERE kind = 'delete_call'",
        done: "INSERT INTO outbox_numbers VALUES (?1, '+15550001111', '0123456789abcdef0123456789abcdef')",
        said: "of which no event tells",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE kind = 'place' AND status = 'done'",
        done: "UPDATE outbox SET target = '+15550001111' WHERE command_id = ?1",
        said: "is not told to have the target",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE kind = 'hang_up_stranger'",
        done: "UPDATE outbox SET target = (SELECT max(call_sid) FROM calls) WHERE command_id = ?1",
        said: "is not told to have the target",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE kind = 'delete_call' AND target = call_sid
              AND EXISTS (SELECT 1 FROM legs WHERE legs.call_sid = outbox.call_sid AND leg_sid IS NOT NULL)",
        done: "UPDATE outbox SET target = (SELECT max(leg_sid) FROM legs WHERE legs.call_sid = outbox.call_sid)
               WHERE command_id = ?1",
        said: "is not told to have the target",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE status = 'pending' AND tries = 0",
        done: "UPDATE outbox SET due_at = '2099-01-01T00:00:00.000Z' WHERE command_id = ?1",
        said: "is not told to have the due_at \"2099",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE status = 'pending' AND tries > 0",
        done: "UPDATE outbox SET due_at = '2099-01-01T00:00:00.000Z' WHERE command_id = ?1",
        said: "is not told to have the due_at \"2099",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE status = 'pending'",
        done: "UPDATE outbox SET deadline = '2026-01-01T00:00:00.000Z' WHERE command_id = ?1",
        said: "is not told to have the deadline \"2026-01",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE status = 'done'",
        done: "UPDATE outbox SET status = 'pending' WHERE command_id = ?1",
        said: "is not told to have the status",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE status = 'done'",
        done: "UPDATE outbox SET event_seq = event_seq + 1 WHERE command_id = ?1",
        said: "is not told to have the event_seq",
    },
    Deed {
        row: "SELECT command_id || '7' FROM outbox WHERE kind = 'hang_up'",
        done: "INSERT INTO outbox SELECT ?1, kind, call_sid, leg_id, target, status, tries, created_at, due_at,
               deadline, result, event_seq FROM outbox WHERE command_id || '7' = ?1",
        said: "of which no event tells",
    },
    Deed {
        row: "SELECT command_id FROM outbox WHERE status = 'pending'",
        done: "DELETE FROM outbox WHERE command_id = ?1",
        said: "is not in the outbox",
    },
    Deed {
        row: "SELECT call_sid FROM salts",
        done: "UPDATE salts SET event_seq = event_seq + 1 WHERE call_sid = ?1",
        said: "names another event than the one that first needed it",
    },
    // The older of two notes, holds or lists of tags is put behind the newer one.
    Deed {
        row: "SELECT CAST(1000000 + min(personal_id) AS TEXT) FROM personal WHERE class = 'notes'
              GROUP BY call_sid, field HAVING count(*) > 1",
        done: "UPDATE personal SET personal_id = ?1 WHERE personal_id = ?1 - 1000000",
        said: "the order of the rows was changed",
    },
    Deed {
        row: "SELECT 'event ' || event_seq FROM remarks",
        done: "UPDATE remarks SET words = 'nothing was lost' WHERE 'event ' || event_seq = ?1",
        said: "the remark that was written with it is not the one that it vouches for",
    },
    Deed {
        row: "SELECT 'event ' || event_seq FROM remarks",
        done: "DELETE FROM remarks WHERE 'event ' || event_seq = ?1",
        said: "the remark that it vouches for is gone",
    },
];

impl Deed {
    /// The row that it would be done to.
    fn row(&self, database: &Path) -> Option<String> {
        sql::connect(database).query_row(self.row, [], |row| row.get(0)).optional().expect(self.row)
    }

    /// Does it to a copy, and has that verified by the library and by the command.
    fn is_found(&self, record: &Path) {
        let copy = record.with_extension("copy");
        fs::copy(record, &copy).expect("a copy");
        let row = self.row(&copy).expect(self.row);
        let (connection, triggers) = sql::break_in(&copy);
        sql::run(&connection, self.done, [&row]);
        sql::leave((connection, triggers));
        let report = verify(&copy).expect("can be checked");
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        let named = |problem: &String| problem.contains(&row) && problem.contains(self.said);
        assert!(problems.iter().any(named), "{}: {problems:#?}", self.done);
        assert!(!problems.iter().any(|problem| problem.contains("+1555")), "no number is shown: {problems:#?}");

        let mut command = Command::new(env!("CARGO_BIN_EXE_sharedphone"));
        command.args(["audit", "verify", "--config", "nowhere.toml", "--database"]).arg(&copy).env_clear();
        let ended = command.output().expect("the binary starts");
        assert_eq!(ended.status.code(), Some(1), "{}: {ended:?}", self.done);
        assert!(String::from_utf8_lossy(&ended.stdout).contains(&row), "{}: {ended:?}", self.done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_found_and_the_row_is_named() {
    let copies = tempfile::tempdir().expect("a folder");
    let record = copies.path().join("record.db");
    let mut undone: Vec<&Deed> = DEEDS.iter().collect();
    // Small records, in which not everything happens, are quicker than one in which it does.
    for seed in 0..200 {
        let mut world = World::new(seed).await;
        world.is_restored().await;
        for _ in 0..20 {
            world.goes_on(5).await;
            // Each is done as soon as there is something to do it to.
            let (now, later) = undone.into_iter().partition(|deed| deed.row(&world.database()).is_some());
            undone = later;
            if !Vec::is_empty(&now) {
                snapshot(&world.database(), &record);
                let report = verify(&record).expect("a record");
                assert!(report.is_intact(), "{:#?}", report.problems);
                now.into_iter().for_each(|deed: &Deed| deed.is_found(&record));
                fs::remove_file(&record).expect("it goes");
            }
        }
        if undone.is_empty() {
            return;
        }
    }
    panic!("never done: {:?}", undone.iter().map(|deed| deed.done).collect::<Vec<_>>());
}
