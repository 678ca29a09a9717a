-- The record of a hotline: calls, legs, organisers, what happened (events), what Twilio must be
-- told (outbox), and what may have to be forgotten (personal, salts). Times are UTC, RFC 3339 text
-- with milliseconds, written by the service; SQL's own clock functions are never used. The word lists
-- equal the Rust enums; a test compares them.
--
-- Every row of organisers, calls, legs and outbox names in event_seq the event that made it what it is:
-- no column of it changes without a new event about it, whoever writes. An INSERT or UPDATE that names a
-- rowid is looked at too: with OR REPLACE it could push out another row, and no trigger hears of that.

-- What happened, in order, never changed. Holds ids, words and counts of ours; of names, numbers and
-- free text only sealed digests, whose salts can be thrown away.
CREATE TABLE events (
    seq           INTEGER PRIMARY KEY,
    at            TEXT NOT NULL,
    subject       TEXT NOT NULL CHECK (subject IN ('call', 'leg', 'organiser', 'service', 'review')),
    call_sid      TEXT,
    leg_id        TEXT,
    organiser_id  TEXT,
    from_status   TEXT,
    to_status     TEXT,
    cause         TEXT NOT NULL CHECK (cause <> ''),
    source        TEXT NOT NULL CHECK (source IN ('webhook', 'outbox', 'timer', 'reconcile', 'cli') OR source GLOB 'review:*'),
    detail        TEXT NOT NULL CHECK (json_valid(detail)),
    previous_hash TEXT NOT NULL CHECK (length(previous_hash) = 64),
    hash          TEXT NOT NULL CHECK (length(hash) = 64),
    CHECK (subject <> 'call' OR call_sid IS NOT NULL),
    CHECK (subject <> 'leg' OR (call_sid IS NOT NULL AND leg_id IS NOT NULL))
) STRICT;

CREATE INDEX events_of_call ON events (call_sid, seq) WHERE call_sid IS NOT NULL;
-- Erasures, which are witnessed and done again in a copy that is restored.
CREATE INDEX events_of_erasures ON events (seq) WHERE cause = 'record.erased';
-- The numbers of cases that were expunged, so that none is given out again.
CREATE INDEX events_of_expunged_cases ON events (json_extract(detail, '$.case_number')) WHERE cause = 'record.expunged';
-- What the service and its reviewers did, apart from calls.
CREATE INDEX events_by_cause ON events (cause, seq) WHERE call_sid IS NULL;

-- Which record this is, in one row. The secret makes case names and links callers; its digest is in
-- the first event.
CREATE TABLE identity (
    log_id    TEXT PRIMARY KEY CHECK (length(log_id) = 36),
    secret    TEXT NOT NULL CHECK (length(secret) = 64),
    event_seq INTEGER NOT NULL REFERENCES events (seq)
) STRICT;

-- Everybody who is or was on the roster. Name, number and salt go when they are to be forgotten.
CREATE TABLE organisers (
    organiser_id TEXT PRIMARY KEY,
    name         TEXT CHECK (name <> ''),
    number       TEXT CHECK (number GLOB '+[0-9]*'),
    salt         TEXT CHECK (length(salt) = 32),
    retired_at   TEXT,
    event_seq    INTEGER NOT NULL REFERENCES events (seq),
    CHECK ((name IS NULL) = (number IS NULL) AND (name IS NULL) = (salt IS NULL)),
    CHECK (name IS NOT NULL OR retired_at IS NOT NULL)
) STRICT;

