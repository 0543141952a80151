-- changesSince
SELECT route_1.code, change."on", CAST(change.is_start AS BOOLEAN) AS is_start, source_1.title, source_1.id, change.sort, change.body, change.before, change.words, (SELECT support_kind_1.name
FROM support_kind AS support_kind_1
WHERE support_kind_1.code = (change.body ->> 'kind')) AS anon_1, change.is_start AS is_start_1
FROM (SELECT route_fact_1.id AS id, route_fact_1.route_code AS route_code, route_fact_1.sort AS sort, route_fact_1.position AS position, route_fact_1.body AS body, (SELECT route_fact_2.body
FROM route_fact AS route_fact_2
WHERE route_fact_2.key = route_fact_1.key AND upper(route_fact_2.valid) = lower(route_fact_1.valid) AND (route_fact_2.known @> now())) AS before, route_fact_1.words AS words, route_fact_1.source_id AS source_id, lower(route_fact_1.valid) AS edge, left(CAST(CAST(timezone('Europe/London', lower(route_fact_1.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_1.valid_from_is = 'YEAR') THEN 4 WHEN (route_fact_1.valid_from_is = 'MONTH') THEN 7 ELSE 10 END) AS "on", true AS is_start
FROM route_fact AS route_fact_1
WHERE (route_fact_1.known @> now()) AND lower(route_fact_1.valid) IS NOT NULL UNION ALL SELECT route_fact_3.id AS id, route_fact_3.route_code AS route_code, route_fact_3.sort AS sort, route_fact_3.position AS position, route_fact_3.body AS body, CAST(NULL AS JSONB) AS before, route_fact_3.words AS words, route_fact_3.source_id AS source_id, upper(route_fact_3.valid) AS edge, left(CAST(CAST(timezone('Europe/London', upper(route_fact_3.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_3.valid_to_is = 'YEAR') THEN 4 WHEN (route_fact_3.valid_to_is = 'MONTH') THEN 7 ELSE 10 END) AS "on", false AS is_start
FROM route_fact AS route_fact_3
WHERE (route_fact_3.known @> now()) AND upper(route_fact_3.valid) IS NOT NULL AND NOT (EXISTS (SELECT 1
FROM route_fact AS route_fact_4
WHERE route_fact_4.key = route_fact_3.key AND lower(route_fact_4.valid) = upper(route_fact_3.valid) AND (route_fact_4.known @> now())))) AS change LEFT OUTER JOIN route AS route_1 ON route_1.code = change.route_code LEFT OUTER JOIN source AS source_1 ON source_1.id = change.source_id
WHERE change.edge > $1::TIMESTAMP WITH TIME ZONE AND change.edge <= now() AND change.route_code = $2::TEXT ORDER BY change.edge, change.route_code, change.position, change.is_start, change.id

-- closing
SELECT change."on", change.sort, change.body, change.before, change.words, (SELECT support_kind_1.name
FROM support_kind AS support_kind_1
WHERE support_kind_1.code = (change.body ->> 'kind')) AS anon_1, change.is_start
FROM (SELECT route_fact_1.id AS id, route_fact_1.route_code AS route_code, route_fact_1.sort AS sort, route_fact_1.position AS position, route_fact_1.body AS body, (SELECT route_fact_2.body
FROM route_fact AS route_fact_2
WHERE route_fact_2.key = route_fact_1.key AND upper(route_fact_2.valid) = lower(route_fact_1.valid) AND (route_fact_2.known @> now())) AS before, route_fact_1.words AS words, route_fact_1.source_id AS source_id, lower(route_fact_1.valid) AS edge, left(CAST(CAST(timezone('Europe/London', lower(route_fact_1.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_1.valid_from_is = 'YEAR') THEN 4 WHEN (route_fact_1.valid_from_is = 'MONTH') THEN 7 ELSE 10 END) AS "on", true AS is_start
FROM route_fact AS route_fact_1
WHERE (route_fact_1.known @> now()) AND lower(route_fact_1.valid) IS NOT NULL UNION ALL SELECT route_fact_3.id AS id, route_fact_3.route_code AS route_code, route_fact_3.sort AS sort, route_fact_3.position AS position, route_fact_3.body AS body, CAST(NULL AS JSONB) AS before, route_fact_3.words AS words, route_fact_3.source_id AS source_id, upper(route_fact_3.valid) AS edge, left(CAST(CAST(timezone('Europe/London', upper(route_fact_3.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_3.valid_to_is = 'YEAR') THEN 4 WHEN (route_fact_3.valid_to_is = 'MONTH') THEN 7 ELSE 10 END) AS "on", false AS is_start
FROM route_fact AS route_fact_3
WHERE (route_fact_3.known @> now()) AND upper(route_fact_3.valid) IS NOT NULL AND NOT (EXISTS (SELECT 1
FROM route_fact AS route_fact_4
WHERE route_fact_4.key = route_fact_3.key AND lower(route_fact_4.valid) = upper(route_fact_3.valid) AND (route_fact_4.known @> now())))) AS change
WHERE change.edge > $1::TIMESTAMP WITH TIME ZONE AND change.edge <= now() AND change.route_code = $2::TEXT ORDER BY change.edge, change.route_code, change.position, change.is_start, change.id
