-- before
SELECT coalesce(route_1.names ->> $1::VARCHAR, route_1.name) AS coalesce_1, coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $2::TIMESTAMP WITH TIME ZONE)), $3::VARCHAR) AS coalesce_2
FROM route AS route_1
WHERE route_1.code = $4::VARCHAR AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT $5::INTEGER

-- after
SELECT coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), $2::VARCHAR) AS coalesce_1, (SELECT min(CAST(timezone($3::VARCHAR, lower(route_window_2.valid)) AS DATE)) AS min_1
FROM route_window AS route_window_2
WHERE route_window_2.route_code = route_1.code AND (route_window_2.known @> now()) AND route_window_2.status = $4::VARCHAR) AS anon_1, (SELECT CASE WHEN (max(CASE WHEN (route_window_3.status != $5::VARCHAR) THEN CAST(timezone($6::VARCHAR, lower(route_window_3.valid)) AS DATE) END) >= max(CASE WHEN (route_window_3.status = $5::VARCHAR) THEN CAST(timezone($6::VARCHAR, lower(route_window_3.valid)) AS DATE) END)) THEN max(CASE WHEN (route_window_3.status != $5::VARCHAR) THEN CAST(timezone($6::VARCHAR, lower(route_window_3.valid)) AS DATE) END) END AS anon_3
FROM route_window AS route_window_3
WHERE route_window_3.route_code = route_1.code AND (route_window_3.known @> now())) AS anon_2, route_1.fee_pounds
FROM route AS route_1
WHERE route_1.code = $7::VARCHAR AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT $8::INTEGER

-- minuteBefore
SELECT coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), $2::VARCHAR) AS coalesce_1
FROM route AS route_1
WHERE route_1.code = $3::VARCHAR AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT $4::INTEGER

-- minuteAfter
SELECT coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), $2::VARCHAR) AS coalesce_1, (SELECT CASE WHEN (max(CASE WHEN (route_window_2.status != $3::VARCHAR) THEN CAST(timezone($4::VARCHAR, lower(route_window_2.valid)) AS DATE) END) >= max(CASE WHEN (route_window_2.status = $3::VARCHAR) THEN CAST(timezone($4::VARCHAR, lower(route_window_2.valid)) AS DATE) END)) THEN max(CASE WHEN (route_window_2.status != $3::VARCHAR) THEN CAST(timezone($4::VARCHAR, lower(route_window_2.valid)) AS DATE) END) END AS anon_2
FROM route_window AS route_window_2
WHERE route_window_2.route_code = route_1.code AND (route_window_2.known @> now())) AS anon_1
FROM route AS route_1
WHERE route_1.code = $5::VARCHAR AND route_1.recorded_at <= now() ORDER BY route_1.code
 LIMIT $6::INTEGER

-- unknownYet
SELECT route_1.code
FROM route AS route_1
WHERE route_1.code = $1::VARCHAR AND route_1.recorded_at <= $2::TIMESTAMP WITH TIME ZONE ORDER BY route_1.code
 LIMIT $3::INTEGER

-- routes
SELECT route_1.code
FROM route AS route_1
WHERE route_1.recorded_at <= now() AND (coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> $1::TIMESTAMP WITH TIME ZONE)), $2::VARCHAR) = $3::VARCHAR OR NOT $4::BOOLEAN) ORDER BY route_1.code
