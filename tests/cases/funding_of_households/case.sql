-- first
SELECT anon_1.array_1, anon_1.anon_2, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_fact_1.id, CAST(route_fact_1.body ->> 'amount' AS NUMERIC(12, 2)), CAST(timezone('Europe/London', lower(route_fact_1.valid)) AS DATE)) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.sort = 'TARIFF' ORDER BY route_fact_1.id)) END AS anon_3
FROM (SELECT array((SELECT row(route_fact_2.id, route_fact_2.body, CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE), CAST(timezone('Europe/London', upper(route_fact_2.valid)) AS DATE)) AS row_2
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = pair.code AND route_fact_2.sort = 'TARIFF' AND (route_fact_2.known @> now()) ORDER BY route_fact_2.position)) AS array_1, (SELECT council_1.name
FROM council AS council_1
WHERE council_1.gss_code = pair.upper_tier_gss AND pair.kind = 'DISTRICT') AS anon_2
FROM (SELECT council_2.gss_code AS gss_code, council_2.kind AS kind, council_2.upper_tier_gss AS upper_tier_gss, route_1.code AS code, route_1.facts AS facts, route_1.recorded_at AS recorded_at
FROM council AS council_2 JOIN route AS route_1 ON true) AS pair
WHERE pair.gss_code = $1::TEXT AND pair.code = $2::TEXT AND pair.recorded_at <= now() ORDER BY pair.code
 LIMIT 1) AS anon_1

-- later
SELECT anon_1.array_1, anon_1.anon_2, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_fact_1.id, CAST(route_fact_1.body ->> 'amount' AS NUMERIC(12, 2)), CAST(timezone('Europe/London', lower(route_fact_1.valid)) AS DATE)) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.sort = 'TARIFF' ORDER BY route_fact_1.id)) END AS anon_3
FROM (SELECT array((SELECT row(route_fact_2.id, route_fact_2.body, CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE), CAST(timezone('Europe/London', upper(route_fact_2.valid)) AS DATE)) AS row_2
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = pair.code AND route_fact_2.sort = 'TARIFF' AND (route_fact_2.known @> now()) ORDER BY route_fact_2.position)) AS array_1, (SELECT council_1.name
FROM council AS council_1
WHERE council_1.gss_code = pair.upper_tier_gss AND pair.kind = 'DISTRICT') AS anon_2
FROM (SELECT council_2.gss_code AS gss_code, council_2.kind AS kind, council_2.upper_tier_gss AS upper_tier_gss, route_1.code AS code, route_1.facts AS facts, route_1.recorded_at AS recorded_at
FROM council AS council_2 JOIN route AS route_1 ON true) AS pair
WHERE pair.gss_code = $1::TEXT AND pair.code = $2::TEXT AND pair.recorded_at <= now() ORDER BY pair.code
 LIMIT 1) AS anon_1

-- minor
SELECT anon_1.array_1, anon_1.anon_2, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_fact_1.id, CAST(route_fact_1.body ->> 'amount' AS NUMERIC(12, 2)), CAST(timezone('Europe/London', lower(route_fact_1.valid)) AS DATE)) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.sort = 'TARIFF' ORDER BY route_fact_1.id)) END AS anon_3
FROM (SELECT array((SELECT row(route_fact_2.id, route_fact_2.body, CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE), CAST(timezone('Europe/London', upper(route_fact_2.valid)) AS DATE)) AS row_2
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = pair.code AND route_fact_2.sort = 'TARIFF' AND (route_fact_2.known @> now()) ORDER BY route_fact_2.position)) AS array_1, (SELECT council_1.name
FROM council AS council_1
WHERE council_1.gss_code = pair.upper_tier_gss AND pair.kind = 'DISTRICT') AS anon_2
FROM (SELECT council_2.gss_code AS gss_code, council_2.kind AS kind, council_2.upper_tier_gss AS upper_tier_gss, route_1.code AS code, route_1.facts AS facts, route_1.recorded_at AS recorded_at
FROM council AS council_2 JOIN route AS route_1 ON true) AS pair
WHERE pair.gss_code = $1::TEXT AND pair.code = $2::TEXT AND pair.recorded_at <= now() ORDER BY pair.code
 LIMIT 1) AS anon_1

-- afghan
SELECT anon_1.array_1, anon_1.anon_2, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_fact_1.id, CAST(route_fact_1.body ->> 'amount' AS NUMERIC(12, 2)), CAST(timezone('Europe/London', lower(route_fact_1.valid)) AS DATE)) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.sort = 'TARIFF' ORDER BY route_fact_1.id)) END AS anon_3, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_fact_2.id, route_fact_2.body ->> 'kind') AS row_2
FROM route_fact AS route_fact_2
WHERE route_fact_2.sort = 'TARIFF' ORDER BY route_fact_2.id)) END AS anon_4
FROM (SELECT array((SELECT row(route_fact_3.id, route_fact_3.body, CAST(timezone('Europe/London', lower(route_fact_3.valid)) AS DATE), CAST(timezone('Europe/London', upper(route_fact_3.valid)) AS DATE)) AS row_3
FROM route_fact AS route_fact_3
WHERE route_fact_3.route_code = pair.code AND route_fact_3.sort = 'TARIFF' AND (route_fact_3.known @> now()) ORDER BY route_fact_3.position)) AS array_1, (SELECT council_1.name
FROM council AS council_1
WHERE council_1.gss_code = pair.upper_tier_gss AND pair.kind = 'DISTRICT') AS anon_2
FROM (SELECT council_2.gss_code AS gss_code, council_2.kind AS kind, council_2.upper_tier_gss AS upper_tier_gss, route_1.code AS code, route_1.facts AS facts, route_1.recorded_at AS recorded_at
FROM council AS council_2 JOIN route AS route_1 ON true) AS pair
WHERE pair.gss_code = $1::TEXT AND pair.code = $2::TEXT AND pair.recorded_at <= now() ORDER BY pair.code
 LIMIT 1) AS anon_1
