-- Consents are added and never changed: the latest counts.
ALTER TABLE consent ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT ON consent TO hearth_admin, hearth_charity;

CREATE POLICY owner ON consent TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY opened ON consent TO hearth_admin
    USING (request_id = ANY ((SELECT hearth_opened())::uuid[]))
    WITH CHECK (request_id = ANY ((SELECT hearth_opened())::uuid[]));
CREATE POLICY own ON consent TO hearth_charity
    USING (EXISTS (SELECT FROM request WHERE request.id = request_id))
    WITH CHECK (EXISTS (SELECT FROM request WHERE request.id = request_id));
