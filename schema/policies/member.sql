-- No audience reads members: the two functions below answer all that a request may ask of them.
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
ALTER TABLE member FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON member TO hearth_owner USING (true) WITH CHECK (true);

-- Which audience a token's subject belongs to now; null for nobody, or somebody disabled.
CREATE FUNCTION hearth_audience(asked text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT audience FROM member WHERE subject = asked AND NOT is_disabled $$;

-- Enters a transaction as one member, or as an API key (key: and its public part): sets the scope that the policies go by, until its end.
-- Refuses (SQLSTATE HE401) a subject whose audience is not the role of this connection, so that
-- a member who is moved or disabled, or a key that is revoked, is out from the next request on.
CREATE FUNCTION hearth_enter(asked text)
    RETURNS TABLE (name text, council_gss text, organisation_name text, entered_at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    scope text;
    organisation_id text;
    is_read_only boolean := false;
BEGIN
    IF asked LIKE 'key:%' THEN
        SELECT 'the key ' || api_key.public_id, organisation.name, organisation.id, api_key.is_read_only
        INTO name, organisation_name, organisation_id, is_read_only
        FROM api_key JOIN organisation ON organisation.id = api_key.organisation_id
        WHERE api_key.public_id = substr(asked, length('key:') + 1)
            AND api_key.revoked_at IS NULL AND api_key.expires_at > now()
            AND current_setting('role') = 'hearth_charity';
    ELSE
        SELECT member.name, member.council_gss, organisation.name, organisation.id
        INTO name, council_gss, organisation_name, organisation_id
        FROM member LEFT JOIN organisation ON organisation.id = member.organisation_id
        WHERE member.subject = asked AND NOT member.is_disabled
            AND 'hearth_' || lower(member.audience) = current_setting('role');
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'HE401', MESSAGE = 'not a member of this audience';
    END IF;
    SELECT string_agg(council.gss_code, ',') INTO scope
    FROM council
    WHERE council.gss_code = hearth_enter.council_gss
        OR council.upper_tier_gss = hearth_enter.council_gss;
    PERFORM set_config('hearth.subject', asked, true),
        set_config('hearth.name', name, true),
        set_config('hearth.organisation', coalesce(organisation_name, ''), true),
        set_config('hearth.organisation_id', coalesce(organisation_id, ''), true),
        set_config('hearth.own_gss', coalesce(hearth_enter.council_gss, ''), true),
        set_config('hearth.gss', coalesce(scope, ''), true);
    IF is_read_only THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
    entered_at := now();
    RETURN NEXT;
END $$;

REVOKE EXECUTE ON FUNCTION hearth_audience(text), hearth_enter(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_audience(text) TO hearth_public;
GRANT EXECUTE ON FUNCTION hearth_enter(text) TO hearth_admin, hearth_charity, hearth_council, hearth_liaison;
