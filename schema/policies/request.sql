-- A charity sees and changes its own households' requests. A council sees the need, not the name, of
-- those who agreed that it may seek a match, and of those whom it is or was matched with.
ALTER TABLE request ENABLE ROW LEVEL SECURITY;
ALTER TABLE request FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE ON request TO hearth_admin, hearth_charity;
GRANT SELECT ON request TO hearth_council;

-- Whether a household agrees to `asked_scope` for any of these councils: for each, the latest word on
-- it, or on all councils, counts.
CREATE FUNCTION hearth_consents(asked uuid, asked_scope text, councils text[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public
AS $$
    SELECT coalesce(bool_or(latest.is_given), false)
    FROM unnest(councils) AS council(gss)
    CROSS JOIN LATERAL (
        SELECT is_given FROM consent
        WHERE request_id = asked AND scope = asked_scope AND (gss_code IS NULL OR gss_code = gss)
        ORDER BY at DESC, id DESC LIMIT 1
    ) AS latest
$$;
REVOKE EXECUTE ON FUNCTION hearth_consents(uuid, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_consents(uuid, text, text[]) TO hearth_admin, hearth_charity, hearth_council;

-- Whether anything is proposed, held or accepted for it now, whosever it is.
CREATE FUNCTION hearth_is_matching(asked uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public
AS $$
    SELECT EXISTS (
        SELECT FROM match
        WHERE request_id = asked
            AND (state IN ('PROPOSED', 'ACCEPTED') OR (state = 'HELD' AND held_until > now()))
    )
$$;
REVOKE EXECUTE ON FUNCTION hearth_is_matching(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_is_matching(uuid) TO hearth_admin, hearth_charity, hearth_council;

CREATE POLICY owner ON request TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY admin ON request TO hearth_admin USING (true) WITH CHECK (true);
CREATE POLICY own ON request TO hearth_charity
    USING (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid))
    WITH CHECK (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid));
CREATE POLICY need_read ON request FOR SELECT TO hearth_council
    USING (
        EXISTS (SELECT FROM match WHERE match.request_id = request.id)
        OR (
            status = 'SUBMITTED'
            AND hearth_consents(
                id, 'MATCHING',
                (SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))
            )
        )
    );
