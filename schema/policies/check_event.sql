-- What reports know of checks over time, in the manner of offer_event. Why a check failed was written
-- by a person and may name one, so it stays with the check.
ALTER TABLE check_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE check_event FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON check_event TO hearth_owner USING (true) WITH CHECK (true);

CREATE FUNCTION hearth_check_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO check_event (id, offer_id, at, council_gss, kind, state, due_on)
    VALUES (
        gen_random_uuid(), NEW.offer_id,
        -- A check that was done on an earlier day counts from then on.
        least(now(), (NEW.done_on + time '12:00') AT TIME ZONE 'Europe/London'),
        NEW.council_gss, NEW.kind, NEW.state, NEW.due_on
    );
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_check_changed() FROM PUBLIC;
-- What was written of it, let go of in time, is no news.
CREATE TRIGGER changed AFTER INSERT OR UPDATE OF state, due_on, done_on ON offer_check
    FOR EACH ROW EXECUTE FUNCTION hearth_check_changed();
