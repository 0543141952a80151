-- An administrator reads no case by being one. To read some it breaks the glass: with a reason, for at most
-- four hours, and whoever has a part in those cases reads that it did. Added, never changed.
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
ALTER TABLE break_glass FORCE ROW LEVEL SECURITY;

GRANT SELECT ON break_glass TO hearth_admin, hearth_charity, hearth_council;
GRANT INSERT (id, ends_at, reason, council_gss, request_id) ON break_glass TO hearth_admin;

CREATE POLICY owner ON break_glass TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY all_read ON break_glass FOR SELECT TO hearth_admin
    USING ((SELECT nullif(current_setting('hearth.subject', true), '')) IS NOT NULL);
CREATE POLICY own_add ON break_glass FOR INSERT TO hearth_admin
    WITH CHECK (subject = (SELECT nullif(current_setting('hearth.subject', true), '')));
CREATE POLICY own_read ON break_glass FOR SELECT TO hearth_council
    USING (council_gss_codes && (SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))::text[]);
CREATE POLICY its_read ON break_glass FOR SELECT TO hearth_charity
    USING ((SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid) = ANY (organisation_ids));

-- Who breaks it, what that opens and whom it concerns are facts, whatever the statement says. Of a council,
-- the cases matched with it, as they are now; a case that is not there can't be opened (SQLSTATE HE404).
CREATE FUNCTION hearth_glass_broken() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    NEW.at := now();
    NEW.subject := current_setting('hearth.subject');
    NEW.name := current_setting('hearth.name');
    NEW.request_ids := ARRAY(
        SELECT id FROM request
        WHERE id = NEW.request_id
            OR id IN (SELECT match.request_id FROM match WHERE match.council_gss = NEW.council_gss)
    );
    IF NEW.request_ids = '{}' THEN
        RAISE EXCEPTION USING ERRCODE = 'HE404', MESSAGE = 'no such case';
    END IF;
    NEW.council_gss_codes := ARRAY(
        SELECT DISTINCT match.council_gss FROM match WHERE match.request_id = ANY (NEW.request_ids)
    );
    NEW.organisation_ids := ARRAY(
        SELECT DISTINCT organisation_id FROM request WHERE id = ANY (NEW.request_ids)
    );
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_glass_broken() FROM PUBLIC;
CREATE TRIGGER broken BEFORE INSERT ON break_glass FOR EACH ROW EXECUTE FUNCTION hearth_glass_broken();

-- The requests that are open to the administrator in this transaction. Policies ask it once a statement.
CREATE FUNCTION hearth_opened() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT ARRAY(
        SELECT unnest(request_ids) FROM break_glass
        WHERE subject = nullif(current_setting('hearth.subject', true), '') AND ends_at > now()
    )
$$;
REVOKE EXECUTE ON FUNCTION hearth_opened() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_opened() TO hearth_admin;

-- Here, since it goes by the function above: what was done to a case, an administrator reads while the case is open to it.
CREATE POLICY opened ON audit_event TO hearth_admin
    USING (
        (SELECT nullif(current_setting('hearth.subject', true), '')) IS NOT NULL
        AND (request_id IS NULL OR request_id = ANY ((SELECT hearth_opened())::uuid[]))
    )
    WITH CHECK (
        audience = 'ADMIN'
        AND actor_subject = (SELECT current_setting('hearth.subject', true))
        AND actor_name = (SELECT current_setting('hearth.name', true))
        AND (request_id IS NULL OR request_id = ANY ((SELECT hearth_opened())::uuid[]))
    );
