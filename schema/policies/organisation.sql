-- No audience reads organisations; hearth_enter tells a member the name of its own.
ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON organisation TO hearth_owner USING (true) WITH CHECK (true);
