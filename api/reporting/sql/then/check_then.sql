-- Checks, each by its latest event.
SELECT DISTINCT ON (offer_id, check_event.kind) check_event.offer_id, region, gss,
    offer_then.kind_code AS kind, check_event.kind AS checked, state, check_event.at AS since, due_on,
    offer_then.status
FROM check_event
JOIN area ON gss = check_event.council_gss
JOIN offer_then USING (offer_id), span
WHERE check_event.at < ends AND check_event.recorded_at <= known
ORDER BY offer_id, check_event.kind, check_event.at DESC, check_event.recorded_at DESC, check_event.id
