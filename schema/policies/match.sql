-- A match concerns two: the offer's council and the request's charity. Both read it, both move it;
-- so may an administrator to whom the case is open (break_glass.sql).
ALTER TABLE match ENABLE ROW LEVEL SECURITY;
ALTER TABLE match FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE ON match TO hearth_admin, hearth_charity, hearth_council;

CREATE POLICY owner ON match TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY opened ON match TO hearth_admin
    USING (request_id = ANY ((SELECT hearth_opened())::uuid[]))
    WITH CHECK (request_id = ANY ((SELECT hearth_opened())::uuid[]));
CREATE POLICY own ON match TO hearth_charity
    USING (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid))
    WITH CHECK (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid));
CREATE POLICY own_read ON match FOR SELECT TO hearth_council
    USING (council_gss = ANY ((SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))::text[]));
CREATE POLICY own_add ON match FOR INSERT TO hearth_council
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));
CREATE POLICY own_change ON match FOR UPDATE TO hearth_council
    USING (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')))
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));

-- Counts an offer's places anew from its matches. Its row is locked by a statement of its own, so that
-- the count sees what the last holder of the lock committed.
CREATE FUNCTION hearth_recount_offer(asked uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM FROM offer WHERE id = asked FOR UPDATE;
    UPDATE offer SET taken = counted.taken, held = counted.held, holds_end_at = counted.holds_end_at
    FROM (
        SELECT
            coalesce(sum(places) FILTER (WHERE state IN ('ACCEPTED', 'PLACED')), 0)::integer AS taken,
            coalesce(sum(places) FILTER (WHERE state = 'HELD' AND held_until > now()), 0)::integer AS held,
            min(held_until) FILTER (WHERE state = 'HELD' AND held_until > now()) AS holds_end_at
        FROM match WHERE offer_id = asked
    ) AS counted
    WHERE id = asked
        AND (offer.taken, offer.held, offer.holds_end_at)
            IS DISTINCT FROM (counted.taken, counted.held, counted.holds_end_at);
END $$;

-- Works out anew where a request stands: PLACED once every kind that it asks for is.
CREATE FUNCTION hearth_recount_request(asked uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE request SET
        status = CASE
            WHEN status IN ('CLOSED', 'WITHDRAWN') THEN status
            WHEN cardinality(kind_codes) = (
                SELECT count(*) FROM match WHERE request_id = asked AND state = 'PLACED'
            ) THEN 'PLACED'
            ELSE 'SUBMITTED'
        END,
        version = version + 1,
        updated_at = now()
    WHERE id = asked;
END $$;

-- What every command on matches does first: locks the requests, then the offers, each in the order of
-- their ids, and ends the holds on any of them that have run out. A hold ends by the clock; this only
-- writes down that it did. What the one who asks has no part in is left alone: a request that they neither
-- see nor were matched with, and an offer that is neither theirs nor, to a charity, open or matched with it.
CREATE FUNCTION hearth_lock_cases(asked_requests uuid[], asked_offers uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    mine text[] := string_to_array(nullif(current_setting('hearth.gss', true), ''), ',');
BEGIN
    asked_requests := ARRAY(
        SELECT asked FROM unnest(asked_requests) AS asked
        WHERE hearth_sees(asked)
            OR EXISTS (SELECT FROM match WHERE request_id = asked AND council_gss = ANY (mine))
    );
    asked_offers := ARRAY(
        SELECT id FROM offer
        WHERE id = ANY (asked_offers) AND CASE current_setting('role')
            WHEN 'hearth_charity' THEN status = 'OPEN' OR EXISTS (
                SELECT FROM match
                WHERE offer_id = offer.id
                    AND organisation_id = nullif(current_setting('hearth.organisation_id', true), '')::uuid
            )
            WHEN 'hearth_council' THEN council_gss = ANY (mine)
            WHEN 'hearth_admin' THEN nullif(current_setting('hearth.subject', true), '') IS NOT NULL
            ELSE pg_has_role(session_user, 'hearth_owner', 'MEMBER')
        END
    );
    PERFORM FROM request WHERE id = ANY (asked_requests) ORDER BY id FOR UPDATE;
    PERFORM FROM offer WHERE id = ANY (asked_offers) ORDER BY id FOR UPDATE;
    WITH ended AS (
        UPDATE match SET state = 'EXPIRED', decided_at = held_until, reason = 'The hold ran out.'
        WHERE state = 'HELD' AND held_until <= now()
            AND (offer_id = ANY (asked_offers) OR request_id = ANY (asked_requests))
        RETURNING match.*
    )
    INSERT INTO request_event (
        id, request_id, at, step, organisation_id, people, kind_codes, match_id, offer_id, council_gss
    )
    SELECT gen_random_uuid(), request_id, held_until, 'EXPIRED', organisation_id, places,
        ARRAY[kind_code], id, offer_id, council_gss
    FROM ended;
END $$;

-- Whether households count on an offer whose cases are not open to the administrator, who so can't tell them.
CREATE FUNCTION hearth_hides_matches(asked uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM match
        WHERE offer_id = asked AND state IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED')
            AND request_id <> ALL (hearth_opened())
    )
$$;
REVOKE EXECUTE ON FUNCTION hearth_hides_matches(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_hides_matches(uuid) TO hearth_admin;

CREATE FUNCTION hearth_lock_case(asked_request uuid, asked_offer uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT hearth_lock_cases(ARRAY[asked_request], ARRAY[asked_offer]) $$;

REVOKE EXECUTE ON FUNCTION hearth_recount_offer(uuid), hearth_recount_request(uuid), hearth_lock_case(uuid, uuid),
    hearth_lock_cases(uuid[], uuid[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_lock_case(uuid, uuid), hearth_lock_cases(uuid[], uuid[])
    TO hearth_admin, hearth_charity, hearth_council;

-- Whose a match is and how many it is for are facts of its offer and its request, whoever proposes it.
CREATE FUNCTION hearth_match_made() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    SELECT council_gss, kind_code INTO NEW.council_gss, NEW.kind_code FROM offer WHERE id = NEW.offer_id;
    SELECT organisation_id, adults + cardinality(child_ages) INTO NEW.organisation_id, NEW.places
    FROM request WHERE id = NEW.request_id;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_match_made() FROM PUBLIC;
CREATE TRIGGER made BEFORE INSERT ON match FOR EACH ROW EXECUTE FUNCTION hearth_match_made();

CREATE FUNCTION hearth_match_moved() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM hearth_recount_offer(NEW.offer_id);
    IF NEW.state = 'ENDED' AND NOT NEW.is_rematched AND NOT EXISTS (
        SELECT FROM match
        WHERE request_id = NEW.request_id AND state IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED')
    ) THEN
        UPDATE request SET status = 'CLOSED', closed_reason = NEW.reason
        WHERE id = NEW.request_id AND status <> 'WITHDRAWN';
    END IF;
    PERFORM hearth_recount_request(NEW.request_id);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_match_moved() FROM PUBLIC;
-- What is let go of or forgotten in an old match moves nothing.
CREATE TRIGGER moved AFTER INSERT OR UPDATE OF held_until, places, state ON match
    FOR EACH ROW EXECUTE FUNCTION hearth_match_moved();
