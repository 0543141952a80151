-- Arrivals, on the day that was given for them.
SELECT DISTINCT ON (match_id) match_id, request_id, area.region, area.gss,
    kind_codes[1] AS kind, coalesce(route_code, 'NONE') AS route, people, happened_on AS arrived_on
FROM request_event JOIN area ON area.gss = council_gss
WHERE step = 'PLACED' AND happened_on <= :last_day AND recorded_at <= :known
ORDER BY match_id, at DESC, recorded_at DESC, request_event.id
