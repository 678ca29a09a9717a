-- Further views for analysts, beside call_history, leg_history and event_log. Their columns stay; new ones
-- come last. They use nothing but SQL and SQLite's own JSON functions, so that any shell shows them.
-- Times are UTC text; a column that is NULL says that there is nothing, or that it was erased. Remarks
-- behind columns are shown by .schema. docs/QUERIES.md has questions and their answers.

-- cases: a call as its reviewers talk of it.
CREATE VIEW cases AS
SELECT
    calls.call_sid,
    calls.case_name,
    calls.case_status, -- open, in_review, closed
    calls.started_at,
    calls.ended_at,
    calls.outcome, -- NULL while the call goes on
    calls.held_since, -- since when it is kept whatever [retention] says
    (SELECT personal.value FROM personal
      WHERE personal.call_sid = calls.call_sid AND personal.field = 'hold_reason'
      ORDER BY personal.event_seq DESC LIMIT 1) AS hold_reason, -- the last one given
    calls.expunge_on, -- the day on which everything of it is to be removed
    (SELECT personal.value FROM personal
      WHERE personal.call_sid = calls.call_sid AND personal.field = 'tags'
      ORDER BY personal.event_seq DESC LIMIT 1) AS tags, -- a JSON list
    (SELECT count(*) FROM events
      WHERE events.call_sid = calls.call_sid AND events.cause = 'note.written'
        AND events.detail->>'$.revision' = 1) AS notes, -- how many were written, erased ones too
    (SELECT min(events.at) FROM events
      WHERE events.call_sid = calls.call_sid AND events.cause = 'note.written') AS first_note_at,
    (SELECT max(events.at) FROM events
      WHERE events.call_sid = calls.call_sid AND events.cause = 'note.written') AS last_note_at, -- revisions count
    (SELECT personal.link FROM personal
      WHERE personal.call_sid = calls.call_sid AND personal.field = 'caller') AS caller_link, -- same caller, same link
    (SELECT count(*) FROM personal AS caller JOIN personal AS same ON same.link = caller.link
      WHERE caller.call_sid = calls.call_sid AND caller.field = 'caller'
        AND caller.link IS NOT NULL) AS calls_of_caller -- with this one; 0 for a number that is withheld or erased
FROM calls;

-- rounds: each ringing of the team for a call; from the second on, the caller asked for it by key.
CREATE VIEW rounds AS
SELECT
    begun.call_sid,
    calls.case_name,
    coalesce(begun.detail->>'$.round', 1) AS round,
    begun.at AS began_at,
    (SELECT count(*) FROM legs
      WHERE legs.call_sid = begun.call_sid AND legs.round = coalesce(begun.detail->>'$.round', 1)
        AND legs.dialed_at IS NOT NULL) AS rung, -- how many phones Twilio was asked to ring
    (SELECT count(*) FROM legs
      WHERE legs.call_sid = begun.call_sid AND legs.round = coalesce(begun.detail->>'$.round', 1)
        AND legs.answered_at IS NOT NULL) AS picked_up, -- by somebody or something
    winner_name.name AS organiser, -- who took the call
    winner.joined_at AS taken_at,
    winner.connected_at,
    round((julianday(winner.connected_at) - julianday(begun.at)) * 86400, 3) AS wait_seconds,
    (SELECT CASE next.to_status
              WHEN 'active' THEN 'taken' WHEN 'unanswered' THEN 'unanswered'
              ELSE CASE WHEN calls.outcome = 'refused' THEN 'refused' ELSE 'caller_left' END END
       FROM events AS next
      WHERE next.call_sid = begun.call_sid AND next.seq > begun.seq AND next.subject = 'call'
        AND next.to_status IS NOT NULL
      ORDER BY next.seq LIMIT 1) AS result -- taken, unanswered, caller_left, refused; NULL while it rings
FROM events AS begun
JOIN calls ON calls.call_sid = begun.call_sid
LEFT JOIN legs AS winner
  ON winner.call_sid = begun.call_sid AND winner.round = coalesce(begun.detail->>'$.round', 1)
 AND winner.joined_at IS NOT NULL
