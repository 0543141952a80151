-- No audience reads contacts but through hearth_contact, which notes each look in the same transaction.
ALTER TABLE request_contact ENABLE ROW LEVEL SECURITY;
ALTER TABLE request_contact FORCE ROW LEVEL SECURITY;

GRANT INSERT ON request_contact TO hearth_charity;

CREATE POLICY owner ON request_contact TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY own_add ON request_contact FOR INSERT TO hearth_charity
    WITH CHECK (EXISTS (SELECT FROM request WHERE request.id = request_id));

-- A household's sealed contact for those who need it: its own charity; and a council that it is matched
-- with at this moment, itself or through a lower tier, if the household agreed that this very council may
-- know it; and an administrator to whom the case is open. Null for all others.
CREATE FUNCTION hearth_contact(asked uuid) RETURNS bytea
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public
AS $$
DECLARE
    found bytea;
    why text;
BEGIN
    IF current_setting('role') = 'hearth_charity' THEN
        SELECT 'its own request' INTO why FROM request
        WHERE id = asked
            AND organisation_id = nullif(current_setting('hearth.organisation_id', true), '')::uuid;
    ELSIF current_setting('role') = 'hearth_council' THEN
        SELECT 'match ' || match.id INTO why FROM match
        WHERE request_id = asked
            AND council_gss = ANY (string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))
            AND (
                state IN ('PROPOSED', 'ACCEPTED', 'PLACED')
                OR (state = 'HELD' AND held_until > now())
            )
            AND hearth_consents(
                asked, 'SHARE_WITH_COUNCIL',
                ARRAY[nullif(current_setting('hearth.own_gss', true), '')]
            )
        ORDER BY created_at LIMIT 1;
    ELSIF current_setting('role') = 'hearth_admin' THEN
        SELECT 'break-glass ' || id INTO why FROM break_glass
        WHERE asked = ANY (request_ids) AND ends_at > now()
            AND subject = nullif(current_setting('hearth.subject', true), '')
        ORDER BY at LIMIT 1;
    END IF;
    IF why IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT sealed INTO found FROM request_contact WHERE request_id = asked;
    IF found IS NOT NULL THEN
        INSERT INTO contact_look (id, request_id, subject, why)
        VALUES (gen_random_uuid(), asked, current_setting('hearth.subject'), why);
    END IF;
    RETURN found;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_contact(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_contact(uuid) TO hearth_admin, hearth_charity, hearth_council;
