-- A key belongs to the caller who chose it.
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE ON idempotency_key TO hearth_admin, hearth_charity, hearth_council;

CREATE POLICY owner ON idempotency_key TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY own ON idempotency_key TO hearth_admin, hearth_charity, hearth_council
    USING (subject = (SELECT nullif(current_setting('hearth.subject', true), '')))
    WITH CHECK (subject = (SELECT nullif(current_setting('hearth.subject', true), '')));