LEFT JOIN organisers AS winner_name ON winner_name.organiser_id = winner.organiser_id
WHERE begun.subject = 'call' AND begun.to_status = 'pending';

-- ring_results: what came of ringing each organiser, one row a leg, with the seconds that each step took.
CREATE VIEW ring_results AS
SELECT
    legs.call_sid,
    calls.case_name,
    legs.round,
    organisers.name AS organiser,
    legs.leg_id,
    legs.leg_sid,
    legs.planned_at,
    legs.dialed_at, -- when Twilio was asked to ring; the last time, if it was asked again
    (SELECT min(events.at) FROM events
      WHERE events.call_sid = legs.call_sid AND events.leg_id = legs.leg_id
        AND events.to_status = 'ringing') AS ringing_at, -- may be missing: Twilio's word for it can be lost
    legs.answered_at, -- when somebody or something picked up
    (SELECT min(events.at) FROM events
      WHERE events.call_sid = legs.call_sid AND events.leg_id = legs.leg_id
        AND events.cause GLOB 'key.*' AND events.cause <> 'key.none') AS key_at,
    legs.joined_at AS taken_at,
    legs.connected_at,
    legs.ended_at,
    round((julianday(legs.answered_at) - julianday(legs.dialed_at)) * 86400, 3) AS seconds_to_answer, -- from dialed_at
    round((julianday(legs.joined_at) - julianday(legs.answered_at)) * 86400, 3) AS seconds_to_key, -- of who took it
    round((julianday(legs.connected_at) - julianday(legs.joined_at)) * 86400, 3) AS seconds_to_connection,
    CASE
        WHEN legs.connected_at IS NOT NULL THEN 'connected'
        WHEN legs.joined_at IS NOT NULL THEN 'alone' -- took it, and the caller never came
        WHEN legs.status = 'declined' AND legs.reason = 'other_key' THEN 'declined'
        WHEN legs.status = 'declined' THEN 'no_key' -- a voicemail, a pocket
        WHEN legs.status = 'lost' THEN 'late' -- picked up, and the call was decided
        WHEN legs.status = 'canceled' AND legs.dialed_at IS NULL THEN 'not_rung'
        WHEN legs.status = 'canceled' THEN 'stopped' -- rang until the call was decided
        WHEN legs.status IN ('machine', 'busy', 'no_answer', 'failed', 'unclear') THEN legs.status
        ELSE 'under_way'
    END AS result,
    legs.reason, -- taken, gave_up, caller_left, twilio_21211, sip_404, …
    legs.unclear_at, -- since when nobody knew whether Twilio rings it; stays when that became known
    legs.status
FROM legs
JOIN calls ON calls.call_sid = legs.call_sid
JOIN organisers ON organisers.organiser_id = legs.organiser_id;

-- not_rung: who was on the roster when a call came and was not rung, and why.
CREATE VIEW not_rung AS
SELECT
    events.call_sid,
    calls.case_name,
    coalesce(events.detail->>'$.round', 1) AS round,
    organisers.name AS organiser,
    events.at,
    events.detail->>'$.reason' AS reason, -- own_call, limited, spent; or what decided the call before the phone was rung
    0 AS phone_occupied -- 1: their phone, or the account, was not free
FROM events
JOIN calls ON calls.call_sid = events.call_sid
JOIN organisers ON organisers.organiser_id = events.organiser_id
WHERE events.cause = 'not_rung'
UNION ALL
SELECT
    legs.call_sid,
    calls.case_name,
    legs.round,
    organisers.name,
    legs.planned_at,
    legs.reason,
    EXISTS (SELECT 1 FROM events
             WHERE events.call_sid = legs.call_sid AND events.leg_id = legs.leg_id
               AND events.detail->>'$.set.reason' = 'occupied')
FROM legs
JOIN calls ON calls.call_sid = legs.call_sid
JOIN organisers ON organisers.organiser_id = legs.organiser_id
WHERE legs.dialed_at IS NULL
  AND (legs.status IN ('canceled', 'failed') OR (legs.status = 'planned' AND legs.reason = 'occupied'));

