-- Why matches were declined, or ended, within the period.
SELECT region, area.gss, coalesce(reason, 'OTHER') AS category, 1 AS counted
FROM request_event JOIN area ON area.gss = council_gss
WHERE step = '{step}' AND at >= :begins AND at < :ends AND recorded_at <= :known