-- The case columns (case_name, case_status, held_since, expunge_on) are for the people who review it.
CREATE TABLE calls (
    call_sid       TEXT PRIMARY KEY CHECK (length(call_sid) = 34 AND call_sid GLOB 'CA*'),
    case_number    INTEGER NOT NULL CHECK (case_number >= 1),
    case_name      TEXT NOT NULL CHECK (case_name <> ''),
    status         TEXT NOT NULL CHECK (status IN ('pending', 'active', 'unanswered', 'ended')),
    outcome        TEXT CHECK (outcome IN ('connected', 'abandoned', 'unanswered', 'message_left', 'refused', 'failed')),
    round          INTEGER NOT NULL CHECK (round >= 1),
    room           TEXT NOT NULL,
    caller_in_room INTEGER NOT NULL CHECK (caller_in_room IN (0, 1)),
    started_at     TEXT NOT NULL,
    give_up_at     TEXT NOT NULL,
    connected_at   TEXT,
    ended_at       TEXT,
    case_status    TEXT NOT NULL CHECK (case_status IN ('open', 'in_review', 'closed')),
    held_since     TEXT,
    expunge_on     TEXT,
    event_seq      INTEGER NOT NULL REFERENCES events (seq),
    CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((status = 'ended') = (outcome IS NOT NULL))
) STRICT;

CREATE INDEX calls_live ON calls (started_at) WHERE status <> 'ended';
CREATE INDEX calls_by_start ON calls (started_at);
CREATE UNIQUE INDEX calls_by_case_number ON calls (case_number);
CREATE UNIQUE INDEX calls_by_case_name ON calls (case_name);

CREATE TABLE legs (
    leg_id          TEXT PRIMARY KEY,
    call_sid        TEXT NOT NULL REFERENCES calls (call_sid),
    round           INTEGER NOT NULL CHECK (round >= 1),
    organiser_id    TEXT NOT NULL REFERENCES organisers (organiser_id),
    status          TEXT NOT NULL CHECK (status IN (
        'planned', 'dialing', 'ringing', 'answered', 'joined', 'completed', 'lost', 'declined',
        'machine', 'busy', 'no_answer', 'failed', 'canceled', 'unclear')),
    reason          TEXT,
    leg_sid         TEXT,
    line            TEXT CHECK (line IN (
        'queued', 'initiated', 'ringing', 'in-progress', 'completed', 'busy', 'no-answer', 'failed', 'canceled')),
    lookups         INTEGER NOT NULL CHECK (lookups >= 0),
    planned_at      TEXT NOT NULL,
    dialed_at       TEXT,
    unclear_at      TEXT,
    answered_at     TEXT,
    joined_at       TEXT,
    connected_at    TEXT,
    disconnected_at TEXT,
    ended_at        TEXT,
    event_seq       INTEGER NOT NULL REFERENCES events (seq),
    CHECK ((status IN ('joined', 'completed')) = (joined_at IS NOT NULL)),
    CHECK (connected_at IS NULL OR joined_at IS NOT NULL),
    CHECK (status <> 'unclear' OR unclear_at IS NOT NULL)
) STRICT;

CREATE INDEX legs_of_call ON legs (call_sid);
CREATE INDEX legs_open ON legs (call_sid) WHERE ended_at IS NULL;
-- When each organiser was rung last, and how many were in the last hour.
CREATE INDEX legs_by_dialing ON legs (organiser_id, dialed_at);
CREATE UNIQUE INDEX legs_by_sid ON legs (leg_sid) WHERE leg_sid IS NOT NULL;
-- At most one winner a round.
CREATE UNIQUE INDEX legs_one_winner ON legs (call_sid, round) WHERE joined_at IS NOT NULL;
-- No phone rings twice in a round; a leg that Twilio knows nothing of did not ring.
CREATE UNIQUE INDEX legs_one_ring ON legs (call_sid, round, organiser_id) WHERE reason IS NOT 'absent';

-- What may have to be forgotten: numbers and free text, each vouched for by an event that has its
-- digest, sealed with the salt of its call and class. The latest row of a field counts.
CREATE TABLE personal (
    personal_id INTEGER PRIMARY KEY,
    event_seq   INTEGER NOT NULL REFERENCES events (seq),
    call_sid    TEXT NOT NULL REFERENCES calls (call_sid),
    leg_id      TEXT REFERENCES legs (leg_id),
    class       TEXT NOT NULL CHECK (class IN ('numbers', 'notes')),
    field       TEXT NOT NULL CHECK (field IN ('caller', 'number', 'note', 'tags', 'hold_reason')),
    value       TEXT NOT NULL,
    link        TEXT CHECK (length(link) = 32),
    CHECK ((class = 'numbers') = (field IN ('caller', 'number'))),
    CHECK ((field = 'number') = (leg_id IS NOT NULL)),
    CHECK (link IS NULL OR field = 'caller')
) STRICT;

