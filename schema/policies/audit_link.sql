-- The chain over audit_event: the relay alone reads it and adds to it.
ALTER TABLE audit_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_link FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT ON audit_link TO hearth_relay;

CREATE POLICY owner ON audit_link TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY relay ON audit_link TO hearth_relay USING (true) WITH CHECK (true);
