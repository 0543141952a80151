-- Public facts: everybody reads; they stand with the fact that they differ from, for good.
GRANT SELECT ON route_dissent TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;

CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON route_dissent
    FOR EACH ROW EXECUTE FUNCTION hearth_keep_history();
CREATE TRIGGER keep_all_history BEFORE TRUNCATE ON route_dissent
    FOR EACH STATEMENT EXECUTE FUNCTION hearth_keep_history();
