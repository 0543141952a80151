-- minuteBefore
SELECT (SELECT max(CAST(route_fact_1.body ->> 'months' AS INTEGER)) AS max_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'LEAVE' AND (route_fact_1.body ->> 'variant') != 'further grant' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now())) AS anon_1, array((SELECT row(CAST(route_fact_2.body ->> 'months' AS INTEGER), CASE WHEN (route_fact_2.valid_to_is = 'MOMENT') THEN upper(route_fact_2.valid) END) AS row_1
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'LEAVE' AND (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> now()) ORDER BY route_fact_2.position, route_fact_2.id)) AS array_1
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- minuteAfter
SELECT (SELECT max(CAST(route_fact_1.body ->> 'months' AS INTEGER)) AS max_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'LEAVE' AND (route_fact_1.body ->> 'variant') != 'further grant' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> $2::TIMESTAMP WITH TIME ZONE)) AS anon_1, array((SELECT row(CAST(route_fact_2.body ->> 'months' AS INTEGER), CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE), CASE WHEN (route_fact_2.valid_from_is = 'MOMENT') THEN lower(route_fact_2.valid) END, source_1.title, source_1.id, array((SELECT row((SELECT string_agg(concat(replace(claim.key, '_', ' '), ' ', claim.value), '; ' ORDER BY claim.key) AS string_agg_1
FROM jsonb_each_text(route_dissent_1.claims) AS claim), route_dissent_1.note, source_2.title) AS row_2
FROM route_dissent AS route_dissent_1 LEFT OUTER JOIN source AS source_2 ON source_2.id = route_dissent_1.source_id
WHERE route_dissent_1.fact_id = route_fact_2.id ORDER BY route_dissent_1.source_id))) AS row_1
FROM route_fact AS route_fact_2 LEFT OUTER JOIN source AS source_1 ON source_1.id = route_fact_2.source_id
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'LEAVE' AND (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> $2::TIMESTAMP WITH TIME ZONE) ORDER BY route_fact_2.position, route_fact_2.id)) AS array_1, array((SELECT row(route_fact_3.words ->> 'EN', route_fact_3.body ->> 'any_of', route_fact_3.body ->> 'attribute', route_fact_3.body ->> 'operator', route_fact_3.body ->> 'value', CAST(timezone('Europe/London', lower(route_fact_3.valid)) AS DATE), CASE WHEN (route_fact_3.valid_from_is = 'MOMENT') THEN lower(route_fact_3.valid) END, source_3.title, source_3.reviewed_on + CAST(source_3.review_days AS INTEGER) < CAST(timezone('Europe/London', $2::TIMESTAMP WITH TIME ZONE) AS DATE) OR coalesce(source_3.page_changed_on > source_3.reviewed_on, false), source_3.id, route_fact_3.basis, route_fact_3.confidence) AS row_3
FROM route_fact AS route_fact_3 LEFT OUTER JOIN source AS source_3 ON source_3.id = route_fact_3.source_id
WHERE route_fact_3.route_code = route_1.code AND route_fact_3.sort = 'RULE' AND (route_fact_3.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_3.known @> $2::TIMESTAMP WITH TIME ZONE) ORDER BY route_fact_3.position, route_fact_3.id)) AS array_2
FROM route AS route_1
WHERE route_1.code = $3::TEXT AND route_1.recorded_at <= $2::TIMESTAMP WITH TIME ZONE ORDER BY route_1.code
 LIMIT 1

