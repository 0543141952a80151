-- Everybody sees each row once: liaisons their edition's, others the public's; but a council sees its
-- own rows, and an upper tier its lower tiers', in full.
ALTER TABLE report_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_row FORCE ROW LEVEL SECURITY;

GRANT SELECT ON report_row TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;

CREATE POLICY owner ON report_row TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY full_edition ON report_row FOR SELECT TO hearth_admin
    USING (edition = 'FULL' AND (SELECT nullif(current_setting('hearth.subject', true), '')) IS NOT NULL);
CREATE POLICY liaison_edition ON report_row FOR SELECT TO hearth_liaison USING (edition = 'LIAISON');
CREATE POLICY public_edition ON report_row FOR SELECT TO hearth_charity, hearth_public
    USING (edition = 'PUBLIC');
CREATE POLICY own_in_full ON report_row FOR SELECT TO hearth_council
    USING (
        edition = CASE
            WHEN council_gss = ANY (
                (SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))::text[]
            ) THEN 'FULL'
            ELSE 'PUBLIC'
        END
    );

CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON report_row
    FOR EACH ROW EXECUTE FUNCTION hearth_keep_history();
CREATE TRIGGER keep_all_history BEFORE TRUNCATE ON report_row
    FOR EACH STATEMENT EXECUTE FUNCTION hearth_keep_history();
