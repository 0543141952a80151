-- Which fields of open offers say nothing.
SELECT region, gss, field AS category, 1 AS missing
FROM offer_then CROSS JOIN LATERAL unnest(missing) AS field
WHERE is_open
