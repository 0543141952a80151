-- No audience reads addresses but through hearth_address, which notes each look in the same transaction.
-- A council's staff may ask which of its offers have one, and which are protected.
ALTER TABLE offer_address ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer_address FORCE ROW LEVEL SECURITY;

GRANT SELECT (offer_id, council_gss, host_agrees, protected_at, shown_to), INSERT, UPDATE ON offer_address
    TO hearth_admin, hearth_council;

CREATE POLICY owner ON offer_address TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY admin ON offer_address TO hearth_admin
    USING ((SELECT nullif(current_setting('hearth.subject', true), '')) IS NOT NULL);
CREATE POLICY own_read ON offer_address FOR SELECT TO hearth_council
    USING (council_gss = ANY ((SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))::text[]));
CREATE POLICY own_add ON offer_address FOR INSERT TO hearth_council
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));
CREATE POLICY own_change ON offer_address FOR UPDATE TO hearth_council
    USING (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')))
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));

-- An offer's sealed address for those who need it: its own council's officers; and a charity whose household's
-- match with it is accepted, once the host agrees. Of a protected offer, only those of them that are on its
-- list. Null for all others.
CREATE FUNCTION hearth_address(asked uuid) RETURNS bytea
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    found offer_address;
    accepted match;
    why text;
BEGIN
    SELECT * INTO found FROM offer_address WHERE offer_id = asked;
    IF found.offer_id IS NULL OR (found.protected_at IS NOT NULL AND NOT hearth_is_listed(found.shown_to)) THEN
        RETURN NULL;
    ELSIF current_setting('role') = 'hearth_council'
        AND found.council_gss = nullif(current_setting('hearth.own_gss', true), '')
    THEN
        why := 'its own offer';
    ELSIF current_setting('role') = 'hearth_charity' AND found.host_agrees THEN
        SELECT * INTO accepted FROM match
        WHERE offer_id = asked AND state IN ('ACCEPTED', 'PLACED')
            AND organisation_id = nullif(current_setting('hearth.organisation_id', true), '')::uuid
        ORDER BY created_at LIMIT 1;
        why := 'match ' || accepted.id;
    END IF;
    IF why IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM hearth_note_look(
        'readAddress', 'Offer', asked, found.council_gss, accepted.organisation_id, accepted.request_id, why
    );
    RETURN found.sealed;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_address(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_address(uuid) TO hearth_admin, hearth_charity, hearth_council;

-- Once a place is protected, no reason that was kept may tell how far it is. Of one request, for its charity
-- or an administrator to whom it is open; or of one offer, for its council or any administrator.
CREATE FUNCTION hearth_forget_place(asked_request uuid, asked_offer uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    told text[] := CASE WHEN asked_offer IS NULL THEN '{distance,preference}' ELSE '{distance}' END;
    kept text;
    is_theirs boolean := CASE
        WHEN asked_offer IS NULL THEN current_setting('role') <> 'hearth_council' AND hearth_sees(asked_request)
        WHEN asked_request IS NOT NULL OR current_setting('role') = 'hearth_charity' THEN false
        ELSE current_setting('role') <> 'hearth_council' OR EXISTS (
            SELECT FROM offer
            WHERE id = asked_offer AND council_gss = nullif(current_setting('hearth.own_gss', true), '')
        )
    END;
BEGIN
    IF is_theirs IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'the place is not theirs to hide';
    END IF;
    FOREACH kept IN ARRAY ARRAY['match', 'allocation_proposal'] LOOP
        EXECUTE format(
            'UPDATE %I AS kept SET reasons = left_over.reasons, score = left_over.score
            FROM (
                SELECT id, coalesce(jsonb_agg(told) FILTER (WHERE told IS NOT NULL), ''[]'') AS reasons,
                    coalesce(sum((told ->> ''points'')::float), 0) AS score
                FROM %I LEFT JOIN LATERAL jsonb_array_elements(reasons) AS each(told)
                    ON told ->> ''rule'' <> ALL ($3)
                WHERE request_id = $1 OR offer_id = $2
                GROUP BY id
            ) AS left_over
            WHERE kept.id = left_over.id AND kept.reasons <> left_over.reasons',
            kept, kept
        ) USING asked_request, asked_offer, told;
    END LOOP;
    UPDATE allocation_unplaced SET reasons = (
        SELECT coalesce(jsonb_agg(each), '[]') FROM jsonb_array_elements(reasons) AS each
        WHERE each ->> 'rule' <> ALL (told)
    ) WHERE request_id = asked_request;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_forget_place(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_forget_place(uuid, uuid) TO hearth_admin, hearth_charity, hearth_council;
