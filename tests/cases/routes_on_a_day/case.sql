-- before
SELECT coalesce(route_1.names ->> 'UK', route_1.name) AS coalesce_1, coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), 'NOT_YET_OPEN') AS coalesce_2
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- after
SELECT coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), 'NOT_YET_OPEN') AS coalesce_1, (SELECT min(CAST(timezone('Europe/London', lower(route_window_2.valid)) AS DATE)) AS min_1
FROM route_window AS route_window_2
WHERE route_window_2.route_code = route_1.code AND (route_window_2.known @> now()) AND route_window_2.status = 'OPEN') AS anon_1, (SELECT CASE WHEN (max(CASE WHEN (route_window_3.status != 'OPEN') THEN CAST(timezone('Europe/London', lower(route_window_3.valid)) AS DATE) END) >= max(CASE WHEN (route_window_3.status = 'OPEN') THEN CAST(timezone('Europe/London', lower(route_window_3.valid)) AS DATE) END)) THEN max(CASE WHEN (route_window_3.status != 'OPEN') THEN CAST(timezone('Europe/London', lower(route_window_3.valid)) AS DATE) END) END AS anon_3
FROM route_window AS route_window_3
WHERE route_window_3.route_code = route_1.code AND (route_window_3.known @> now())) AS anon_2, route_1.fee_pounds
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- minuteBefore
SELECT coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_1
WHERE route_1.code = $2::TEXT AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT 1

-- minuteAfter
SELECT coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), 'NOT_YET_OPEN') AS coalesce_1, (SELECT CASE WHEN (max(CASE WHEN (route_window_2.status != 'OPEN') THEN CAST(timezone('Europe/London', lower(route_window_2.valid)) AS DATE) END) >= max(CASE WHEN (route_window_2.status = 'OPEN') THEN CAST(timezone('Europe/London', lower(route_window_2.valid)) AS DATE) END)) THEN max(CASE WHEN (route_window_2.status != 'OPEN') THEN CAST(timezone('Europe/London', lower(route_window_2.valid)) AS DATE) END) END AS anon_2
FROM route_window AS route_window_2
WHERE route_window_2.route_code = route_1.code AND (route_window_2.known @> now())) AS anon_1
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
WHERE route_1.recorded_at <= now() AND (coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), 'NOT_YET_OPEN') = 'OPEN' OR NOT $2::BOOLEAN) ORDER BY route_1.code
