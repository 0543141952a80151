-- Looks are noted by hearth_contact alone; a charity reads who looked at its own households.
ALTER TABLE contact_look ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_look FORCE ROW LEVEL SECURITY;

GRANT SELECT ON contact_look TO hearth_admin, hearth_charity;

CREATE POLICY owner ON contact_look TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY opened ON contact_look FOR SELECT TO hearth_admin
    USING (request_id = ANY ((SELECT hearth_opened())::uuid[]));
CREATE POLICY own ON contact_look FOR SELECT TO hearth_charity
    USING (EXISTS (SELECT FROM request WHERE request.id = request_id));