CREATE UNIQUE INDEX personal_one_an_event ON personal (event_seq, field);
CREATE INDEX personal_of_call ON personal (call_sid, field);
CREATE INDEX personal_of_leg ON personal (leg_id) WHERE leg_id IS NOT NULL;
-- Calls of the same caller share a link, which does not show the number.
CREATE INDEX personal_by_link ON personal (link) WHERE link IS NOT NULL;

-- event_seq: the event that first needed the salt, which is the one with which the call came in, or
-- the first one that sealed something after an erasure.
CREATE TABLE salts (
    call_sid  TEXT NOT NULL REFERENCES calls (call_sid),
    class     TEXT NOT NULL CHECK (class IN ('numbers', 'notes')),
    salt      TEXT NOT NULL CHECK (length(salt) = 32),
    event_seq INTEGER NOT NULL REFERENCES events (seq),
    PRIMARY KEY (call_sid, class)
) STRICT;

-- Every text that was ever spoken, under the version that the events name.
CREATE TABLE spoken_texts (
    version   TEXT PRIMARY KEY CHECK (length(version) = 16),
    prompt    TEXT NOT NULL,
    language  TEXT NOT NULL,
    words     TEXT NOT NULL,
    event_seq INTEGER NOT NULL REFERENCES events (seq)
) STRICT;

-- What somebody wrote about the record itself, such as why an older copy was accepted; its event has
-- its digest.
CREATE TABLE remarks (
    event_seq INTEGER PRIMARY KEY REFERENCES events (seq),
    words     TEXT NOT NULL CHECK (words <> '')
) STRICT;

-- What Twilio must be told or asked; a row stays open until its result is known.
CREATE TABLE outbox (
    command_id TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN (
        'place', 'hang_up', 'tell_leg', 'tell_caller', 'ask_leg', 'ask_caller', 'find_leg', 'hang_up_stranger',
        'delete_messages', 'delete_recordings', 'delete_call')),
    call_sid   TEXT NOT NULL REFERENCES calls (call_sid),
    leg_id     TEXT REFERENCES legs (leg_id),
    target     TEXT,
    status     TEXT NOT NULL CHECK (status IN ('pending', 'sending', 'done', 'failed', 'dropped')),
    tries      INTEGER NOT NULL CHECK (tries >= 0),
    created_at TEXT NOT NULL,
    due_at     TEXT NOT NULL,
    deadline   TEXT NOT NULL,
    result     TEXT,
    event_seq  INTEGER NOT NULL REFERENCES events (seq),
    CHECK (status <> 'sending' OR tries > 0),
    CHECK (kind NOT IN ('hang_up_stranger', 'delete_recordings', 'delete_call') OR target IS NOT NULL),
    CHECK (kind <> 'delete_messages' OR target IS NULL)
) STRICT;

CREATE INDEX outbox_open ON outbox (call_sid) WHERE status IN ('pending', 'sending');
-- A leg is placed by one command; it is sent again only when Twilio certainly did not act.
CREATE UNIQUE INDEX outbox_one_placement ON outbox (leg_id) WHERE kind = 'place';

-- Messages are found by the caller's number, which is kept no longer than it takes to delete them, and
-- apart from the outbox, which is too long to be written anew. The event that orders it has its
-- digest, sealed with the salt.
CREATE TABLE outbox_numbers (
    command_id TEXT PRIMARY KEY REFERENCES outbox (command_id),
    number     TEXT NOT NULL,
    salt       TEXT NOT NULL CHECK (length(salt) = 32)
) STRICT, WITHOUT ROWID;