-- of2022
SELECT array((SELECT row(route_fact_1.body ->> 'kind', CAST(route_fact_1.body ->> 'amount' AS NUMERIC(12, 2)), route_fact_1.body ->> 'per', route_fact_1.body ->> 'period', route_fact_1.body ->> 'payee', route_fact_1.body ->> 'applies_to') AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'TARIFF' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position, route_fact_1.id)) AS array_1
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- of2023
SELECT array((SELECT row(route_fact_1.body ->> 'kind', CAST(route_fact_1.body ->> 'amount' AS NUMERIC(12, 2)), CAST(timezone('Europe/London', lower(route_fact_1.valid)) AS DATE), CAST(timezone('Europe/London', upper(route_fact_1.valid)) AS DATE)) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'TARIFF' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position, route_fact_1.id)) AS array_1
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- of2025
SELECT array((SELECT row(route_fact_1.body ->> 'kind', CAST(route_fact_1.body ->> 'amount' AS NUMERIC(12, 2))) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'TARIFF' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position, route_fact_1.id)) AS array_1, array((SELECT row(route_event_1."on", route_event_1.event) AS row_2
FROM route_event AS route_event_1
WHERE route_event_1.route_code = route_1.code AND route_event_1."on" <= CAST(CAST(timezone('Europe/London', $1::TIMESTAMP WITH TIME ZONE) AS DATE) AS VARCHAR) ORDER BY route_event_1.position)) AS array_2
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- again
SELECT array((SELECT row(route_fact_1.body ->> 'variant', CAST(route_fact_1.body ->> 'months' AS INTEGER), route_fact_1.confidence) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'LEAVE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position, route_fact_1.id)) AS array_1, (SELECT max(CAST(route_fact_2.body ->> 'months' AS INTEGER)) AS max_1
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'LEAVE' AND (route_fact_2.body ->> 'variant') != 'further grant' AND (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> now())) AS anon_1
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- notYet
SELECT array((SELECT row(route_fact_1.body ->> 'variant', CAST(route_fact_1.body ->> 'months' AS INTEGER)) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'LEAVE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position, route_fact_1.id)) AS array_1
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- esol
SELECT array((SELECT row(route_fact_1.body ->> 'kind', CAST(route_fact_1.body ->> 'amount' AS NUMERIC(12, 2)), array((SELECT row((SELECT string_agg(concat(replace(claim.key, '_', ' '), ' ', claim.value), '; ' ORDER BY claim.key) AS string_agg_1
FROM jsonb_each_text(route_dissent_1.claims) AS claim), source_1.title) AS row_2
FROM route_dissent AS route_dissent_1 LEFT OUTER JOIN source AS source_1 ON source_1.id = route_dissent_1.source_id
WHERE route_dissent_1.fact_id = route_fact_1.id ORDER BY route_dissent_1.source_id))) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'TARIFF' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position, route_fact_1.id)) AS array_1
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- partial
SELECT (SELECT left(CAST(CAST(timezone('Europe/London', lower(route_fact_1.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_1.valid_from_is = 'YEAR') THEN 4 WHEN (route_fact_1.valid_from_is = 'MONTH') THEN 7 ELSE 10 END) AS left_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.known @> now()) AND (route_fact_1.body ->> 'status') = 'OPEN' ORDER BY route_fact_1.valid
 LIMIT 1) AS anon_1, CASE WHEN (length((SELECT left(CAST(CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_2.valid_from_is = 'YEAR') THEN 4 WHEN (route_fact_2.valid_from_is = 'MONTH') THEN 7 ELSE 10 END) AS left_2
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now()) AND (route_fact_2.body ->> 'status') = 'OPEN' ORDER BY route_fact_2.valid
 LIMIT 1)) = 10) THEN CAST((SELECT left(CAST(CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_2.valid_from_is = 'YEAR') THEN 4 WHEN (route_fact_2.valid_from_is = 'MONTH') THEN 7 ELSE 10 END) AS left_2
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now()) AND (route_fact_2.body ->> 'status') = 'OPEN' ORDER BY route_fact_2.valid
 LIMIT 1) AS DATE) END AS anon_2
FROM route AS route_1
WHERE route_1.code = $1::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- before
SELECT route_1.code
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= $1::TIMESTAMP WITH TIME ZONE ORDER BY route_1.code
 LIMIT 1
