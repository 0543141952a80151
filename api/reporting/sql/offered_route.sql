-- Routes that offers in a region ever accepted: that one was is no secret.
SELECT DISTINCT region, category
FROM (
    SELECT DISTINCT region, route_codes
    FROM offer_event JOIN area ON gss = council_gss
    WHERE status <> 'DRAFT' AND at < :ends AND recorded_at <= :known
) AS accepting
CROSS JOIN LATERAL unnest(CASE route_codes WHEN '{}' THEN :any_route ELSE route_codes END) AS category