-- events: only ever appended, densely numbered, each linked to the one before. The insert guard
-- runs before SQLite resolves a conflict, so INSERT OR REPLACE is refused too.
CREATE TRIGGER events_append BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
  OR NEW.previous_hash IS NOT coalesce(
        (SELECT hash FROM events WHERE seq = NEW.seq - 1),
        '0000000000000000000000000000000000000000000000000000000000000000')
BEGIN
    SELECT RAISE(ABORT, 'events is append-only: the next event has seq max + 1 and the hash of the one before');
END;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events is append-only: an event cannot be changed');
END;

CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events is append-only: an event cannot be removed');
END;

-- identity and spoken_texts: written once.
CREATE TRIGGER identity_insert BEFORE INSERT ON identity
WHEN EXISTS (SELECT 1 FROM identity)
  OR NOT EXISTS (SELECT 1 FROM events WHERE seq = NEW.event_seq AND cause = 'record.created')
BEGIN
    SELECT RAISE(ABORT, 'a record has one identity, from its first event on');
END;

CREATE TRIGGER identity_no_update BEFORE UPDATE ON identity
BEGIN
    SELECT RAISE(ABORT, 'the identity of a record cannot be changed');
END;

CREATE TRIGGER identity_no_delete BEFORE DELETE ON identity
BEGIN
    SELECT RAISE(ABORT, 'the identity of a record cannot be removed');
END;

CREATE TRIGGER spoken_texts_insert BEFORE INSERT ON spoken_texts
WHEN EXISTS (SELECT 1 FROM spoken_texts WHERE version = NEW.version)
  OR EXISTS (SELECT 1 FROM spoken_texts WHERE rowid = NEW.rowid)
  OR NOT EXISTS (SELECT 1 FROM events WHERE seq = NEW.event_seq AND subject = 'service')
BEGIN
    SELECT RAISE(ABORT, 'a spoken text is added once, with its event');
END;

CREATE TRIGGER spoken_texts_no_update BEFORE UPDATE ON spoken_texts
BEGIN
    SELECT RAISE(ABORT, 'a spoken text stays as it was spoken');
END;

CREATE TRIGGER spoken_texts_no_delete BEFORE DELETE ON spoken_texts
BEGIN
    SELECT RAISE(ABORT, 'a spoken text cannot be removed');
END;

CREATE TRIGGER remarks_insert BEFORE INSERT ON remarks
WHEN EXISTS (SELECT 1 FROM remarks WHERE event_seq = NEW.event_seq)
  OR NOT EXISTS (
        SELECT 1 FROM events WHERE seq = NEW.event_seq AND json_extract(detail, '$.remark') IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'a remark is added once, with its event');
END;

CREATE TRIGGER remarks_no_update BEFORE UPDATE ON remarks
BEGIN
    SELECT RAISE(ABORT, 'a remark stays as it was written');
END;

CREATE TRIGGER remarks_no_delete BEFORE DELETE ON remarks
BEGIN
    SELECT RAISE(ABORT, 'a remark cannot be removed');
END;

-- organisers, calls and legs: no row and no column of it without the event that tells of it.
CREATE TRIGGER organisers_insert BEFORE INSERT ON organisers
WHEN EXISTS (SELECT 1 FROM organisers WHERE organiser_id = NEW.organiser_id)
  OR EXISTS (SELECT 1 FROM organisers WHERE rowid = NEW.rowid)
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject = 'organiser' AND organiser_id = NEW.organiser_id
          AND call_sid IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'an organiser is added once, with the event that tells of it');
END;

CREATE TRIGGER organisers_update BEFORE UPDATE ON organisers
WHEN NEW.rowid IS NOT OLD.rowid
  OR NEW.organiser_id IS NOT OLD.organiser_id
  OR NEW.event_seq <= OLD.event_seq
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject = 'organiser' AND organiser_id = NEW.organiser_id
          AND call_sid IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'an organiser changes only together with a new event about them');
END;

CREATE TRIGGER organisers_no_delete BEFORE DELETE ON organisers
BEGIN
    SELECT RAISE(ABORT, 'an organiser cannot be removed, only retired');
