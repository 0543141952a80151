-- oxford
SELECT council_1.name, array((SELECT row(support_kind_1.code, route_fact_1.body ->> 'level', route_fact_1.body ->> 'tier', source_1.title, source_1.id) AS row_1
FROM route_fact AS route_fact_1 LEFT OUTER JOIN support_kind AS support_kind_1 ON support_kind_1.code = (route_fact_1.body ->> 'kind') LEFT OUTER JOIN source AS source_1 ON source_1.id = route_fact_1.source_id
WHERE route_fact_1.route_code = pair.code AND route_fact_1.sort = 'DUTY' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> $2::TIMESTAMP WITH TIME ZONE) AND ((route_fact_1.body ->> 'tier') = 'ALL' OR (route_fact_1.body ->> 'tier') = CASE WHEN (pair.kind = 'COUNTY') THEN 'UPPER' WHEN (pair.kind = 'DISTRICT') THEN 'LOWER' ELSE route_fact_1.body ->> 'tier' END) ORDER BY route_fact_1.position, route_fact_1.id)) AS array_1, array((SELECT row(council_2.name) AS row_2
FROM council AS council_2
WHERE council_2.gss_code = pair.upper_tier_gss OR council_2.upper_tier_gss = pair.gss_code ORDER BY council_2.name, council_2.gss_code)) AS array_2, array((SELECT row(support_kind_2.code, route_fact_2.body ->> 'tier') AS row_3
FROM route_fact AS route_fact_2 LEFT OUTER JOIN support_kind AS support_kind_2 ON support_kind_2.code = (route_fact_2.body ->> 'kind')
WHERE route_fact_2.route_code = pair.code AND route_fact_2.sort = 'DUTY' AND (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> $2::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.body ->> 'tier') = CASE WHEN (pair.kind = 'COUNTY') THEN 'LOWER' WHEN (pair.kind = 'DISTRICT') THEN 'UPPER' END ORDER BY route_fact_2.position, route_fact_2.id)) AS array_3, (SELECT count(*) AS count_1
FROM (SELECT 1
FROM open_offer AS open_offer_1
WHERE open_offer_1.council_gss = pair.gss_code AND (cardinality(open_offer_1.route_codes) = 0 OR pair.code = any(open_offer_1.route_codes))) AS anon_2) AS anon_1, array((SELECT row(open_offer_1.title, EXISTS (SELECT 1
FROM route_source AS route_source_1 JOIN source AS source_2 ON source_2.id = route_source_1.source_id
WHERE route_source_1.route_code = any(open_offer_1.route_codes) AND (source_2.reviewed_on + CAST(source_2.review_days AS INTEGER) < CAST(timezone('Europe/London', $2::TIMESTAMP WITH TIME ZONE) AS DATE) OR coalesce(source_2.page_changed_on > source_2.reviewed_on, false)))) AS row_4
FROM open_offer AS open_offer_1
WHERE open_offer_1.council_gss = pair.gss_code AND (cardinality(open_offer_1.route_codes) = 0 OR pair.code = any(open_offer_1.route_codes)) ORDER BY open_offer_1.updated_at DESC, open_offer_1.id DESC
 LIMIT $5::INTEGER + 1)) AS array_4
FROM (SELECT council_3.gss_code AS gss_code, council_3.kind AS kind, council_3.upper_tier_gss AS upper_tier_gss, route_1.code AS code, route_1.facts AS facts, route_1.recorded_at AS recorded_at
FROM council AS council_3 JOIN route AS route_1 ON true) AS pair LEFT OUTER JOIN council AS council_1 ON council_1.gss_code = pair.gss_code
WHERE pair.gss_code = $3::TEXT AND pair.code = $4::TEXT AND pair.recorded_at <= $2::TIMESTAMP WITH TIME ZONE ORDER BY pair.code
 LIMIT 1

