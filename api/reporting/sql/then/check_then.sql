-- Checks, each by its latest event.
SELECT latest.*, area.region, area.gss, offer_then.kind_code AS kind, status
FROM (
    SELECT DISTINCT ON (offer_id, kind) offer_id, council_gss, kind AS checked, state, at AS since, due_on
    FROM check_event
    WHERE at < :ends AND recorded_at <= :known
    ORDER BY offer_id, kind, at DESC, recorded_at DESC, id
) AS latest
JOIN area ON area.gss = council_gss
JOIN offer_then USING (offer_id)