-- conversations: each time in which a caller and an organiser were together.
CREATE VIEW conversations AS
SELECT
    legs.call_sid,
    calls.case_name,
    legs.round,
    organisers.name AS organiser,
    legs.connected_at,
    coalesce(legs.disconnected_at, legs.ended_at) AS disconnected_at,
    round((julianday(coalesce(legs.disconnected_at, legs.ended_at)) - julianday(legs.connected_at)) * 86400, 3)
        AS seconds,
    CASE
        WHEN coalesce(legs.disconnected_at, legs.ended_at) IS NULL THEN NULL -- they still talk
        WHEN EXISTS (SELECT 1 FROM events
                      WHERE events.call_sid = legs.call_sid AND events.cause = 'said.cut_off'
                        AND events.at >= coalesce(legs.disconnected_at, legs.ended_at)
                        AND NOT EXISTS (SELECT 1 FROM events AS again
                                         WHERE again.call_sid = legs.call_sid AND again.subject = 'call'
                                           AND again.to_status = 'pending' AND again.seq < events.seq
                                           AND coalesce(again.detail->>'$.round', 1) > legs.round))
        THEN 'organiser' -- their line ended and the caller's did not: a goodbye, or a dead battery
        ELSE 'caller'
    END AS ended_by
FROM legs
JOIN calls ON calls.call_sid = legs.call_sid
JOIN organisers ON organisers.organiser_id = legs.organiser_id
WHERE legs.connected_at IS NOT NULL;

-- timeline: every event with the names that go with it and, where something was said, the words.
CREATE VIEW timeline AS
SELECT
    events.seq,
    events.at,
    events.call_sid,
    calls.case_name,
    coalesce(organisers.name, events.detail->>'$.by', CASE
        -- What decides a call is not the caller's doing.
        WHEN events.subject = 'call' AND events.to_status IS NOT 'active' AND events.to_status IS NOT 'unanswered'
        THEN 'caller' ELSE events.subject END) AS who, -- an organiser, caller, call, service, uid:1000, …
    events.cause, -- what happened: twilio.ringing, key.1, said.greeting, timer.give_up, …
    events.from_status,
    events.to_status,
    coalesce(events.detail->>'$.reason', events.detail->>'$.set.reason') AS reason,
    spoken_texts.words, -- what was said
    events.source -- who told us: webhook, outbox, timer, reconcile, cli, review:…
FROM events
LEFT JOIN calls ON calls.call_sid = events.call_sid
LEFT JOIN legs ON legs.leg_id = events.leg_id
LEFT JOIN organisers ON organisers.organiser_id = coalesce(events.organiser_id, legs.organiser_id)
LEFT JOIN spoken_texts ON events.cause GLOB 'said.*' AND spoken_texts.version = events.detail->>'$.text';

-- key_presses: every key that a caller or an organiser pressed, or did not press when asked to.
CREATE VIEW key_presses AS
SELECT
    events.seq,
    events.at,
    events.call_sid,
    calls.case_name,
    coalesce(legs.round,
        (SELECT count(*) FROM events AS begun
          WHERE begun.call_sid = events.call_sid AND begun.subject = 'call' AND begun.to_status = 'pending'
            AND begun.seq < events.seq)) AS round,
    CASE events.subject WHEN 'leg' THEN 'organiser' ELSE 'caller' END AS pressed_by,
    organisers.name AS organiser,
    substr(events.cause, 5) AS key, -- 1, other, none
    events.to_status AS led_to -- joined: took the call; declined; pending: the team was rung again; NULL: nothing
FROM events
LEFT JOIN calls ON calls.call_sid = events.call_sid
LEFT JOIN legs ON legs.leg_id = events.leg_id
LEFT JOIN organisers ON organisers.organiser_id = legs.organiser_id
WHERE events.cause GLOB 'key.*'
  AND events.subject IN ('call', 'leg')
  -- The organiser's key is told once more of the call that it decides.
  AND NOT (events.subject = 'call' AND events.to_status IS 'active');