END;

CREATE TRIGGER calls_insert BEFORE INSERT ON calls
WHEN EXISTS (SELECT 1 FROM calls WHERE call_sid = NEW.call_sid)
  OR EXISTS (SELECT 1 FROM calls WHERE rowid = NEW.rowid)
  OR EXISTS (SELECT 1 FROM calls WHERE case_number = NEW.case_number)
  OR EXISTS (SELECT 1 FROM calls WHERE case_name = NEW.case_name)
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = NEW.call_sid AND seq <= NEW.event_seq AND subject = 'call' AND to_status = NEW.status)
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject IN ('call', 'review') AND call_sid = NEW.call_sid)
  OR EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = NEW.call_sid AND seq > NEW.event_seq AND subject = 'review' AND cause = 'record.expunged')
BEGIN
    SELECT RAISE(ABORT, 'a call is added once, with the event that names its status');
END;

CREATE TRIGGER calls_update BEFORE UPDATE ON calls
WHEN NEW.rowid IS NOT OLD.rowid
  OR NEW.call_sid IS NOT OLD.call_sid
  OR NEW.case_number IS NOT OLD.case_number
  OR NEW.case_name IS NOT OLD.case_name
  OR NEW.started_at IS NOT OLD.started_at
  OR NEW.event_seq <= OLD.event_seq
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject IN ('call', 'review') AND call_sid = NEW.call_sid
          AND (to_status IS NOT NULL OR json_type(detail, '$.set') IS NOT NULL))
  OR (NEW.status IS NOT OLD.status AND NOT EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = NEW.call_sid AND seq > OLD.event_seq AND seq <= NEW.event_seq
          AND subject = 'call' AND to_status = NEW.status))
BEGIN
    SELECT RAISE(ABORT, 'a call changes only together with a new event about it, which names its new status');
END;

CREATE TRIGGER calls_ended_stay BEFORE UPDATE OF status ON calls
WHEN OLD.status = 'ended' AND NEW.status <> 'ended'
BEGIN
    SELECT RAISE(ABORT, 'a call that has ended stays ended');
END;

CREATE TRIGGER calls_delete BEFORE DELETE ON calls
WHEN NOT EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = OLD.call_sid AND seq > OLD.event_seq AND subject = 'review' AND cause = 'record.expunged')
BEGIN
    SELECT RAISE(ABORT, 'a call cannot be removed; sharedphone calls erase does what the law asks for');
END;

CREATE TRIGGER legs_insert BEFORE INSERT ON legs
WHEN EXISTS (SELECT 1 FROM legs WHERE leg_id = NEW.leg_id)
  OR EXISTS (SELECT 1 FROM legs WHERE rowid = NEW.rowid)
  OR EXISTS (SELECT 1 FROM legs WHERE leg_sid = NEW.leg_sid)
  OR EXISTS (
        SELECT 1 FROM legs
        WHERE call_sid = NEW.call_sid AND round = NEW.round AND organiser_id = NEW.organiser_id
          AND reason IS NOT 'absent' AND NEW.reason IS NOT 'absent')
  OR (NEW.joined_at IS NOT NULL AND EXISTS (
        SELECT 1 FROM legs WHERE call_sid = NEW.call_sid AND round = NEW.round AND joined_at IS NOT NULL))
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = NEW.call_sid AND seq <= NEW.event_seq AND subject = 'leg' AND leg_id = NEW.leg_id
          AND to_status = NEW.status)
  OR NOT EXISTS (
        SELECT 1 FROM events WHERE seq = NEW.event_seq AND subject = 'leg' AND leg_id = NEW.leg_id)
  OR EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = NEW.call_sid AND seq > NEW.event_seq AND subject = 'review' AND cause = 'record.expunged')
BEGIN
    SELECT RAISE(ABORT, 'a leg is added once a round and organiser, with the event that names its status');
END;

