-- The checksum of the full edition would let anybody test a guess at what another edition hides.
ALTER TABLE report_edition ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_edition FORCE ROW LEVEL SECURITY;

GRANT SELECT ON report_edition TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;

CREATE POLICY owner ON report_edition TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY full_edition ON report_edition FOR SELECT TO hearth_admin
    USING (edition = 'FULL' AND (SELECT nullif(current_setting('hearth.subject', true), '')) IS NOT NULL);
CREATE POLICY liaison_edition ON report_edition FOR SELECT TO hearth_liaison USING (edition = 'LIAISON');
CREATE POLICY public_edition ON report_edition FOR SELECT TO hearth_charity, hearth_council, hearth_public
    USING (edition = 'PUBLIC');

CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON report_edition
    FOR EACH ROW EXECUTE FUNCTION hearth_keep_history();
CREATE TRIGGER keep_all_history BEFORE TRUNCATE ON report_edition
    FOR EACH STATEMENT EXECUTE FUNCTION hearth_keep_history();
