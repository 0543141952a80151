-- A charity sees and changes its own households' requests. A council sees the need, not the name, of
-- those who seek, or were matched, and agree that this very council may; and of those with whom it, or a lower
-- tier of it that is not refused by name, has a match that is under way. An administrator sees what is open to
-- it (break_glass.sql).
ALTER TABLE request ENABLE ROW LEVEL SECURITY;
ALTER TABLE request FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE ON request TO hearth_admin, hearth_charity;
GRANT SELECT ON request TO hearth_council;

-- Functions below are a definer's: they read as the owner, whom no policy binds, and so ask for themselves
-- what the one who calls them may know.

-- Whether a household agrees to `asked_scope` for any of these councils: for each, the latest word on
-- it, or on all councils, counts. A charity asks of its own households, a council of itself and its lower
-- tiers, an administrator of what is open to it; to all else the answer is no.
CREATE FUNCTION hearth_consents(asked uuid, asked_scope text, councils text[]) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_setting('role') = 'hearth_council' THEN
        IF (councils <@ string_to_array(current_setting('hearth.gss', true), ',')) IS NOT TRUE THEN
            RETURN false;
        END IF;
    ELSIF NOT hearth_sees(asked) THEN
        RETURN false;
    END IF;
    RETURN coalesce(bool_or(latest.is_given), false)
    FROM unnest(councils) AS council(gss)
    CROSS JOIN LATERAL (
        SELECT is_given FROM consent
        WHERE request_id = asked AND scope = asked_scope AND (gss_code IS NULL OR gss_code = gss)
        ORDER BY at DESC, id DESC LIMIT 1
    ) AS latest;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_consents(uuid, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_consents(uuid, text, text[]) TO hearth_admin, hearth_charity, hearth_council;

-- Whether a household refuses to be matched with this council by its name, and has not agreed since; a
-- council asks it of itself.
CREATE FUNCTION hearth_refuses(asked uuid, gss text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT gss = ANY (string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))
        AND NOT hearth_consents(asked, 'MATCHING', ARRAY[gss]) AND EXISTS (
        SELECT FROM consent
        WHERE request_id = asked AND scope = 'MATCHING' AND gss_code = gss AND NOT is_given
    )
$$;
REVOKE EXECUTE ON FUNCTION hearth_refuses(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_refuses(uuid, text) TO hearth_council;

-- Whether the policies below show this request to the one who asks.
CREATE FUNCTION hearth_sees(asked uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    gss text[] := string_to_array(current_setting('hearth.gss', true), ',');
    own_gss text := nullif(current_setting('hearth.own_gss', true), '');
BEGIN
    CASE current_setting('role')
        WHEN 'hearth_charity' THEN
            RETURN EXISTS (
                SELECT FROM request
                WHERE id = asked
                    AND organisation_id = nullif(current_setting('hearth.organisation_id', true), '')::uuid
            );
        WHEN 'hearth_council' THEN
            RETURN (
                hearth_consents(asked, 'MATCHING', ARRAY[own_gss]) AND (
                    EXISTS (SELECT FROM request WHERE id = asked AND status = 'SUBMITTED')
                    OR EXISTS (SELECT FROM match WHERE request_id = asked AND council_gss = ANY (gss))
                )
            ) OR EXISTS (
                SELECT FROM match
                WHERE request_id = asked AND council_gss = ANY (gss)
                    AND (state IN ('PROPOSED', 'ACCEPTED', 'PLACED') OR (state = 'HELD' AND held_until > now()))
                    AND (council_gss = own_gss OR NOT hearth_refuses(asked, own_gss))
            );
        WHEN 'hearth_admin' THEN
            RETURN coalesce(asked = ANY (hearth_opened()), false);
        ELSE
            RETURN pg_has_role(session_user, 'hearth_owner', 'MEMBER');
    END CASE;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_sees(uuid) FROM PUBLIC;

-- Whether anything is proposed, held or accepted for it now, whosever it is.
CREATE FUNCTION hearth_is_matching(asked uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM match
        WHERE request_id = asked
            AND (state IN ('PROPOSED', 'ACCEPTED') OR (state = 'HELD' AND held_until > now()))
    ) AND hearth_sees(asked)
$$;
REVOKE EXECUTE ON FUNCTION hearth_is_matching(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_is_matching(uuid) TO hearth_admin, hearth_charity, hearth_council;

CREATE POLICY owner ON request TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY opened ON request TO hearth_admin
    USING (id = ANY ((SELECT hearth_opened())::uuid[]))
    WITH CHECK (id = ANY ((SELECT hearth_opened())::uuid[]));
CREATE POLICY own ON request TO hearth_charity
    USING (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid))
    WITH CHECK (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid));
CREATE POLICY need_read ON request FOR SELECT TO hearth_council
    USING (
        EXISTS (
            SELECT FROM match
            WHERE match.request_id = request.id
                AND (
                    match.state IN ('PROPOSED', 'ACCEPTED', 'PLACED')
                    OR (match.state = 'HELD' AND match.held_until > now())
                )
                AND (
                    match.council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), ''))
                    OR NOT hearth_refuses(request.id, (SELECT current_setting('hearth.own_gss', true)))
                )
        )
        OR (
            (status = 'SUBMITTED' OR EXISTS (SELECT FROM match WHERE match.request_id = request.id))
            AND (SELECT nullif(current_setting('hearth.own_gss', true), '')) IS NOT NULL
            AND hearth_consents(id, 'MATCHING', (SELECT ARRAY[current_setting('hearth.own_gss', true)]))
        )
    );

-- What proposing depends on beside the pair itself, worked out once for a request that the viewer sees:
-- whether it agrees to be matched with all councils, those for which the opposite holds, the kinds for
-- which a match is live or was a placement that ended for good, and the offers that were declined.
CREATE FUNCTION hearth_standing(asked uuid)
    RETURNS TABLE (agrees_to_all boolean, except_for text[], live_kinds text[], declined_offers uuid[])
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH said AS (SELECT gss_code, is_given, at, id FROM consent WHERE request_id = asked AND scope = 'MATCHING'),
    for_all AS (
        SELECT coalesce(
            (SELECT is_given FROM said WHERE gss_code IS NULL ORDER BY at DESC, id DESC LIMIT 1), false
        ) AS agrees
    )
    SELECT
        agrees,
        ARRAY(
            SELECT named.gss_code FROM (SELECT DISTINCT gss_code FROM said) AS named
            CROSS JOIN LATERAL (
                SELECT is_given FROM said
                WHERE said.gss_code IS NULL OR said.gss_code = named.gss_code
                ORDER BY at DESC, id DESC LIMIT 1
            ) AS latest
            WHERE named.gss_code IS NOT NULL AND latest.is_given <> agrees
        ),
        coalesce(
            (
                SELECT array_agg(kind_code) FROM match
                WHERE request_id = asked
                    AND (
                        state IN ('PROPOSED', 'ACCEPTED', 'PLACED')
                        OR (state = 'HELD' AND held_until > now())
                        OR (state = 'ENDED' AND NOT is_rematched)
                    )
            ),
            '{}'
        ),
        coalesce(
            (SELECT array_agg(offer_id) FROM match WHERE request_id = asked AND state = 'DECLINED'),
            '{}'
        )
    FROM for_all
    WHERE hearth_sees(asked)
$$;
REVOKE EXECUTE ON FUNCTION hearth_standing(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_standing(uuid) TO hearth_admin, hearth_charity, hearth_council;
