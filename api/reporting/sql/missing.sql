-- Which fields of open offers say nothing.
SELECT region, gss, field AS category, 1 AS missing
FROM open_then CROSS JOIN LATERAL unnest(missing) AS field
