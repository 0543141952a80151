-- No audience reads contacts but through hearth_contact, which notes each look in the same transaction.
ALTER TABLE request_contact ENABLE ROW LEVEL SECURITY;
ALTER TABLE request_contact FORCE ROW LEVEL SECURITY;

GRANT SELECT (request_id, protected_at), INSERT, UPDATE ON request_contact TO hearth_charity;

CREATE POLICY owner ON request_contact TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY own ON request_contact TO hearth_charity
    USING (EXISTS (SELECT FROM request WHERE request.id = request_id))
    WITH CHECK (EXISTS (SELECT FROM request WHERE request.id = request_id));

-- Whether the viewer is on a safety list: itself by subject, or its council by GSS code.
CREATE FUNCTION hearth_is_listed(shown_to text[]) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(
        nullif(current_setting('hearth.subject', true), '') = ANY (shown_to)
        OR nullif(current_setting('hearth.own_gss', true), '') = ANY (shown_to),
        false
    )
$$;

-- Every look at personal data is noted in the audit, and so in its chain.
CREATE FUNCTION hearth_note_look(
    command text, subject_type text, subject_id uuid, gss text, organisation uuid, request uuid, why text
) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    INSERT INTO audit_event (
        id, actor_subject, actor_name, audience, council_gss, command, subject_type, subject_id, changes,
        summary, organisation_id, request_id
    ) VALUES (
        gen_random_uuid(), current_setting('hearth.subject'), current_setting('hearth.name'),
        upper(substr(current_setting('role'), 8)), gss, command, subject_type, subject_id, '{}',
        'looked: ' || why, organisation, request
    )
$$;
REVOKE EXECUTE ON FUNCTION hearth_note_look(text, text, uuid, text, uuid, uuid, text) FROM PUBLIC;

-- A household's sealed contact for those who need it: its own charity; and a council that it is matched
-- with at this moment, itself or through a lower tier, if the household agreed that this very council may
-- know it; and an administrator to whom the case is open. Of a protected household, only those of them that
-- are on its list. Null for all others.
CREATE FUNCTION hearth_contact(asked uuid) RETURNS bytea
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    found request_contact;
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
    SELECT * INTO found FROM request_contact WHERE request_id = asked;
    IF found.request_id IS NULL OR (found.protected_at IS NOT NULL AND NOT hearth_is_listed(found.shown_to)) THEN
        RETURN NULL;
    END IF;
    INSERT INTO contact_look (id, request_id, subject, name, why)
    VALUES (
        gen_random_uuid(), asked, current_setting('hearth.subject'), current_setting('hearth.name'), why
    );
    PERFORM hearth_note_look(
        'readContact', 'Request', asked, nullif(current_setting('hearth.own_gss', true), ''),
        organisation_id, asked, why
    ) FROM request WHERE id = asked;
    RETURN found.sealed;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_contact(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_contact(uuid) TO hearth_admin, hearth_charity, hearth_council;