CREATE TRIGGER legs_update BEFORE UPDATE ON legs
WHEN NEW.rowid IS NOT OLD.rowid
  OR NEW.leg_id IS NOT OLD.leg_id
  OR NEW.call_sid IS NOT OLD.call_sid
  OR NEW.round IS NOT OLD.round
  OR NEW.organiser_id IS NOT OLD.organiser_id
  OR NEW.planned_at IS NOT OLD.planned_at
  OR (OLD.leg_sid IS NOT NULL AND NEW.leg_sid IS NOT OLD.leg_sid)
  OR (NEW.leg_sid IS NOT OLD.leg_sid AND EXISTS (SELECT 1 FROM legs WHERE leg_sid = NEW.leg_sid))
  OR (OLD.joined_at IS NULL AND NEW.joined_at IS NOT NULL AND EXISTS (
        SELECT 1 FROM legs WHERE call_sid = NEW.call_sid AND round = NEW.round AND joined_at IS NOT NULL))
  OR (OLD.reason IS 'absent' AND NEW.reason IS NOT 'absent' AND EXISTS (
        SELECT 1 FROM legs
        WHERE call_sid = NEW.call_sid AND round = NEW.round AND organiser_id = NEW.organiser_id
          AND reason IS NOT 'absent'))
  OR NEW.event_seq <= OLD.event_seq
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject = 'leg' AND leg_id = NEW.leg_id
          AND (to_status IS NOT NULL OR json_type(detail, '$.set') IS NOT NULL))
  OR (NEW.status IS NOT OLD.status AND NOT EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = NEW.call_sid AND seq > OLD.event_seq AND seq <= NEW.event_seq
          AND subject = 'leg' AND leg_id = NEW.leg_id AND to_status = NEW.status))
BEGIN
    SELECT RAISE(ABORT, 'a leg changes only together with a new event about it, which names its new status');
END;

CREATE TRIGGER legs_ended_stay BEFORE UPDATE OF status ON legs
WHEN NEW.status IS NOT OLD.status
 AND OLD.status IN ('completed', 'lost', 'declined', 'machine', 'busy', 'no_answer', 'failed', 'canceled')
BEGIN
    SELECT RAISE(ABORT, 'a leg with a terminal status keeps it');
END;

CREATE TRIGGER legs_delete BEFORE DELETE ON legs
WHEN NOT EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = OLD.call_sid AND seq > OLD.event_seq AND subject = 'review' AND cause = 'record.expunged')
BEGIN
    SELECT RAISE(ABORT, 'a leg cannot be removed; sharedphone calls erase does what the law asks for');
END;

-- personal and salts: each value with the event that seals it; removed only with the event that says so.
CREATE TRIGGER personal_insert BEFORE INSERT ON personal
WHEN EXISTS (SELECT 1 FROM personal WHERE personal_id = NEW.personal_id)
  OR EXISTS (SELECT 1 FROM personal WHERE event_seq = NEW.event_seq AND field = NEW.field)
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND call_sid = NEW.call_sid AND leg_id IS NEW.leg_id
          AND json_extract(detail, '$.sealed.' || NEW.field) IS NOT NULL)
  OR EXISTS (
        SELECT 1 FROM events, json_each(events.detail, '$.classes')
        WHERE events.call_sid = NEW.call_sid AND events.seq > NEW.event_seq AND events.subject = 'review'
          AND events.cause = 'record.erased' AND json_each.value = NEW.class)
BEGIN
    SELECT RAISE(ABORT, 'personal data is added with the event that seals it');
END;

CREATE TRIGGER personal_no_update BEFORE UPDATE ON personal
BEGIN
    SELECT RAISE(ABORT, 'personal data is not changed; a new revision is a new row');
END;

CREATE TRIGGER personal_delete BEFORE DELETE ON personal
WHEN NOT EXISTS (
        SELECT 1 FROM events, json_each(events.detail, '$.classes')
        WHERE events.call_sid = OLD.call_sid AND events.seq > OLD.event_seq AND events.subject = 'review'
          AND events.cause = 'record.erased' AND json_each.value = OLD.class)
