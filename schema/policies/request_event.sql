-- Steps are added by those whose step it is, and never changed.
ALTER TABLE request_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE request_event FORCE ROW LEVEL SECURITY;

GRANT SELECT ON request_event TO hearth_admin;
GRANT INSERT ON request_event TO hearth_admin, hearth_charity, hearth_council;

CREATE POLICY owner ON request_event TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY admin ON request_event TO hearth_admin
    USING ((SELECT nullif(current_setting('hearth.subject', true), '')) IS NOT NULL);
CREATE POLICY own_add ON request_event FOR INSERT TO hearth_charity
    WITH CHECK (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid));
CREATE POLICY council_add ON request_event FOR INSERT TO hearth_council
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));
