-- Public facts: everybody reads; editors add, and close what was known.
GRANT SELECT ON route_fact TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;
GRANT INSERT, UPDATE (known) ON route_fact TO hearth_admin;

CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON route_fact
    FOR EACH ROW EXECUTE FUNCTION hearth_keep_history();
CREATE TRIGGER keep_all_history BEFORE TRUNCATE ON route_fact
    FOR EACH STATEMENT EXECUTE FUNCTION hearth_keep_history();
