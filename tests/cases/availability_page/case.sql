-- availability
SELECT anon_1.title, anon_1.places_left, anon_1.name, anon_1.name_1, anon_1.gss_code, anon_1.name_2, anon_1.route_codes, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_1.code, coalesce((SELECT route_fact_1.body ->> 'status' AS anon_3
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.valid @> now()) AND (route_fact_1.known @> now())), 'NOT_YET_OPEN')) AS row_1
FROM route AS route_1
WHERE route_1.recorded_at <= now() ORDER BY route_1.code)) END AS anon_2
FROM (SELECT open_offer_1.title AS title, open_offer_1.places_left AS places_left, council_1.name AS name, council_2.name AS name_1, council_2.gss_code AS gss_code, support_kind_1.name AS name_2, open_offer_1.route_codes AS route_codes
FROM open_offer AS open_offer_1 LEFT OUTER JOIN council AS council_1 ON council_1.gss_code = open_offer_1.council_gss LEFT OUTER JOIN council AS council_2 ON council_2.gss_code = council_1.upper_tier_gss LEFT OUTER JOIN support_kind AS support_kind_1 ON support_kind_1.code = open_offer_1.kind_code ORDER BY open_offer_1.updated_at DESC, open_offer_1.id DESC
 LIMIT $1::INTEGER + 1) AS anon_1
