-- A release is public as such; what it says is in its editions. Added by its owner, never changed.
GRANT SELECT ON report_release TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;

CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON report_release
    FOR EACH ROW EXECUTE FUNCTION hearth_keep_history();
CREATE TRIGGER keep_all_history BEFORE TRUNCATE ON report_release
    FOR EACH STATEMENT EXECUTE FUNCTION hearth_keep_history();
