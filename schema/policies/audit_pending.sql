-- What is still to be chained: filled by a trigger, emptied by another, of audit_link.
ALTER TABLE audit_pending ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_pending FORCE ROW LEVEL SECURITY;

GRANT SELECT ON audit_pending TO hearth_relay;

CREATE POLICY owner ON audit_pending TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY relay ON audit_pending FOR SELECT TO hearth_relay USING (true);
