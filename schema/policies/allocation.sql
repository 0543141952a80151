-- An allocation is its council's, or the administrators'. It holds needs and offers, never a name. What
-- it proposes is shown only of requests that the viewer may (still) see: the views below read as them.
ALTER TABLE allocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE allocation FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation_price ENABLE ROW LEVEL SECURITY;
ALTER TABLE allocation_price FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE allocation_proposal FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation_unplaced ENABLE ROW LEVEL SECURITY;
ALTER TABLE allocation_unplaced FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE ON allocation, allocation_proposal TO hearth_admin, hearth_council;
GRANT SELECT, INSERT ON allocation_price, allocation_unplaced TO hearth_admin, hearth_council;

DO $$
DECLARE
    each text;
BEGIN
    FOREACH each IN ARRAY ARRAY['allocation', 'allocation_price', 'allocation_proposal', 'allocation_unplaced'] LOOP
        EXECUTE format('CREATE POLICY owner ON %I TO hearth_owner USING (true) WITH CHECK (true)', each);
        EXECUTE format(
            'CREATE POLICY admin ON %I TO hearth_admin '
            'USING ((SELECT nullif(current_setting(''hearth.subject'', true), '''')) IS NOT NULL)',
            each
        );
        EXECUTE format(
            'CREATE POLICY own ON %I TO hearth_council '
            'USING (owner_gss = (SELECT nullif(current_setting(''hearth.own_gss'', true), ''''))) '
            'WITH CHECK (owner_gss = (SELECT nullif(current_setting(''hearth.own_gss'', true), '''')))',
            each
        );
    END LOOP;
END $$;

-- A proposal reads as the match that it becomes: the same id, and the match itself once there is one.
CREATE VIEW allocation_match WITH (security_invoker = true) AS
SELECT proposal.id, proposal.allocation_id, proposal.request_id, proposal.offer_id, proposal.council_gss,
    proposal.kind_code, proposal.places, coalesce(match.state, proposal.state) AS state, match.held_until,
    match.decided_at, coalesce(match.reason, proposal.reason) AS reason, match.arrived_on, match.ended_on,
    proposal.asks_first, proposal.score, proposal.reasons
FROM allocation_proposal AS proposal
JOIN request ON request.id = proposal.request_id
LEFT JOIN match ON match.id = proposal.id;

CREATE VIEW allocation_without WITH (security_invoker = true) AS
SELECT unplaced.allocation_id, unplaced.request_id, unplaced.kind_code, unplaced.reasons
FROM allocation_unplaced AS unplaced
JOIN request ON request.id = unplaced.request_id;

GRANT SELECT ON allocation_match, allocation_without TO hearth_admin, hearth_council;

-- The next allocation to work on: one that waits, or whose worker has shown no sign of life. Whoever
-- takes it works as the member who asked for it. The number of attempts tells one worker from the next.
CREATE FUNCTION hearth_take_allocation()
    RETURNS TABLE (id uuid, subject text, attempts integer)
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    UPDATE allocation SET state = 'RUNNING', attempts = allocation.attempts + 1, beat_at = now(), updated_at = now()
    WHERE allocation.id = (
        SELECT waits.id FROM allocation AS waits
        WHERE waits.state = 'QUEUED' OR (waits.state = 'RUNNING' AND waits.beat_at < now() - interval '10 seconds')
        ORDER BY waits.created_at LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING allocation.id, allocation.subject, allocation.attempts
$$;

-- How far the worker of one attempt has come; false where the allocation is no longer its to work on.
CREATE FUNCTION hearth_note_allocation(asked uuid, attempt integer, now_state text, now_progress double precision, said text)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE allocation SET state = now_state, progress = now_progress, message = said, beat_at = now(), updated_at = now()
    WHERE allocation.id = asked AND attempts = attempt AND state = 'RUNNING';
    RETURN FOUND;
END $$;

REVOKE EXECUTE ON FUNCTION hearth_take_allocation(), hearth_note_allocation(uuid, integer, text, double precision, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_take_allocation(), hearth_note_allocation(uuid, integer, text, double precision, text)
    TO hearth_relay;