-- oxfordshire
SELECT council_1.name, array((SELECT row(support_kind_1.code, route_fact_1.body ->> 'level', route_fact_1.body ->> 'tier', source_1.title, source_1.id) AS row_1
FROM route_fact AS route_fact_1 LEFT OUTER JOIN support_kind AS support_kind_1 ON support_kind_1.code = (route_fact_1.body ->> 'kind') LEFT OUTER JOIN source AS source_1 ON source_1.id = route_fact_1.source_id
WHERE route_fact_1.route_code = pair.code AND route_fact_1.sort = 'DUTY' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> $2::TIMESTAMP WITH TIME ZONE) AND ((route_fact_1.body ->> 'tier') = 'ALL' OR (route_fact_1.body ->> 'tier') = CASE WHEN (pair.kind = 'COUNTY') THEN 'UPPER' WHEN (pair.kind = 'DISTRICT') THEN 'LOWER' ELSE route_fact_1.body ->> 'tier' END) ORDER BY route_fact_1.position, route_fact_1.id)) AS array_1, array((SELECT row(council_2.name) AS row_2
FROM council AS council_2
WHERE council_2.gss_code = pair.upper_tier_gss OR council_2.upper_tier_gss = pair.gss_code ORDER BY council_2.name, council_2.gss_code)) AS array_2, array((SELECT row(support_kind_2.code, route_fact_2.body ->> 'tier') AS row_3
FROM route_fact AS route_fact_2 LEFT OUTER JOIN support_kind AS support_kind_2 ON support_kind_2.code = (route_fact_2.body ->> 'kind')
WHERE route_fact_2.route_code = pair.code AND route_fact_2.sort = 'DUTY' AND (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> $2::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.body ->> 'tier') = CASE WHEN (pair.kind = 'COUNTY') THEN 'LOWER' WHEN (pair.kind = 'DISTRICT') THEN 'UPPER' END ORDER BY route_fact_2.position, route_fact_2.id)) AS array_3, (SELECT count(*) AS count_1
FROM (SELECT 1
FROM open_offer AS open_offer_1
WHERE open_offer_1.council_gss = pair.gss_code AND (cardinality(open_offer_1.route_codes) = 0 OR pair.code = any(open_offer_1.route_codes))) AS anon_2) AS anon_1, array((SELECT row(open_offer_1.title, EXISTS (SELECT 1
FROM route_source AS route_source_1 JOIN source AS source_2 ON source_2.id = route_source_1.source_id
WHERE route_source_1.route_code = any(open_offer_1.route_codes) AND (source_2.reviewed_on + CAST(source_2.review_days AS INTEGER) < CAST(timezone('Europe/London', $2::TIMESTAMP WITH TIME ZONE) AS DATE) OR coalesce(source_2.page_changed_on > source_2.reviewed_on, false)))) AS row_4
FROM open_offer AS open_offer_1
WHERE open_offer_1.council_gss = pair.gss_code AND (cardinality(open_offer_1.route_codes) = 0 OR pair.code = any(open_offer_1.route_codes)) ORDER BY open_offer_1.updated_at DESC, open_offer_1.id DESC
 LIMIT $5::INTEGER + 1)) AS array_4, array((SELECT row(route_fact_3.body ->> 'kind', CAST(route_fact_3.body ->> 'amount' AS NUMERIC(12, 2)), route_fact_3.body ->> 'payee') AS row_5
FROM route_fact AS route_fact_3
WHERE route_fact_3.route_code = pair.code AND route_fact_3.sort = 'TARIFF' AND (route_fact_3.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_3.known @> $2::TIMESTAMP WITH TIME ZONE) ORDER BY route_fact_3.position, route_fact_3.id)) AS array_5
FROM (SELECT council_3.gss_code AS gss_code, council_3.kind AS kind, council_3.upper_tier_gss AS upper_tier_gss, route_1.code AS code, route_1.facts AS facts, route_1.recorded_at AS recorded_at
FROM council AS council_3 JOIN route AS route_1 ON true) AS pair LEFT OUTER JOIN council AS council_1 ON council_1.gss_code = pair.gss_code
WHERE pair.gss_code = $3::TEXT AND pair.code = $4::TEXT AND pair.recorded_at <= $2::TIMESTAMP WITH TIME ZONE ORDER BY pair.code
 LIMIT 1

-- stale
SELECT array((SELECT row(source_1.title, source_1.reviewed_on, source_1.reviewed_on + CAST(source_1.review_days AS INTEGER) < CAST(timezone('Europe/London', $1::TIMESTAMP WITH TIME ZONE) AS DATE) OR coalesce(source_1.page_changed_on > source_1.reviewed_on, false)) AS row_1
FROM source AS source_1 JOIN route_source AS route_source_1 ON route_source_1.source_id = source_1.id
WHERE route_source_1.route_code = pair.code AND (source_1.reviewed_on + CAST(source_1.review_days AS INTEGER) < CAST(timezone('Europe/London', $1::TIMESTAMP WITH TIME ZONE) AS DATE) OR coalesce(source_1.page_changed_on > source_1.reviewed_on, false)) ORDER BY route_source_1.position)) AS array_1
FROM (SELECT council_1.gss_code AS gss_code, council_1.kind AS kind, council_1.upper_tier_gss AS upper_tier_gss, route_1.code AS code, route_1.facts AS facts, route_1.recorded_at AS recorded_at
FROM council AS council_1 JOIN route AS route_1 ON true) AS pair
WHERE pair.gss_code = $2::TEXT AND pair.code = $3::TEXT AND pair.recorded_at <= $1::TIMESTAMP WITH TIME ZONE ORDER BY pair.code
 LIMIT 1
