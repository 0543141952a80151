-- Events are added and read, never changed: no audience holds UPDATE or DELETE.
ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_event FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT ON audit_event TO hearth_admin, hearth_council;
GRANT INSERT ON audit_event TO hearth_charity;

CREATE POLICY owner ON audit_event TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY admin ON audit_event TO hearth_admin USING (true)
    WITH CHECK (actor_subject = (SELECT current_setting('hearth.subject', true)));
CREATE POLICY own_read ON audit_event FOR SELECT TO hearth_council
    USING (council_gss = ANY ((SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))::text[]));
CREATE POLICY own_write ON audit_event FOR INSERT TO hearth_council
    WITH CHECK (
        council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), ''))
        AND actor_subject = (SELECT current_setting('hearth.subject', true))
    );
CREATE POLICY charity_write ON audit_event FOR INSERT TO hearth_charity
    WITH CHECK (actor_subject = (SELECT current_setting('hearth.subject', true)));