-- prompts_said: everything that was said to a caller or an organiser, word for word.
CREATE VIEW prompts_said AS
SELECT
    events.seq,
    events.at,
    events.call_sid,
    calls.case_name,
    coalesce(legs.round,
        (SELECT count(*) FROM events AS begun
          WHERE begun.call_sid = events.call_sid AND begun.subject = 'call' AND begun.to_status = 'pending'
            AND begun.seq < events.seq)) AS round,
    CASE events.subject WHEN 'leg' THEN 'organiser' ELSE 'caller' END AS said_to,
    organisers.name AS organiser, -- to whom, unless it was the caller
    substr(events.cause, 6) AS prompt,
    spoken_texts.language,
    replace(spoken_texts.words, '{organiser}', coalesce(
        (SELECT winner_name.name
           FROM legs AS winner JOIN organisers AS winner_name ON winner_name.organiser_id = winner.organiser_id
          WHERE winner.call_sid = events.call_sid AND winner.round = legs.round AND winner.joined_at IS NOT NULL),
        '{organiser}')) AS words,
    spoken_texts.version AS text_version
FROM events
LEFT JOIN calls ON calls.call_sid = events.call_sid
LEFT JOIN legs ON legs.leg_id = events.leg_id
LEFT JOIN organisers ON organisers.organiser_id = legs.organiser_id
LEFT JOIN spoken_texts ON spoken_texts.version = events.detail->>'$.text'
WHERE events.cause GLOB 'said.*';

-- commands_sent: each try of each command to Twilio, and the answer.
CREATE VIEW commands_sent AS
SELECT
    steps.seq,
    steps.call_sid,
    calls.case_name,
    legs.round,
    organisers.name AS organiser, -- whose phone it was about, if it was about one
    steps.kind, -- place, hang_up, tell_leg, tell_caller, ask_leg, ask_caller, find_leg, delete_call, …
    steps.tries AS attempt, -- counted from 1
    steps.at AS sent_at,
    steps.next_at AS answered_at,
    round((julianday(steps.next_at) - julianday(steps.at)) * 86400, 3) AS seconds,
    steps.next_result AS answer, -- placed, twilio_21211, busy, unreachable, unclear, completed, …
    CASE WHEN steps.next_result GLOB 'twilio_[0-9]*'
         THEN CAST(substr(steps.next_result, 8) AS INTEGER) END AS twilio_code, -- Twilio's code for a refusal
    steps.next_status AS status, -- done, failed; pending: to be sent again; NULL: no answer yet
    steps.command_id
FROM (SELECT events.seq, events.at, events.call_sid, events.leg_id,
             step.value->>'$.id' AS command_id, step.value->>'$.kind' AS kind,
             step.value->>'$.status' AS status, step.value->>'$.tries' AS tries,
             lead(events.at) OVER command AS next_at,
             lead(step.value->>'$.status') OVER command AS next_status,
             lead(step.value->>'$.result') OVER command AS next_result
        FROM events, json_each(events.detail, '$.commands') AS step
      WINDOW command AS (PARTITION BY events.call_sid, step.value->>'$.id' ORDER BY events.seq)) AS steps
LEFT JOIN calls ON calls.call_sid = steps.call_sid
LEFT JOIN legs ON legs.leg_id = steps.leg_id
LEFT JOIN organisers ON organisers.organiser_id = legs.organiser_id
WHERE steps.status = 'sending';

-- contradictions: what Twilio said that could not be true any more, or was about another line. It is on
-- record and was not applied.
CREATE VIEW contradictions AS
SELECT
    events.seq,
    events.at,
    events.call_sid,
    calls.case_name,
    organisers.name AS organiser,
    events.cause AS reported,
    CASE
        WHEN events.cause = 'stranger' THEN 'another line claimed to be this leg''s'
        WHEN events.detail->>'$.contradicts' IS NOT NULL THEN 'the leg was ' || (events.detail->>'$.contradicts')
        ELSE 'the line was already down'
    END AS known,
    events.detail->>'$.sid' AS stranger_sid
FROM events
LEFT JOIN calls ON calls.call_sid = events.call_sid
LEFT JOIN legs ON legs.leg_id = events.leg_id
LEFT JOIN organisers ON organisers.organiser_id = legs.organiser_id
WHERE events.cause = 'stranger'
   OR events.detail->>'$.contradicts' IS NOT NULL
   OR events.detail->>'$.late' IS NOT NULL;

