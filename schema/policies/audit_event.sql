-- Events are added and read, never changed: no audience holds UPDATE or DELETE, and a trigger refuses them
-- to the owner too. Whoever takes the trigger away is found out by the chain (audit_link).
ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_event FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT ON audit_event TO hearth_admin, hearth_charity, hearth_council;
GRANT SELECT ON audit_event TO hearth_relay;

CREATE POLICY owner ON audit_event TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY relay ON audit_event FOR SELECT TO hearth_relay USING (true);
-- A council reads what was done to what is its own; and of a request that it is matched with, while it reads
-- the need, what concerns no council in particular.
CREATE POLICY own_read ON audit_event FOR SELECT TO hearth_council
    USING (
        council_gss = ANY ((SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))::text[])
        OR (
            council_gss IS NULL AND request_id IS NOT NULL
            AND EXISTS (SELECT FROM match WHERE match.request_id = audit_event.request_id)
            AND EXISTS (SELECT FROM request WHERE request.id = audit_event.request_id)
        )
    );
-- What was said of an offer before it was protected may tell where it is.
CREATE POLICY since_protected ON audit_event AS RESTRICTIVE FOR SELECT TO hearth_admin, hearth_council
    USING (
        NOT EXISTS (SELECT FROM offer_address WHERE offer_id = subject_id AND protected_at > audit_event.at)
    );
-- Whoever writes, writes as themselves: of their own council or charity, and of cases that they have a part in.
CREATE POLICY own_write ON audit_event FOR INSERT TO hearth_council
    WITH CHECK (
        audience = 'COUNCIL'
        AND actor_subject = (SELECT current_setting('hearth.subject', true))
        AND actor_name = (SELECT current_setting('hearth.name', true))
        AND council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), ''))
        AND CASE
            WHEN request_id IS NULL THEN organisation_id IS NULL
            ELSE EXISTS (
                SELECT FROM match
                WHERE match.request_id = audit_event.request_id
                    AND match.organisation_id = audit_event.organisation_id
            )
        END
    );
CREATE POLICY charity_read ON audit_event FOR SELECT TO hearth_charity
    USING (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid));
CREATE POLICY charity_write ON audit_event FOR INSERT TO hearth_charity
    WITH CHECK (
        audience = 'CHARITY'
        AND actor_subject = (SELECT current_setting('hearth.subject', true))
        AND actor_name = (SELECT current_setting('hearth.name', true))
        AND CASE
            WHEN request_id IS NULL THEN organisation_id IS NULL AND council_gss IS NULL
            ELSE organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid)
                AND EXISTS (SELECT FROM request WHERE request.id = audit_event.request_id)
                AND (
                    council_gss IS NULL
                    OR EXISTS (
                        SELECT FROM match
                        WHERE match.request_id = audit_event.request_id
                            AND match.council_gss = audit_event.council_gss
                    )
                    OR EXISTS (
                        SELECT FROM consent
                        WHERE consent.request_id = audit_event.request_id
                            AND consent.gss_code = audit_event.council_gss
                    )
                )
        END
    );

-- Every event is to be chained, whoever wrote it; the relay does it a moment later, so that writers don't queue.
CREATE FUNCTION hearth_await_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO audit_pending (event_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_await_chain() FROM PUBLIC;
CREATE TRIGGER await_chain AFTER INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION hearth_await_chain();
