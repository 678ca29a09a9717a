-- When a call is expunged its commands are found by these, and so is whatever might still refer to a leg.
CREATE INDEX outbox_of_call ON outbox (call_sid);
CREATE INDEX outbox_of_leg ON outbox (leg_id) WHERE leg_id IS NOT NULL;

-- What Twilio was to delete, of all calls.
CREATE INDEX outbox_deletions ON outbox (call_sid)
    WHERE kind IN ('delete_messages', 'delete_recordings', 'delete_call');
