-- Kinds of support that were ever offered in a region: that one was is no secret.
SELECT DISTINCT region, kind_code AS category
FROM offer_event JOIN area ON gss = council_gss
WHERE status <> 'DRAFT' AND at < :ends AND recorded_at <= :known
