-- The record of a hotline: calls, legs, organisers, what happened (events) and what Twilio must be
-- told (outbox). Times are UTC, RFC 3339 text with milliseconds, written by the service; SQL's own
-- clock functions are never used. The word lists equal the Rust enums; a test compares them.

CREATE TABLE organisers (
    organiser_id TEXT PRIMARY KEY,
    name         TEXT NOT NULL CHECK (name <> ''),
    number       TEXT NOT NULL CHECK (number GLOB '+[0-9]*'),
    retired_at   TEXT
) STRICT;

CREATE UNIQUE INDEX organisers_one_a_number ON organisers (number) WHERE retired_at IS NULL;

-- What happened, in order, never changed. Holds ids and words of ours, no names and no numbers.
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

CREATE TABLE calls (
    call_sid       TEXT PRIMARY KEY CHECK (length(call_sid) = 34 AND call_sid GLOB 'CA*'),
    status         TEXT NOT NULL CHECK (status IN ('pending', 'active', 'unanswered', 'ended')),
    outcome        TEXT CHECK (outcome IN ('connected', 'abandoned', 'unanswered', 'message_left', 'refused', 'failed')),
    caller         TEXT NOT NULL,
    round          INTEGER NOT NULL CHECK (round >= 1),
    room           TEXT NOT NULL,
    caller_in_room INTEGER NOT NULL CHECK (caller_in_room IN (0, 1)),
    started_at     TEXT NOT NULL,
    give_up_at     TEXT NOT NULL,
    connected_at   TEXT,
    ended_at       TEXT,
    event_seq      INTEGER NOT NULL REFERENCES events (seq),
    CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((status = 'ended') = (outcome IS NOT NULL))
) STRICT;

CREATE INDEX calls_live ON calls (started_at) WHERE status <> 'ended';
CREATE INDEX calls_by_start ON calls (started_at);

CREATE TABLE legs (
    leg_id          TEXT PRIMARY KEY,
    call_sid        TEXT NOT NULL REFERENCES calls (call_sid),
    round           INTEGER NOT NULL CHECK (round >= 1),
    organiser_id    TEXT NOT NULL REFERENCES organisers (organiser_id),
    number          TEXT NOT NULL,
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
CREATE UNIQUE INDEX legs_by_sid ON legs (leg_sid) WHERE leg_sid IS NOT NULL;
-- At most one winner a round.
CREATE UNIQUE INDEX legs_one_winner ON legs (call_sid, round) WHERE joined_at IS NOT NULL;
-- No phone rings twice in a round; a leg that Twilio knows nothing of did not ring.
CREATE UNIQUE INDEX legs_one_ring ON legs (call_sid, round, organiser_id) WHERE reason IS NOT 'absent';

-- What Twilio must be told or asked; a row stays open until its result is known.
CREATE TABLE outbox (
    command_id TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN (
        'place', 'hang_up', 'tell_leg', 'tell_caller', 'ask_leg', 'ask_caller', 'find_leg', 'hang_up_stranger')),
    call_sid   TEXT NOT NULL REFERENCES calls (call_sid),
    leg_id     TEXT REFERENCES legs (leg_id),
    stranger   TEXT,
    status     TEXT NOT NULL CHECK (status IN ('pending', 'sending', 'done', 'failed', 'dropped')),
    tries      INTEGER NOT NULL CHECK (tries >= 0),
    created_at TEXT NOT NULL,
    due_at     TEXT NOT NULL,
    deadline   TEXT NOT NULL,
    result     TEXT,
    CHECK (status <> 'sending' OR tries > 0),
    CHECK ((kind = 'hang_up_stranger') = (stranger IS NOT NULL))
) STRICT;

CREATE INDEX outbox_open ON outbox (call_sid) WHERE status IN ('pending', 'sending');
-- A leg is placed by one command; it is sent again only when Twilio certainly did not act.
CREATE UNIQUE INDEX outbox_one_placement ON outbox (leg_id) WHERE kind = 'place';

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

-- calls and legs: no status without the event that tells of it.
CREATE TRIGGER calls_insert BEFORE INSERT ON calls
WHEN EXISTS (SELECT 1 FROM calls WHERE call_sid = NEW.call_sid)
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject = 'call' AND call_sid = NEW.call_sid AND to_status = NEW.status)
BEGIN
    SELECT RAISE(ABORT, 'a call is added once, with the event that names its status');
