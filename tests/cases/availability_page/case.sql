-- availability
SELECT open_offer_1.title, open_offer_1.places_left, council_1.name, council_2.name AS name_1, council_2.gss_code, support_kind_1.name AS name_2, array((SELECT row(route_1.code, coalesce((SELECT route_window_1.status
FROM route_window AS route_window_1
WHERE route_window_1.route_code = route_1.code AND (route_window_1.known @> now()) AND (route_window_1.valid @> now())), 'NOT_YET_OPEN')) AS row_1
FROM route AS route_1
WHERE route_1.code = any(open_offer_1.route_codes) AND route_1.recorded_at <= now() ORDER BY route_1.code)) AS array_1
FROM open_offer AS open_offer_1 LEFT OUTER JOIN council AS council_1 ON council_1.gss_code = open_offer_1.council_gss LEFT OUTER JOIN council AS council_2 ON council_2.gss_code = council_1.upper_tier_gss LEFT OUTER JOIN support_kind AS support_kind_1 ON support_kind_1.code = open_offer_1.kind_code ORDER BY open_offer_1.updated_at DESC, open_offer_1.id DESC
 LIMIT $1::INTEGER + 1
