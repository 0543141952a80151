-- Public facts: everybody reads; a council's staff add what their own council decided.
ALTER TABLE twinning ENABLE ROW LEVEL SECURITY;
ALTER TABLE twinning FORCE ROW LEVEL SECURITY;

GRANT SELECT ON twinning TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;
GRANT INSERT ON twinning TO hearth_admin, hearth_council;

CREATE POLICY owner ON twinning TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY all_read ON twinning FOR SELECT
    TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public USING (true);
CREATE POLICY admin_add ON twinning FOR INSERT TO hearth_admin WITH CHECK (true);
CREATE POLICY own_add ON twinning FOR INSERT TO hearth_council
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));
