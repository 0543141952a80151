-- Checks are the offer's council's own business.
ALTER TABLE offer_check ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer_check FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE ON offer_check TO hearth_admin, hearth_council;

CREATE POLICY owner ON offer_check TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY admin ON offer_check TO hearth_admin
    USING ((SELECT nullif(current_setting('hearth.subject', true), '')) IS NOT NULL);
CREATE POLICY own_read ON offer_check FOR SELECT TO hearth_council
    USING (council_gss = ANY ((SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))::text[]));
CREATE POLICY own_add ON offer_check FOR INSERT TO hearth_council
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));
CREATE POLICY own_change ON offer_check FOR UPDATE TO hearth_council
    USING (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')))
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));