-- note_revisions: every revision of every note, unless it was erased.
CREATE VIEW note_revisions AS
SELECT
    personal.call_sid,
    calls.case_name,
    personal.value->>'$.number' AS note, -- counted from 1 within its call
    personal.value->>'$.revision' AS revision, -- counted from 1
    events.at AS written_at,
    events.detail->>'$.by' AS written_by, -- who handed it in, as the system knows them
    personal.value->>'$.author' AS author, -- who says to have written it
    personal.value->>'$.happened' AS happened,
    personal.value->>'$.place' AS place,
    personal.value->>'$.ongoing' AS ongoing,
    personal.value->>'$.description' AS description,
    personal.value->>'$.identifying' AS identifying,
    personal.value->>'$.safe_now' AS safe_now,
    personal.value->>'$.follow_up' AS follow_up,
    personal.value->>'$.conflict' AS conflict,
    personal.value->>'$.witnesses' AS witnesses,
    personal.event_seq AS seq
FROM personal
JOIN events ON events.seq = personal.event_seq
JOIN calls ON calls.call_sid = personal.call_sid
WHERE personal.field = 'note';

-- notes: each note as it reads now.
CREATE VIEW notes AS
SELECT
    latest.call_sid,
    latest.case_name,
    latest.note,
    latest.revision,
    (SELECT min(first.written_at) FROM note_revisions AS first
      WHERE first.call_sid = latest.call_sid AND first.note = latest.note) AS first_written_at,
    latest.written_at,
    latest.written_by,
    latest.author,
    latest.happened,
    latest.place,
    latest.ongoing,
    latest.description,
    latest.identifying,
    latest.safe_now,
    latest.follow_up,
    latest.conflict,
    latest.witnesses,
    latest.seq
FROM note_revisions AS latest
WHERE latest.revision = (
    SELECT max(others.revision) FROM note_revisions AS others
     WHERE others.call_sid = latest.call_sid AND others.note = latest.note);

-- access_log: who read, noted, tagged, held, erased, exported or verified what, and when. Reads by other
-- programs than ours leave no trace here.
CREATE VIEW access_log AS
SELECT
    events.seq,
    events.at,
    events.detail->>'$.by' AS who, -- uid:1000 is a user of the machine, service the rules of [retention]
    substr(events.cause, 1, instr(events.cause, '.') - 1) AS area, -- read, note, case, record, roster
    substr(events.cause, instr(events.cause, '.') + 1) AS action, -- shown, exported, written, held, erased, …
    events.call_sid, -- NULL: all of them, or none in particular
    (SELECT first.detail->>'$.set.case_name' FROM events AS first
      WHERE first.call_sid = events.call_sid AND first.detail->>'$.set.case_name' IS NOT NULL
      ORDER BY first.seq LIMIT 1) AS case_name, -- also of a call that was removed
    nullif(json_remove(events.detail, '$.by', '$.set', '$.sealed', '$.commands', '$.remark'), '{}')
        AS particulars, -- a JSON object
    remarks.words AS remark -- why an older copy of the record was accepted
FROM events
LEFT JOIN remarks ON remarks.event_seq = events.seq
WHERE events.subject = 'review' OR events.detail->>'$.by' IS NOT NULL;

-- erasures: what was erased of which call, on which ground, and how far Twilio has followed.
CREATE VIEW erasures AS
SELECT
    events.seq,
    events.at,
    events.call_sid,
    (SELECT first.detail->>'$.set.case_name' FROM events AS first
      WHERE first.call_sid = events.call_sid AND first.detail->>'$.set.case_name' IS NOT NULL
      ORDER BY first.seq LIMIT 1) AS case_name, -- also of a call that was removed
    (SELECT group_concat(class.value, ', ') FROM json_each(events.detail, '$.classes') AS class) AS classes,
    events.detail->>'$.basis' AS basis, -- request, retention, consent, unlawful, order, mistake, restore
    events.detail->>'$.by' AS erased_by,
    (SELECT count(DISTINCT step.value->>'$.id') FROM events AS told, json_each(told.detail, '$.commands') AS step
      WHERE told.call_sid = events.call_sid
        AND step.value->>'$.kind' GLOB 'delete_*') AS deletions_at_twilio, -- ordered for this call, in all
    (SELECT count(DISTINCT step.value->>'$.id') FROM events AS told, json_each(told.detail, '$.commands') AS step
      WHERE told.call_sid = events.call_sid
        AND step.value->>'$.kind' GLOB 'delete_*' AND step.value->>'$.status' = 'done') AS deletions_confirmed
