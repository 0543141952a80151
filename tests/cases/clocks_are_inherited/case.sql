-- council
SELECT anon_1.array_1, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_1.code, coalesce((SELECT route_fact_1.body ->> 'status' AS anon_3
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now())), 'NOT_YET_OPEN')) AS row_1
FROM route AS route_1
WHERE route_1.recorded_at <= now() ORDER BY route_1.code)) END AS anon_2, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_2.code, coalesce((SELECT route_fact_2.body ->> 'status' AS anon_5
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_2.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.valid @> $4::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> now())), 'NOT_YET_OPEN')) AS row_2
FROM route AS route_2
WHERE route_2.recorded_at <= now() ORDER BY route_2.code)) END AS anon_4
FROM (SELECT array((SELECT row(open_offer_1.title, open_offer_1.route_codes) AS row_3
FROM open_offer AS open_offer_1
WHERE open_offer_1.council_gss = council_1.gss_code ORDER BY open_offer_1.updated_at DESC, open_offer_1.id DESC
 LIMIT $3::INTEGER + 1)) AS array_1
FROM council AS council_1
WHERE council_1.gss_code = $2::TEXT OR $2::TEXT = any(council_1.former_gss_codes) ORDER BY council_1.gss_code
 LIMIT 1) AS anon_1
