-- No audience reads keys. What a request may ask of one goes by its public part; the secret is compared in
-- the service, with a pepper that the database has not.
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON api_key TO hearth_owner USING (true) WITH CHECK (true);

-- A key that is live: its digest, what it may do and from where, and whether its use in this hour is noted.
CREATE FUNCTION hearth_key(asked text)
    RETURNS TABLE (
        digest bytea, is_read_only boolean, networks cidr[], expires_at timestamptz, is_noted boolean
    )
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT digest, is_read_only, networks, expires_at,
        coalesce(last_used_at >= date_trunc('hour', now()), false)
    FROM api_key
    WHERE public_id = asked AND revoked_at IS NULL AND expires_at > now()
$$;

-- Notes that a key was used in this hour; no closer, so that nobody's working day can be read from it.
CREATE FUNCTION hearth_note_key(asked text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$ UPDATE api_key SET last_used_at = date_trunc('hour', now()) WHERE public_id = asked $$;

REVOKE EXECUTE ON FUNCTION hearth_key(text), hearth_note_key(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_key(text), hearth_note_key(text) TO hearth_public;