FROM events
WHERE events.cause = 'record.erased';

-- gaps: when the service was not there, from its last event to its next start.
CREATE VIEW gaps AS
SELECT
    events.seq,
    events.detail->>'$.from' AS from_at,
    events.detail->>'$.to' AS to_at,
    round((julianday(events.detail->>'$.to') - julianday(events.detail->>'$.from')) * 86400, 3) AS seconds,
    events.detail->>'$.stopped' AS stopped, -- 1: it was told to stop; 0: it broke off
    json_array_length(events.detail, '$.calls') AS calls -- how many calls lived through it
FROM events
WHERE events.cause = 'service.gap' AND events.call_sid IS NULL;

-- gap_calls: the calls that lived through a gap.
CREATE VIEW gap_calls AS
SELECT
    events.seq, -- of the gap
    events.detail->>'$.from' AS from_at,
    events.detail->>'$.to' AS to_at,
    live.value AS call_sid,
    calls.case_name,
    calls.outcome
FROM events, json_each(events.detail, '$.calls') AS live
LEFT JOIN calls ON calls.call_sid = live.value
WHERE events.cause = 'service.gap' AND events.call_sid IS NULL;

-- roster_history: who joined the roster, changed, left or was forgotten, and until when that held.
CREATE VIEW roster_history AS
SELECT
    events.seq,
    events.at,
    lead(events.at) OVER organiser AS until_at, -- NULL: it holds still
    events.organiser_id,
    organisers.name AS organiser,
    substr(events.cause, 8) AS change, -- added, changed, removed, forgotten
    events.detail->>'$.sealed.number' IS NOT lag(events.detail->>'$.sealed.number') OVER organiser
        AND events.cause <> 'roster.forgotten' AS new_number -- 1: from then on with another number than before
FROM events
LEFT JOIN organisers ON organisers.organiser_id = events.organiser_id
WHERE events.cause GLOB 'roster.*' AND events.call_sid IS NULL
WINDOW organiser AS (PARTITION BY events.organiser_id ORDER BY events.seq);

-- configuration_history: how the service was configured, one row a key, whenever something of it changed.
CREATE VIEW configuration_history AS
SELECT
    configured.seq,
    configured.at,
    (SELECT min(later.at) FROM events AS later
      WHERE later.cause = 'configuration.is' AND later.call_sid IS NULL
        AND later.seq > configured.seq) AS until_at, -- NULL: it holds still
    entry.key,
    entry.value,
    lag(entry.value) OVER one_key AS value_before,
    entry.value IS NOT lag(entry.value) OVER one_key AS changed -- 1: new, or another value than before
FROM events AS configured, json_each(configured.detail, '$.configuration') AS entry
WHERE configured.cause = 'configuration.is' AND configured.call_sid IS NULL
WINDOW one_key AS (PARTITION BY entry.key ORDER BY configured.seq);

-- text_history: the texts for each prompt, when they came in and when they were said.
CREATE VIEW text_history AS
SELECT
    spoken_texts.prompt,
    spoken_texts.language,
    spoken_texts.words, -- {organiser} stands for whoever took the call
    spoken_texts.version,
    events.at AS known_since,
    (SELECT min(later.at)
       FROM spoken_texts AS other JOIN events AS later ON later.seq = other.event_seq
      WHERE other.prompt = spoken_texts.prompt AND later.seq > events.seq) AS replaced_at, -- by a newer text
    said.first_at AS first_said_at,
    said.last_at AS last_said_at
FROM spoken_texts
JOIN events ON events.seq = spoken_texts.event_seq
LEFT JOIN (SELECT events.detail->>'$.text' AS version, min(events.at) AS first_at, max(events.at) AS last_at
             FROM events WHERE events.cause GLOB 'said.*' GROUP BY 1) AS said
  ON said.version = spoken_texts.version;
