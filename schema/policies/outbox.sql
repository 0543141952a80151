-- Commands add messages; the relay alone reads them and marks them sent.
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;

GRANT INSERT ON outbox TO hearth_admin, hearth_charity, hearth_council;
GRANT SELECT, UPDATE (sent_at), DELETE ON outbox TO hearth_relay;

CREATE POLICY owner ON outbox TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY append ON outbox FOR INSERT TO hearth_admin, hearth_charity, hearth_council WITH CHECK (true);
CREATE POLICY relay ON outbox TO hearth_relay USING (true) WITH CHECK (true);