BEGIN
    SELECT RAISE(ABORT, 'personal data is removed by sharedphone calls erase, which puts it on record');
END;

CREATE TRIGGER salts_insert BEFORE INSERT ON salts
WHEN EXISTS (SELECT 1 FROM salts WHERE call_sid = NEW.call_sid AND class = NEW.class)
  OR EXISTS (SELECT 1 FROM salts WHERE rowid = NEW.rowid)
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND call_sid = NEW.call_sid
          AND ((subject = 'call' AND from_status IS NULL AND to_status IS NOT NULL)
            OR (subject = 'review' AND NEW.class = 'notes' AND json_type(detail, '$.sealed') IS NOT NULL)))
  OR EXISTS (
        SELECT 1 FROM events, json_each(events.detail, '$.classes')
        WHERE events.call_sid = NEW.call_sid AND events.seq > NEW.event_seq AND events.subject = 'review'
          AND events.cause = 'record.erased' AND json_each.value = NEW.class)
BEGIN
    SELECT RAISE(ABORT, 'a call has one salt a class, added with the event that first needs it');
END;

CREATE TRIGGER salts_no_update BEFORE UPDATE ON salts
BEGIN
    SELECT RAISE(ABORT, 'a salt cannot be changed');
END;

CREATE TRIGGER salts_delete BEFORE DELETE ON salts
WHEN NOT EXISTS (
        SELECT 1 FROM events, json_each(events.detail, '$.classes')
        WHERE events.call_sid = OLD.call_sid AND events.seq > OLD.event_seq AND events.subject = 'review'
          AND events.cause = 'record.erased' AND json_each.value = OLD.class)
BEGIN
    SELECT RAISE(ABORT, 'a salt is removed by sharedphone calls erase, which puts it on record');
END;

-- outbox: each command with the event that ordered it or had it take its last step, and no way back.
CREATE TRIGGER outbox_insert BEFORE INSERT ON outbox
WHEN EXISTS (SELECT 1 FROM outbox WHERE command_id = NEW.command_id)
  OR EXISTS (SELECT 1 FROM outbox WHERE rowid = NEW.rowid)
  OR (NEW.kind = 'place' AND EXISTS (SELECT 1 FROM outbox WHERE leg_id = NEW.leg_id AND kind = 'place'))
  OR NOT EXISTS (
        SELECT 1 FROM events, json_each(events.detail, '$.commands') AS told
        WHERE events.seq = NEW.event_seq AND events.call_sid = NEW.call_sid AND events.leg_id IS NEW.leg_id
          AND told.value->>'id' = NEW.command_id AND told.value->>'kind' = NEW.kind
          AND told.value->>'status' = NEW.status AND told.value->>'tries' = NEW.tries
          AND told.value->>'due_at' = NEW.due_at AND told.value->>'result' IS NEW.result
          AND coalesce(told.value->>'deadline', NEW.deadline) = NEW.deadline
          AND (NEW.kind = 'delete_messages' OR coalesce(told.value->>'target', NEW.target) IS NEW.target))
BEGIN
    SELECT RAISE(ABORT, 'a command is added once, with the event of its call that orders it');
END;

CREATE TRIGGER outbox_update BEFORE UPDATE ON outbox
WHEN NEW.rowid IS NOT OLD.rowid
  OR NEW.command_id IS NOT OLD.command_id
  OR NEW.kind IS NOT OLD.kind
  OR NEW.call_sid IS NOT OLD.call_sid
  OR NEW.leg_id IS NOT OLD.leg_id
  OR NEW.created_at IS NOT OLD.created_at
  OR NEW.deadline IS NOT OLD.deadline
  OR NEW.target IS NOT OLD.target
  OR NEW.tries < OLD.tries
  OR NEW.event_seq <= OLD.event_seq
  OR NOT EXISTS (
        SELECT 1 FROM events, json_each(events.detail, '$.commands') AS told
        WHERE events.seq = NEW.event_seq AND events.call_sid = NEW.call_sid
          AND told.value->>'id' = NEW.command_id AND told.value->>'status' = NEW.status
          AND told.value->>'tries' = NEW.tries AND told.value->>'due_at' = NEW.due_at
          AND told.value->>'result' IS NEW.result)
