-- offers
SELECT anon_1.title, anon_1.code, anon_1.name, anon_1.lgsl_code, anon_1.name_1, anon_1.array_1, anon_1.route_codes, anon_1.updated_at, anon_1.id, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_1.code, coalesce((SELECT route_fact_1.body ->> 'status' AS anon_3
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'WINDOW' AND (route_fact_1.valid @> $4::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now())), 'NOT_YET_OPEN')) AS row_1
FROM route AS route_1
WHERE route_1.recorded_at <= now() ORDER BY route_1.code)) END AS anon_2, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(route_2.code, coalesce((SELECT route_fact_2.body ->> 'status' AS anon_5
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_2.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.valid @> $5::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> now())), 'NOT_YET_OPEN')) AS row_2
FROM route AS route_2
WHERE route_2.recorded_at <= now() ORDER BY route_2.code)) END AS anon_4
FROM (SELECT anon_6.title AS title, anon_6.code AS code, anon_6.name AS name, anon_6.lgsl_code AS lgsl_code, anon_6.name_1 AS name_1, anon_6.array_1 AS array_1, anon_6.route_codes AS route_codes, anon_6.updated_at AS updated_at, anon_6.id AS id
FROM unnest(string_to_array(nullif(current_setting('hearth.gss', true), ''), ',')) AS anon_7(gss_code) JOIN LATERAL (SELECT staff_offer_1.title AS title, support_kind_1.code AS code, support_kind_1.name AS name, support_kind_1.lgsl_code AS lgsl_code, council_1.name AS name_1, array((SELECT row(twinning_1.partner_city, twinning_1.status) AS row_3
FROM twinning AS twinning_1
WHERE twinning_1.council_gss = council_1.gss_code AND coalesce(twinning_1.status_since, '') <= CAST(CAST(timezone('Europe/London', $3::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND NOT (EXISTS (SELECT 1
FROM twinning AS twinning_2
WHERE twinning_2.council_gss = twinning_1.council_gss AND twinning_2.partner_city = twinning_1.partner_city AND coalesce(twinning_2.status_since, '') <= CAST(CAST(timezone('Europe/London', $3::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND coalesce(twinning_2.status_since, '') > coalesce(twinning_1.status_since, ''))) ORDER BY twinning_1.partner_city, twinning_1.id)) AS array_1, staff_offer_1.route_codes AS route_codes, staff_offer_1.updated_at AS updated_at, staff_offer_1.id AS id
FROM staff_offer AS staff_offer_1 LEFT OUTER JOIN support_kind AS support_kind_1 ON support_kind_1.code = staff_offer_1.kind_code LEFT OUTER JOIN council AS council_1 ON council_1.gss_code = staff_offer_1.council_gss
WHERE (staff_offer_1.search_text @@ websearch_to_tsquery('english'::regconfig, $1::TEXT)) AND staff_offer_1.council_gss = anon_7.gss_code ORDER BY staff_offer_1.updated_at DESC, staff_offer_1.id DESC
 LIMIT $2::INTEGER + 1) AS anon_6 ON true ORDER BY anon_6.updated_at DESC, anon_6.id DESC
 LIMIT $2::INTEGER + 1) AS anon_1
