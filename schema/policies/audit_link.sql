-- The chain over audit_event: the relay alone reads it and adds to it.
ALTER TABLE audit_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_link FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT ON audit_link TO hearth_relay;

CREATE POLICY owner ON audit_link TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY relay ON audit_link TO hearth_relay USING (true) WITH CHECK (true);

-- A link is the next one, of an event that waits for it: else one statement would break the chain for good, since
-- nobody may take a link away.
CREATE FUNCTION hearth_link_made() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM audit_pending WHERE event_id = NEW.event_id;
    IF NOT FOUND OR length(NEW.hash) <> 32
        OR NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM audit_link)
    THEN
        RAISE EXCEPTION 'Link % does not continue the chain of the audit', NEW.position USING ERRCODE = 'HE409';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_link_made() FROM PUBLIC;
CREATE TRIGGER made BEFORE INSERT ON audit_link FOR EACH ROW EXECUTE FUNCTION hearth_link_made();