BEGIN
    SELECT RAISE(ABORT, 'a command changes only together with a new event that tells of its step');
END;

CREATE TRIGGER outbox_closed_stay BEFORE UPDATE ON outbox
WHEN OLD.status IN ('done', 'failed', 'dropped')
BEGIN
    SELECT RAISE(ABORT, 'a command that is done, failed or dropped stays so');
END;

CREATE TRIGGER outbox_delete BEFORE DELETE ON outbox
WHEN NOT EXISTS (
        SELECT 1 FROM events
        WHERE call_sid = OLD.call_sid AND seq > OLD.event_seq AND subject = 'review' AND cause = 'record.expunged')
BEGIN
    SELECT RAISE(ABORT, 'a command cannot be removed; it goes when the timeline of its call is expunged');
END;

CREATE TRIGGER outbox_numbers_insert BEFORE INSERT ON outbox_numbers
WHEN EXISTS (SELECT 1 FROM outbox_numbers WHERE command_id = NEW.command_id)
  OR NOT EXISTS (
        SELECT 1 FROM outbox
        WHERE command_id = NEW.command_id AND kind = 'delete_messages' AND status = 'pending' AND tries = 0)
BEGIN
    SELECT RAISE(ABORT, 'a number is kept for a deletion at Twilio that was ordered just now, and only one');
END;

CREATE TRIGGER outbox_numbers_no_update BEFORE UPDATE ON outbox_numbers
BEGIN
    SELECT RAISE(ABORT, 'the number of a deletion at Twilio cannot be changed');
END;

CREATE TRIGGER outbox_numbers_delete BEFORE DELETE ON outbox_numbers
WHEN EXISTS (SELECT 1 FROM outbox WHERE command_id = OLD.command_id AND status IN ('pending', 'sending'))
BEGIN
    SELECT RAISE(ABORT, 'the number of a deletion at Twilio goes when that is done or given up');
END;

-- The views are the interface for analysts; their columns stay.
CREATE VIEW call_history AS
SELECT
    calls.call_sid,
    (SELECT personal.value FROM personal
      WHERE personal.call_sid = calls.call_sid AND personal.field = 'caller') AS caller,
    calls.started_at,
    calls.connected_at,
    calls.ended_at,
    calls.status,
    calls.outcome,
    (SELECT organisers.name
       FROM legs JOIN organisers USING (organiser_id)
      WHERE legs.call_sid = calls.call_sid AND legs.joined_at IS NOT NULL
      ORDER BY legs.connected_at IS NULL, legs.round LIMIT 1) AS organiser,
    round((julianday(coalesce(calls.connected_at, calls.ended_at)) - julianday(calls.started_at)) * 86400, 3)
        AS wait_seconds,
    (SELECT round(sum((julianday(coalesce(legs.disconnected_at, legs.ended_at)) - julianday(legs.connected_at)) * 86400), 3)
       FROM legs
      WHERE legs.call_sid = calls.call_sid AND legs.connected_at IS NOT NULL) AS talk_seconds
FROM calls;

CREATE VIEW leg_history AS
SELECT
    legs.call_sid,
    legs.leg_sid,
    organisers.name AS organiser,
    (SELECT personal.value FROM personal WHERE personal.leg_id = legs.leg_id) AS number,
    legs.status,
    legs.reason,
    legs.dialed_at AS started_at,
    legs.answered_at,
    legs.ended_at
FROM legs JOIN organisers USING (organiser_id);

CREATE VIEW event_log AS
SELECT
    events.seq,
    events.at,
    events.call_sid,
    legs.leg_sid,
    events.subject,
    events.from_status,
    events.to_status,
    events.cause,
    events.source
FROM events LEFT JOIN legs ON legs.leg_id = events.leg_id;
