-- before
SELECT coalesce(route_1.names ->> 'UK', route_1.name) AS coalesce_1, coalesce((SELECT route_fact_1.body ->> 'status' AS anon_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now())), 'NOT_YET_OPEN') AS coalesce_2
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- after
SELECT coalesce((SELECT route_fact_1.body ->> 'status' AS anon_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now())), 'NOT_YET_OPEN') AS coalesce_1, CASE WHEN (length((SELECT left(CAST(CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_2.valid_from_is = 'YEAR') THEN 4 WHEN (route_fact_2.valid_from_is = 'MONTH') THEN 7 ELSE 10 END) AS left_1
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now()) AND (route_fact_2.body ->> 'status') = 'OPEN' ORDER BY route_fact_2.valid
 LIMIT 1)) = 10) THEN CAST((SELECT left(CAST(CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE) AS TEXT), CASE WHEN (route_fact_2.valid_from_is = 'YEAR') THEN 4 WHEN (route_fact_2.valid_from_is = 'MONTH') THEN 7 ELSE 10 END) AS left_1
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now()) AND (route_fact_2.body ->> 'status') = 'OPEN' ORDER BY route_fact_2.valid
 LIMIT 1) AS DATE) END AS anon_2, (SELECT CASE WHEN (max(CASE WHEN ((route_fact_3.body ->> 'status') != 'OPEN') THEN CAST(timezone('Europe/London', lower(route_fact_3.valid)) AS DATE) END) >= max(CASE WHEN ((route_fact_3.body ->> 'status') = 'OPEN') THEN CAST(timezone('Europe/London', lower(route_fact_3.valid)) AS DATE) END)) THEN max(CASE WHEN ((route_fact_3.body ->> 'status') != 'OPEN') THEN CAST(timezone('Europe/London', lower(route_fact_3.valid)) AS DATE) END) END AS anon_4
FROM route_fact AS route_fact_3
WHERE route_fact_3.route_code = route_1.code AND route_fact_3.sort = 'WINDOW' AND (route_fact_3.known @> now())) AS anon_3, route_1.fee_pounds
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- minuteBefore
SELECT coalesce((SELECT route_fact_1.body ->> 'status' AS anon_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now())), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- minuteAfter
SELECT coalesce((SELECT route_fact_1.body ->> 'status' AS anon_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now())), 'NOT_YET_OPEN') AS coalesce_1, (SELECT CASE WHEN (max(CASE WHEN ((route_fact_2.body ->> 'status') != 'OPEN') THEN CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE) END) >= max(CASE WHEN ((route_fact_2.body ->> 'status') = 'OPEN') THEN CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE) END)) THEN max(CASE WHEN ((route_fact_2.body ->> 'status') != 'OPEN') THEN CAST(timezone('Europe/London', lower(route_fact_2.valid)) AS DATE) END) END AS anon_3
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now())) AS anon_2
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- unknownYet
SELECT route_1.code
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= $1::TIMESTAMP WITH TIME ZONE ORDER BY route_1.code
 LIMIT 1

-- routes
SELECT route_1.code
FROM route AS route_1
WHERE route_1.recorded_at <= now() AND (coalesce((SELECT route_fact_1.body ->> 'status' AS anon_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now())), 'NOT_YET_OPEN') = 'OPEN' OR NOT $2::BOOLEAN) ORDER BY route_1.code