END;

CREATE TRIGGER calls_update BEFORE UPDATE ON calls
WHEN NEW.call_sid IS NOT OLD.call_sid
  OR NEW.started_at IS NOT OLD.started_at
  OR (NEW.event_seq IS OLD.event_seq AND NEW.status IS NOT OLD.status)
  OR (NEW.event_seq IS NOT OLD.event_seq AND (NEW.event_seq < OLD.event_seq OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject = 'call' AND call_sid = NEW.call_sid AND to_status = NEW.status)))
BEGIN
    SELECT RAISE(ABORT, 'the status of a call changes only together with a new event that names it');
END;

CREATE TRIGGER calls_ended_stay BEFORE UPDATE OF status ON calls
WHEN OLD.status = 'ended' AND NEW.status <> 'ended'
BEGIN
    SELECT RAISE(ABORT, 'a call that has ended stays ended');
END;

CREATE TRIGGER calls_no_delete BEFORE DELETE ON calls
BEGIN
    SELECT RAISE(ABORT, 'a call cannot be removed');
END;

CREATE TRIGGER legs_insert BEFORE INSERT ON legs
WHEN EXISTS (SELECT 1 FROM legs WHERE leg_id = NEW.leg_id)
  OR EXISTS (SELECT 1 FROM legs WHERE leg_sid = NEW.leg_sid)
  OR EXISTS (
        SELECT 1 FROM legs
        WHERE call_sid = NEW.call_sid AND round = NEW.round AND organiser_id = NEW.organiser_id
          AND reason IS NOT 'absent' AND NEW.reason IS NOT 'absent')
  OR (NEW.joined_at IS NOT NULL AND EXISTS (
        SELECT 1 FROM legs WHERE call_sid = NEW.call_sid AND round = NEW.round AND joined_at IS NOT NULL))
  OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject = 'leg' AND leg_id = NEW.leg_id AND to_status = NEW.status)
BEGIN
    SELECT RAISE(ABORT, 'a leg is added once a round and organiser, with the event that names its status');
END;

CREATE TRIGGER legs_update BEFORE UPDATE ON legs
WHEN NEW.leg_id IS NOT OLD.leg_id
  OR NEW.call_sid IS NOT OLD.call_sid
  OR NEW.round IS NOT OLD.round
  OR NEW.organiser_id IS NOT OLD.organiser_id
  OR NEW.planned_at IS NOT OLD.planned_at
  OR (OLD.leg_sid IS NOT NULL AND NEW.leg_sid IS NOT OLD.leg_sid)
  OR (NEW.leg_sid IS NOT OLD.leg_sid AND EXISTS (SELECT 1 FROM legs WHERE leg_sid = NEW.leg_sid))
  OR (OLD.joined_at IS NULL AND NEW.joined_at IS NOT NULL AND EXISTS (
        SELECT 1 FROM legs WHERE call_sid = NEW.call_sid AND round = NEW.round AND joined_at IS NOT NULL))
  OR (NEW.event_seq IS OLD.event_seq AND NEW.status IS NOT OLD.status)
  OR (NEW.event_seq IS NOT OLD.event_seq AND (NEW.event_seq < OLD.event_seq OR NOT EXISTS (
        SELECT 1 FROM events
        WHERE seq = NEW.event_seq AND subject = 'leg' AND leg_id = NEW.leg_id AND to_status = NEW.status)))
BEGIN
    SELECT RAISE(ABORT, 'the status of a leg changes only together with a new event that names it');
END;

CREATE TRIGGER legs_ended_stay BEFORE UPDATE OF status ON legs
WHEN NEW.status IS NOT OLD.status
 AND OLD.status IN ('completed', 'lost', 'declined', 'machine', 'busy', 'no_answer', 'failed', 'canceled')
BEGIN
    SELECT RAISE(ABORT, 'a leg with a terminal status keeps it');
END;

CREATE TRIGGER legs_no_delete BEFORE DELETE ON legs
BEGIN
    SELECT RAISE(ABORT, 'a leg cannot be removed');
END;

-- The views are the interface for analysts; their columns stay.
CREATE VIEW call_history AS
SELECT
    calls.call_sid,
    calls.caller,
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
    legs.number,
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
